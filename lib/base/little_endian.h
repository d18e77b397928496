/* Read and write little-endian integers. */
#ifndef IB_BASE_LITTLE_ENDIAN_H
#define IB_BASE_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

/* Return the integer stored in n <= 8 bytes. */
static inline uint64_t
ib_little_endian_get(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

/* Store the n lowest bytes of x; n must be at most 8. */
static inline void
ib_little_endian_put(void *bytes, uint64_t x, size_t n)
{
	unsigned char *p = bytes;

	for (; n > 0; n--, x >>= 8)
		*p++ = (unsigned char)x;
}

#endif
