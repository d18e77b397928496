/* Distributions of weighted losses, distances between them, and a drift test. */
#ifndef IB_AUDIT_WEIGHTED_H
#define IB_AUDIT_WEIGHTED_H

#include "infobatch_run.h"

struct ib_weighted {
	uint64_t n;		   /* number of distinct losses */
	float *loss;		   /* [n] distinct losses, ascending */
	double *cumulative_weight; /* [n] sum of the weights of all losses <= loss[i] */
	double total_weight;	   /* sum of all weights */
};

/*
 * Set *d to the distribution of n losses. NaN losses are skipped. Weights must be finite and not
 * negative; if weight is NULL, all weights are 1. Returns IB_E_IO if out of memory.
 */
enum ib_status ib_weighted_init(struct ib_weighted *d, const float *loss, const double *weight,
				uint64_t n, struct ib_error *err);
void ib_weighted_release(struct ib_weighted *d);

/*
 * Return the smallest loss x such that the losses <= x have at least the fraction part/parts
 * of the total weight. Returns NaN if the total weight is 0.
 */
double ib_weighted_quantile(const struct ib_weighted *d, int part, int parts);

/* Set quantile[] to the quantiles 0.05, 0.25, 0.5, 0.75 and 0.95 of the losses. */
void ib_weighted_quantiles(const struct ib_weighted *d, double quantile[5]);

/*
 * Return the Wasserstein-1 distance between a and b, defined as in
 * scipy.stats.wasserstein_distance(). The distance is the area between the two distribution
 * functions, in units of the loss. Returns NaN if one of the total weights is 0.
 */
double ib_weighted_w1(const struct ib_weighted *a, const struct ib_weighted *b);

/*
 * Return the population stability index (PSI) of p relative to q. The PSI is the sum of (p_i - q_i)
 * ln(p_i / q_i) over all bins. The limits of the bins are the deciles of q. p_i and q_i are the
 * fractions of the weights of p and q in bin i. A fraction below 1e-4 becomes 1e-4.
 */
double ib_weighted_psi(const struct ib_weighted *p, const struct ib_weighted *q);

/*
 * One-sided Page-Hinkley test for a rise in the mean loss. During training the loss normally falls.
 * A fall does not cause an alarm; it only resets the test to the lower mean. Initialize with {0},
 * and then set delta and alarm (--page-hinkley D:A).
 */
struct ib_page_hinkley {
	double delta, alarm;
	double mean_since_reset; /* mean of the mean losses of all epochs since the last reset */
	/* standard deviation of the losses in the epoch of the last reset */
	double deviation_at_reset;
	double sum;
	uint64_t nepochs; /* number of epochs since the last reset */
};
/*
 * Add one epoch. `mean` and `deviation` are the weighted mean and standard deviation of its losses.
 * Returns the new sum of the test.
 */
double ib_page_hinkley_step(struct ib_page_hinkley *p, double mean, double deviation);

#endif
