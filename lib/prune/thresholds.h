/* The thresholds of a rule, and the keep probabilities between them. */
#ifndef IB_PRUNE_THRESHOLDS_H
#define IB_PRUNE_THRESHOLDS_H

#include <stddef.h>

#define IB_THRESHOLDS_MAX 64

/* special value of pi: the score is at or above the threshold, and there is no draw */
#define IB_HIGH 2.0

/*
 * Thresholds and the values of pi between them. A score that is below cut[k]
 * but not below cut[k-1] has pi[k]. pi[n] is IB_HIGH. Initialize with {0}, and
 * add thresholds with ib_thresholds_add().
 */
struct ib_thresholds {
	size_t n;
	double cut[IB_THRESHOLDS_MAX];	 /* ascending */
	double share[IB_THRESHOLDS_MAX]; /* fraction to prune, as requested or solved */
	double pi[IB_THRESHOLDS_MAX + 1];
};

/*
 * Add a threshold and the fraction `share` to prune below it. The threshold
 * must not be less than the previous threshold.
 */
void ib_thresholds_add(struct ib_thresholds *l, double cut, double share);

/*
 * Return 1-r rounded to 15 significant digits. The rounding ensures that the
 * result for 0.9 is exactly 0.1.
 */
double ib_complement(double r);

#endif
