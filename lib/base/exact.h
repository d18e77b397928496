/*
 * Add doubles without rounding, in a fixed-point number that covers the whole range of
 * products of doubles (a "small superaccumulator", Neal 2015, arXiv 1505.05571), and
 * compute exactly with decimal text. Every sum that a command prints is computed here and
 * rounded once, so it does not depend on order, threads or sharding.
 */
#ifndef IB_BASE_EXACT_H
#define IB_BASE_EXACT_H

#include "infobatch.h"

#define IB_EXACT_LIMBS 136 /* see exact.c for the layout */

/*
 * Exact sum; initialize with ib_exact_init(). It may be copied by assignment. It can hold
 * the sum of 2^64 products of any two finite doubles.
 */
struct ib_exact {
	int64_t limb[IB_EXACT_LIMBS];
	uint32_t pending; /* additions since the carries were last propagated */
};

void ib_exact_init(struct ib_exact *x);
/* Add a finite value, once or `times` times. */
void ib_exact_add(struct ib_exact *x, double value);
void ib_exact_add_times(struct ib_exact *x, double value, uint64_t times);
/* Add the exact product of two finite doubles (such as a weight and a loss). */
void ib_exact_add_product(struct ib_exact *x, double a, double b);
/* Add n binary32 values, four times as fast as one by one. NaN is ignored. */
void ib_exact_add_floats(struct ib_exact *x, const float *v, uint64_t n);
/* Multiply x by an integer. */
void ib_exact_scale(struct ib_exact *x, uint64_t factor);
void ib_exact_merge(struct ib_exact *x, const struct ib_exact *other);

/* Returns the double nearest to x, ties to even. */
double ib_exact_round(const struct ib_exact *x);

/* Returns the double or the binary32 nearest to x / n, rounded once; n > 0. */
double ib_exact_mean(const struct ib_exact *x, uint64_t n);
float ib_exact_mean_float(const struct ib_exact *x, uint64_t n);

/* Returns the double nearest to x / (y * times), rounded once; NaN if y * times is 0. */
double ib_exact_quotient(const struct ib_exact *x, const struct ib_exact *y, double times);

/* Returns the sign of x - y: -1, 0 or 1. */
int ib_exact_compare(const struct ib_exact *x, const struct ib_exact *y);

/*
 * Format and parse a sum of binary32 values as a hexadecimal integer in units of 2^-149,
 * with a minus sign if it is negative ("-1f", "0"). The text needs at most IB_EXACT_TEXT
 * bytes with its NUL. The parser returns false if ib_exact_put_float_sum() cannot have
 * written the text.
 */
#define IB_EXACT_TEXT 128
void ib_exact_put_float_sum(char out[IB_EXACT_TEXT], const struct ib_exact *x);
bool ib_exact_read_float_sum(struct ib_exact *x, const char *text);

/*
 * Exact decimals. `text` is a finite decimal >= 0 that ib_number_text() accepts, of at
 * most 400 characters, with an exponent within +-400.
 */

/*
 * Compute the rank of the F quantile among n values: the smallest integer k with
 * k >= F*n. Ranks start at 1; the rank is 0 if F is 0. Returns false if text, which
 * gives F, is not a decimal in [0, 1].
 */
bool ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank);

/*
 * Returns true if part is more than `percent` percent of whole. Sets *ok to false and returns
 * false if percent is not a decimal >= 0.
 */
bool ib_decimal_exceeds(const char *percent, uint64_t part, uint64_t whole, bool *ok);

/*
 * Set *ratio to (1-F) * n / low, rounded once to the nearest double; low > 0.
 * Returns false if text, which gives F, is not a decimal in [0, 1].
 */
bool ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t low, double *ratio);

#endif
