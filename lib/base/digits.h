/* Convert decimal digits to integers, up to eight digits at a time. */
#ifndef IB_BASE_DIGITS_H
#define IB_BASE_DIGITS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/little_endian.h"

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

/* Load eight bytes. The first byte in memory becomes the least significant byte. */
static inline uint64_t
ib_digits_load(const char *p)
{
	uint64_t v;

	memcpy(&v, p, 8);
	ib_little_endian_convert(&v, 1, sizeof(v));
	return v;
}

/*
 * Return the decimal number whose eight digits are the bytes of v, each from 0 to 9. The
 * least significant byte of v is the first digit of the number.
 */
static inline uint64_t
ib_digits_of8(uint64_t v)
{
	const uint64_t pairs = 0x000000ff000000ff;

	v = v * 10 + (v >> 8); /* now the bytes 0, 2, 4 and 6 contain two digits each */
	return ((v & pairs) * (100 + (1000000ull << 32)) +
		(v >> 16 & pairs) * (1 + (10000ull << 32))) >>
	       32;
}

/* Return the value of the n digits at p. n is from 1 to 8; eight bytes must be readable at p. */
static inline uint64_t
ib_digits_value(const char *p, unsigned n)
{
	return ib_digits_of8((ib_digits_load(p) ^ 0x3030303030303030) << (64 - 8 * n));
}

#endif
