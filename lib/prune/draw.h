/*
 * The draw u of a sample, as inline functions for the hot loops. u is computed
 * from a hash of the id. The hash is seeded with the run's seed and the epoch,
 * so u does not depend on the order of the records, on shards or on threads.
 */
#ifndef IB_PRUNE_DRAW_H
#define IB_PRUNE_DRAW_H

#include <xxhash.h>

#include "infobatch_run.h"

/* Return the draw u of a sample as the integer u * 2^53. */
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
