/*
 * c of --rule proportional: where the pi of all known samples add up to
 * keep*n. From counts and exact sums of x by leading bits, and the exact
 * values in the few bins in which a sample turns from the floor to c*x, or
 * from c*x to 1. One machine and many parts count the same, so they find the
 * same c.
 */
#ifndef IB_PRUNE_BUDGET_H
#define IB_PRUNE_BUDGET_H

#include "score/refined.h"

struct ib_budget {
	double keep, floor;
	uint64_t n; /* known samples */
	/*
	 * What is known beforehand, as ib_float_order: the last x at the floor
	 * is in [low[0], low[1]], the last below pi = 1 in [high[0], high[1]].
	 */
	uint32_t low[2], high[2];
};

/* The bounds, from bins of scores. */
void ib_budget_bound(struct ib_budget *b, const struct ib_totals *t, enum ib_proxy proxy);

/* Mark the bins whose values must be known; or are all of them there? */
void ib_budget_hold(const struct ib_budget *b, struct ib_fine *fine);
bool ib_budget_is_held(const struct ib_budget *b, const struct ib_refined *r);

/* The largest share that can be kept: all but x <= 0 with pi 1. */
double ib_budget_most(const struct ib_budget *b, const struct ib_refined *r);

/* For floor < keep; the bins must be held. */
enum ib_status ib_budget_solve(const struct ib_budget *b, const struct ib_refined *r, double *c,
			       struct ib_error *err);

#endif
