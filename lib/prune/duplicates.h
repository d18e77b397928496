/* Which ids a manifest has shown already: an id that stands twice. */
#ifndef IB_PRUNE_DUPLICATES_H
#define IB_PRUNE_DUPLICATES_H

#include <xxhash.h>

#include "base/huge_array.h"

struct ib_duplicate_check {
	struct ib_huge_array rows;   /* a bit a row of the score table */
	struct ib_huge_array unseen; /* XXH128_hash_t[nslots] of ids without row */
	uint64_t nslots, n;
	uint64_t seed; /* of the hashes; drawn at start */
};

enum ib_status ib_duplicate_check_init(struct ib_duplicate_check *s, uint64_t rows,
				       struct ib_error *err);
void ib_duplicate_check_release(struct ib_duplicate_check *s);

/* The hash of an id without a row; never all zero. */
XXH128_hash_t ib_duplicate_check_hash(const struct ib_duplicate_check *s, struct ib_span id);

/* Mark it; *twice: it was marked already. */
static inline bool
ib_duplicate_check_row(struct ib_duplicate_check *s, uint32_t row)
{
	uint64_t *word = (uint64_t *)s->rows.p + row / 64;
	uint64_t bit = 1ull << row % 64;
	bool twice = *word & bit;

	*word |= bit;
	return twice;
}

enum ib_status ib_duplicate_check_unseen(struct ib_duplicate_check *s, const XXH128_hash_t *hash,
					 size_t n, size_t *twice, struct ib_error *err);

#endif
