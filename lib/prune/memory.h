/*
 * A run of ib-prune whose inputs and output are in memory. The ids are the ids of --range, or
 * the ids in `id`. Used by lib/loop.
 */
#ifndef IB_PRUNE_MEMORY_H
#define IB_PRUNE_MEMORY_H

#include "prune/row_arrays.h"
#include "score/scores.h"

/* The run borrows the struct and everything that it points to. */
struct ib_prune_memory {
	struct ib_scores *scores;    /* used instead of -s; NULL if there are none */
	const char *scores_digest;   /* digest of the score file; empty if there is none */
	const char *manifest_digest; /* digest of the list of the ids, one per line */
	const struct ib_span *id;    /* [range]; NULL: the ids of --range */
	struct ib_row_arrays *kept;  /* receives the rows that are kept, instead of -o */
};

#endif
