/* A training run in one process: open, draw, record and commit (infobatch.h, loop/run.h). */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/array.h"
#include "base/error.h"
#include "base/limit.h"
#include "base/pipeline.h"
#include "io/lock.h"
#include "loop/run.h"
#include "prune/memory.h"
#include "score/load.h"

/* ---- the score file ------------------------------------------------------------ */

/*
 * Return the limit on the number of samples without a score, or NULL for no limit. Without
 * max-unseen, there is no limit in three cases: if the rule needs no scores, so that it prunes
 * epoch 0; if max-missing allows drawn samples without a loss; or if nonfinite=skip drops losses.
 * In each case, a committed epoch can leave samples without a score.
 */
static const struct ib_limit *
unseen_limit(const struct ib_run_options *o)
{
	bool complete = ib_rule_needs_scores(o->rule->rule) && !o->max_missing.given &&
			o->nonfinite != IB_NONFINITE_SKIP;

	return complete || o->max_unseen.given ? &o->max_unseen : NULL;
}

/* Read the scores from the score file. If the file does not exist, create an empty table. */
static enum ib_status
read_scores(struct ib_run *run, struct ib_error *err)
{
	struct ib_scores *s = NULL;
	enum ib_status st;

	run->digest[0] = '\0';
	if (access(run->path, F_OK) != 0 && errno == ENOENT)
		st = ib_scores_new(&s, err);
	else
		st = ib_scores_load_file(run->path, &run->options->context, &s, run->digest, err);
	if (st)
		return st;
	if (s->part.count > 0)
		st = ib_fail(err, IB_E_DATA,
			     "%s: contains only one partition of the samples: name a score file "
			     "of all samples",
			     run->path);
	if (!st)
		st = ib_run_ids_check(&run->ids, s, run->path, unseen_limit(run->options), err);
	if (!st && run->options->smooth != 0)
		st = ib_scores_keep_previous(s, err);
	if (st) {
		ib_scores_free(s);
		return st;
	}
	run->scores = s;
	run->newest = ib_scores_newest(s);
	return IB_OK;
}

static enum ib_status
write_scores(struct ib_run *run, struct ib_error *err)
{
	int threads = ib_pipeline_threads(&run->options->context);
	struct ib_output *out = NULL;
	char digest[33];
	enum ib_status st = ib_output_open(run->path, IB_OUTPUT_DIGEST, &out, err);

	if (!st && ib_scores_name_is_npz(run->path, true))
		st = ib_scores_write_npz(run->scores, threads, out, err);
	else if (!st)
		st = ib_scores_write_jsonl(run->scores, out, err);
	if (!st)
		st = ib_output_finish(out, err);
	if (!st)
		ib_output_digest(out, digest);
	if (!st)
		st = ib_output_commit(&out, err);
	ib_output_discard(&out);
	if (!st)
		memcpy(run->digest, digest, sizeof(digest));
	return st;
}

/* ---- open ------------------------------------------------------------------------ */

/*
 * Fail if the audit log is the score file, because ib_run_draw() would wait for a lock that the run
 * itself holds. Also fail if the name of a file ends in .npz or .npy, but the file will have
 * another format.
 */
static enum ib_status
check_files(const struct ib_run *run, struct ib_error *err)
{
	const struct ib_file_use uses[] = {
		{ .role = "scores", .path = run->path, .use = IB_USE_WRITE },
		{ .role = "audit", .path = run->options->audit, .use = IB_USE_WRITE },
	};
	const char *audit = run->options->audit;
	enum ib_status st = ib_array_name_check("scores", run->path, IB_CAN_BE_NPZ, err);

	if (st || !audit)
		return st;
	st = ib_files_check(uses, 2, err);
	return st ? st : ib_array_name_check("audit", audit, IB_CAN_APPEND, err);
}

static enum ib_status
begin(struct ib_run *run, const char *path, const struct ib_span *id, uint64_t n,
      struct ib_error *err)
{
	enum ib_status st = ib_rule_options_check(run->options->rule, err);

	run->path = strdup(path);
	run->state = ib_array_zeroed(n, sizeof(*run->state));
	if (!st && (!run->path || !run->state))
		st = ib_fail_memory(err);
	if (!st && (!*path || strcmp(path, "-") == 0))
		st = ib_fail(err, IB_E_MISUSE,
			     "the score file must have a name and cannot be \"-\"");
	if (!st)
		st = check_files(run, err);
	if (!st)
		st = ib_run_ids_init(&run->ids, id, n, err);
	if (!st)
		st = ib_lock(path, true, &run->options->context, &run->lock, err);
	return st ? st : read_scores(run, err);
}

enum ib_status
ib_run_open(const char *path, const struct ib_span *id, uint64_t n, const struct ib_run_options *o,
	    struct ib_run **out, struct ib_error *err)
{
	struct ib_run *run = calloc(1, sizeof(*run));
	enum ib_status st;

	if (!run)
		return ib_fail_memory(err);
	run->options = o;
	run->lock = -1;
	run->rate_factor = 1;
	run->epoch = run->newest = IB_NO_EPOCH;
	st = begin(run, path, id, n, err);
	if (st)
		ib_run_free(run);
	else
		*out = run;
	return st;
}

void
ib_run_free(struct ib_run *run)
{
	if (!run)
		return;
	ib_scores_free(run->scores);
	ib_run_ids_release(&run->ids);
	ib_losses_release(&run->losses);
	ib_row_arrays_free(run->drawn);
	free(run->state);
	free(run->path);
	ib_unlock(run->lock);
	free(run);
}

int64_t
ib_run_next_epoch(const struct ib_run *run)
{
	return run->newest + 1;
}

double
ib_run_rate_factor(const struct ib_run *run)
{
	return run->rate_factor;
}

/* ---- draw ------------------------------------------------------------------------- */

static enum ib_status
check_epoch(const struct ib_run *run, int64_t epoch, struct ib_error *err)
{
	if (epoch < 0 || epoch > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "the epoch must be from 0 to %ld, not %lld",
			       (long)INT32_MAX, (long long)epoch);
	if (epoch <= run->newest)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: already has the losses of epoch %lld, so epoch %lld cannot be "
			       "drawn: the next epoch is %lld",
			       run->path, (long long)run->newest, (long long)epoch,
			       (long long)run->newest + 1);
	return IB_OK;
}

/* Draw an epoch: run the code of ib-prune with inputs and outputs in memory. */
static enum ib_status
prune_epoch(struct ib_run *run, int64_t epoch, struct ib_error *err)
{
	struct ib_prune_memory memory = {
		.scores = run->scores->table.n > 0 ? run->scores : NULL,
		.scores_digest = run->digest,
		.manifest_digest = run->ids.digest,
		.id = run->ids.text,
		.kept = run->drawn,
	};
	struct ib_prune_options o = {
		.range_given = true,
		.range = run->ids.n,
		.scores = run->path,
		.rule = *run->options->rule,
		.audit = run->options->audit,
		.memory = &memory,
	};
	struct ib_prune_result result;
	enum ib_status st;

	o.rule.epoch = epoch;
	st = ib_prune_run(&o, &run->options->context, &result, err);
	if (!st)
		run->rate_factor = result.rate_factor;
	return st;
}

/* Drop the drawn epoch and the losses that were recorded for it. */
static void
end_epoch(struct ib_run *run)
{
	run->epoch = IB_NO_EPOCH;
	run->recorded = run->nonfinite = 0;
	ib_losses_clear(&run->losses);
}

enum ib_status
ib_run_draw(struct ib_run *run, int64_t epoch, const int64_t **row, const float **weight, size_t *n,
	    struct ib_error *err)
{
	enum ib_status st = check_epoch(run, epoch, err);
	uint64_t i;

	if (!st && !run->scores)
		st = read_scores(run, err);
	if (st)
		return st;
	end_epoch(run);
	ib_row_arrays_free(run->drawn);
	run->drawn = ib_row_arrays_new("weight");
	if (!run->drawn)
		return ib_fail_memory(err);
	st = prune_epoch(run, epoch, err);
	if (st)
		return st;
	*row = run->drawn->index.p;
	*weight = run->drawn->weight.p;
	*n = (size_t)run->drawn->n;
	memset(run->state, IB_SAMPLE_PRUNED, (size_t)run->ids.n);
	for (i = 0; i < run->drawn->n; i++)
		run->state[(*row)[i]] = IB_SAMPLE_DRAWN;
	run->epoch = epoch;
	return IB_OK;
}

/* ---- record ----------------------------------------------------------------------- */

/* Check all rows and losses of a call of ib_run_record() before any loss is recorded. */
static enum ib_status
check_losses(const struct ib_run *run, const int64_t *row, const float *loss, size_t n,
	     struct ib_error *err)
{
	bool finite = run->options->nonfinite == IB_NONFINITE_FAIL;
	size_t i;

	for (i = 0; i < n; i++) {
		if (row[i] < 0 || (uint64_t)row[i] >= run->ids.n)
			return ib_fail(err, IB_E_MISUSE,
				       "row %lld does not exist: rows are from 0 to %llu",
				       (long long)row[i], (unsigned long long)run->ids.n - 1);
		if (run->state[row[i]] == IB_SAMPLE_PRUNED)
			return ib_fail(err, IB_E_MISUSE,
				       "row %lld was not drawn in epoch %lld: record only rows "
				       "that were drawn",
				       (long long)row[i], (long long)run->epoch);
		if (finite && !isfinite(loss[i]))
			return ib_fail(err, IB_E_DATA, "the loss of row %lld is not finite",
				       (long long)row[i]);
	}
	return IB_OK;
}

enum ib_status
ib_run_record(struct ib_run *run, const int64_t *row, const float *loss, size_t n,
	      struct ib_error *err)
{
	enum ib_status st;
	size_t i;

	if (run->epoch == IB_NO_EPOCH)
		return ib_fail(err, IB_E_MISUSE, "draw an epoch before you record losses");
	st = check_losses(run, row, loss, n, err);
	if (!st)
		st = ib_losses_add(&run->losses, row, loss, n, err);
	if (st)
		return st;
	for (i = 0; i < n; i++) {
		run->recorded += run->state[row[i]] == IB_SAMPLE_DRAWN;
		run->state[row[i]] = IB_SAMPLE_RECORDED;
		run->nonfinite += isfinite(loss[i]) ? 0 : 1;
	}
	return IB_OK;
}

/* ---- commit ----------------------------------------------------------------------- */

static uint64_t
find_missing(const struct ib_run *run)
{
	const uint8_t *first = memchr(run->state, IB_SAMPLE_DRAWN, (size_t)run->ids.n);

	return first ? (uint64_t)(first - run->state) : 0;
}

static enum ib_status
check_complete(const struct ib_run *run, struct ib_error *err)
{
	uint64_t missing = run->drawn->n - run->recorded;
	bool too_many;
	enum ib_status st = ib_limit_check(&run->options->max_missing, "max-missing", missing,
					   run->drawn->n, &too_many, err);

	if (st || !too_many)
		return st;
	return ib_fail(err, IB_E_DATA,
		       "epoch %lld is incomplete: %llu of the %llu samples that were drawn have no "
		       "loss; the first is row %llu (to allow this, raise max-missing)",
		       (long long)run->epoch, (unsigned long long)missing,
		       (unsigned long long)run->drawn->n, (unsigned long long)find_missing(run));
}

static void
warn_of_losses(const struct ib_run *run)
{
	if (run->nonfinite > 0)
		ib_warn(&run->options->context, "%llu of %llu losses are not finite: %s%s",
			(unsigned long long)run->nonfinite, (unsigned long long)run->losses.n,
			run->options->nonfinite == IB_NONFINITE_SKIP ? "skipped"
								     : "their scores are unknown",
			2 * run->nonfinite > run->losses.n ? " (did training diverge?)" : "");
}

/*
 * End a committed epoch. The epoch may have no loss; the score file then does not contain the
 * epoch.
 */
static void
finish_epoch(struct ib_run *run)
{
	run->newest = run->epoch;
	end_epoch(run);
}

enum ib_status
ib_run_commit(struct ib_run *run, struct ib_error *err)
{
	enum ib_status st;

	if (run->epoch == IB_NO_EPOCH)
		return ib_fail(err, IB_E_MISUSE, "there is nothing to commit: draw an epoch first");
	if (run->drawn->n == 0) {
		finish_epoch(run);
		return IB_OK;
	}
	if (run->losses.n == 0)
		return ib_fail(err, IB_E_MISUSE,
			       "no loss is recorded in epoch %lld: record losses before you commit",
			       (long long)run->epoch);
	st = check_complete(run, err);
	if (!st)
		st = ib_losses_sort(&run->losses, run->ids.n, err);
	if (!st && !run->scores) /* an earlier commit failed */
		st = read_scores(run, err);
	if (st)
		return st;
	st = ib_run_fold(run, err);
	if (!st)
		st = write_scores(run, err);
	if (st) {
		/*
		 * Drop the scores in memory, because they may contain losses of this epoch. The
		 * next draw or commit reads the score file.
		 */
		ib_scores_free(run->scores);
		run->scores = NULL;
		return st;
	}
	warn_of_losses(run);
	finish_epoch(run);
	return IB_OK;
}
