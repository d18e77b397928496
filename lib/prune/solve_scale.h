/*
 * c of --rule proportional: where the pi of all known samples add up to
 * keep*n. From counts and exact sums of x by leading bits, and the exact
 * values in the few bins in which a sample turns from the floor to c*x, or
 * from c*x to 1. One machine and many parts count the same, so they find the
 * same c.
 */
#ifndef IB_PRUNE_SOLVE_SCALE_H
#define IB_PRUNE_SOLVE_SCALE_H

#include "score/bin_counts.h"

struct ib_scale_problem {
	double keep, floor;
	uint64_t n; /* known samples */
	/*
	 * What is known beforehand, as ib_float_order: the last x at the floor
	 * is in [low[0], low[1]], the last below pi = 1 in [high[0], high[1]].
	 */
	uint32_t low[2], high[2];
};

/* The bounds, from bins of scores. */
void ib_solve_scale_bound(struct ib_scale_problem *b, const struct ib_totals *t,
			  enum ib_proxy proxy);

/* Mark the bins whose values must be known; or are all of them there? */
void ib_solve_scale_remember(const struct ib_scale_problem *b, struct ib_bins *fine);
bool ib_solve_scale_is_known(const struct ib_scale_problem *b, const struct ib_bin_counts *r);

/* The largest share that can be kept: all but x <= 0 with pi 1. */
double ib_solve_scale_most(const struct ib_scale_problem *b, const struct ib_bin_counts *r);

/* For floor < keep; the bins must be held. */
enum ib_status ib_solve_scale(const struct ib_scale_problem *b, const struct ib_bin_counts *r,
			      double *c, struct ib_error *err);

#endif
