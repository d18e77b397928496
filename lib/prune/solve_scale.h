/*
 * Solve for the scale c of --rule proportional: the pi of all known samples
 * must add up to keep*n, with pi = min(1, max(floor, c*x)).
 *
 * The input is a table of bins by the leading bits of x, each with a count and
 * an exact sum of x. In two ranges of bins, where pi changes from floor to c*x and
 * from c*x to 1, every value is needed too. Counts and exact sums do not depend
 * on how the scores are partitioned, so neither does c.
 */
#ifndef IB_PRUNE_SOLVE_SCALE_H
#define IB_PRUNE_SOLVE_SCALE_H

#include "score/bin_counts.h"

struct ib_scale_problem {
	double keep, floor;
	uint64_t n; /* known samples */

	/*
	 * Bounds, as ib_float_order: the largest x with pi = floor is in
	 * [low[0], low[1]], the largest x with pi < 1 is in [high[0], high[1]].
	 */
	uint32_t low[2], high[2];
};

/* Compute low and high from the bins of the totals. */
void ib_solve_scale_bound(struct ib_scale_problem *b, const struct ib_totals *t,
			  enum ib_proxy proxy);

/* Select the bins of x whose values must be known; true if r has all of them. */
void ib_solve_scale_select(const struct ib_scale_problem *b, struct ib_bins *x_values);
bool ib_solve_scale_has_bins(const struct ib_scale_problem *b, const struct ib_bin_counts *r);

/* Return the largest fraction that can be kept: pi is 1 if x > 0, else floor. */
double ib_solve_scale_most(const struct ib_scale_problem *b, const struct ib_x_bins *x);

/* Solve for c. Requires floor < keep and all requested bins. */
enum ib_status ib_solve_scale(const struct ib_scale_problem *b, const struct ib_bin_counts *r,
			      double *c, struct ib_error *err);

#endif
