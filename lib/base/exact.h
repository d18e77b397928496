/*
 * Add doubles without rounding, and compute exactly with decimals given as text. A sum is a
 * fixed-point number that can hold every product of two doubles (a "small superaccumulator", Neal
 * 2015, arXiv 1505.05571). Every sum that a command prints is computed with these functions and
 * rounded once. So a printed sum does not depend on the order of the values, on threads, or on
 * partitions.
 */
#ifndef IB_BASE_EXACT_H
#define IB_BASE_EXACT_H

#include "infobatch_run.h"

#define IB_EXACT_LIMBS 136 /* see exact.c for the layout */

/*
 * An exact sum. Initialize with ib_exact_init(). A sum may be copied by assignment. The
 * range is enough for 2^64 products of any two finite doubles.
 */
struct ib_exact {
	int64_t limb[IB_EXACT_LIMBS];
	uint32_t pending; /* number of additions since the last propagation of carries */
};

void ib_exact_init(struct ib_exact *x);
/* Add a finite value. */
void ib_exact_add(struct ib_exact *x, double value);
/* Add a finite value `times` times. */
void ib_exact_add_times(struct ib_exact *x, double value, uint64_t times);
/* Add the exact product of two finite doubles, for example of a weight and a loss. */
void ib_exact_add_product(struct ib_exact *x, double a, double b);
/*
 * Add n binary32 values, four times as fast as ib_exact_add() per value. NaN and infinities are
 * ignored.
 */
void ib_exact_add_floats(struct ib_exact *x, const float *v, uint64_t n);
/* Multiply x by an integer. */
void ib_exact_scale(struct ib_exact *x, uint64_t factor);
/* Add `other` to x. */
void ib_exact_merge(struct ib_exact *x, const struct ib_exact *other);

/* Return the double nearest to x, with ties to even. */
double ib_exact_round(const struct ib_exact *x);

/* Return the double nearest to x / n, rounded once. n must be > 0. */
double ib_exact_mean(const struct ib_exact *x, uint64_t n);
/* Return the binary32 nearest to x / n, rounded once. n must be > 0. */
float ib_exact_mean_float(const struct ib_exact *x, uint64_t n);

/* Return the double nearest to x / (y * times), rounded once. Returns NaN if y * times is 0. */
double ib_exact_quotient(const struct ib_exact *x, const struct ib_exact *y, double times);

/* Return the sign of x - y: -1, 0 or 1. */
int ib_exact_compare(const struct ib_exact *x, const struct ib_exact *y);

/*
 * A sum of binary32 values as text: a hexadecimal integer in units of 2^-149, with a minus sign
 * if the sum is negative ("-1f", "0"). The text needs at most IB_EXACT_TEXT_MAX bytes, including a
 * NUL.
 */
#define IB_EXACT_TEXT_MAX 128
/* Write the sum x to out as text. */
void ib_exact_write_float_sum(char out[IB_EXACT_TEXT_MAX], const struct ib_exact *x);
/*
 * Set x to the sum in the text. Returns false if the text is not in the format that
 * ib_exact_write_float_sum() writes.
 */
bool ib_exact_read_float_sum(struct ib_exact *x, const char *text);

/*
 * Exact calculations with decimals. A decimal is a finite number >= 0 as text that
 * ib_number_text() accepts. The text has at most 400 characters, and its exponent is within
 * +-400.
 */

/*
 * Set *rank to the rank of the F quantile among n values: the smallest integer k >= F*n. `text` is
 * the decimal F. Ranks begin at 1, but the rank is 0 if F is 0. Returns false if text is not a
 * decimal in [0, 1].
 */
bool ib_decimal_rank(const char *text, uint64_t n, uint64_t *rank);

/*
 * True if part is more than `percent` percent of total. If percent is not a decimal >= 0,
 * sets *ok to false and returns false.
 */
bool ib_decimal_exceeds(const char *percent, uint64_t part, uint64_t total, bool *ok);

/*
 * Set *ratio to (1-F) * n / nbelow, rounded once to the nearest double; nbelow must be > 0. `text`
 * is the decimal F. Returns false if text is not a decimal in [0, 1].
 */
bool ib_decimal_drop_ratio(const char *text, uint64_t n, uint64_t nbelow, double *ratio);

#endif
