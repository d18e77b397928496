/*
 * One run of ib-score: read the operands, fold them into scores, write the
 * outputs. All outputs are committed together at the end, so no output file
 * appears before the complete run has succeeded.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/part.h"
#include "io/files.h"
#include "io/lock.h"
#include "score/expect.h"
#include "score/id_mismatch.h"
#include "score/load.h"
#include "score/log_epochs.h"
#include "score/outputs.h"

struct run {
	const struct ib_score_options *options;
	const struct ib_context *context;
	struct ib_score_result *result;
	struct ib_scores *scores;
	struct ib_fold fold;
	struct ib_expect *expect; /* NULL without --expect */
	/* sum of the totals files among the operands; NULL until the first totals file is read */
	struct ib_totals_file *merged;
	char *merged_name;	       /* name of the first totals file */
	struct ib_bin_counts *request; /* bins to count, from the --bins file; or NULL */
	struct ib_part_set parts;      /* partitions of the score files that were read */
	bool unpartitioned;	       /* true if a score file without a partition was read */
	uint64_t losses;	       /* number of losses in the current operand */
	uint64_t stale;		       /* value of fold.stale at the start of the current operand */
	bool key_warned;	       /* true if warn_about_key() has warned */
	struct ib_log_epochs epochs;
};

/* ---- operands ----------------------------------------------------------------- */

static enum ib_status
mark_losses(struct run *run, const struct ib_loss_batch *b, struct ib_error *err)
{
	struct ib_id id[IB_GROUP];
	enum ib_status st = IB_OK;
	size_t i, k;

	if (!run->expect)
		return IB_OK;
	for (i = 0; i < b->n && !st;) {
		for (k = 0; k < IB_GROUP && i < b->n; k++)
			id[k] = b->loss[i++].id;
		st = ib_expect_mark_logged(run->expect, id, k, err);
	}
	for (i = 0; i < b->nmerge && !st; i++)
		st = ib_expect_mark_logged(run->expect, &b->merge[i].id, 1, err);
	ib_expect_mark_skipped(run->expect, b->skipped, b->nskipped);
	return st;
}

/* True if the id of the first row of the table is a whole number. */
static bool
has_number_ids(const struct ib_scores *s)
{
	return s->table.range || ib_id_is_whole_number(ib_table_id(&s->table, 0));
}

/*
 * Warn once if the ids are numbers from a different field than the earlier ids. Equal numbers from
 * different fields often name different samples, so losses would be folded into the wrong scores.
 */
static void
warn_about_key(struct run *run, struct ib_span key, struct ib_span id, const char *name)
{
	struct ib_mismatch_keys keys = {
		.key = key,
		.given = run->options->log.key != NULL,
	};
	char new_key[IB_SHOW_MAX], old_key[IB_SHOW_MAX];

	if (!run->scores->key || run->key_warned)
		return;
	keys.other = ib_span_of(run->scores->key);
	if (!ib_mismatch_keys_differ(&keys) || !ib_id_is_whole_number(id) ||
	    run->scores->table.n == 0 || !has_number_ids(run->scores))
		return;
	run->key_warned = true;
	ib_warn(run->context,
		"%s: the ids come from field %s, but earlier ids came from field %s: if the same "
		"number identifies different samples in the two fields, samples get the losses of "
		"other samples; choose the field with -k",
		name, ib_show(new_key, keys.key), ib_show(old_key, keys.other));
}

/*
 * Warn if the key of a block of losses differs from the key of earlier blocks, and store the key.
 * `id` is the first id of the block.
 */
static enum ib_status
note_key(struct run *run, const struct ib_key *key, struct ib_span id, const char *file,
	 struct ib_error *err)
{
	struct ib_bytes name = { 0 };
	enum ib_status st = IB_OK;

	ib_key_write_name(key, &name);
	if (name.failed)
		st = ib_fail_memory(err);
	else
		warn_about_key(run, ib_bytes_span(&name), id, file);
	if (!st && run->expect)
		ib_expect_note_key(run->expect, ib_bytes_span(&name));
	ib_bytes_release(&name);
	return st;
}

static enum ib_status
add_batch(void *ctx, struct ib_loss_batch *b, struct ib_error *err)
{
	struct run *run = ctx;
	enum ib_status st = IB_OK;

	/* Rows of a score file in JSON lines do not contain the key. */
	if (!b->rows && b->n > 0)
		st = note_key(run, b->key, ib_id_span(&b->loss[0].id), b->source->name, err);
	if (!st)
		st = mark_losses(run, b, err);
	run->losses += b->n;
	ib_log_epochs_add_batch(&run->epochs, b);
	if (b->n + b->nmerge > 0 && run->options->log.part.count == 0)
		run->unpartitioned = true;
	return st ? st : ib_load_batch(&run->fold, b, err);
}

static enum ib_status
add_rows(void *ctx, const struct ib_row_batch *b, bool *taken, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_row_id id;
	enum ib_status st;

	*taken = ib_fold_takes_rows(&run->fold, b->row, b->n) &&
		 (!run->expect || ib_expect_takes_rows(run->expect));
	if (!*taken || b->n == 0)
		return IB_OK;
	ib_row_id_set(&id, b->row[0]);
	st = note_key(run, b->key, ib_row_id_span(&id), b->source->name, err);
	if (!st && run->expect)
		st = ib_expect_mark_rows(run->expect, b->row, b->n, err);
	run->losses += b->n;
	ib_log_epochs_add(&run->epochs, b->epoch);
	run->unpartitioned = true;
	return st ? st : ib_load_rows(&run->fold, b, taken, err);
}

static enum ib_status
mark_rows(struct run *run, const struct ib_scores *s, struct ib_error *err)
{
	enum ib_status st = run->expect ? ib_table_make_ids(&s->table, err) : IB_OK;
	struct ib_id id;
	uint64_t i;

	if (run->expect && s->key)
		ib_expect_note_key(run->expect, ib_span_of(s->key));
	for (i = 0; run->expect && i < s->table.n && !st; i++) {
		id = ib_id_of(ib_table_id(&s->table, i), 0);
		if (ib_part_has_hash(&run->options->log.part, id.hash))
			st = ib_expect_mark_logged(run->expect, &id, 1, err);
	}
	return st;
}

/* True if the row belongs to the partition of this run. */
static bool
is_of_this_part(const struct run *run, const struct ib_scores *s, uint64_t row)
{
	return ib_part_has_hash(&run->options->log.part,
				ib_table_hash(ib_table_id(&s->table, row), 0));
}

/* Fail if the epoch of a row is later than --until: the user then passed the wrong file. */
static enum ib_status
check_until(const struct run *run, const struct ib_scores *s, const char *name,
	    struct ib_error *err)
{
	const int32_t *epoch = s->epoch.p;
	int64_t until = run->options->log.until;
	enum ib_status st = IB_OK;
	uint64_t i;

	if (until != IB_NO_EPOCH)
		st = ib_table_make_ids(&s->table, err);
	if (st)
		return st;
	for (i = 0; until != IB_NO_EPOCH && i < s->table.n; i++)
		if (epoch[i] > until && is_of_this_part(run, s, i))
			return ib_fail(err, IB_E_DATA,
				       "%s: contains scores of epoch %ld, which is later than "
				       "--until %lld",
				       name, (long)epoch[i], (long long)until);
	return IB_OK;
}

/*
 * Store the partition of a score file in run->parts, unless --part or --split sets the partitions
 * of the run. Returns IB_E_DATA if two score files differ in K. If a score file without a partition
 * is also read, the totals name no partition.
 */
static enum ib_status
note_part(struct run *run, const struct ib_scores *s, const char *name, struct ib_error *err)
{
	const struct ib_score_options *o = run->options;

	if (o->log.part.count > 0 || o->split > 0)
		return IB_OK;
	if (s->part.count == 0) {
		run->unpartitioned |= s->table.n > 0;
		return IB_OK;
	}
	return ib_part_set_add(&run->parts, &s->part, true, name, err);
}

/* Fail if the scores are from a later epoch than the totals that --bins refers to. */
static enum ib_status
check_request(const struct run *run, int64_t newest, const char *name, struct ib_error *err)
{
	if (newest <= run->request->newest)
		return IB_OK;
	return ib_fail(err, IB_E_DATA,
		       "%s: contains scores of epoch %lld, but the --bins file was written for "
		       "totals up to epoch %lld: is one of the two files from another epoch?",
		       name, (long long)newest, (long long)run->request->newest);
}

static enum ib_status
add_scores(void *ctx, struct ib_scores *s, const char *name, struct ib_error *err)
{
	struct run *run = ctx;
	enum ib_status st = check_until(run, s, name, err);

	if (!st && run->request)
		st = check_request(run, ib_scores_newest(s), name, err);
	if (!st)
		st = note_part(run, s, name, err);
	if (!st && s->key)
		st = ib_table_make_ids(&s->table, err);
	if (!st && s->key && s->table.n > 0)
		warn_about_key(run, ib_span_of(s->key), ib_table_id(&s->table, 0), name);
	if (!st)
		st = mark_rows(run, s, err);
	return st ? st : ib_load_scores(&run->fold, s, &run->options->log.part, err);
}

static enum ib_status
add_totals(void *ctx, struct ib_totals_file *t, const char *name, struct ib_error *err)
{
	struct run *run = ctx;

	if (!run->options->write_totals) {
		ib_warn(run->context,
			"%s: a totals file is used only with --write-totals; without this option, "
			"the file is ignored",
			name);
		return IB_OK;
	}
	if (!run->merged) {
		run->merged = ib_totals_file_new();
		run->merged_name = strdup(name);
		if (!run->merged || !run->merged_name)
			return ib_fail_memory(err);
	}
	return ib_totals_file_merge(run->merged, t, name, err);
}

static enum ib_status
end_operand(void *ctx, const char *name, struct ib_error *err)
{
	struct run *run = ctx;

	(void)err;
	ib_log_epochs_end_operand(&run->epochs, name,
				  run->losses > 0 && run->fold.stale - run->stale == run->losses);
	run->losses = 0;
	run->stale = run->fold.stale;
	return IB_OK;
}

/* ---- before and after ---------------------------------------------------------- */

/* Load the score file of -s, or the score file of -u if it exists. */
static enum ib_status
load_start(struct run *run, const char *path, bool update, struct ib_error *err)
{
	const struct ib_part *part = &run->options->log.part;
	struct ib_scores *s = NULL;
	char text[IB_PART_TEXT_MAX];
	enum ib_status st;
	uint64_t row;

	st = update ? ib_scores_load_file(path, run->context, &s, NULL, err)
		    : ib_scores_load_any(path, run->context, &s, NULL, err);
	/* Do not warn about /dev/null: the user knows that it is empty. */
	if (!st && s->table.n == 0 && s->part.count == 0 && ib_file_is_regular(path))
		ib_warn(run->context, "%s: contains no scores", path);
	if (!st)
		st = check_until(run, s, path, err);
	if (!st && update && part->count > 0 && ib_scores_has_foreign_row(s, part, &row))
		st = ib_fail(err, IB_E_DATA, "%s: contains ids that are not in partition %s", path,
			     ib_part_text(text, part));
	if (!st)
		st = note_part(run, s, path, err);
	if (!st)
		st = ib_load_scores(&run->fold, s, part, err);
	ib_scores_free(s);
	run->fold.fresh = 0;
	return st;
}

static enum ib_status
begin(struct run *run, struct ib_error *err)
{
	const struct ib_score_options *o = run->options;
	struct ib_expect_options expect = {
		.manifests = o->expect,
		.key = o->expect_key,
		.weight_field = o->weight_field,
		.part = o->log.part,
		.max_missing = o->max_missing,
	};
	enum ib_status st;

	st = ib_scores_new(&run->scores, err);
	if (!st && o->bins)
		st = ib_second_pass_read(o->bins, &run->request, err);
	if (!st)
		st = ib_fold_start(&run->fold, run->scores, o->log.duplicates, o->smooth, err);
	if (!st && o->start)
		st = load_start(run, o->start, false, err);
	if (!st && o->update && (access(o->update, F_OK) == 0 || errno != ENOENT))
		st = load_start(run, o->update, true, err);
	if (!st && o->expect.n > 0)
		st = ib_expect_new(&expect, run->context, &run->expect, err);
	if (!st && o->log.part.count > 0)
		st = ib_part_set_add(&run->parts, &o->log.part, true, "--part", err);
	if (run->scores)
		run->scores->part = o->log.part;
	return st;
}

static void
warn_about_counts(const struct run *run, const struct ib_loss_counts *c)
{
	if (c->bad > 0)
		ib_warn(run->context, "skipped %llu invalid record%s", (unsigned long long)c->bad,
			c->bad == 1 ? "" : "s");
	if (c->nonfinite == 0)
		return;
	ib_warn(run->context, "%llu of %llu losses are not finite: %s%s",
		(unsigned long long)c->nonfinite, (unsigned long long)c->records,
		run->options->log.nonfinite == IB_NONFINITE_SKIP ? "skipped"
								 : "their scores are unknown",
		2 * c->nonfinite > c->records ? " (did training diverge?)" : "");
}

/* ---- totals -------------------------------------------------------------------- */

/* Compute the totals of the rows, and the counts that --bins requests. */
static enum ib_status
sum_rows(struct run *run, struct ib_totals_file *s, struct ib_error *err)
{
	enum ib_status st;

	ib_scores_totals(run->scores, &s->totals);
	if (!run->unpartitioned) {
		s->parts = run->parts;
		run->parts = (struct ib_part_set){ 0 };
	}
	if (!run->request)
		return IB_OK;
	st = check_request(run, s->totals.newest, "the scores", err);
	return st ? st
		  : ib_bin_counts_count(run->request, run->scores->score.p, run->scores->table.n,
					&s->bins, err);
}

/* Compute the totals of --write-totals. Without this option, *out stays NULL. */
static enum ib_status
compute_totals(struct run *run, struct ib_totals_file **out, struct ib_error *err)
{
	enum ib_status st;

	if (!run->options->write_totals)
		return IB_OK;
	*out = ib_totals_file_new();
	if (!*out)
		return ib_fail_memory(err);
	st = sum_rows(run, *out, err);
	if (!st && run->merged)
		st = ib_totals_file_merge(*out, run->merged, run->merged_name, err);
	return st;
}

/* ---- the run ------------------------------------------------------------------- */

static enum ib_status
fold_all(struct run *run, struct ib_loss_counts *counts, struct ib_error *err)
{
	const struct ib_score_options *o = run->options;
	struct ib_loss_logs_options logs = {
		.operands = o->operands,
		.log = &o->log,
		.epoch_required = o->start || o->update,
		.want_skipped = o->expect.n > 0,
		.warn_empty = true,
	};
	struct ib_loss_logs_consumer consumer = {
		.ctx = run,
		.batch = add_batch,
		.rows = add_rows,
		.scores = add_scores,
		.totals = add_totals,
		.end = end_operand,
	};
	enum ib_status st;

	st = ib_loss_logs_read(&logs, run->context, &consumer, counts, err);
	if (st)
		return st;
	ib_fold_finish(&run->fold);
	warn_about_counts(run, counts);
	ib_log_epochs_warn(&run->epochs);
	return run->expect ? ib_expect_check(run->expect, ib_log_epochs_differ(&run->epochs),
					     run->context, err)
			   : IB_OK;
}

static void
sum_up(const struct run *run, const struct ib_loss_counts *c)
{
	struct ib_score_stats stats = { .size = sizeof(stats), .mean = NAN };
	struct ib_score_result *r = run->result;

	if (!r)
		return;
	(void)ib_scores_stats(run->scores, &stats, NULL); /* if out of memory, the mean is NaN */
	*r = (struct ib_score_result){
		.records = c->records,
		.bad = c->bad,
		.stale = run->fold.stale,
		.nonfinite = c->nonfinite,
		.ignored = c->ignored,
		.samples = run->scores->table.n,
		.fresh = run->fold.fresh,
		.mean = stats.mean,
	};
}

static enum ib_status
write_all(struct run *run, struct ib_error *err)
{
	struct ib_totals_file *totals = NULL;
	struct ib_score_outputs o = { .options = run->options,
				      .context = run->context,
				      .scores = run->scores };
	enum ib_status st = compute_totals(run, &totals, err);

	o.totals = totals;
	if (!st)
		st = ib_score_outputs_write(&o, err);
	ib_totals_file_free(totals);
	return st;
}

enum ib_status
ib_score_run(const struct ib_score_options *options, const struct ib_context *context,
	     struct ib_score_result *result, struct ib_error *err)
{
	struct run run = { .options = options, .context = context, .result = result };
	struct ib_loss_counts counts = { 0 };
	enum ib_status st;
	int lock = -1;

	ib_log_epochs_init(&run.epochs, &options->log, context);
	st = ib_split_check(options->split, err);
	if (!st && options->update)
		st = ib_lock(options->update, options->no_wait, context, &lock, err);
	if (!st)
		st = begin(&run, err);
	if (!st)
		st = fold_all(&run, &counts, err);
	if (!st)
		sum_up(&run, &counts);
	if (!st)
		st = write_all(&run, err);
	ib_fold_release(&run.fold);
	ib_expect_free(run.expect);
	ib_scores_free(run.scores);
	ib_totals_file_free(run.merged);
	free(run.merged_name);
	ib_bin_counts_free(run.request);
	ib_part_set_release(&run.parts);
	ib_unlock(lock);
	return st;
}
