/*
 * What a run of ib-prune decides by: the scores, and the totals of --totals;
 * that they belong together, and to the epoch that is asked for.
 */
#ifndef IB_PRUNE_BASIS_H
#define IB_PRUNE_BASIS_H

#include "prune/receipt.h"
#include "score/state.h"
#include "score/sums.h"

struct ib_basis {
	struct ib_scores *scores; /* NULL: none, or not there at epoch 0 */
	struct ib_sums *sums;	  /* of --totals; NULL: none */
};

/*
 * Read and check both; into digests too where they are asked for. Start from
 * {0}; release it whatever this returns.
 */
enum ib_status ib_basis_load(struct ib_basis *b, const struct ib_prune_options *options,
			     const struct ib_context *context, struct ib_digests *digests,
			     struct ib_error *err);
void ib_basis_release(struct ib_basis *b);

/* --write-bins: write what ib-score has to count of the parts. */
enum ib_status ib_basis_refine(const struct ib_prune_options *options,
			       const struct ib_context *context, struct ib_error *err);

#endif
