/* Compute statistics of weights from exact sums. Each result is rounded once. */
#ifndef IB_WEIGH_WEIGHT_STATS_H
#define IB_WEIGH_WEIGHT_STATS_H

#include "base/exact.h"
#include "base/repeats.h"

/* Sums over the positive weights. */
struct ib_weight_stats {
	struct ib_exact sum, squares;
	uint64_t n;
	double min, max;	   /* valid only if n > 0 */
	struct ib_repeats repeats; /* weights that are counted but are not in the sums yet */
};

void ib_weight_stats_init(struct ib_weight_stats *t);
/* Add all counted weights to the sums. */
void ib_weight_stats_finalize(struct ib_weight_stats *t);

/* Add repeat->n weights, all equal to repeat->value, to the sums. Sets repeat->n to 0. */
void ib_weight_stats_flush(struct ib_weight_stats *t, struct ib_repeat *repeat);

/* Add one weight. The weight must be finite and positive. */
static inline void
ib_weight_stats_add(struct ib_weight_stats *t, double w)
{
	struct ib_repeat *r = ib_repeats_find(&t->repeats, w);

	t->n++;
	if (r->n > 0 && r->value == w) {
		r->n++;
		return;
	}
	ib_weight_stats_flush(t, r);
	*r = (struct ib_repeat){ .value = w, .n = 1 };
	if (w < t->min)
		t->min = w;
	if (w > t->max)
		t->max = w;
}

/*
 * Call the following functions only if n > 0, and only after ib_weight_stats_finalize(). Each
 * result is rounded once.
 */
double ib_weight_stats_ess(const struct ib_weight_stats *t);	  /* (sum w)^2 / sum w^2 */
double ib_weight_stats_deff(const struct ib_weight_stats *t);	  /* n sum w^2 / (sum w)^2 */
double ib_weight_stats_variance(const struct ib_weight_stats *t); /* sum w(w-1) */

/* Scale weights: multiply each weight by goal / sum. Each product is rounded once. */
struct ib_scale {
	double goal;
	struct ib_exact sum;
	double high, low; /* high + low is the sum with a precision of 106 bits */
};
void ib_scale_init(struct ib_scale *s, const struct ib_exact *sum, double goal);
double ib_scale_apply(const struct ib_scale *s, double w); /* w >= 0 */

#endif
