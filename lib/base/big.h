/* Unsigned integers of up to 4480 bits: products, quotients and their rounding. */
#ifndef IB_BASE_BIG_H
#define IB_BASE_BIG_H

#include "base/round.h"

#define IB_BIG_DIGITS 140

struct ib_big {
	uint32_t digit[IB_BIG_DIGITS]; /* least significant first */
	int n;			       /* digits in use; the highest is not 0 */
};

void ib_big_set(struct ib_big *b, uint64_t value);
/* Set b to b * factor + plus. */
void ib_big_multiply_add(struct ib_big *b, uint64_t factor, uint64_t plus);
/* Subtract a from b; a <= b. */
void ib_big_subtract(struct ib_big *b, const struct ib_big *a);
/* Returns the sign of a - b: -1, 0 or 1. */
int ib_big_compare(const struct ib_big *a, const struct ib_big *b);
/* Divide b by n > 0, but only its `digits` highest digits. Returns true if a rest is left. */
bool ib_big_divide(struct ib_big *b, uint64_t n, int digits);

/*
 * Returns the number of the format f nearest to (b + rest) * 2^exponent. rest is in [0, 1);
 * `sticky` is true if it is not 0.
 */
double ib_big_round(struct ib_binary f, const struct ib_big *b, bool sticky, int exponent);
/* Returns the double nearest to a / b * 2^exponent; b > 0. */
double ib_big_quotient(const struct ib_big *a, const struct ib_big *b, int exponent);

#endif
