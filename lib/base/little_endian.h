/* Read and write little-endian integers, and arrays of little-endian items. */
#ifndef IB_BASE_LITTLE_ENDIAN_H
#define IB_BASE_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IB_HOST_IS_BIG_ENDIAN 1
#else
#define IB_HOST_IS_BIG_ENDIAN 0
#endif

/* Return the little-endian integer in n <= 8 bytes. */
static inline uint64_t
ib_little_endian_get(const void *bytes, size_t n)
{
	const unsigned char *p = bytes;
	uint64_t x = 0;

	while (n-- > 0)
		x = x << 8 | p[n];
	return x;
}

/* Store the n lowest bytes of x, the lowest byte first; n must be at most 8. */
static inline void
ib_little_endian_write(void *bytes, uint64_t x, size_t n)
{
	unsigned char *p = bytes;

	for (; n > 0; n--, x >>= 8)
		*p++ = (unsigned char)x;
}

/*
 * Convert n items of `size` bytes between little-endian and the byte order of this machine, in
 * place. On a little-endian machine there is nothing to do.
 */
static inline void
ib_little_endian_convert(void *items, uint64_t n, size_t size)
{
	unsigned char *p = items, byte;
	size_t i;

	for (; IB_HOST_IS_BIG_ENDIAN && n > 0; n--, p += size)
		for (i = 0; i < size / 2; i++) {
			byte = p[i];
			p[i] = p[size - 1 - i];
			p[size - 1 - i] = byte;
		}
}

#endif
