/* Read and check the scores and the totals of a run. */
#include "prune/inputs.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/error.h"
#include "base/part.h"
#include "prune/memory.h"
#include "prune/rules.h"
#include "record/known_formats.h"
#include "score/load.h"

/* ---- scores -------------------------------------------------------------------- */

/* Return the name of the score file for messages. */
static const char *
scores_name(const struct ib_prune_options *options)
{
	const char *path = options->scores;

	return strcmp(path, "-") == 0 ? "standard input" : path;
}

/*
 * Fail if the newest scores are from an epoch after -e. Warn if the newest scores are from epoch
 * -e, or if there are no scores.
 */
static enum ib_status
check_epochs(const struct ib_prune_inputs *b, const struct ib_prune_options *o,
	     const struct ib_context *context, struct ib_error *err)
{
	int64_t newest = ib_scores_newest(b->scores);
	int64_t e = o->rule.epoch;

	if (b->scores->table.n == 0 && b->scores->part.count == 0 && e > 0 &&
	    ib_rule_needs_scores(o->rule.rule))
		ib_warn(context, "%s: contains no scores, so every sample is kept", scores_name(o));
	if (newest > e)
		return ib_fail(
			err, IB_E_DATA,
			"%s: contains losses of epoch %lld, which is later than -e %lld: "
			"the scores are from another run, or from a later epoch of this run; "
			"use a new score file for a new run, or see ib-score --until",
			scores_name(o), (long long)newest, (long long)e);
	if (newest == e)
		ib_warn(context,
			"%s: already contains losses of epoch %lld: epochs are "
			"numbered from 0, and -e must be the next epoch to train",
			scores_name(o), (long long)e);
	return IB_OK;
}

static enum ib_status
load_scores(struct ib_prune_inputs *b, const struct ib_prune_options *o,
	    const struct ib_context *context, struct ib_digests *digests, struct ib_error *err)
{
	enum ib_status st;

	if (o->memory) {
		b->scores = o->memory->scores;
		b->borrowed = true;
		memcpy(digests->scores, o->memory->scores_digest, sizeof(digests->scores));
		return IB_OK;
	}
	if (!o->scores)
		return IB_OK;
	if (strcmp(o->scores, "-") != 0 && access(o->scores, F_OK) != 0 && errno == ENOENT) {
		if (!ib_rule_needs_scores(o->rule.rule))
			return IB_OK;
		if (o->rule.epoch == 0) {
			ib_warn(context, "%s: does not exist yet: epoch 0 keeps every sample",
				o->scores);
			return IB_OK;
		}
	}
	st = ib_scores_open_any(o->scores, context, &b->scores,
				o->receipt || o->audit ? digests->scores : NULL, err);
	return st ? st : check_epochs(b, o, context, err);
}

/* ---- totals -------------------------------------------------------------------- */

/* Read the totals file. `digest` must have room for 33 characters. */
static enum ib_status
load_totals(const char *path, struct ib_totals_file **totals, char *digest, struct ib_error *err)
{
	struct ib_input *in = NULL;
	enum ib_status st;

	if (!path)
		return IB_OK;
	st = ib_input_open(path, &in, err);
	if (st)
		return st;
	ib_input_want_digest(in);
	st = ib_known_format_check(in, err);
	if (!st)
		st = ib_totals_file_read(in, totals, err);
	if (!st)
		ib_input_digest(in, digest);
	ib_input_close(in);
	return st ? st : ib_totals_file_check(*totals, path, err);
}

/* True if t can be the totals of a subset of the samples that `all` covers. */
static bool
is_summed(const struct ib_totals *all, const struct ib_totals *t)
{
	size_t b;

	for (b = 0; b < IB_TOTALS_BINS; b++)
		if (t->bin[b] > all->bin[b])
			return false;
	return t->rows <= all->rows && t->newest <= all->newest;
}

/* Check that the totals of --totals include the scores of this run. */
static enum ib_status
check_sums(const struct ib_prune_inputs *b, const struct ib_prune_options *o, struct ib_error *err)
{
	struct ib_totals *scores_totals = malloc(sizeof(*scores_totals));
	enum ib_status st = IB_OK;

	if (!scores_totals)
		return ib_fail_memory(err);
	ib_scores_totals(b->scores, scores_totals);
	if (!is_summed(&b->totals->totals, scores_totals))
		st = ib_fail(err, IB_E_DATA,
			     "%s: these totals do not include the scores of %s: are these totals "
			     "from another epoch? (newest epoch: %lld in the totals, %lld in the "
			     "scores)",
			     o->totals, scores_name(o), (long long)b->totals->totals.newest,
			     (long long)scores_totals->newest);
	free(scores_totals);
	return st;
}

/*
 * Check that the totals match the epoch and the scores, and that the scores of one partition are
 * not used as if they were all scores. A definite mismatch is an error. A probable mismatch causes
 * a warning.
 */
static enum ib_status
check_totals(const struct ib_prune_inputs *b, const struct ib_prune_options *o,
	     const struct ib_context *context, struct ib_error *err)
{
	const struct ib_part *actual = b->scores ? &b->scores->part : NULL;
	const struct ib_part *requested = &o->part;
	char text[IB_PART_TEXT_MAX], other[IB_PART_TEXT_MAX];

	if (b->totals && b->totals->totals.newest > o->rule.epoch)
		return ib_fail(err, IB_E_DATA,
			       "%s: the totals are from epoch %lld, which is later than -e %lld",
			       o->totals, (long long)b->totals->totals.newest,
			       (long long)o->rule.epoch);
	if (!actual || actual->count < 2)
		return IB_OK;
	if (requested->count == actual->count && requested->index != actual->index)
		return ib_fail(err, IB_E_DATA, "%s: contains partition %s, but --part is %s",
			       scores_name(o), ib_part_text(text, actual),
			       ib_part_text(other, requested));
	if (b->totals)
		return check_sums(b, o, err);
	ib_warn(context,
		"%s: contains only partition %s, so thresholds are "
		"computed from it alone; give the totals of all partitions with "
		"--totals",
		scores_name(o), ib_part_text(text, actual));
	return IB_OK;
}

/* ---- scores and totals together ------------------------------------------------ */

enum ib_status
ib_prune_inputs_load(struct ib_prune_inputs *b, const struct ib_prune_options *options,
		     const struct ib_context *context, struct ib_digests *digests,
		     struct ib_error *err)
{
	enum ib_status st = load_scores(b, options, context, digests, err);

	if (!st)
		st = load_totals(options->totals, &b->totals, digests->totals, err);
	return st ? st : check_totals(b, options, context, err);
}

void
ib_prune_inputs_release(struct ib_prune_inputs *b)
{
	if (!b->borrowed)
		ib_scores_free(b->scores);
	ib_totals_file_free(b->totals);
	*b = (struct ib_prune_inputs){ 0 };
}

enum ib_status
ib_prune_inputs_request_bins(const struct ib_prune_options *options,
			     const struct ib_context *context, struct ib_error *err)
{
	unsigned flags = options->if_changed ? IB_OUTPUT_IF_CHANGED : 0;
	struct ib_bin_counts *want = NULL;
	struct ib_output *out = NULL;
	struct ib_totals_file *totals = NULL;
	char digest[33];
	enum ib_status st = load_totals(options->totals, &totals, digest, err);

	if (!st)
		st = ib_rule_request_bins(&options->rule, totals, context, &want, err);
	if (!st)
		st = ib_output_open(options->write_bins, flags, &out, err);
	if (!st)
		st = ib_second_pass_write(want, out, err);
	if (!st)
		st = ib_output_commit(&out, err);
	if (out)
		ib_output_discard(&out);
	ib_bin_counts_free(want);
	ib_totals_file_free(totals);
	return st;
}
