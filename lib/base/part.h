/* The deal of ids into parts (--part I/K): the same everywhere, for ever. */
#ifndef IB_BASE_PART_H
#define IB_BASE_PART_H

#include "base/u128.h"

/* The part of an id whose XXH3_64bits (seed 0) is hash; count > 0. */
static inline uint64_t
ib_part_of_hash(uint64_t hash, uint64_t count)
{
	return ib_u128_product(hash, count).hi;
}

#endif
