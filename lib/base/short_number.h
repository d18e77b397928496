/*
 * Parse short numbers without a loop. A bit mask of the digits shows how many digits there
 * are, so no branch depends on the length of the number. Most losses are short;
 * base/numbers.h parses all other numbers.
 */
#ifndef IB_BASE_SHORT_NUMBER_H
#define IB_BASE_SHORT_NUMBER_H

#include <float.h>

#include "base/digits.h"
#include "base/byte_scan.h"

/*
 * Parse the JSON number at p if it has no exponent and at most 14 digits. If `wanted` is true, the
 * number may have at most eight digits on each side of the decimal point. Returns the address after
 * the number, or NULL for any other text. *value is set to the number only if `wanted` is true.
 * *fraction is set to true if the number has a decimal point. After the sign, 17 bytes must be
 * readable.
 *
 * All digits together are an integer below 2^53, and the power of ten is an exact double. So one
 * division rounds only once (Clinger 1990).
 */
static inline __attribute__((always_inline)) const char *
ib_short_number(const char *p, bool wanted, double *value, bool *fraction)
{
	static const double power[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8 };
	const unsigned most = wanted ? 8 : 14;
	bool minus = *p == '-';
	unsigned digits, whole, part = 0;
	double x;
	uint64_t w;

	p += minus;
	digits = ib_byte_scan_digits16(p);
	whole = (unsigned)__builtin_ctz(~digits);
	if (whole == 0 || whole > most || (whole > 1 && *p == '0'))
		return NULL;
	w = !wanted ? 0 : whole == 1 ? (uint64_t)(*p - '0') : ib_digits_value(p, whole);
	p += whole;
	*fraction = *p == '.';
	if (*fraction) {
		p++;
		part = (unsigned)__builtin_ctz(~(digits >> (whole + 1)));
		if (part == 0 || part > most || whole + 1 + part > 15)
			return NULL;
		if (wanted)
			w = w * ib_digits_power[part] + ib_digits_value(p, part);
		p += part;
	}
	if ((*p | 0x20) == 'e')
		return NULL;
	if (wanted && part > 0 && FLT_EVAL_METHOD != 0)
		return NULL; /* doubles have extra bits, so the quotient would be rounded twice */
	if (wanted) {
		x = (double)(int64_t)w;
		x = part > 0 ? x / power[part] : x;
		*value = minus ? -x : x;
	}
	return p;
}

#endif
