/*
 * Solve for the scale c of --rule proportional. The keep probabilities pi = min(1, max(floor, c*x))
 * of all n samples with a known score must add up to keep*n. x is computed from the score; see
 * proportional.c.
 *
 * The input is a table of bins by the leading bits of x. Each bin has a count and an exact sum of
 * x. In two ranges of bins, every single value of x is needed too: the range in which pi changes
 * from floor to c*x, and the range in which pi changes from c*x to 1. The counts and exact sums do
 * not depend on how the scores are partitioned, so c does not depend on the partitions either.
 */
#ifndef IB_PRUNE_SOLVE_SCALE_H
#define IB_PRUNE_SOLVE_SCALE_H

#include "score/bin_counts.h"

struct ib_scale_problem {
	double keep, floor;
	uint64_t n; /* number of samples with a known score */

	/*
	 * Bounds of x, as results of ib_float_order(). The largest x with pi = floor is in [low[0],
	 * low[1]]. The largest x with pi < 1 is in [high[0], high[1]].
	 */
	uint32_t low[2], high[2];
};

/* Compute b->low and b->high from the bins of the totals. */
void ib_solve_scale_bound(struct ib_scale_problem *b, const struct ib_totals *t,
			  enum ib_proxy proxy);

/* Select the bins in *x_values for which every value of x is needed to solve for c. */
void ib_solve_scale_select(const struct ib_scale_problem *b, struct ib_bins *x_values);

/* True if r has all bins that ib_solve_scale_select() selects. */
bool ib_solve_scale_has_bins(const struct ib_scale_problem *b, const struct ib_bin_counts *r);

/*
 * Return the largest fraction of the samples that the rule can keep. The rule keeps this fraction
 * if pi is 1 for all x > 0 and floor for all other x.
 */
double ib_solve_scale_most(const struct ib_scale_problem *b, const struct ib_x_bins *x);

/*
 * Set *c to the solution. b->floor must be below b->keep, and r must have all bins that
 * ib_solve_scale_select() selects.
 */
enum ib_status ib_solve_scale(const struct ib_scale_problem *b, const struct ib_bin_counts *r,
			      double *c, struct ib_error *err);

#endif
