/* The 128 leading bits of powers of ten, which are needed to parse and format numbers. */
#ifndef IB_BASE_POWERS_H
#define IB_BASE_POWERS_H

#include "base/u128.h"

/* Parsing doubles needs 10^-342 to 10^308; formatting doubles needs up to 10^324. */
#define IB_POWER_MIN (-342)
#define IB_POWER_MAX 324
#define IB_POWER_EXACT 55 /* 10^0 to 10^55 are exact */

/*
 * ib_powers[q - IB_POWER_MIN] is the integer m for which 10^q = (m + rest) * 2^(ib_power_log2(q) -
 * 127), with 2^127 <= m < 2^128 and 0 <= rest < 1.
 */
extern const struct ib_u128 ib_powers[IB_POWER_MAX - IB_POWER_MIN + 1];

/* Return floor(log2(10^q)). q must be in the range of the table. */
static inline int
ib_power_log2(int q)
{
	return (q * 1741647) >> 19;
}

#endif
