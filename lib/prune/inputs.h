/*
 * What a run of ib-prune decides by: the scores, and the totals of --totals;
 * that they belong together, and to the epoch that is asked for.
 */
#ifndef IB_PRUNE_INPUTS_H
#define IB_PRUNE_INPUTS_H

#include "prune/receipt.h"
#include "score/scores.h"
#include "score/totals_file.h"

struct ib_prune_inputs {
	struct ib_scores *scores;    /* NULL: none, or not there at epoch 0 */
	struct ib_totals_file *sums; /* of --totals; NULL: none */
};

/*
 * Read and check both; into digests too where they are asked for. Start from
 * {0}; release it whatever this returns.
 */
enum ib_status ib_prune_inputs_load(struct ib_prune_inputs *b,
				    const struct ib_prune_options *options,
				    const struct ib_context *context, struct ib_digests *digests,
				    struct ib_error *err);
void ib_prune_inputs_release(struct ib_prune_inputs *b);

/* --write-bins: write what ib-score has to count of the parts. */
enum ib_status ib_prune_inputs_refine(const struct ib_prune_options *options,
				      const struct ib_context *context, struct ib_error *err);

#endif
