/* The thresholds of a rule, and the keep probabilities between them. */
#ifndef IB_PRUNE_THRESHOLDS_H
#define IB_PRUNE_THRESHOLDS_H

#include <stddef.h>

#define IB_THRESHOLDS_MAX 64

/* pi of a sample that is kept without a draw, because its score is at or above the threshold */
#define IB_PI_HIGH 2.0

/*
 * Thresholds and the values of pi between them. A score that is below threshold[k], but not below
 * threshold[k-1], has the keep probability pi[k]. pi[n] is IB_PI_HIGH. Initialize with {0}, and add
 * thresholds with ib_thresholds_add().
 */
struct ib_thresholds {
	size_t n;
	double threshold[IB_THRESHOLDS_MAX];	  /* ascending */
	double prune_fraction[IB_THRESHOLDS_MAX]; /* prune_fraction[k] = 1 - pi[k] */
	double pi[IB_THRESHOLDS_MAX + 1];
};

/*
 * Add a threshold. The rule prunes the fraction prune_fraction of the samples between the previous
 * threshold and this threshold. The threshold must not be less than the previous threshold.
 */
void ib_thresholds_add(struct ib_thresholds *l, double threshold, double prune_fraction);

/*
 * Return 1-r rounded to 15 significant digits. The rounding ensures that the
 * result for 0.9 is exactly 0.1.
 */
double ib_complement(double r);

#endif
