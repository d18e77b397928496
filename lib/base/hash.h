/*
 * Update an XXH3 state with the widest vectors that the CPU supports. The caller uses the
 * functions of xxhash.h to create, reset and read the state.
 */
#ifndef IB_BASE_HASH_H
#define IB_BASE_HASH_H

#include <stddef.h>
#include <xxhash.h>

#include "base/hex.h"

void ib_hash64_update(XXH3_state_t *state, const void *p, size_t n);
void ib_hash128_update(XXH3_state_t *state, const void *p, size_t n);

/* Write the 32 hexadecimal digits of a hash and a NUL. */
static inline void
ib_hex_xxh128(char out[33], XXH128_hash_t h)
{
	ib_hex_u64(out, h.high64);
	ib_hex_u64(out + 16, h.low64);
}

#endif
