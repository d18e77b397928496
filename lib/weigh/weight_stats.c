/* Compute statistics of weights, and scale weights, with one rounding per result. */
#include "weigh/weight_stats.h"

#include <math.h>

void
ib_weight_stats_init(struct ib_weight_stats *t)
{
	memset(t, 0, sizeof(*t));
	t->min = INFINITY;
	ib_exact_init(&t->sum);
	ib_exact_init(&t->squares);
}

/* Add times * w^2 to *x without rounding. */
static void
add_squares(struct ib_exact *x, double w, uint64_t times)
{
	double high = w * w;

	if (high > 0x1p-900 && high < 0x1p900) {
		ib_exact_add_times(x, high, times);
		ib_exact_add_times(x, fma(w, w, -high), times);
		return;
	}
	for (; times > 0; times--)
		ib_exact_add_product(x, w, w);
}

void
ib_weight_stats_flush(struct ib_weight_stats *t, struct ib_repeat *repeat)
{
	if (repeat->n == 0)
		return;
	ib_exact_add_times(&t->sum, repeat->value, repeat->n);
	add_squares(&t->squares, repeat->value, repeat->n);
	repeat->n = 0;
}

void
ib_weight_stats_finalize(struct ib_weight_stats *t)
{
	size_t i;

	for (i = 0; i < IB_REPEATS_ENTRIES; i++)
		ib_weight_stats_flush(t, &t->repeats.entry[i]);
}

/* ---- quotients ------------------------------------------------------------ */

/*
 * split_sum() splits *x into at most TERMS_MAX doubles, the largest first, whose exact sum is *x.
 * It stores them in term[] and returns their number.
 */
#define TERMS_MAX 96

static size_t
split_sum(const struct ib_exact *x, double term[TERMS_MAX])
{
	struct ib_exact rest = *x;
	size_t n;

	for (n = 0; n < TERMS_MAX; n++) {
		term[n] = ib_exact_round(&rest);
		if (term[n] == 0 || !isfinite(term[n]))
			break;
		ib_exact_add(&rest, -term[n]);
	}
	return n;
}

/* Set *out to the square of the sum of all weights. */
static void
square_of_sum(const struct ib_weight_stats *t, struct ib_exact *out)
{
	double term[TERMS_MAX];
	size_t n = split_sum(&t->sum, term), i, k;

	ib_exact_init(out);
	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++)
			ib_exact_add_product(out, term[i], term[k]);
}

double
ib_weight_stats_ess(const struct ib_weight_stats *t)
{
	struct ib_exact square;

	square_of_sum(t, &square);
	return ib_exact_quotient(&square, &t->squares, 1);
}

double
ib_weight_stats_deff(const struct ib_weight_stats *t)
{
	struct ib_exact square, squares = t->squares;

	square_of_sum(t, &square);
	ib_exact_scale(&squares, t->n);
	return ib_exact_quotient(&squares, &square, 1);
}

double
ib_weight_stats_variance(const struct ib_weight_stats *t)
{
	struct ib_exact x = t->squares;
	double term[TERMS_MAX];
	size_t n = split_sum(&t->sum, term), i;

	for (i = 0; i < n; i++)
		ib_exact_add(&x, -term[i]);
	return ib_exact_round(&x);
}

/* ---- scaled weights --------------------------------------------------------- */

void
ib_scale_init(struct ib_scale *s, const struct ib_exact *sum, double goal)
{
	double term[TERMS_MAX];
	size_t n = split_sum(sum, term);

	s->goal = goal;
	s->sum = *sum;
	s->high = n > 0 ? term[0] : 0;
	s->low = n > 1 ? term[1] : 0;
}

static bool
is_moderate(double x)
{
	return x > 0x1p-300 && x < 0x1p300;
}

double
ib_scale_apply(const struct ib_scale *s, double w)
{
	struct ib_exact product;
	double p, q, c, error;

	if (w == 0 || s->high == 0)
		return w;
	if (is_moderate(w) && is_moderate(s->goal) && is_moderate(s->high)) {
		/*
		 * q + c differs from the exact quotient w * goal / sum by about 2^-104 of the
		 * quotient. If this error cannot change the rounding, q + c is the result.
		 */
		p = w * s->goal;
		q = p / s->high;
		c = fma(-q, s->high, p) + fma(w, s->goal, -p) - q * s->low;
		c /= s->high;
		error = q * 0x1p-100;
		if (q + (c + error) == q + (c - error))
			return q + c;
	}
	ib_exact_init(&product);
	ib_exact_add_product(&product, w, s->goal);
	return ib_exact_quotient(&product, &s->sum, 1);
}
