/*
 * The ids of the samples of one block, for the checks that depend on the order of the manifest:
 * duplicates and ids without a score.
 */
#ifndef IB_PRUNE_BLOCK_IDS_H
#define IB_PRUNE_BLOCK_IDS_H

#include <xxhash.h>

#include "prune/unseen.h"

/* Initialize with {0}. */
struct ib_block_ids {
	/* score row of each sample, in manifest order; IB_NO_ROW for a sample without a score */
	uint32_t *row;
	size_t n, cap;
	XXH128_hash_t *unseen; /* hashes of the ids without a score row, in manifest order */
	size_t nunseen, unseen_cap;
	struct ib_unseen_ids examples; /* some of the ids without a score row, for messages */
};
void ib_block_ids_release(struct ib_block_ids *ids);

/* Remove all ids from *ids, but keep the memory. */
void ib_block_ids_empty(struct ib_block_ids *ids);

/* Make room in ids for IB_GROUP more samples. Returns false if memory runs out. */
bool ib_block_ids_reserve_group(struct ib_block_ids *ids);

/*
 * Find sample i, counted from 0, among the samples without a score row. Returns its index in
 * ids->row.
 */
size_t ib_block_ids_find_unseen(const struct ib_block_ids *ids, size_t i);

#endif
