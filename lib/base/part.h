/*
 * Assign ids to partitions (--part I/K). The assignment must never change, because the totals
 * of partitions are stored in files.
 */
#ifndef IB_BASE_PART_H
#define IB_BASE_PART_H

#include "base/u128.h"

/*
 * Returns the partition, from 0, of the id whose XXH3_64bits with seed 0 is `hash`. count, the
 * number of partitions, is > 0.
 */
static inline uint64_t
ib_part_of_hash(uint64_t hash, uint64_t count)
{
	return ib_u128_product(hash, count).hi;
}

#endif
