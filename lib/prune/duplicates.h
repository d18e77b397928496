/*
 * Find duplicate ids in a manifest. For ids with a score, one bit per score row is set when the id
 * occurs. For other ids, a hash set stores the 128-bit hash of the id. The hash has a random seed,
 * so a crafted manifest cannot cause collisions.
 */
#ifndef IB_PRUNE_DUPLICATES_H
#define IB_PRUNE_DUPLICATES_H

#include <xxhash.h>

#include "base/huge_array.h"

struct ib_duplicate_check {
	/*
	 * one bit per row of the score table: 1 if the id of the row has occurred in the manifest
	 */
	struct ib_huge_array rows;
	/* XXH128_hash_t[nslots]: hash set of the manifest's ids that have no score row */
	struct ib_huge_array unseen;
	uint64_t nslots, n; /* nslots: size of the hash set in slots; n: number of slots in use */
	uint64_t seed;	    /* random seed of the hashes */
};

enum ib_status ib_duplicate_check_init(struct ib_duplicate_check *s, uint64_t rows,
				       struct ib_error *err);
void ib_duplicate_check_release(struct ib_duplicate_check *s);

/* Return the hash of an id that has no score row. At least one bit of the hash is 1. */
XXH128_hash_t ib_duplicate_check_hash(const struct ib_duplicate_check *s, struct ib_span id);

/* Store that the id of the score row has occurred. Returns true if it had occurred before. */
static inline bool
ib_duplicate_check_row(struct ib_duplicate_check *s, uint32_t row)
{
	uint64_t *word = (uint64_t *)s->rows.p + row / 64;
	uint64_t bit = 1ull << row % 64;
	bool seen = *word & bit;

	*word |= bit;
	return seen;
}

/*
 * Add the hashes of n ids that have no score row. If hash[i] is already in the set, the function
 * stops and sets *duplicate to i. If all hashes are new, the function sets *duplicate to SIZE_MAX.
 */
enum ib_status ib_duplicate_check_unseen(struct ib_duplicate_check *s, const XXH128_hash_t *hash,
					 size_t n, size_t *duplicate, struct ib_error *err);

#endif
