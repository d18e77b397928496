/*
 * Partitions (--part I/K): their notation, and the partition to which an id belongs. The partition
 * of an id must never change, because files contain the totals of partitions.
 */
#ifndef IB_BASE_PART_H
#define IB_BASE_PART_H

#include "base/u128.h"
#include "infobatch_run.h"

/*
 * Return the number of the partition, counted from 0, of the id whose XXH3_64bits with seed 0 is
 * `hash`. The number of partitions, count, must be > 0.
 */
static inline uint64_t
ib_part_of_hash(uint64_t hash, uint64_t count)
{
	return ib_u128_product(hash, count).hi;
}

/* True if the id whose XXH3_64bits is `hash` is in the partition, or if part->count is 0. */
static inline bool
ib_part_has_hash(const struct ib_part *part, uint64_t hash)
{
	return part->count == 0 || ib_part_of_hash(hash, part->count) == part->index;
}

/* Write I/K to out, and return out. */
#define IB_PART_TEXT_MAX 48
const char *ib_part_text(char out[IB_PART_TEXT_MAX], const struct ib_part *part);

#endif
