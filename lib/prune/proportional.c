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
#include "prune/budget.h"

#define GRID 0x1p-24 /* pi is rounded up to a multiple of it */

static double
plain_pi(const struct ib_rule *r, double x)
{
	double pi = r->c * x;

	if (pi < r->options.floor)
		pi = r->options.floor;
	return pi < 1 ? pi : 1;
}

bool
ib_proportional_pi(const struct ib_rule *r, float score, double *pi)
{
	double x = (double)ib_proxy_of(r->options.proxy, score);
	double p = ceil(plain_pi(r, x) / GRID) * GRID;

	*pi = p < 1 ? p : 1;
	return *pi < 1;
}

/* ---- the budget -------------------------------------------------------------- */

/* x of all scores, and what the budget has to know of them. */
static enum ib_status
count_own(const struct ib_rule *r, struct ib_budget *b, struct ib_refined *of,
	  struct ib_error *err)
{
	const float *score = r->scores->score.p;
	uint64_t n = r->scores->table.n, i;
	float *x = malloc((n + 1) * sizeof(*x));
	enum ib_status st;

	if (!x)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		x[i] = ib_proxy_of(r->options.proxy, score[i]);
	ib_refined_spread(of, x, n);
	ib_budget_bound_by_x(b, of);
	ib_budget_hold(b, &of->fine);
	st = ib_refined_pick(&of->fine, x, n, true, err);
	free(x);
	return st;
}

static void
warn_of_reach(const struct ib_rule *r, double share,
	      const struct ib_context *context)
{
	char text[IB_NUMBER_MAX + 1];

	text[ib_number_put(text, share)] = '\0';
	ib_warn(context, "--keep %s is out of reach: the nearest share that can "
		"be kept is %s", r->options.keep, text);
}

static enum ib_status
solve(struct ib_rule *r, struct ib_budget *b, const struct ib_refined *of,
      const struct ib_context *context, struct ib_error *err)
{
	double most = ib_budget_most(b, of), keep = b->keep;

	if (keep < b->floor || keep > most)
		warn_of_reach(r, keep < b->floor ? b->floor : most, context);
	r->c = 0;
	return keep <= b->floor ? IB_OK : ib_budget_solve(b, of, &r->c, err);
}

/* Over parts: what their second pass counted, or is to count. */
static enum ib_status
solve_foreign(struct ib_rule *r, struct ib_budget *b,
	      const struct ib_context *context, struct ib_error *err)
{
	ib_budget_bound_by_scores(b, r->totals, r->options.proxy);
	if (r->want) {
		r->want->spread = true;
		r->want->proxy = r->options.proxy;
		if (b->keep > b->floor)
			ib_budget_hold(b, &r->want->fine);
		return IB_OK;
	}
	if (!r->refined || !r->refined->spread ||
	    r->refined->proxy != r->options.proxy ||
	    (b->keep > b->floor && !ib_budget_is_held(b, r->refined)))
		return ib_refine_lacks("--keep", err);
	return solve(r, b, r->refined, context, err);
}

static enum ib_status
solve_budget(struct ib_rule *r, double keep, const struct ib_context *context,
	     struct ib_error *err)
{
	struct ib_budget b = { .keep = keep, .floor = r->options.floor,
			       .n = r->totals->known };
	struct ib_refined *of;
	enum ib_status st;

	if (r->foreign_totals)
		return solve_foreign(r, &b, context, err);
	of = ib_refined_new();
	if (!of)
		return ib_fail_memory(err);
	st = count_own(r, &b, of, err);
	if (!st)
		st = solve(r, &b, of, context, err);
	ib_refined_free(of);
	return st;
}

enum ib_status
ib_rule_prepare_proportional(struct ib_rule *r,
			     const struct ib_context *context,
			     struct ib_error *err)
{
	const struct ib_rule_options *o = &r->options;
	double keep;

	if (!o->keep == !o->scale)
		return ib_fail(err, IB_E_MISUSE, "--rule proportional needs "
			       "one of --keep and --scale");
	if (o->scale) {
		if (!ib_number_text(ib_span_of(o->scale), &r->c) ||
		    !(r->c > 0) || isinf(r->c))
			return ib_fail(err, IB_E_MISUSE,
				       "--scale: '%s' is no number above 0",
				       o->scale);
		return IB_OK;
	}
	if (!ib_number_text(ib_span_of(o->keep), &keep) ||
	    !(keep >= 0 && keep <= 1))
		return ib_fail(err, IB_E_MISUSE,
			       "--keep: '%s' is no share in [0, 1]", o->keep);
	if (!r->scores && !r->foreign_totals)
		return IB_OK;
	return solve_budget(r, keep, context, err);
}
