/*
 * Format numbers: find the shortest decimal that reads back as the same number, and write
 * its digits. This is five times as fast as printf("%.17g"), which does not write the
 * shortest decimal; see tests/PERFORMANCE.md.
 *
 * A number has two midpoints, which are halfway to its lower and to its upper neighbor. The
 * shortest decimal is between these midpoints, and is found with a 128-bit power of ten. The
 * decimal of a float must give the same float even if a reader parses the decimal as a double,
 * because readers usually do that.
 */
#include "base/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/little_endian.h"
#include "base/powers.h"

/* A decimal: digits * 10^exp10. */
struct decimal {
	uint64_t digits;
	int exp10;
};

/* The absolute value of a binary number, which is c * 2^q. */
struct binary {
	uint64_t c;
	int q;
	bool closer; /* true if the lower neighbor is half as far away as the upper neighbor */
};

/*
 * Return the exponent of the last decimal digit that is needed: floor(log10(2^q)), or
 * floor(log10(3/4 * 2^q)) if closer is true.
 */
static inline int
last_place(int q, bool closer)
{
	return (q * 1262611 - (closer ? 524031 : 0)) >> 22;
}

/* Return (low + up) * 10^exp10. */
static inline struct decimal
make_decimal(uint64_t low, bool up, int exp10)
{
	return (struct decimal){ low + up, exp10 };
}

/* ---- shortest decimal of a double ---------------------------------------------------------- */

/* Return floor(x * power / 2^128), with the lowest bit set if the remainder is not 0. */
static inline uint64_t
multiply_sticky(struct ib_u128 power, uint64_t x)
{
	struct ib_u128 low = ib_u128_product(power.lo, x);
	struct ib_u128 high = ib_u128_product(power.hi, x);

	high.lo += low.hi;
	high.hi += high.lo < low.hi;
	/* The power is rounded up, which adds at most 1 to high.lo. */
	return high.hi | (high.lo > 1);
}

/*
 * Return the shortest decimal between the two midpoints of the number, or equal to one of them if c
 * is even. If there are several shortest decimals, the result is the decimal closest to the value,
 * and on a tie the even decimal.
 *
 * The distance to each midpoint is 1 to 13.3 units of 10^last_place(). So it is enough to test the
 * nearest multiple of ten units on each side, and then the nearest unit on each side. The variables
 * low, value and high are in quarters of a unit, and their lowest bit is sticky. Source: R.
 * Giulietti, The Schubfach way to render doubles, 2020.
 */
static struct decimal
shortest_decimal(const struct binary *b)
{
	int k = last_place(b->q, b->closer);
	int shift = b->q + ib_power_log2(-k) + 1;
	struct ib_u128 power = ib_powers[-k - IB_POWER_MIN];
	uint64_t odd = b->c & 1, low, value, high, s, t;
	bool in, in_next;

	power.lo += -k < 0 || -k > IB_POWER_EXACT;
	low = multiply_sticky(power, (4 * b->c - 2 + b->closer) << shift) + odd;
	value = multiply_sticky(power, 4 * b->c << shift);
	high = multiply_sticky(power, (4 * b->c + 2) << shift) - odd;
	s = value / 4;
	if (s >= 10) {
		t = s / 10;
		in = low <= 40 * t;
		in_next = 40 * t + 40 <= high;
		if (in != in_next)
			return make_decimal(t, in_next, k + 1);
	}
	in = low <= 4 * s;
	in_next = 4 * s + 4 <= high;
	if (in != in_next)
		return make_decimal(s, in_next, k);
	return make_decimal(s, value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1)), k);
}

/* ---- shortest decimal of a float ----------------------------------------------------------- */

/*
 * The absolute value of a float, and its distances to the midpoints between it and its lower and
 * upper neighbors, in units of 10^k / 2^32.
 */
struct gap {
	float f;
	uint64_t value;
	uint64_t below, above; /* distances to the midpoints below and above the value */
	int k;
};

/*
 * A reader first rounds a decimal to a double. This moves the midpoints by up to half a unit in
 * the last place of a double, which is at most 2^-53 * 2^28 units of 10^k, or 2^7 units of struct
 * gap. Truncated products add a few more units. So if a decimal is within MIDPOINT_MARGIN of a
 * midpoint, reads_as() formats the decimal and reads it back.
 */
#define MIDPOINT_MARGIN 256

/* True if the decimal n * 10^g->k reads back as the float g->f. */
static bool
reads_as(const struct gap *g, uint64_t n)
{
	bool over = n << 32 > g->value;
	uint64_t d = over ? (n << 32) - g->value : g->value - (n << 32);
	uint64_t half = over ? g->above : g->below;
	char text[IB_NUMBER_MAX];
	double back;
	int length;

	if (d + MIDPOINT_MARGIN < half)
		return true;
	if (d > half + MIDPOINT_MARGIN)
		return false;
	length = snprintf(text, sizeof(text), "%llue%d", (unsigned long long)n, g->k);
	return ib_number_text((struct ib_span){ text, (size_t)length }, &back) &&
	       (float)back == g->f;
}

/*
 * True if n + 1 is closer to the value than n. If the distances are almost equal, printf() finds
 * the closer number.
 */
static bool
is_next_closer(const struct gap *g, uint64_t n)
{
	uint64_t rest = g->value & 0xffffffff, half = (uint64_t)1 << 31;
	char text[IB_NUMBER_MAX];
	int length, i;

	if (rest + MIDPOINT_MARGIN < half || rest > half + MIDPOINT_MARGIN)
		return rest > half;
	length = snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	snprintf(text, sizeof(text), "%.*e", length - 1, (double)g->f);
	/* The last digit before the 'e' is the last digit of n or of n + 1. */
	for (i = 0; text[i] != 'e'; i++)
		;
	return (unsigned)(text[i - 1] - '0') != n % 10;
}

static struct decimal
shortest_float(const struct binary *b, float f)
{
	int k = last_place(b->q, b->closer);
	struct gap g = { .f = f, .k = k };
	uint64_t s, t, unit;
	struct ib_u128 p;
	bool in, in_next;

	/* unit is 2^q / 10^k, which is below 2^4, with 60 fraction bits */
	unit = ib_powers[-k - IB_POWER_MIN].hi >> (3 - (b->q + ib_power_log2(-k)));
	p = ib_u128_product(b->c, unit);
	g.value = p.hi << 36 | p.lo >> 28;
	g.above = unit >> 29;
	g.below = g.above >> b->closer;
	s = g.value >> 32;
	if (s >= 10) {
		t = s / 10;
		in = reads_as(&g, 10 * t);
		in_next = reads_as(&g, 10 * t + 10);
		if (in != in_next)
			return make_decimal(t, in_next, k + 1);
	}
	in = reads_as(&g, s);
	in_next = reads_as(&g, s + 1);
	if (in != in_next)
		return make_decimal(s, in_next, k);
	return make_decimal(s, is_next_closer(&g, s), k);
}

/* ---- digits --------------------------------------------------------------- */

#define DIGITS 17 /* maximum number of digits that a double needs */

static const uint64_t powers_of_ten[] = {
	1ull,
	10ull,
	100ull,
	1000ull,
	10000ull,
	100000ull,
	1000000ull,
	10000000ull,
	100000000ull,
	1000000000ull,
	10000000000ull,
	100000000000ull,
	1000000000000ull,
	10000000000000ull,
	100000000000000ull,
	1000000000000000ull,
	10000000000000000ull,
	100000000000000000ull,
	1000000000000000000ull,
	10000000000000000000ull,
};

/* Return the number of decimal digits of v > 0. The fraction 1233 / 4096 approximates log10(2). */
static inline int
count_digits(uint64_t v)
{
	int n = ((64 - __builtin_clzll(v)) * 1233) >> 12;

	return n + (v >= powers_of_ten[n]);
}

/* Return the eight digits of v < 10^8 as bytes from 0 to 9. The lowest byte is the first digit. */
static inline uint64_t
digits_of_8(uint64_t v)
{
	uint64_t high;

	high = v / 10000;
	v = high | (v - 10000 * high) << 32;
	high = v * 10486 >> 20 & 0x0000007f0000007f; /* v / 100, for v below 10^4 */
	v = high | (v - 100 * high) << 16;
	high = v * 103 >> 10 & 0x000f000f000f000f; /* v / 10, for v below 100 */
	return high | (v - 10 * high) << 8;
}

static inline void
store_digits(char *p, uint64_t v)
{
	v |= 0x3030303030303030;
	ib_little_endian_convert(&v, 1, sizeof(v));
	memcpy(p, &v, 8);
}

/* Write the 17 digits of v. Returns the number of digits without trailing zeros. */
static inline int
write_digits(char out[DIGITS + 7], uint64_t v)
{
	uint64_t first = v / powers_of_ten[16], high, low;

	v -= first * powers_of_ten[16];
	high = v / 100000000;
	low = digits_of_8(v - high * 100000000);
	high = digits_of_8(high);
	out[0] = (char)('0' + first);
	store_digits(out + 1, high);
	store_digits(out + 9, low);
	if (low)
		return DIGITS - __builtin_clzll(low) / 8;
	return high ? DIGITS - 8 - __builtin_clzll(high) / 8 : 1;
}

static inline char *
write_exponent(char *o, int e)
{
	*o++ = 'e';
	*o++ = e < 0 ? '-' : '+';
	e = e < 0 ? -e : e;
	if (e >= 100)
		*o++ = (char)('0' + e / 100);
	*o++ = (char)('0' + e / 10 % 10);
	*o++ = (char)('0' + e % 10);
	return o;
}

/*
 * Write a decimal in the format of repr() in Python. Writes 24 bytes even if the text is
 * shorter.
 */
static char *
write_decimal(char *o, struct decimal d)
{
	char digit[32];
	int length = count_digits(d.digits), n, e;

	/* the exponent if one digit precedes the decimal point */
	e = d.exp10 + length - 1;
	n = write_digits(digit, d.digits * powers_of_ten[DIGITS - length]);
	if (e >= 0 && e < 16) {
		memcpy(o, digit, 16);
		o[e + 1] = '.';
		memcpy(o + e + 2, digit + e + 1, 16);
		return o + (e + 1 < n ? n + 1 : e + 3);
	}
	if (e >= -4 && e < 0) {
		memcpy(o, "0.000000", 8);
		memcpy(o + 1 - e, digit, 24);
		return o + 1 - e + n;
	}
	o[0] = digit[0];
	o[1] = '.';
	memcpy(o + 2, digit + 1, 16);
	return write_exponent(o + (n > 1 ? n + 1 : 1), e);
}

/*
 * Format f if f is n / 10^p for a small n. Most losses have this form, because they are logged with
 * six digits. p is so small that at most one such decimal reads back as f, so n / 10^p is the
 * shortest decimal. n and 10^p are exact doubles, so their quotient is the double that strtod()
 * returns for the text. Returns NULL if no small n fits, or if f is not in [1e-4, 10). This
 * function is two to three times as fast as the general method; see tests/PERFORMANCE.md.
 */
static inline char *
write_short(char *o, float f)
{
	bool small = f < 0.01f, below = f < 1;
	double scale = small ? 1e9 : below ? 1e7 : 1e6;
	uint32_t n;
	uint64_t digit;

	if (!(f >= 1e-4f && f < 10))
		return NULL;
	n = (uint32_t)((double)f * scale + 0.5);
	if ((float)(n / scale) != f || n >= 100000000)
		return NULL;
	digit = digits_of_8(n);
	if (small) {
		memcpy(o, "0.0", 3);
		store_digits(o + 3, digit);
		return o + 11 - __builtin_clzll(digit) / 8;
	}
	digit >>= below ? 0 : 8;
	o[0] = (char)('0' + (digit & 0xff));
	o[1] = '.';
	store_digits(o + 2, digit >> 8);
	/* Make sure that at least one digit follows the decimal point. */
	digit |= (uint64_t)1 << 8;
	return o + 9 - __builtin_clzll(digit) / 8;
}

/*
 * Write the decimal of a float, which has at most nine digits. In [1e-4, 10), the digits are
 * stored directly from a register. This is 15 % faster than write_decimal(); see
 * tests/PERFORMANCE.md.
 */
static inline char *
write_decimal_float(char *o, struct decimal d)
{
	int length = count_digits(d.digits), e = d.exp10 + length - 1;
	uint64_t v, first, rest;
	int n;

	if (e < -4 || e > 0 || length > 9)
		return write_decimal(o, d);
	v = d.digits * powers_of_ten[9 - length];
	first = v / 100000000;
	rest = digits_of_8(v - first * 100000000);
	n = 8 - __builtin_clzll(rest | 1) / 8;
	n = rest ? n : 0; /* number of digits after the first digit */
	if (e < 0) {
		memcpy(o, "0.000000", 8);
		o += 1 - e;
		*o++ = (char)('0' + first);
	} else {
		*o++ = (char)('0' + first);
		*o++ = '.';
		n += n == 0;
	}
	store_digits(o, rest);
	return o + n;
}

static size_t
write_word(char *out, const char *text)
{
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

/* Write an infinity, NaN or zero. */
static size_t
write_special(char *out, double value)
{
	char *o = out;

	if (isnan(value))
		return write_word(out, "nan");
	if (signbit(value))
		*o++ = '-';
	return (size_t)(o - out) + write_word(o, value == 0 ? "0.0" : "inf");
}

size_t
ib_number_write(char out[IB_NUMBER_MAX], double value)
{
	uint64_t bits, fraction;
	struct binary b;
	char *o = out;
	int e;

	memcpy(&bits, &value, sizeof(bits));
	e = (int)(bits >> 52 & 0x7ff);
	fraction = bits & 0xfffffffffffff;
	if (e == 0x7ff || bits << 1 == 0)
		return write_special(out, value);
	b.c = fraction | (uint64_t)(e > 0) << 52;
	b.q = e + (e == 0) - 1075;
	b.closer = fraction == 0 && e > 1;
	*o = '-';
	o += bits >> 63;
	return (size_t)(write_decimal(o, shortest_decimal(&b)) - out);
}

size_t
ib_number_write_float(char out[IB_NUMBER_MAX], float value)
{
	uint32_t bits, fraction;
	struct binary b;
	char *o = out, *end;
	int e;

	memcpy(&bits, &value, sizeof(bits));
	e = (int)(bits >> 23 & 0xff);
	fraction = bits & 0x7fffff;
	if (e == 0xff || bits << 1 == 0)
		return write_special(out, (double)value);
	b.c = fraction | (uint32_t)(e > 0) << 23;
	b.q = e + (e == 0) - 150;
	b.closer = fraction == 0 && e > 1;
	*o = '-';
	o += bits >> 31;
	end = write_short(o, fabsf(value));
	if (!end)
		end = write_decimal_float(o, shortest_float(&b, fabsf(value)));
	return (size_t)(end - out);
}

size_t
ib_number_write_unsigned(char out[IB_NUMBER_MAX], uint64_t value)
{
	char digit[IB_NUMBER_MAX];
	size_t n = 0, i;

	do {
		digit[n++] = (char)('0' + value % 10);
		value /= 10;
	} while (value > 0);
	for (i = 0; i < n; i++)
		out[i] = digit[n - 1 - i];
	return n;
}
