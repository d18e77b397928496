/* Losses with weights as a distribution, and how far two of them are apart. */
#ifndef IB_AUDIT_WEIGHTED_H
#define IB_AUDIT_WEIGHTED_H

#include "infobatch.h"

struct ib_weighted {
	uint64_t n;   /* distinct losses */
	float *loss;  /* [n] ascending */
	double *upto; /* [n] weight at or below it */
	double total; /* = upto[n-1] */
};

/*
 * Of n losses (NaN: passed over), with weights (NULL: 1 each) that are finite
 * and not negative. IB_E_IO: memory ran out.
 */
enum ib_status ib_weighted_make(struct ib_weighted *d, const float *loss, const double *weight,
				uint64_t n, struct ib_error *err);
void ib_weighted_release(struct ib_weighted *d);

/*
 * The smallest loss with at least the share part/parts of the weight at or
 * below it; NaN where there is no weight.
 */
double ib_weighted_quantile(const struct ib_weighted *d, int part, int parts);

/*
 * Wasserstein-1: the area between the two distribution functions, in units of
 * the loss. NaN where one has no weight. As scipy.stats.wasserstein_distance.
 */
double ib_weighted_w1(const struct ib_weighted *a, const struct ib_weighted *b);

/*
 * Population stability index of p against the base q: sum (p-q) ln(p/q) over
 * the bins between the base's deciles; a share below 1e-4 counts as 1e-4.
 */
double ib_weighted_psi(const struct ib_weighted *p, const struct ib_weighted *q);

/*
 * One-sided Page-Hinkley test, upwards, on the epochs' means: a training loss
 * falls by design, so a fall only moves the level. Start from {0} with delta
 * and alarm set.
 */
struct ib_page_hinkley {
	double delta, alarm;
	double level, unit, sum;
	uint64_t k;
};
/* One epoch's mean and weighted standard deviation: the sum after it. */
double ib_page_hinkley_step(struct ib_page_hinkley *p, double mean, double deviation);

#endif
