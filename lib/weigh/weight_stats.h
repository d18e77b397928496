/* Statistics of weights, from exact sums. Each result is rounded once. */
#ifndef IB_WEIGH_WEIGHT_STATS_H
#define IB_WEIGH_WEIGHT_STATS_H

#include <string.h>

#include "base/exact.h"

#define IB_SUMS_CACHE 64

/*
 * Sums over the positive weights. Few weights are distinct, so equal weights are
 * counted in a small cache and added to the exact sums later.
 */
struct ib_weight_stats {
	struct ib_exact sum, squares;
	uint64_t n;
	double min, max; /* valid if n > 0 */
	struct {
		double value;
		uint64_t times; /* 0: empty entry */
	} cache[IB_SUMS_CACHE];
};

void ib_weight_stats_init(struct ib_weight_stats *t);
/* Add the cached counts to the sums. */
void ib_weight_stats_finalize(struct ib_weight_stats *t);
void ib_weight_stats_flush_slot(struct ib_weight_stats *t, size_t place);

/* Hash a double to [0, places). places: a power of two, below 2^16. */
static inline size_t
ib_double_slot(double value, size_t places)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return (size_t)(bits * 0x9e3779b97f4a7c15u >> 48) & (places - 1);
}

/* Add a weight, which must be finite and positive. */
static inline void
ib_weight_stats_add(struct ib_weight_stats *t, double w)
{
	size_t i = ib_double_slot(w, IB_SUMS_CACHE);

	t->n++;
	if (t->cache[i].times > 0 && t->cache[i].value == w) {
		t->cache[i].times++;
		return;
	}
	ib_weight_stats_flush_slot(t, i);
	t->cache[i].value = w;
	t->cache[i].times = 1;
	if (w < t->min)
		t->min = w;
	if (w > t->max)
		t->max = w;
}

/* These need finalized sums and n > 0. Each result is rounded once. */
double ib_weight_stats_ess(const struct ib_weight_stats *t);	  /* (sum w)^2 / sum w^2 */
double ib_weight_stats_deff(const struct ib_weight_stats *t);	  /* n sum w^2 / (sum w)^2 */
double ib_weight_stats_variance(const struct ib_weight_stats *t); /* sum w(w-1) */

/* Scaling of weights by goal / sum. Each product is rounded once. */
struct ib_scale {
	double goal;
	struct ib_exact sum;
	double high, low; /* sum = high + low, to 106 bits */
};
void ib_scale_init(struct ib_scale *s, const struct ib_exact *sum, double goal);
double ib_scale_apply(const struct ib_scale *s, double w); /* w >= 0 */

#endif
