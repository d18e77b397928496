/* Counts and exact sums of decisions: of a block, of a run. */
#ifndef IB_PRUNE_RUN_STATS_H
#define IB_PRUNE_RUN_STATS_H

#include "prune/rule.h"

struct ib_run_stats {
	uint64_t samples, kept;
	uint64_t reasons[IB_NREASONS];
	double max_weight;
	struct ib_exact expected_kept, weight_sum, weight_var;
	/* Most samples share a pi: counted here, added up when it changes;
	 * those of pi 1, which stand between them, by themselves. */
	uint64_t certain;
	double pi, weight;
	bool fixed;
	uint64_t n, nkept;
	uint64_t group[IB_THRESHOLDS_MAX]; /* of fixed: rows of each group */
};

void ib_run_stats_init(struct ib_run_stats *t);
void ib_run_stats_flush(struct ib_run_stats *t);
/* Add up what was counted; the next samples are of this chance. */
void ib_run_stats_next(struct ib_run_stats *t, const struct ib_inclusion *c);

static inline void
ib_run_stats_add(struct ib_run_stats *t, const struct ib_inclusion *c, bool kept)
{
	bool fixed = c->group >= 0;

	t->samples++;
	t->reasons[c->reason]++;
	if (c->pi == 1 && !fixed) {
		t->certain++;
		return;
	}
	if (c->pi != t->pi || fixed != t->fixed)
		ib_run_stats_next(t, c);
	if (fixed)
		t->group[c->group]++;
	t->n++;
	t->nkept += kept;
}

/* Both have been flushed. */
void ib_run_stats_merge(struct ib_run_stats *t, const struct ib_run_stats *other);

/*
 * What m of a fixed group's n rows, k of them kept, add to the variance of the
 * sum of weights: m (n-m) (n-k) / (k (n-1)), rounded once.
 */
double ib_run_stats_group_variance(uint64_t n, uint64_t k, uint64_t m);

/* The figures, each rounded once. */
void ib_run_stats_result(const struct ib_run_stats *t, const struct ib_rule *rule,
			 struct ib_prune_result *r);

#endif
