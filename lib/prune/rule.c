#define XXH_INLINE_ALL
#include "prune/rule.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "prune/draw.h"
#include "prune/params.h"

static void
random_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi)
{
	size_t i;

	(void)score;
	for (i = 0; i < n; i++)
		pi[i] = rule->levels.pi[0];
}

/* A new rule is a row here. */
static const struct ib_rule_kind kinds[] = {
	{ .id = IB_RULE_INFOBATCH,
	  .name = "infobatch",
	  .about = "(default) a sample with a score below the threshold is kept "
		   "with probability 1-R (see -r), the others always",
	  .needs_scores = true,
	  .fixed = true,
	  .ratio = true,
	  .prepare = ib_rule_prepare_infobatch,
	  .pi = ib_thresholds_pi },
	{ .id = IB_RULE_BUCKETS,
	  .name = "buckets",
	  .about = "a share to prune for each range of scores",
	  .needs_scores = true,
	  .fixed = true,
	  .cuts = true,
	  .prepare = ib_rule_prepare_buckets,
	  .pi = ib_thresholds_pi },
	{ .id = IB_RULE_RANDOM,
	  .name = "random",
	  .about = "every sample is kept with probability 1-R (see -r)",
	  .fixed = true,
	  .ratio = true,
	  .prepare = ib_rule_prepare_random,
	  .pi = random_pi },
	{ .id = IB_RULE_PROPORTIONAL,
	  .name = "proportional",
	  .about = "the keep probability grows with the estimated gradient "
		   "norm",
	  .needs_scores = true,
	  .prepare = ib_rule_prepare_proportional,
	  .pi = ib_proportional_pi },
	{ .id = IB_RULE_HARD,
	  .name = "hard",
	  .about = "every sample below the threshold is pruned; biased, for "
		   "comparison only",
	  .needs_scores = true,
	  .biased = true,
	  .prepare = ib_rule_prepare_hard,
	  .pi = ib_thresholds_pi },
	{ .id = IB_RULE_RANK,
	  .name = "rank",
	  .about = "the keep probability grows with the rank of the score",
	  .needs_scores = true,
	  .fixed = true,
	  .cuts = true,
	  .prepare = ib_rule_prepare_rank,
	  .pi = ib_thresholds_pi },
};

const struct ib_rule_kind *
ib_rule_kind_of(enum ib_rule_id id)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i].id == id)
			return &kinds[i];
	return NULL;
}

const char *
ib_reason_name(enum ib_reason reason)
{
	static const char *const names[IB_NREASONS] = { "warmup", "anneal", "unseen", "nonfinite",
							"high",	  "age",    "drawn",  "pruned" };

	return (unsigned)reason < IB_NREASONS ? names[reason] : "?";
}

double
ib_rule_complement(double r)
{
	char text[64], *comma;
	double pi;

	snprintf(text, sizeof(text), "%.15g", 1 - r);
	comma = strchr(text, ','); /* a caller's locale */
	if (comma)
		*comma = '.';
	return ib_number_text(ib_span_of(text), &pi) ? pi : 1 - r;
}

enum ib_status
ib_rule_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const struct ib_rule_kind *kind = ib_rule_kind_of(o->rule);

	if (!kind)
		return ib_fail(err, IB_E_MISUSE, "no such rule");
	if (o->epoch < 0 || o->epoch > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "the epoch is out of range");
	if (!(o->ratio >= 0 && o->ratio < 1))
		return ib_fail(err, IB_E_MISUSE, "the ratio is not in [0, 1)");
	if (o->full_from != IB_NO_EPOCH && (o->epochs != IB_NO_EPOCH || o->delta_given))
		return ib_fail(err, IB_E_MISUSE, "full_from stands in place of epochs and delta");
	if (o->sampling == IB_SAMPLING_FIXED && !kind->fixed)
		return ib_fail(err, IB_E_MISUSE, "--sampling fixed is not for --rule %s",
			       kind->name);
	if (o->rule == IB_RULE_BUCKETS && !o->buckets)
		return ib_fail(err, IB_E_MISUSE,
			       "--rule buckets needs cuts: --rule "
			       "buckets:CUT=SHARE,...");
	return ib_params_check(o, err);
}

/* Is this one of the epochs that keep everything? */
bool
ib_rule_is_full(const struct ib_rule_options *o, enum ib_reason *why)
{
	*why = IB_REASON_WARMUP;
	if (o->epoch < o->warmup)
		return true;
	*why = IB_REASON_ANNEAL;
	if (o->full_from != IB_NO_EPOCH)
		return o->epoch >= o->full_from;
	/* As the authors' code: the slack is for D*E just below a whole. */
	return o->epochs != IB_NO_EPOCH &&
	       (double)(o->epoch + 1) > o->delta * (double)o->epochs + 1e-9;
}

/* Where no totals were given they are those of the scores. */
static enum ib_status
take_totals(struct ib_rule *r, const struct ib_totals_file *sums, struct ib_error *err)
{
	r->foreign_totals = sums != NULL;
	if (sums) {
		r->totals = &sums->totals;
		r->refined = sums->refined;
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
start(const struct ib_rule_options *options, const struct ib_scores *scores,
      const struct ib_totals_file *sums, struct ib_rule **out, struct ib_error *err)
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
	r->key = ib_draw_key(options->seed, (uint64_t)options->epoch);
	r->ratio = options->ratio;
	r->threshold = r->c = NAN;
	r->full = ib_rule_is_full(options, &r->why_full);
	st = take_totals(r, sums, err);
	if (st) {
		ib_rule_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

static bool
is_prepared(const struct ib_rule *r)
{
	return !r->kind->needs_scores || r->totals->known > 0;
}

enum ib_status
ib_rule_prepare(const struct ib_rule_options *options, const struct ib_scores *scores,
		const struct ib_totals_file *sums, const struct ib_context *context,
		struct ib_rule **out, struct ib_error *err)
{
	struct ib_rule *r;
	enum ib_status st = start(options, scores, sums, &r, err);

	if (st)
		return st;
	if (r->kind->biased)
		ib_warn(context, "--rule %s is biased: for comparison only", r->kind->name);
	if (scores && scores->part.count > 1 && options->sampling == IB_SAMPLING_FIXED)
		st = ib_fail(err, IB_E_MISUSE,
			     "--sampling fixed looks at all scores, and these "
			     "are those of a part: give all of them with -s");
	if (!st && is_prepared(r))
		st = r->kind->prepare(r, context, err);
	if (!st && options->sampling == IB_SAMPLING_FIXED && scores)
		st = ib_fixed_prepare(r, err);
	if (st) {
		ib_rule_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

enum ib_status
ib_rule_refine(const struct ib_rule_options *options, const struct ib_totals_file *sums,
	       const struct ib_context *context, struct ib_bin_counts **out, struct ib_error *err)
{
	struct ib_rule *r;
	enum ib_status st = start(options, NULL, sums, &r, err);

	if (st)
		return st;
	r->want = ib_bin_counts_new();
	if (r->want)
		r->want->newest = r->totals->newest;
	st = r->want ? ib_totals_digest(r->totals, r->want->of, err) : ib_fail_memory(err);
	if (!st && is_prepared(r))
		st = r->kind->prepare(r, context, err);
	if (st)
		ib_bin_counts_free(r->want);
	else
		*out = r->want;
	ib_rule_free(r);
	return st;
}

enum ib_status
ib_rule_new(const struct ib_rule_options *options, const struct ib_scores *scores,
	    const struct ib_context *context, struct ib_rule **out, struct ib_error *err)
{
	return ib_rule_prepare(options, scores, NULL, context, out, err);
}

void
ib_rule_free(struct ib_rule *r)
{
	if (!r)
		return;
	free(r->own_totals);
	free(r->group);
	free(r->kept);
	free(r);
}

/* ---- chances ---------------------------------------------------------------- */

static bool
is_old(const struct ib_rule *r, uint32_t row)
{
	const int32_t *epoch = r->scores->epoch.p;

	return r->options.epoch - epoch[row] >= r->options.max_age;
}

static struct ib_inclusion
certain(enum ib_reason reason)
{
	return (struct ib_inclusion){ 1, 1, reason, -1 };
}

/* The first that fits, in the order of the reasons. */
static struct ib_inclusion
settle(const struct ib_rule *r, uint32_t row, float score, double pi)
{
	bool known = score == score; /* an unseen one is not */
	bool high = pi == IB_HIGH;
	struct ib_inclusion c;

	if (r->kind->needs_scores && !known)
		return certain(row == IB_NO_ROW ? IB_REASON_UNSEEN : IB_REASON_NONFINITE);
	/* High or low is a toss: no branch, IB_HIGH - 1 is 1. */
	c.pi = pi - (double)high;
	c.weight = 1 / c.pi;
	c.reason = high ? IB_REASON_HIGH : IB_REASON_DRAWN;
	c.group = -1;
	if (r->options.max_age > 0 && row != IB_NO_ROW && !high && is_old(r, row))
		return certain(IB_REASON_AGE);
	if (r->ngroups > 0 && known)
		ib_rule_fixed_inclusion(r, &c);
	return c;
}

/*
 * Side by side: what a branch hangs on is ready by the time that it is met.
 * scale takes 132.8 ns a sample so, 141.9 one by one (10^7 samples, -T 1, -o
 * /dev/null, AMD EPYC Zen 5, gcc 12 -O2).
 */
void
ib_rule_inclusions(const struct ib_rule *r, const uint32_t *row, size_t n,
		   struct ib_inclusion *chance)
{
	const float *scores = r->scores ? r->scores->score.p : NULL;
	float score[IB_GROUP] = { 0 };
	double pi[IB_GROUP];
	size_t i;

	if (r->full) {
		for (i = 0; i < n; i++)
			chance[i] = certain(r->why_full);
		return;
	}
	for (i = 0; i < n; i++)
		score[i] = row[i] == IB_NO_ROW ? NAN : scores[row[i]];
	r->kind->pi(r, score, n, pi);
	for (i = 0; i < n; i++)
		chance[i] = settle(r, row[i], score[i], pi[i]);
}

size_t
ib_rule_row_inclusions(const struct ib_rule *r, uint64_t from, struct ib_inclusion chance[IB_GROUP])
{
	uint64_t left = r->scores->table.n - from;
	size_t n = left < IB_GROUP ? (size_t)left : IB_GROUP, i;
	uint32_t row[IB_GROUP];

	for (i = 0; i < n; i++)
		row[i] = (uint32_t)(from + i);
	ib_rule_inclusions(r, row, n, chance);
	return n;
}

double
ib_rule_threshold(const struct ib_rule *r)
{
	return r->threshold;
}

void
ib_rule_decide(const struct ib_rule *r, const struct ib_span *id, size_t n, struct ib_decision *d)
{
	struct ib_inclusion c;
	uint64_t found;
	uint32_t row;
	size_t i;

	for (i = 0; i < n; i++) {
		row = r->scores && ib_scores_find(r->scores, id[i], &found) ? (uint32_t)found
									    : IB_NO_ROW;
		c = ib_rule_inclusion(r, row);
		d[i] = (struct ib_decision){ .pi = c.pi, .u = NAN, .reason = c.reason };
		d[i].kept = true;
		if (c.reason == IB_REASON_DRAWN) {
			d[i].u = ib_draw_u(r->key, id[i]);
			d[i].kept = ib_rule_keeps(r, row, &c, d[i].u);
			if (!d[i].kept)
				d[i].reason = IB_REASON_PRUNED;
		}
		d[i].weight = d[i].kept ? c.weight : 0;
	}
}
