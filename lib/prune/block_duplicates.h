/* Find ids that appear twice among the records of a manifest, block by block. */
#ifndef IB_PRUNE_BLOCK_DUPLICATES_H
#define IB_PRUNE_BLOCK_DUPLICATES_H

#include "prune/block.h"

/*
 * Store the ids of a block in *check. Returns IB_E_DATA if an id has occurred before, unless
 * duplicates are allowed. The error message names the line of the repeated id and the likely cause.
 * `line` is the number of the first line of the block. Blocks must be passed in manifest order.
 */
enum ib_status ib_block_check_duplicates(const struct ib_pruner *p,
					 struct ib_duplicate_check *check, struct ib_pruned *b,
					 const struct ib_source *source, uint64_t line,
					 struct ib_error *err);

#endif
