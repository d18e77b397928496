/* The 128 leading bits of powers of ten, for parsing and formatting numbers. */
#ifndef IB_BASE_POWERS_H
#define IB_BASE_POWERS_H

#include "base/u128.h"

/* Doubles need 10^-342 to 10^308 for parsing, and up to 10^324 for formatting. */
#define IB_POWER_MIN (-342)
#define IB_POWER_MAX 324
#define IB_POWER_EXACT 55 /* 10^0 to 10^55 are exact */

/*
 * ib_powers[q - IB_POWER_MIN] is the m in 10^q = (m + rest) * 2^(ib_power_log2(q) - 127), with
 * 2^127 <= m < 2^128 and the truncated rest in [0, 1).
 */
extern const struct ib_u128 ib_powers[IB_POWER_MAX - IB_POWER_MIN + 1];

/* Returns floor(log2(10^q)), for q in the range of the table. */
static inline int
ib_power_log2(int q)
{
	return (q * 1741647) >> 19;
}

#endif
