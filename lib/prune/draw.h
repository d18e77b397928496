/* The stateless draw, inlined for those who hold an id's bytes. */
#ifndef IB_PRUNE_DRAW_H
#define IB_PRUNE_DRAW_H

#include <xxhash.h>

#include "infobatch.h"

/* u as an integer: u * 2^53. Integers compare as the doubles would. */
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
