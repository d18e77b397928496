/*
 * Check an audit log: recompute every decision, count and digest, and check the hashes that link
 * each run to the previous run. The check finds accidental changes, but not forgery: anyone who can
 * write the log can also write a consistent log.
 */
#define XXH_INLINE_ALL
#include <stdio.h>
#include <xxhash.h>

#include "audit/replay.h"
#include "audit/subcommands.h"
#include "base/error.h"
#include "score/load.h"

struct verify {
	struct ib_audit_log *log;
	const struct ib_audit_run *run;
	struct ib_scores *scores; /* scores from -s; NULL without -s */
	char digest[33];	  /* digest of the score file (-s) */
	bool used;		  /* true if a run used the scores from -s */
	const struct ib_context *context;
	uint64_t lines; /* number of lines in the runs before the current run */
	uint64_t runs;	/* number of runs that were checked */
};

/*
 * Fail with "FILE: the run of epoch 3 (frame 4), line 17 ("a"): TEXT". TEXT is `what`, or the text
 * of err if `what` is NULL.
 */
static enum ib_status
fail_at_line(const struct verify *v, uint64_t line, const struct ib_span *id, const char *what,
	     struct ib_error *err)
{
	char at[160] = "", show[IB_SHOW_MAX];
	struct ib_error old = *err;

	if (line > 0 && id)
		snprintf(at, sizeof(at), ", line %llu (%s)", (unsigned long long)line,
			 ib_show(show, *id));
	return ib_fail(err, IB_E_CHECK,
		       "%s: the run of epoch %lld (frame "
		       "%llu)%s: %s",
		       ib_audit_log_name(v->log), (long long)v->run->head.options.epoch,
		       (unsigned long long)v->run->number, at, what ? what : old.text);
}

/* ---- one run ---------------------------------------------------------------- */

static enum ib_status
replay_lines(struct verify *v, struct ib_replay *r, struct ib_error *err)
{
	const struct ib_audit_line *line;
	enum ib_status st;
	uint64_t at = 2; /* line number; the header is line 1 */
	size_t n, i;

	st = ib_audit_lines_begin(v->log, v->run, true, err);
	while (!st && !(st = ib_audit_lines_next(v->log, &line, &n, err))) {
		for (i = 0; i < n; i++) {
			st = ib_replay_line(r, &line[i], err);
			if (st == IB_E_CHECK)
				return fail_at_line(v, at + i, &line[i].id, NULL, err);
			if (st)
				return st;
		}
		at += n;
		ib_audit_lines_report(v->log, v->context, v->lines + at - 2);
	}
	v->lines += at - 2;
	return st == IB_EOF ? IB_OK : st;
}

/* Read the lines of the run a second time, and compare the ids that have the hash `duplicate`. */
static enum ib_status
confirm_duplicate(struct verify *v, uint64_t duplicate, struct ib_error *err)
{
	const struct ib_run_header *h = &v->run->head;
	uint64_t key = ib_draw_key(h->options.seed, (uint64_t)h->options.epoch), at = 2;
	const struct ib_audit_line *line;
	struct ib_bytes first = { 0 };
	bool any = false, found = false;
	enum ib_status st;
	size_t n, i;

	st = ib_audit_lines_begin(v->log, v->run, false, err);
	while (!st && !(st = ib_audit_lines_next(v->log, &line, &n, err))) {
		for (i = 0; i < n && !found; i++, at++) {
			if (XXH3_64bits_withSeed(line[i].id.p, line[i].id.n, key) != duplicate)
				continue;
			if (!any)
				ib_bytes_append(&first, line[i].id.p, line[i].id.n);
			found = any && ib_span_equal(ib_bytes_span(&first), line[i].id);
			any = true;
			if (found)
				st = fail_at_line(v, at, &line[i].id,
						  "this id already has a line in the run", err);
		}
	}
	if (st == IB_EOF)
		st = first.failed ? ib_fail_memory(err) : IB_OK;
	ib_bytes_release(&first);
	return st;
}

static enum ib_status
verify_run(struct verify *v, struct ib_error *err)
{
	const struct ib_run_header *h = &v->run->head;
	bool has_scores = v->scores && strcmp(h->scores, v->digest) == 0;
	struct ib_replay r;
	enum ib_status st;
	uint64_t duplicate = 0;

	v->used |= has_scores;
	st = ib_replay_begin(&r, h, has_scores ? v->scores : NULL, err);
	if (st == IB_E_CHECK)
		st = fail_at_line(v, 0, NULL, NULL, err);
	if (!st)
		st = replay_lines(v, &r, err);
	if (!st) {
		st = ib_replay_end(&r, &v->run->footer, &duplicate, err);
		if (!st && duplicate)
			st = confirm_duplicate(v, duplicate, err);
		else if (st == IB_E_CHECK)
			st = fail_at_line(v, 0, NULL, NULL, err);
	}
	ib_replay_release(&r);
	if (!st && (!v->run->footer.has_xxh3 || ib_audit_lines_hash(v->log) != v->run->footer.xxh3))
		st = fail_at_line(v, 0, NULL, "the footer's 'xxh3' is not the hash of the text",
				  err);
	return st;
}

/* ---- the chain -------------------------------------------------------------- */

/*
 * Check that the footer contains the hash of the previous run. If 'prev' in the footer is null, the
 * run starts a new chain. This is allowed, because users may concatenate logs. But if two adjacent
 * runs are equal and both start a new chain, the same run was appended twice, which is an error.
 */
static enum ib_status
check_prev(const struct verify *v, const struct ib_audit_run *before, struct ib_error *err)
{
	const struct ib_audit_footer *t = &v->run->footer;

	if (t->has_prev && !before)
		return fail_at_line(
			v, 0, NULL,
			"'prev' names an earlier run, but this is the first run of the log", err);
	if (t->has_prev && t->prev != before->footer.xxh3)
		return fail_at_line(v, 0, NULL, "'prev' is not the 'xxh3' of the previous run",
				    err);
	if (!t->has_prev && before && !before->footer.has_prev && before->footer.xxh3 == t->xxh3)
		return fail_at_line(v, 0, NULL, "this run repeats the previous run", err);
	return IB_OK;
}

static enum ib_status
verify_all(struct verify *v, struct ib_error *err)
{
	const struct ib_audit_run *before = NULL;
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < ib_audit_log_count(v->log) && !st; i++) {
		v->run = ib_audit_log_run(v->log, i);
		if (!v->run->finished)
			continue;
		st = verify_run(v, err);
		if (!st)
			st = check_prev(v, before, err);
		before = v->run;
		v->runs++;
	}
	return st;
}

enum ib_status
ib_audit_verify(const struct ib_audit_options *o, const struct ib_context *context,
		struct ib_output *out, struct ib_error *err)
{
	struct verify v = { .context = context };
	enum ib_status st;

	(void)out;
	st = ib_audit_log_open(o->operands.v[0], context, &v.log, err);
	if (!st && o->scores)
		st = ib_scores_load_any(o->scores, context, &v.scores, v.digest, err);
	if (!st)
		st = verify_all(&v, err);
	if (!st && o->scores && !v.used)
		st = ib_fail(err, IB_E_CHECK,
			     "%s: no run of this log read the score file %s: with -s, name "
			     "a score file that a run read",
			     ib_audit_log_name(v.log), o->scores);
	if (o->result)
		*o->result = (struct ib_audit_result){ v.runs, v.lines };
	ib_scores_free(v.scores);
	ib_audit_log_close(v.log);
	return st;
}
