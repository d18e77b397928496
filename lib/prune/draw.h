/*
 * The draw u of a sample, inline for the hot loops. It is a hash of the id
 * seeded with the seed and the epoch, so it does not depend on the order of the
 * records, on shards or on threads.
 */
#ifndef IB_PRUNE_DRAW_H
#define IB_PRUNE_DRAW_H

#include <xxhash.h>

#include "infobatch.h"

/* Return u * 2^53, an integer, which compares as u does. */
static inline uint64_t
ib_draw_bits(uint64_t key, const char *p, size_t n)
{
	return XXH3_64bits_withSeed(p, n, key) >> 11;
}

static inline double
ib_draw_from_bits(uint64_t bits)
{
	return (double)bits * 0x1p-53;
}

#endif
