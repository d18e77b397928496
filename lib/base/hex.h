/* Hexadecimal digits. They are written in lower case, with the most significant digit first. */
#ifndef IB_BASE_HEX_H
#define IB_BASE_HEX_H

#include <stdint.h>

#define IB_HEX_DIGITS "0123456789abcdef"

/* Return the digit for the low four bits of x. */
static inline char
ib_hex_digit(uint64_t x)
{
	return IB_HEX_DIGITS[x & 15];
}

/* Write the two digits of a byte. */
static inline void
ib_hex_byte(char *out, char byte)
{
	out[0] = ib_hex_digit((unsigned char)byte >> 4);
	out[1] = ib_hex_digit((unsigned char)byte);
}

/* Write the 16 digits of x and a NUL. */
static inline void
ib_hex_u64(char out[17], uint64_t x)
{
	int i;

	for (i = 0; i < 16; i++)
		out[i] = ib_hex_digit(x >> (60 - 4 * i));
	out[16] = '\0';
}

/* Return the value of a digit in lower or upper case, or -1 if c is not a hexadecimal digit. */
static inline int
ib_hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

#endif
