/*
 * Partitions (--part I/K): their text, and the assignment of ids to them. The assignment must never
 * change, because the totals of partitions are stored in files.
 */
#ifndef IB_BASE_PART_H
#define IB_BASE_PART_H

#include "base/u128.h"
#include "infobatch.h"

/*
 * Returns the partition, from 0, of the id whose XXH3_64bits with seed 0 is `hash`. count, the
 * number of partitions, is > 0.
 */
static inline uint64_t
ib_part_of_hash(uint64_t hash, uint64_t count)
{
	return ib_u128_product(hash, count).hi;
}

/* True if the id is in the partition, or if there are no partitions. */
static inline bool
ib_part_has_hash(const struct ib_part *part, uint64_t hash)
{
	return part->count == 0 || ib_part_of_hash(hash, part->count) == part->index;
}

/* Parse I/K. Returns false if the text is anything else than two integers with 0 <= I < K. */
bool ib_part_parse(const char *text, struct ib_part *part);

/* Write I/K to out. Returns out. */
#define IB_PART_TEXT 48
const char *ib_part_text(char out[IB_PART_TEXT], const struct ib_part *part);

#endif
