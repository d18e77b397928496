/* Unsigned integers of up to 4480 bits: multiply, divide and round them. */
#ifndef IB_BASE_BIG_H
#define IB_BASE_BIG_H

#include "base/round.h"

#define IB_BIG_DIGITS 140

struct ib_big {
	uint32_t digit[IB_BIG_DIGITS]; /* 32 bits each, least significant first */
	int n;			       /* number of digits in use; the highest digit is not 0 */
};

void ib_big_set(struct ib_big *b, uint64_t value);
/* Set b to b * factor + plus. */
void ib_big_multiply_add(struct ib_big *b, uint64_t factor, uint64_t plus);
/* Subtract a from b; a must be <= b. */
void ib_big_subtract(struct ib_big *b, const struct ib_big *a);
/* Return the sign of a - b: -1, 0 or 1. */
int ib_big_compare(const struct ib_big *a, const struct ib_big *b);
/*
 * Set b to b / n; n must be > 0. Only the `digits` highest digits of the quotient are computed,
 * and the other digits become 0. Returns true if the result is not exact.
 */
bool ib_big_divide(struct ib_big *b, uint64_t n, int digits);

/*
 * Return the number in the format f that is nearest to (b + rest) * 2^exponent. `rest` is the
 * fraction, in [0, 1), that the caller has cut off. Set `sticky` to true if `rest` is not 0.
 */
double ib_big_round(struct ib_binary f, const struct ib_big *b, bool sticky, int exponent);
/* Return the double nearest to a / b * 2^exponent; b must be > 0. */
double ib_big_quotient(const struct ib_big *a, const struct ib_big *b, int exponent);

#endif
