/* Figures of weights: sums without rounding, and what follows from them. */
#ifndef IB_WEIGH_WEIGHT_STATS_H
#define IB_WEIGH_WEIGHT_STATS_H

#include <string.h>

#include "base/exact.h"

#define IB_SUMS_CACHE 64

/* The positive weights. Weights repeat: equal ones are counted, then added. */
struct ib_weight_stats {
	struct ib_exact sum, squares;
	uint64_t n;
	double min, max; /* where n > 0 */
	struct {
		double value;
		uint64_t times; /* 0: a free place */
	} cache[IB_SUMS_CACHE];
};

void ib_weight_stats_init(struct ib_weight_stats *t);
/* All that was counted goes into the sums. */
void ib_weight_stats_finalize(struct ib_weight_stats *t);
void ib_weight_stats_flush_slot(struct ib_weight_stats *t, size_t place);

/* A place among `places` (a power of two, below 2^16) for a double. */
static inline size_t
ib_double_slot(double value, size_t places)
{
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return (size_t)(bits * 0x9e3779b97f4a7c15u >> 48) & (places - 1);
}

/* One more weight, finite and above 0. */
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

/* Of settled sums with n > 0, each rounded once. */
double ib_weight_stats_ess(const struct ib_weight_stats *t);	  /* (sum w)^2 / sum w^2 */
double ib_weight_stats_deff(const struct ib_weight_stats *t);	  /* n sum w^2 / (sum w)^2 */
double ib_weight_stats_variance(const struct ib_weight_stats *t); /* sum w(w-1) */

/* The double nearest to a/b; both above 0. */
double ib_exact_ratio(const struct ib_exact *a, const struct ib_exact *b);

/* Weights times goal / sum, each rounded once. */
struct ib_scale {
	double goal;
	struct ib_exact sum;
	double high, low; /* sum, to 106 bits */
};
void ib_scale_init(struct ib_scale *s, const struct ib_exact *sum, double goal);
double ib_scale_apply(const struct ib_scale *s, double w); /* w >= 0 */

#endif
