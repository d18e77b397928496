/* The table of rules, and the functions that check a rule and prepare it for one epoch. */
#include "prune/rules.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "prune/fixed.h"
#include "prune/params.h"
#include "prune/weight_factor.h"

/*
 * To add a rule, define its struct ib_rule_kind in the file that has the rule's functions, and add
 * the name of the struct to the declarations and to the list below.
 */
extern const struct ib_rule_kind ib_rule_kind_infobatch, ib_rule_kind_buckets, ib_rule_kind_random,
	ib_rule_kind_proportional, ib_rule_kind_hard, ib_rule_kind_rank;

static const struct ib_rule_kind *const kinds[] = {
	&ib_rule_kind_infobatch,    &ib_rule_kind_buckets, &ib_rule_kind_random,
	&ib_rule_kind_proportional, &ib_rule_kind_hard,	   &ib_rule_kind_rank,
};
#define NKINDS (sizeof(kinds) / sizeof(*kinds))
_Static_assert(NKINDS == IB_NRULES, "kinds[] must contain every rule of enum ib_rule_id");

const struct ib_rule_kind *
ib_rule_kind_of(enum ib_rule_id id)
{
	size_t i;

	for (i = 0; i < NKINDS; i++)
		if (kinds[i]->id == id)
			return kinds[i];
	return NULL;
}

bool
ib_rule_needs_scores(enum ib_rule_id id)
{
	return ib_rule_kind_of(id)->needs_scores;
}

bool
ib_rule_uses_ratio(enum ib_rule_id id)
{
	return ib_rule_kind_of(id)->has_ratio;
}

/* ---- checks ---- */

static bool
allows_keep(const struct ib_rule_kind *kind)
{
	return kind->allows_keep;
}

static bool
allows_fixed(const struct ib_rule_kind *kind)
{
	return kind->allows_fixed;
}

/*
 * Fail because the rule `kind` does not allow `option`. The message names the rules that allow the
 * option.
 */
static enum ib_status
refuse_option(const struct ib_rule_kind *kind, const char *option,
	      bool (*allows)(const struct ib_rule_kind *), struct ib_error *err)
{
	const char *separator = "";
	char names[200] = "";
	size_t n = 0, i;

	for (i = 0; i < NKINDS; i++) {
		if (!allows(kinds[i]))
			continue;
		n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", separator,
				      kinds[i]->name);
		separator = ", ";
	}
	return ib_fail(err, IB_E_MISUSE,
		       "%s cannot be used with --rule %s; the rules that allow it are %s", option,
		       kind->name, names);
}

enum ib_status
ib_rule_options_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const struct ib_rule_kind *kind = ib_rule_kind_of(o->rule);
	enum ib_status st;

	if (!kind)
		return ib_fail(err, IB_E_MISUSE, "no such rule");
	if (!(o->ratio >= 0 && o->ratio < 1))
		return ib_fail(err, IB_E_MISUSE, "the ratio is not in [0, 1)");
	if (o->keep && o->ratio_given)
		return ib_fail(err, IB_E_MISUSE, "keep and ratio are mutually exclusive");
	if (o->keep && o->scale)
		return ib_fail(err, IB_E_MISUSE,
			       "--keep and the parameter 'scale' are mutually exclusive");
	if (o->keep && !kind->allows_keep)
		return refuse_option(kind, "--keep", allows_keep, err);
	if (o->sampling == IB_SAMPLING_FIXED && !kind->allows_fixed)
		return refuse_option(kind, "--sampling fixed", allows_fixed, err);
	st = kind->check ? kind->check(o, err) : IB_OK;
	return st ? st : ib_params_check(o, err);
}

enum ib_status
ib_rule_check(const struct ib_rule_options *o, struct ib_error *err)
{
	if (o->epoch < 0 || o->epoch > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "the epoch is out of range");
	if (o->full_from != IB_NO_EPOCH && (o->epochs != IB_NO_EPOCH || o->delta_given))
		return ib_fail(err, IB_E_MISUSE,
			       "full_from cannot be combined with epochs or delta");
	return ib_rule_options_check(o, err);
}

/* Set r->totals to the given totals. If no totals are given, use the totals of the scores. */
static enum ib_status
set_totals(struct ib_rule *r, const struct ib_totals_file *given, struct ib_error *err)
{
	if (given) {
		r->totals = &given->totals;
		r->bins = given->bins;
		return IB_OK;
	}
	r->own_totals = malloc(sizeof(*r->own_totals));
	if (!r->own_totals)
		return ib_fail_memory(err);
	if (r->scores)
		ib_scores_totals(r->scores, r->own_totals);
	else
		ib_totals_init(r->own_totals);
	r->totals = r->own_totals;
	return IB_OK;
}

static enum ib_status
new_rule(const struct ib_rule_options *options, const struct ib_scores *scores,
	 const struct ib_totals_file *given, struct ib_rule **out, struct ib_error *err)
{
	enum ib_status st = ib_rule_check(options, err);
	struct ib_rule *r;

	*out = NULL;
	if (st)
		return st;
	r = calloc(1, sizeof(*r));
	if (!r)
		return ib_fail_memory(err);
	r->options = *options;
	r->kind = ib_rule_kind_of(options->rule);
	r->scores = scores;
	r->draw_key = ib_draw_key(options->seed, (uint64_t)options->epoch);
	r->solved = (struct ib_solved){ options->ratio, NAN, NAN, 1 };
	r->unpruned = ib_rule_epoch_is_unpruned(options, &r->why_unpruned);
	st = set_totals(r, given, err);
	if (st) {
		ib_rule_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

/* True if the rule can be prepared: the rule needs no scores, or there are known scores. */
static bool
can_prepare(const struct ib_rule *r)
{
	return !r->kind->needs_scores || r->totals->known > 0;
}

static enum ib_status
prepare(struct ib_rule *r, const struct ib_context *context, struct ib_error *err)
{
	r->thresholds.n = 0;
	return can_prepare(r) ? r->kind->prepare(r, context, err) : IB_OK;
}

/*
 * Prepare the rule only to find out which bins it needs. These bins are stored in r->wanted_bins.
 */
static enum ib_status
request_bins(struct ib_rule *r, const struct ib_context *context, struct ib_error *err)
{
	r->wanted_bins = ib_bin_counts_new();
	return r->wanted_bins ? prepare(r, context, err) : ib_fail_memory(err);
}

/* Make the second pass over the scores: count the values in the bins that the rule needs. */
static enum ib_status
count_bins(struct ib_rule *r, struct ib_error *err)
{
	enum ib_status st = request_bins(r, NULL, err);

	if (!st)
		st = ib_bin_counts_count(r->wanted_bins, r->scores->score.p, r->scores->table.n,
					 &r->own_bins, err);
	ib_bin_counts_free(r->wanted_bins);
	r->wanted_bins = NULL;
	r->bins = r->own_bins;
	return st;
}

enum ib_status
ib_rule_prepare(const struct ib_rule_options *options, const struct ib_scores *scores,
		const struct ib_totals_file *given, const struct ib_context *context,
		struct ib_rule **out, struct ib_error *err)
{
	struct ib_rule *r;
	enum ib_status st = new_rule(options, scores, given, &r, err);

	if (st)
		return st;
	if (r->kind->biased)
		ib_warn(context, "--rule %s is biased: use it only for comparison", r->kind->name);
	if (scores && scores->part.count > 1 && options->sampling == IB_SAMPLING_FIXED)
		st = ib_fail(err, IB_E_MISUSE,
			     "--sampling fixed needs all scores, but -s has only the scores of one "
			     "partition: give a complete score file");
	if (!st && scores && !given)
		st = count_bins(r, err);
	if (!st)
		st = prepare(r, context, err);
	if (!st && options->sampling == IB_SAMPLING_FIXED && scores)
		st = ib_fixed_prepare(r, err);
	if (st) {
		ib_rule_free(r);
		return st;
	}
	if (options->normalize == IB_NORMALIZE_MEAN)
		r->solved.weight_factor = ib_weight_factor(r);
	*out = r;
	return IB_OK;
}

enum ib_status
ib_rule_request_bins(const struct ib_rule_options *options, const struct ib_totals_file *given,
		     const struct ib_context *context, struct ib_bin_counts **out,
		     struct ib_error *err)
{
	struct ib_rule *r;
	enum ib_status st = new_rule(options, NULL, given, &r, err);

	if (st)
		return st;
	st = request_bins(r, context, err);
	if (!st)
		st = ib_totals_digest(r->totals, r->wanted_bins->of, err);
	if (!st) {
		r->wanted_bins->newest = r->totals->newest;
		*out = r->wanted_bins;
		r->wanted_bins = NULL;
	}
	ib_rule_free(r);
	return st;
}

enum ib_status
ib_rule_new(const struct ib_rule_options *options, int64_t epoch, const struct ib_scores *scores,
	    struct ib_rule **out, struct ib_error *err)
{
	struct ib_rule_options o = *options;

	o.epoch = epoch;
	return ib_rule_prepare(&o, scores, NULL, NULL, out, err);
}

void
ib_rule_free(struct ib_rule *r)
{
	if (!r)
		return;
	free(r->own_totals);
	ib_bin_counts_free(r->own_bins);
	ib_bin_counts_free(r->wanted_bins);
	free(r->group);
	free(r->kept);
	free(r);
}
