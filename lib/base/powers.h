/* Powers of ten to 128 bits, for reading and printing numbers. */
#ifndef IB_BASE_POWERS_H
#define IB_BASE_POWERS_H

#include "base/u128.h"

/* What doubles need: reading from 10^-342 to 10^308, printing to 10^324. */
#define IB_POWER_MIN (-342)
#define IB_POWER_MAX 324
#define IB_POWER_EXACT 55 /* from 10^0 to here nothing is cut off */

/*
 * 10^q = (m + cut) * 2^(ib_power_log2(q) - 127), 2^127 <= m < 2^128 and cut in
 * [0, 1), is ib_powers[q - IB_POWER_MIN].
 */
extern const struct ib_u128 ib_powers[IB_POWER_MAX - IB_POWER_MIN + 1];

/* floor(log2(10^q)) in the range of the table. */
static inline int
ib_power_log2(int q)
{
	return (q * 1741647) >> 19;
}

#endif
