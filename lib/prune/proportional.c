/*
 * pi in proportion to a bound on the gradient's norm: pi = min(1, max(floor,
 * c*x)), x = 1-exp(-score) or the score. Of all rules of one expected cost the
 * one of least variance, were x the norm (Katharopoulos and Fleuret 2018,
 * arXiv 1803.00942, and the Neyman allocation before them).
 */
#include "prune/rule.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "prune/solve_scale.h"

#define GRID (1 << 24) /* pi is rounded up to a multiple of 1/GRID */

/*
 * No branch hangs on a score: the exp of one runs beside those of others, and
 * gcc, which makes a branch of a bound where it knows what follows from it, is
 * kept from it by the second loop. At 1 the shift makes IB_HIGH of it. scale
 * takes 1.14 times the default rule's time so, 1.19 with branches (10^6 samples,
 * -T 1, AMD EPYC Zen 5, gcc 12 -O2).
 */
void
ib_proportional_pi(const struct ib_rule *r, const float *score, size_t n, double *pi)
{
	double floor = r->options.floor, c = r->c, p;
	float x[IB_GROUP];
	int32_t whole;
	size_t i;

	if (isnan(c)) { /* nothing is known */
		for (i = 0; i < n; i++)
			pi[i] = IB_HIGH;
		return;
	}
	ib_proxies(r->options.proxy, score, n, x);
	for (i = 0; i < n; i++) {
		p = c * (double)x[i];
		p = p > floor ? p : floor; /* NaN too: 0 * -inf */
		pi[i] = p < 1 ? p : 1;
	}
	for (i = 0; i < n; i++) {
		p = pi[i] * GRID;
		whole = (int32_t)p;
		whole += (double)whole < p;
		whole <<= whole / GRID;
		pi[i] = whole * (1.0 / GRID);
	}
}

/* ---- the budget -------------------------------------------------------------- */

static void
warn_of_reach(const struct ib_rule *r, double share, const struct ib_context *context)
{
	char text[IB_NUMBER_MAX + 1];

	text[ib_number_put(text, share)] = '\0';
	ib_warn(context,
		"--keep %s is out of reach: the nearest share that can "
		"be kept is %s",
		r->options.keep, text);
}

static enum ib_status
solve(struct ib_rule *r, struct ib_scale_problem *b, const struct ib_bin_counts *of,
      const struct ib_context *context, struct ib_error *err)
{
	double most = ib_solve_scale_most(b, of), keep = b->keep;

	if (keep < b->floor || keep > most)
		warn_of_reach(r, keep < b->floor ? b->floor : most, context);
	r->c = 0;
	return keep <= b->floor ? IB_OK : ib_solve_scale(b, of, &r->c, err);
}

/* What is to be counted of the scores, in one pass. */
static void
plan(const struct ib_rule *r, struct ib_scale_problem *b, struct ib_bin_counts *want)
{
	want->spread = true;
	want->proxy = r->options.proxy;
	if (b->keep > b->floor)
		ib_solve_scale_remember(b, &want->fine);
}

static enum ib_status
solve_own(struct ib_rule *r, struct ib_scale_problem *b, const struct ib_context *context,
	  struct ib_error *err)
{
	struct ib_bin_counts *want = ib_bin_counts_new(), *of = NULL;
	enum ib_status st;

	if (!want)
		return ib_fail_memory(err);
	plan(r, b, want);
	st = ib_bin_counts_count(want, r->scores->score.p, r->scores->table.n, &of, err);
	if (!st)
		st = solve(r, b, of, context, err);
	ib_bin_counts_free(of);
	ib_bin_counts_free(want);
	return st;
}

/* Over parts: what their second pass counted. */
static enum ib_status
solve_foreign(struct ib_rule *r, struct ib_scale_problem *b, const struct ib_context *context,
	      struct ib_error *err)
{
	if (!r->refined || !r->refined->spread || r->refined->proxy != r->options.proxy ||
	    (b->keep > b->floor && !ib_solve_scale_is_known(b, r->refined)))
		return ib_bins_request_lacks("--keep", err);
	return solve(r, b, r->refined, context, err);
}

static enum ib_status
solve_budget(struct ib_rule *r, double keep, const struct ib_context *context, struct ib_error *err)
{
	struct ib_scale_problem b = { .keep = keep,
				      .floor = r->options.floor,
				      .n = r->totals->known };

	ib_solve_scale_bound(&b, r->totals, r->options.proxy);
	if (!r->foreign_totals)
		return solve_own(r, &b, context, err);
	if (!r->want)
		return solve_foreign(r, &b, context, err);
	plan(r, &b, r->want);
	return IB_OK;
}

enum ib_status
ib_rule_prepare_proportional(struct ib_rule *r, const struct ib_context *context,
			     struct ib_error *err)
{
	const struct ib_rule_options *o = &r->options;
	double keep;

	if (!o->keep == !o->scale)
		return ib_fail(err, IB_E_MISUSE,
			       "--rule proportional needs "
			       "either --keep or its parameter scale");
	if (o->scale) {
		if (!ib_number_text(ib_span_of(o->scale), &r->c) || !(r->c > 0) || isinf(r->c))
			return ib_fail(err, IB_E_MISUSE, "scale: '%s' is not a number above 0",
				       o->scale);
		return IB_OK;
	}
	if (!ib_number_text(ib_span_of(o->keep), &keep) || !(keep >= 0 && keep <= 1))
		return ib_fail(err, IB_E_MISUSE, "--keep: '%s' is no share in [0, 1]", o->keep);
	if (!r->scores && !r->foreign_totals)
		return IB_OK;
	return solve_budget(r, keep, context, err);
}
