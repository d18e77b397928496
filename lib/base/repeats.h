/*
 * Count values that repeat. There are few different weights and keep probabilities, so equal values
 * are counted in this small direct-mapped cache. The owner of the cache adds each value, times its
 * count, to an exact sum when another value needs the same cache entry, and at the end.
 */
#ifndef IB_BASE_REPEATS_H
#define IB_BASE_REPEATS_H

#include "base/numbers.h"

#define IB_REPEATS_BITS 6
#define IB_REPEATS_ENTRIES (1 << IB_REPEATS_BITS)

struct ib_repeat {
	double value;
	uint64_t n;    /* number of samples with this value; 0 if the entry is unused */
	uint64_t kept; /* number of kept samples with this value, if the owner counts them */
};

/* Initialize with {0}. */
struct ib_repeats {
	struct ib_repeat entry[IB_REPEATS_ENTRIES];
};

/*
 * Return the cache entry for a value. If the entry contains another value, the caller must first
 * add that other value, times the entry's n, to the caller's sums, set the counts of the entry to
 * 0, and store `value` in the entry.
 */
static inline struct ib_repeat *
ib_repeats_find(struct ib_repeats *r, double value)
{
	return &r->entry[ib_number_slot(value, IB_REPEATS_BITS)];
}

#endif
