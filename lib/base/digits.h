/* Convert decimal digits to integers, up to eight digits at a time. */
#ifndef IB_BASE_DIGITS_H
#define IB_BASE_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static const uint64_t ib_digits_power[] = {
	1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
};

static inline bool
ib_is_digit(char c)
{
	return (unsigned char)(c - '0') < 10;
}

static inline bool
ib_is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Load eight bytes; the first byte becomes the least significant. */
static inline uint64_t
ib_digits_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	v = __builtin_bswap64(v);
#endif
	return v;
}

/*
 * Returns the decimal value of eight bytes 0 to 9. The first byte (the least significant
 * of v) is the most significant digit.
 */
static inline uint64_t
ib_digits_of8(uint64_t v)
{
	const uint64_t pairs = 0x000000ff000000ff;

	v = v * 10 + (v >> 8); /* bytes 0, 2, 4, 6 now hold pairs of digits */
	return ((v & pairs) * (100 + (1000000ull << 32)) +
		(v >> 16 & pairs) * (1 + (10000ull << 32))) >>
	       32;
}

/* Returns the value of the n digits at p; 1 <= n <= 8, and eight bytes at p are readable. */
static inline uint64_t
ib_digits_value(const char *p, unsigned n)
{
	return ib_digits_of8((ib_digits_load(p) ^ 0x3030303030303030) << (64 - 8 * n));
}

#endif
