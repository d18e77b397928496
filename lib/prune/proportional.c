/*
 * --rule proportional: pi = min(1, max(floor, c*x)), so pi is proportional to x between the limits
 * floor and 1. x is an estimate of the gradient norm: 1-exp(-score) or the score. If x were equal
 * to the gradient norm, this rule would have the smallest variance of all rules with the same
 * expected cost (Neyman allocation; Katharopoulos and Fleuret 2018, arXiv 1803.00942).
 */
#include "prune/rule.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "prune/bins_request.h"
#include "prune/keep.h"
#include "prune/solve_scale.h"

#define GRID (1 << 24) /* pi is rounded up to a multiple of 1/GRID */

/*
 * The loops have no branches, so that the computations for several scores overlap. One loop limits
 * pi and another loop rounds pi, because gcc would use a branch in a single loop. The shift in the
 * second loop replaces pi = 1 with IB_PI_HIGH. Avoiding branches saves 4 % of the time of a run
 * (tests/PERFORMANCE.md).
 */
static void
proportional_pi(const struct ib_rule *r, const float *score, size_t n, double *pi)
{
	double floor = r->options.floor, c = r->solved.c, p;
	float x[IB_GROUP];
	int32_t steps;
	size_t i;

	if (isnan(c)) { /* there are no known scores */
		for (i = 0; i < n; i++)
			pi[i] = IB_PI_HIGH;
		return;
	}
	ib_proxies(r->options.proxy, score, n, x);
	for (i = 0; i < n; i++) {
		p = c * (double)x[i];
		p = p > floor ? p : floor; /* if p is NaN (0 * -inf), the result is floor */
		pi[i] = p < 1 ? p : 1;
	}
	for (i = 0; i < n; i++) {
		p = pi[i] * GRID;
		steps = (int32_t)p;
		steps += (double)steps < p;
		steps <<= steps / GRID;
		pi[i] = steps * (1.0 / GRID);
	}
}

/* ---- the budget -------------------------------------------------------------- */

/* Request the bins that ib_solve_scale() needs. */
static void
request_bins(const struct ib_rule *r, const struct ib_scale_problem *b)
{
	r->wanted_bins->has_x = true;
	r->wanted_bins->proxy = r->options.proxy;
	if (b->keep > b->floor)
		ib_solve_scale_select(b, &r->wanted_bins->x_values);
}

static bool
has_bins(const struct ib_rule *r, const struct ib_scale_problem *b)
{
	return r->bins && r->bins->has_x && r->bins->proxy == r->options.proxy &&
	       (b->keep <= b->floor || ib_solve_scale_has_bins(b, r->bins));
}

static enum ib_status
solve_budget(struct ib_rule *r, double keep, const struct ib_context *context, struct ib_error *err)
{
	struct ib_scale_problem b = { .keep = keep,
				      .floor = r->options.floor,
				      .n = r->totals->known };
	double most;

	ib_solve_scale_bound(&b, r->totals, r->options.proxy);
	if (r->wanted_bins) {
		request_bins(r, &b);
		return IB_OK;
	}
	if (!has_bins(r, &b))
		return ib_bins_request_lacks("--keep", err);
	most = ib_solve_scale_most(&b, &r->bins->x);
	if (keep < b.floor || keep > most)
		ib_keep_warn(r, keep < b.floor ? b.floor : most, context);
	r->solved.c = 0;
	return keep <= b.floor ? IB_OK : ib_solve_scale(&b, r->bins, &r->solved.c, err);
}

/* Fail if neither --keep nor the parameter scale is given. */
static enum ib_status
check_proportional(const struct ib_rule_options *o, struct ib_error *err)
{
	if (o->keep || o->scale)
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "--rule proportional needs --keep or its parameter scale");
}

static enum ib_status
prepare_proportional(struct ib_rule *r, const struct ib_context *context, struct ib_error *err)
{
	const struct ib_rule_options *o = &r->options;
	enum ib_status st;
	double keep;

	if (o->scale) {
		if (!ib_number_text(ib_span_of(o->scale), &r->solved.c) || !(r->solved.c > 0) ||
		    isinf(r->solved.c))
			return ib_fail(err, IB_E_MISUSE, "scale: '%s' is not a number above 0",
				       o->scale);
		return IB_OK;
	}
	st = ib_keep_read(o, &keep, err);
	return st ? st : solve_budget(r, keep, context, err);
}

const struct ib_rule_kind ib_rule_kind_proportional = {
	.id = IB_RULE_PROPORTIONAL,
	.name = "proportional",
	.about = "the keep probability grows with the estimated gradient "
		 "norm",
	.cause = "the rule gave the sample a pi below 1 because its score was low",
	.needs_scores = true,
	.allows_keep = true,
	.check = check_proportional,
	.prepare = prepare_proportional,
	.pi = proportional_pi,
};
