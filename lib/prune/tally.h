/* Counts and exact sums of decisions: of a block, of a run. */
#ifndef IB_PRUNE_TALLY_H
#define IB_PRUNE_TALLY_H

#include "base/exact.h"

struct ib_tally {
	uint64_t samples, kept;
	uint64_t reasons[IB_NREASONS];
	double max_weight;
	struct ib_exact expected_kept, weight_sum, weight_var;
	/* Most samples share a pi: counted here, added up when it changes. */
	double pi;
	uint64_t n, nkept;
};

void ib_tally_init(struct ib_tally *t);
void ib_tally_flush(struct ib_tally *t);

static inline void
ib_tally_add(struct ib_tally *t, double pi, enum ib_reason reason, bool kept)
{
	if (pi != t->pi) {
		ib_tally_flush(t);
		t->pi = pi;
	}
	t->samples++;
	t->reasons[reason]++;
	t->n++;
	t->nkept += kept;
}

/* Both are flushed. */
void ib_tally_merge(struct ib_tally *t, struct ib_tally *other);

/* The figures, each rounded once; the threshold is the caller's. */
void ib_tally_result(const struct ib_tally *t, struct ib_prune_result *r);

#endif
