/* Prune one tar of samples (a WebDataset shard): copy the kept samples and add their weights. */
#ifndef IB_PRUNE_SHARD_H
#define IB_PRUNE_SHARD_H

#include "prune/block.h"
#include "prune/outputs.h"

/* Inputs and results of pruning one shard. */
struct ib_shard_run {
	const struct ib_pruner *pruner;
	struct ib_pruned *b; /* receives statistics and audit lines */
	struct ib_duplicate_check *duplicates;
	struct ib_unseen *unseen; /* receives the ids without a score */
	struct ib_prune_outputs *outputs;
	struct ib_reader *reader;
	const struct ib_context *context;
	uint64_t before;  /* number of samples in earlier operands */
	uint64_t samples; /* result: number of samples in this operand */
};

/*
 * Prune the tar in r->b->in.block. The header of a sample's first member contains the sample's id,
 * on which the decision depends. The members can therefore be copied while they are read.
 */
enum ib_status ib_prune_shard(struct ib_shard_run *r, struct ib_error *err);

#endif
