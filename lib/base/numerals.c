/*
 * Numbers to text. ns a number, best of 11 runs over 10^6 (AMD EPYC Zen 5, gcc
 * 12 -O2): doubles drawn evenly from [0, 1) 26, weights 1/pi 26, floats 27;
 * printf("%.17g"), which is not the shortest, 145.
 */
#include "base/numbers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/powers.h"

/* digits * 10^exp10 */
struct decimal {
	uint64_t digits;
	int exp10;
};

/* (-1)^sign * c * 2^q */
struct binary {
	uint64_t c;
	int q;
	bool closer; /* the neighbour below is half as far as the one above */
};

/* floor(log10(2^q)), or of 3/4 * 2^q: the places that the gap leaves open. */
static inline int
places(int q, bool closer)
{
	return (q * 1262611 - (closer ? 524031 : 0)) >> 22;
}

/* The shortest of all decimals that are as long as one another. */
static inline struct decimal
pick(uint64_t low, bool up, int exp10)
{
	return (struct decimal){ low + up, exp10 };
}

/* ---- of a double ---------------------------------------------------------- */

/* x * power / 2^128, its lowest bit set if the rest is not 0. */
static inline uint64_t
product_to_odd(struct ib_u128 power, uint64_t x)
{
	struct ib_u128 low = ib_u128_product(power.lo, x);
	struct ib_u128 high = ib_u128_product(power.hi, x);

	high.lo += low.hi;
	high.hi += high.lo < low.hi;
	/* The power is rounded up, by less than this 1 makes of it. */
	return high.hi | (high.lo > 1);
}

/*
 * The shortest decimal between the points halfway to the neighbours, these
 * included where c is even; the closest to the value, to the even one from
 * halfway between. The gap is from 1 to 13.3 of the units that `places` gives,
 * so only the multiples of ten of them on both sides, then those of one, need
 * a look. Everything is in quarters of a unit, the last bit for "and some".
 * Source: R. Giulietti, The Schubfach way to render doubles, 2020.
 */
static struct decimal
shortest(const struct binary *b)
{
	int k = places(b->q, b->closer);
	int shift = b->q + ib_power_log2(-k) + 1;
	struct ib_u128 power = ib_powers[-k - IB_POWER_MIN];
	uint64_t odd = b->c & 1, low, value, high, s, t;
	bool in, in_next;

	power.lo += -k < 0 || -k > IB_POWER_EXACT;
	low = product_to_odd(power, (4 * b->c - 2 + b->closer) << shift) + odd;
	value = product_to_odd(power, 4 * b->c << shift);
	high = product_to_odd(power, (4 * b->c + 2) << shift) - odd;
	s = value / 4;
	if (s >= 10) {
		t = s / 10;
		in = low <= 40 * t;
		in_next = 40 * t + 40 <= high;
		if (in != in_next)
			return pick(t, in_next, k + 1);
	}
	in = low <= 4 * s;
	in_next = 4 * s + 4 <= high;
	if (in != in_next)
		return pick(s, in_next, k);
	return pick(s, value > 4 * s + 2 || (value == 4 * s + 2 && (s & 1)), k);
}

/* ---- of a float ----------------------------------------------------------- */

/* A float among its neighbours, in units of 10^k / 2^32. */
struct gap {
	float f;
	uint64_t value, below, above; /* the latter: halfway to neighbours */
	int k;
};

/*
 * Is n * 10^k read as f? By way of a double the points halfway move by half a
 * double's last place, inwards or outwards: up to 2^-53 * 2^28 units of 10^k,
 * or 2^7 of ours; a few more for what is cut off. Where that is not enough to
 * tell, try.
 */
#define DOUBT 256

static bool
reads_as(const struct gap *g, uint64_t n)
{
	bool over = n << 32 > g->value;
	uint64_t d = over ? (n << 32) - g->value : g->value - (n << 32);
	uint64_t half = over ? g->above : g->below;
	char text[IB_NUMBER_MAX];
	double back;
	int length;

	if (d + DOUBT < half)
		return true;
	if (d > half + DOUBT)
		return false;
	length = snprintf(text, sizeof(text), "%llue%d", (unsigned long long)n, g->k);
	return ib_number_text((struct ib_span){ text, (size_t)length }, &back) &&
	       (float)back == g->f;
}

/* The closer of n and n + 1; printf knows where it is too close to call. */
static bool
is_next_closer(const struct gap *g, uint64_t n)
{
	uint64_t rest = g->value & 0xffffffff, half = (uint64_t)1 << 31;
	char text[IB_NUMBER_MAX];
	int length, i;

	if (rest + DOUBT < half || rest > half + DOUBT)
		return rest > half;
	length = snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	snprintf(text, sizeof(text), "%.*e", length - 1, (double)g->f);
	/* The last digit is before the 'e'; n's was even or not. */
	for (i = 0; text[i] != 'e'; i++)
		;
	return (unsigned)(text[i - 1] - '0') != n % 10;
}

static struct decimal
shortest_float(const struct binary *b, float f)
{
	int k = places(b->q, b->closer);
	struct gap g = { .f = f, .k = k };
	uint64_t s, t, unit;
	struct ib_u128 p;
	bool in, in_next;

	/* 2^q / 10^k, below 2^4, with 60 bits of fraction */
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
			return pick(t, in_next, k + 1);
	}
	in = reads_as(&g, s);
	in_next = reads_as(&g, s + 1);
	if (in != in_next)
		return pick(s, in_next, k);
	return pick(s, is_next_closer(&g, s), k);
}

/* ---- as text --------------------------------------------------------------- */

#define DIGITS 17 /* that a double may need */

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

/* Decimal digits of v > 0: 1233 / 4096 is log10(2). */
static inline int
count_digits(uint64_t v)
{
	int n = ((64 - __builtin_clzll(v)) * 1233) >> 12;

	return n + (v >= powers_of_ten[n]);
}

/* Eight digits of v < 10^8 as bytes 0 to 9, the first one lowest. */
static inline uint64_t
eight_bytes(uint64_t v)
{
	uint64_t high;

	high = v / 10000;
	v = high | (v - 10000 * high) << 32;
	high = v * 10486 >> 20 & 0x0000007f0000007f; /* / 100 of below 10^4 */
	v = high | (v - 100 * high) << 16;
	high = v * 103 >> 10 & 0x000f000f000f000f; /* / 10 of below 100 */
	return high | (v - 10 * high) << 8;
}

static inline void
store(char *p, uint64_t v)
{
	v |= 0x3030303030303030;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	memcpy(p, &v, 8);
}

/* 17 digits with the zeros at their end; how many there are without these. */
static inline int
spread(char out[DIGITS + 7], uint64_t v)
{
	uint64_t first = v / powers_of_ten[16], high, low;

	v -= first * powers_of_ten[16];
	high = v / 100000000;
	low = eight_bytes(v - high * 100000000);
	high = eight_bytes(high);
	out[0] = (char)('0' + first);
	store(out + 1, high);
	store(out + 9, low);
	if (low)
		return DIGITS - __builtin_clzll(low) / 8;
	return high ? DIGITS - 8 - __builtin_clzll(high) / 8 : 1;
}

static inline char *
put_exponent(char *o, int e)
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

/* In the form of Python's repr. Copies 24 bytes where it needs up to 17. */
static char *
put_decimal(char *o, struct decimal d)
{
	char digit[32];
	int length = count_digits(d.digits), n, e;

	/* The exponent if one digit stands before the point. */
	e = d.exp10 + length - 1;
	n = spread(digit, d.digits * powers_of_ten[DIGITS - length]);
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
	return put_exponent(o + (n > 1 ? n + 1 : 1), e);
}

/*
 * Losses are logged with six digits, as a rule. Is f = n / 10^p, p so small
 * that one such decimal at most reads as f, its gap being below 10^-p? Then no
 * other is as short: the shorter ones are of these too. n / 10^p is exact in
 * both parts, so it divides to what strtod makes of the text. NULL: no, or f
 * is beyond [1e-4, 10). As at the top: losses of %.6f 25.6 ns before, 8.9 now,
 * of %.6g 25.7 and 11.2; floats with all their digits 25, as before.
 */
static inline char *
put_short(char *o, float f)
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
	digit = eight_bytes(n);
	if (small) {
		memcpy(o, "0.0", 3);
		store(o + 3, digit);
		return o + 11 - __builtin_clzll(digit) / 8;
	}
	digit >>= below ? 0 : 8;
	o[0] = (char)('0' + (digit & 0xff));
	o[1] = '.';
	store(o + 2, digit >> 8);
	/* At least one place, be it 0. */
	digit |= (uint64_t)1 << 8;
	return o + 9 - __builtin_clzll(digit) / 8;
}

/*
 * A float's decimal, which has nine digits at most: straight from registers
 * where it is in [1e-4, 10). Floats drawn evenly from [0, 1), best of 41 runs
 * over 10^6, by put_decimal 27.3 ns and so 23.1 (AMD EPYC, gcc 12 -O2).
 */
static inline char *
put_decimal_float(char *o, struct decimal d)
{
	int length = count_digits(d.digits), e = d.exp10 + length - 1;
	uint64_t v, first, rest;
	int n;

	if (e < -4 || e > 0 || length > 9)
		return put_decimal(o, d);
	v = d.digits * powers_of_ten[9 - length];
	first = v / 100000000;
	rest = eight_bytes(v - first * 100000000);
	n = 8 - __builtin_clzll(rest | 1) / 8;
	n = rest ? n : 0; /* digits behind the first */
	if (e < 0) {
		memcpy(o, "0.000000", 8);
		o += 1 - e;
		*o++ = (char)('0' + first);
	} else {
		*o++ = (char)('0' + first);
		*o++ = '.';
		n += n == 0;
	}
	store(o, rest);
	return o + n;
}

static size_t
put_word(char *out, const char *text)
{
	size_t n = strlen(text);

	memcpy(out, text, n);
	return n;
}

/* Infinities, NaN and zeros: what is left of the exponent's two ends. */
static size_t
put_special(char *out, double value)
{
	char *o = out;

	if (isnan(value))
		return put_word(out, "nan");
	if (signbit(value))
		*o++ = '-';
	return (size_t)(o - out) + put_word(o, value == 0 ? "0.0" : "inf");
}

size_t
ib_number_put(char out[IB_NUMBER_MAX], double value)
{
	uint64_t bits, fraction;
	struct binary b;
	char *o = out;
	int e;

	memcpy(&bits, &value, sizeof(bits));
	e = (int)(bits >> 52 & 0x7ff);
	fraction = bits & 0xfffffffffffff;
	if (e == 0x7ff || bits << 1 == 0)
		return put_special(out, value);
	b.c = fraction | (uint64_t)(e > 0) << 52;
	b.q = e + (e == 0) - 1075;
	b.closer = fraction == 0 && e > 1;
	*o = '-';
	o += bits >> 63;
	return (size_t)(put_decimal(o, shortest(&b)) - out);
}

size_t
ib_number_put_float(char out[IB_NUMBER_MAX], float value)
{
	uint32_t bits, fraction;
	struct binary b;
	char *o = out, *end;
	int e;

	memcpy(&bits, &value, sizeof(bits));
	e = (int)(bits >> 23 & 0xff);
	fraction = bits & 0x7fffff;
	if (e == 0xff || bits << 1 == 0)
		return put_special(out, (double)value);
	b.c = fraction | (uint32_t)(e > 0) << 23;
	b.q = e + (e == 0) - 150;
	b.closer = fraction == 0 && e > 1;
	*o = '-';
	o += bits >> 31;
	end = put_short(o, fabsf(value));
	if (!end)
		end = put_decimal_float(o, shortest_float(&b, fabsf(value)));
	return (size_t)(end - out);
}

size_t
ib_number_put_unsigned(char out[IB_NUMBER_MAX], uint64_t value)
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
