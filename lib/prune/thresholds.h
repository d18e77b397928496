/* The thresholds of a rule, and the keep probabilities between them. */
#ifndef IB_PRUNE_THRESHOLDS_H
#define IB_PRUNE_THRESHOLDS_H

#include <stddef.h>

#define IB_THRESHOLDS_MAX 64

#define IB_HIGH 2.0 /* special value for pi: the sample is kept without a draw */

/*
 * Thresholds and the pi between them: a score below cut[k], and not below
 * cut[k-1], has pi[k]. pi[n] is IB_HIGH. Initialize with {0} and add with
 * ib_thresholds_put().
 */
struct ib_thresholds {
	size_t n;
	double cut[IB_THRESHOLDS_MAX];	 /* ascending */
	double share[IB_THRESHOLDS_MAX]; /* fraction to prune, as requested or solved */
	double pi[IB_THRESHOLDS_MAX + 1];
};

/* Add a threshold, not less than the previous one, and the fraction to prune below it. */
void ib_thresholds_put(struct ib_thresholds *l, double cut, double share);

/* Return 1-r rounded to 15 significant digits, so that 0.9 gives 0.1. */
double ib_complement(double r);

#endif
