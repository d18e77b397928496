/*
 * The inputs of the decisions of a run: the scores, and the totals of --totals. The functions read
 * the scores and the totals, and check that they match each other and the epoch.
 */
#ifndef IB_PRUNE_INPUTS_H
#define IB_PRUNE_INPUTS_H

#include "prune/receipt.h"
#include "score/scores.h"
#include "score/totals_file.h"

struct ib_prune_inputs {
	/* NULL without -s, and in epoch 0 if the file of -s does not exist */
	struct ib_scores *scores;
	bool borrowed;		       /* true if the caller owns the scores (prune/memory.h) */
	struct ib_totals_file *totals; /* NULL without --totals */
};

/*
 * Read and check the scores and the totals. Store the digests of the files if a receipt or an audit
 * log needs the digests. The caller initializes b with {0}, and must release b even if this
 * function fails.
 */
enum ib_status ib_prune_inputs_load(struct ib_prune_inputs *b,
				    const struct ib_prune_options *options,
				    const struct ib_context *context, struct ib_digests *digests,
				    struct ib_error *err);
void ib_prune_inputs_release(struct ib_prune_inputs *b);

/* Write the file of --write-bins: the request for the second pass (ib-score --bins). */
enum ib_status ib_prune_inputs_request_bins(const struct ib_prune_options *options,
					    const struct ib_context *context, struct ib_error *err);

#endif
