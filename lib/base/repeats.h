/*
 * Count values that repeat. Few weights and few keep probabilities are distinct, so their
 * owner counts equal ones in this small direct-mapped cache. It adds a value to its exact sums
 * only when another value needs the entry, and at the end: once, with its count.
 */
#ifndef IB_BASE_REPEATS_H
#define IB_BASE_REPEATS_H

#include "base/numbers.h"

#define IB_REPEATS_BITS 6
#define IB_REPEATS (1 << IB_REPEATS_BITS)

struct ib_repeat {
	double value;
	uint64_t n;    /* number of samples with this value; 0: the entry is unused */
	uint64_t kept; /* number of these samples that were kept, if the owner counts them */
};

/* Initialize with {0}. */
struct ib_repeats {
	struct ib_repeat entry[IB_REPEATS];
};

/*
 * Return the only entry that may hold the value. If the entry is used (n > 0) by a different
 * value, the owner must add that value to its sums before it reuses the entry.
 */
static inline struct ib_repeat *
ib_repeats_find(struct ib_repeats *r, double value)
{
	return &r->entry[ib_number_slot(value, IB_REPEATS_BITS)];
}

#endif
