/* Format hashes as lower-case hexadecimal digits, most significant first, and a NUL. */
#ifndef IB_BASE_HEX_H
#define IB_BASE_HEX_H

#include <stdint.h>
#include <xxhash.h>

static inline void
ib_hex_u64(char out[17], uint64_t x)
{
	int i;

	for (i = 0; i < 16; i++)
		out[i] = "0123456789abcdef"[x >> (60 - 4 * i) & 15];
	out[16] = '\0';
}

static inline void
ib_hex_xxh128(char out[33], XXH128_hash_t h)
{
	ib_hex_u64(out, h.high64);
	ib_hex_u64(out + 16, h.low64);
}

#endif
