/* A tar of samples (WebDataset) -> the epoch's: a tar with their weights. */
#ifndef IB_PRUNE_SHARD_H
#define IB_PRUNE_SHARD_H

#include "prune/outputs.h"

/* What pruning one shard needs of its run. */
struct ib_shard_run {
	const struct ib_pruner *pruner;
	struct ib_pruned *b; /* its tally and audit text are filled */
	struct ib_duplicate_check *seen;
	struct ib_unseen *lost; /* ids without a row are added */
	struct ib_prune_outputs *targets;
	struct ib_reader *reader;
	const struct ib_context *context;
	uint64_t before;  /* samples of the operands before */
	uint64_t samples; /* out: of this one */
};

/*
 * Prune the tar of r->b->block. Members pass while they are read: which fate
 * they have is known from their first header.
 */
enum ib_status ib_prune_shard(struct ib_shard_run *r, struct ib_error *err);

#endif
