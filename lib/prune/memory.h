/*
 * The inputs and the output of a run of ib-prune that uses memory instead of files. The functions
 * in lib/loop run ib-prune in this way.
 */
#ifndef IB_PRUNE_MEMORY_H
#define IB_PRUNE_MEMORY_H

#include "prune/row_arrays.h"
#include "score/scores.h"

/* The run borrows the struct and everything that it points to. */
struct ib_prune_memory {
	struct ib_scores *scores;    /* scores, instead of -s; NULL if there are no scores */
	const char *scores_digest;   /* digest of the score file; empty if no score file was read */
	const char *manifest_digest; /* digest of the list of the ids, one per line */
	const struct ib_span *id;    /* id[row]: the id of a row; NULL if the ids are row numbers */
	struct ib_row_arrays *kept;  /* receives the kept rows, instead of -o */
};

#endif
