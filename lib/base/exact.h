/*
 * Sums of doubles without rounding: a fixed-point number as wide as the
 * format (a "small superaccumulator", Neal 2015, arXiv 1505.05571), and exact
 * arithmetic on decimals as they are written. Every sum that a tool prints
 * comes from here and is rounded once, so that it does not hang on order,
 * threads or sharding.
 */
#ifndef IB_BASE_EXACT_H
#define IB_BASE_EXACT_H

#include "infobatch.h"

#define IB_EXACT_LIMBS 136 /* see exact.c for the layout */

/*
 * Start from ib_exact_init; a plain value: copied by assignment. It holds
 * 2^64 products of any doubles, or as many `times` of any double.
 */
struct ib_exact {
	int64_t limb[IB_EXACT_LIMBS];
	uint32_t pending; /* adds since the carries were last propagated */
};

void ib_exact_init(struct ib_exact *x);
void ib_exact_add(struct ib_exact *x, double value); /* finite */
void ib_exact_add_times(struct ib_exact *x, double value, uint64_t times);
/* The exact product of two finite doubles (a weight and a loss). */
void ib_exact_add_product(struct ib_exact *x, double a, double b);
/* Many binary32 values at once, half a ns each; NaN adds nothing. */
void ib_exact_add_floats(struct ib_exact *x, const float *v, uint64_t n);
void ib_exact_merge(struct ib_exact *x, const struct ib_exact *other);

/* The nearest double, ties to even. */
double ib_exact_round(const struct ib_exact *x);

/* The double, or the binary32, nearest to x / n; n > 0. One rounding. */
double ib_exact_mean(const struct ib_exact *x, uint64_t n);
float ib_exact_mean_float(const struct ib_exact *x, uint64_t n);

/* The double nearest to x / (y * times); NaN where that is 0. One rounding. */
double ib_exact_quotient(const struct ib_exact *x, const struct ib_exact *y, double times);

/* Sign of x - y. */
int ib_exact_compare(const struct ib_exact *x, const struct ib_exact *y);

/*
 * A sum of binary32 values as an integer in units of 2^-149, written in
 * hexadecimal with a minus where it is negative ("-1f", "0"); and back. The
 * text needs at most IB_EXACT_TEXT bytes with its NUL. The reader returns
 * false for what the writer cannot have written.
 */
#define IB_EXACT_TEXT 128
void ib_exact_put_float_sum(char out[IB_EXACT_TEXT], const struct ib_exact *x);
bool ib_exact_read_float_sum(struct ib_exact *x, const char *text);

/*
 * Exact decimals. `text` is a plain decimal, as ib_number_text reads it, in
 * [0, 1] for a share; of at most 400 characters, its exponent within +-400.
 */

/*
 * The smallest integer k with k >= F*n: the rank (from 1; 0 where F is 0) of
 * the F quantile among n values. False if text is no decimal in [0, 1].
 */
bool ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank);

/* Is 100 * part > P * whole? P a decimal >= 0. False in *ok if it is none. */
bool ib_decimal_exceeds(const char *percent, uint64_t part, uint64_t whole, bool *ok);

/*
 * r = (1-F) * n / low, exact, rounded once to the nearest double. low > 0.
 * False if text is no decimal in [0, 1].
 */
bool ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t low, double *ratio);

#endif
