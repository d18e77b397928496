/* Show what happened to given ids in each epoch, and why. */
#define XXH_INLINE_ALL
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#include "audit/replay.h"
#include "audit/verbs.h"
#include "base/array.h"
#include "base/error.h"
#include "base/part.h"
#include "score/load.h"

/* The line of one id in one run, if there is such a line. */
struct found {
	bool any, kept;
	float score;
	double pi;
};

static const struct ib_column columns[] = {
	{ "id", "id", .left = true },
	{ .name = "epoch", .heading = "epoch" },
	{ .name = "score", .heading = "score" },
	{ .name = "pi", .heading = "pi" },
	{ .name = "u", .heading = "u" },
	{ "fate", "fate", .left = true },
	{ "why", "why", .left = true },
	{ .name = "visits", .heading = NULL },
};

static const struct ib_column columns_now[] = {
	{ "id", "id", .left = true },
	{ .name = "epoch", .heading = "epoch" },
	{ .name = "score", .heading = "score" },
	{ .name = "pi", .heading = "pi" },
	{ .name = "u", .heading = "u" },
	{ "fate", "fate", .left = true },
	{ "why", "why", .left = true },
	{ .name = "visits", .heading = "visits" },
};

#define NCOLUMNS (sizeof(columns) / sizeof(*columns))

struct show {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_audit_log *log;
	struct ib_scores *scores; /* NULL: without -s */
	char digest[33];	  /* digest of the scores */
	struct ib_table ids;	  /* the operands without duplicates */
	uint32_t *row;		  /* [nids] for each operand: its row in ids */
	size_t nids, nepochs;
	struct found *found; /* [nepochs * ids.n] */
};

/* ---- search ------------------------------------------------------------------ */

/* Add the operands to s->ids. */
static enum ib_status
index_ids(struct show *s, struct ib_error *err)
{
	const struct ib_list *operands = &s->options->operands;
	struct ib_span id;
	struct ib_id key;
	enum ib_status st = IB_OK;
	size_t k;

	s->nids = operands->n - 1;
	s->row = calloc(s->nids + 1, sizeof(*s->row));
	if (!s->row)
		return ib_fail_memory(err);
	for (k = 0; k < s->nids && !st; k++) {
		id = ib_span_of(operands->v[k + 1]);
		if (s->ids.too_many_collisions)
			st = ib_table_reseed(&s->ids, err);
		if (!st)
			st = ib_table_reserve(&s->ids, 1, id.n, err);
		if (st)
			break;
		key = (struct ib_id){ id.p, ib_table_hash(id, s->ids.seed), (uint32_t)id.n };
		s->row[k] = ib_table_find(&s->ids, &key);
		if (s->row[k] == IB_NO_ROW)
			s->row[k] = ib_table_add(&s->ids, &key);
	}
	return st;
}

/* Find the lines of all ids in one run, with one hash look-up per line of the run. */
static enum ib_status
search(struct show *s, const struct ib_audit_run *run, struct found *found, struct ib_error *err)
{
	const struct ib_audit_line *line;
	struct ib_id key;
	enum ib_status st;
	uint32_t row;
	size_t n, i;

	st = ib_audit_lines_begin(s->log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(s->log, &line, &n, err))) {
		for (i = 0; i < n; i++) {
			key = (struct ib_id){ line[i].id.p, ib_table_hash(line[i].id, s->ids.seed),
					      (uint32_t)line[i].id.n };
			row = ib_table_find(&s->ids, &key);
			if (row != IB_NO_ROW)
				found[row] = (struct found){ true, line[i].kept, line[i].score,
							     line[i].pi };
		}
	}
	return st == IB_EOF ? IB_OK : st;
}

static bool
is_wanted(const struct show *s, const struct ib_audit_run *run)
{
	int64_t epoch = s->options->epoch;

	return epoch == IB_NO_EPOCH || epoch == run->head.options.epoch;
}

static enum ib_status
read_all(struct show *s, struct ib_error *err)
{
	const struct ib_audit_run *run;
	enum ib_status st = index_ids(s, err);
	size_t i;

	if (st)
		return st;
	s->nepochs = ib_audit_log_epochs(s->log);
	s->found = ib_array_zeroed(s->nepochs * s->ids.n, sizeof(*s->found));
	if (!s->found)
		return ib_fail_memory(err);
	for (i = 0; i < s->nepochs && !st; i++) {
		run = ib_audit_log_epoch(s->log, i);
		if (is_wanted(s, run))
			st = search(s, run, s->found + i * s->ids.n, err);
	}
	return st;
}

/* ---- why there is no line -------------------------------------------------------- */

/*
 * Return the reason why a sample with this score was kept without a draw. Returns NULL if
 * the score makes the sample eligible. An eligible sample without a line was not in the
 * manifest.
 */
static const char *
explain_score(const struct ib_rule *rule, const struct ib_row *row)
{
	const struct ib_rule_options *o = &rule->options;
	double pi;

	if (isnan(row->score))
		return ib_reason_name(IB_REASON_NONFINITE);
	rule->kind->pi(rule, &row->score, 1, &pi);
	if (pi == IB_HIGH)
		return ib_reason_name(IB_REASON_HIGH);
	if (o->max_age > 0 && o->epoch - row->epoch >= o->max_age)
		return ib_reason_name(IB_REASON_AGE);
	return pi == 1 ? "pi 1" : NULL;
}

/* True if a later run in the log has the same epoch or an earlier epoch. */
static bool
is_rolled_back(const struct ib_audit_log *log, const struct ib_audit_run *run)
{
	const struct ib_audit_run *last;

	last = ib_audit_log_run(log, ib_audit_log_count(log) - 1);
	for (; last > run; last--)
		if (last->finished && last->head.options.epoch <= run->head.options.epoch)
			return true;
	return false;
}

/*
 * Find the reason from the number of visits, if the score file no longer has the score that
 * the run used. If the number of visits equals the number of epochs in which the sample was
 * not pruned, the sample had no score only in the first of these epochs. This method does
 * not work with -e, because only one epoch is read then.
 */
static const char *
explain_by_visits(const struct show *s, const struct ib_audit_run *run, struct ib_span id,
		  const struct ib_row *row)
{
	uint32_t k = ib_table_find(
		&s->ids, &(struct ib_id){ id.p, ib_table_hash(id, s->ids.seed), (uint32_t)id.n });
	const struct ib_audit_run *r, *first = NULL;
	const struct found *f;
	uint64_t kept = 0;
	size_t i;

	for (i = 0; i < s->nepochs; i++) {
		r = ib_audit_log_epoch(s->log, i);
		f = &s->found[i * s->ids.n + k];
		if (r->head.options.epoch > row->epoch || (f->any && !f->kept))
			continue;
		kept++;
		first = first ? first : r;
	}
	if (s->options->epoch != IB_NO_EPOCH || row->visits != kept)
		return "high or unseen";
	if (run == first)
		return ib_reason_name(IB_REASON_UNSEEN);
	return run->head.options.max_age > 0 ? "high or age" : ib_reason_name(IB_REASON_HIGH);
}

/*
 * Find the reason from the score file. If the run read this very file, the file contains the
 * score that the run used. Otherwise the file still contains that score if the sample has
 * not been visited since the run. After a rollback of the training to an
 * earlier epoch, this conclusion is not possible.
 */
static const char *
explain_by_scores(const struct show *s, const struct ib_rule *rule, const struct ib_audit_run *run,
		  struct ib_span id)
{
	const struct ib_run_header *h = &run->head;
	const char *unseen = ib_reason_name(IB_REASON_UNSEEN);
	struct ib_row row;
	uint64_t at;

	if (!ib_scores_find(s->scores, id, &at))
		return unseen;
	row = ib_scores_row(s->scores, at);
	if (strcmp(h->scores, s->digest) == 0)
		return explain_score(rule, &row);
	if (is_rolled_back(s->log, run))
		return "high or unseen";
	if (row.epoch < h->options.epoch)
		return explain_score(rule, &row);
	return row.visits == 1 ? unseen : explain_by_visits(s, run, id, &row);
}

/*
 * Return the reason why a sample has no line in a run. Sets *kept to true if the sample was
 * kept.
 */
static const char *
explain(const struct show *s, const struct ib_audit_run *run, struct ib_span id, bool *kept)
{
	const struct ib_run_header *h = &run->head;
	const char *why = NULL;
	struct ib_rule rule;

	*kept = false;
	if (!ib_part_has_hash(&h->part, XXH3_64bits(id.p, id.n)))
		return "in another part";
	ib_replay_bare_rule(&rule, h);
	if (rule.unpruned)
		why = ib_reason_name(rule.why_unpruned);
	else if (!rule.kind->needs_scores)
		why = h->solved.ratio == 0 ? "pi 1" : NULL;
	else if (!h->scores[0])
		why = ib_reason_name(IB_REASON_UNSEEN);
	else if (s->scores)
		why = explain_by_scores(s, &rule, run, id);
	else
		why = "high or unseen";
	*kept = why != NULL;
	return why ? why : "not in the manifest";
}

/* ---- rows ----------------------------------------------------------------------- */

static void
write_epoch(const struct show *s, struct ib_text_table *table, struct ib_span id,
	    const struct ib_audit_run *run, const struct found *f)
{
	const struct ib_run_header *head = &run->head;
	double u = ib_draw_u(ib_draw_key(head->options.seed, (uint64_t)head->options.epoch), id);
	struct ib_cell cell[NCOLUMNS] = {
		IB_TEXT(id), IB_COUNT((uint64_t)head->options.epoch),
		IB_NONE,     IB_NONE,
		IB_NONE,     IB_NONE,
		IB_NONE,     IB_NONE,
	};
	const char *why;
	bool kept;

	if (f->any) {
		cell[2] = IB_SCORE(f->score);
		cell[3] = IB_REAL(f->pi);
		cell[4] = IB_REAL(u);
		cell[5] = IB_TEXT(ib_span_of(f->kept ? "drawn" : "pruned"));
	} else {
		why = explain(s, run, id, &kept);
		cell[5] = IB_TEXT(ib_span_of(kept ? "kept" : "-"));
		cell[6] = IB_TEXT(ib_span_of(why));
	}
	ib_text_table_row(table, cell);
}

/* Write the row with the current score of an id. */
static void
write_now(struct ib_text_table *table, struct ib_span id, const struct ib_scores *s)
{
	struct ib_cell cell[NCOLUMNS] = {
		IB_TEXT(id), IB_NONE,	  IB_NONE, IB_NONE, IB_NONE, IB_TEXT(ib_span_of("now")),
		IB_NONE,     IB_COUNT(0),
	};
	struct ib_row row;
	uint64_t at;

	if (ib_scores_find(s, id, &at)) {
		row = ib_scores_row(s, at);
		cell[1] = IB_COUNT((uint64_t)row.epoch);
		cell[2] = IB_SCORE(row.score);
		cell[7] = IB_COUNT(row.visits);
	}
	ib_text_table_row(table, cell);
}

static void
write_id(struct show *s, struct ib_text_table *table, size_t k)
{
	struct ib_span id = ib_table_id(&s->ids, s->row[k]);
	const struct ib_audit_run *run;
	char show[IB_SHOW_MAX];
	struct found *f;
	bool any = false;
	size_t i;

	for (i = 0; i < s->nepochs; i++) {
		run = ib_audit_log_epoch(s->log, i);
		if (!is_wanted(s, run))
			continue;
		f = &s->found[i * s->ids.n + s->row[k]];
		write_epoch(s, table, id, run, f);
		any |= f->any;
	}
	if (s->scores)
		write_now(table, id, s->scores);
	if (!any)
		ib_warn(s->context,
			"%s: %s was never eligible for pruning (always kept), or is not in the "
			"manifests",
			ib_audit_log_name(s->log), ib_show(show, id));
}

enum ib_status
ib_audit_show(const struct ib_audit_options *o, const struct ib_context *context,
	      struct ib_output *out, struct ib_error *err)
{
	struct show s = { .options = o, .context = context };
	struct ib_table_style style = ib_audit_table_style(o);
	struct ib_text_table *table = NULL;
	enum ib_status st;
	size_t k;

	ib_table_init(&s.ids);
	st = ib_audit_log_open(o->operands.v[0], context, &s.log, err);
	if (!st && o->scores)
		st = ib_scores_load_any(o->scores, context, &s.scores, s.digest, err);
	if (!st)
		st = read_all(&s, err);
	/*
	 * Only rows with the current score have visits. Without -s there are no such rows, so
	 * JSON omits the member.
	 */
	if (!st)
		st = ib_text_table_new(o->scores ? columns_now : columns,
				       o->scores || !o->json ? NCOLUMNS : NCOLUMNS - 1, &style, out,
				       &table, err);
	for (k = 0; k < s.nids && !st; k++)
		write_id(&s, table, k);
	if (!st)
		st = ib_text_table_end(table, err);
	ib_text_table_free(table);
	ib_scores_free(s.scores);
	ib_audit_log_close(s.log);
	ib_table_release(&s.ids);
	free(s.row);
	free(s.found);
	return st;
}
