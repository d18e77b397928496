/*
 * Counts and exact sums of decisions, for a block or for a run. Sums are exact,
 * so the order of blocks does not change a result.
 */
#ifndef IB_PRUNE_RUN_STATS_H
#define IB_PRUNE_RUN_STATS_H

#include "prune/rule.h"

struct ib_run_stats {
	uint64_t samples, kept;
	uint64_t reasons[IB_NREASONS];
	double max_weight;
	struct ib_exact expected_kept, weight_sum, weight_var;
	/*
	 * Most samples have one of two values of pi. Samples with pi 1 are
	 * counted in `certain`. Samples with the current pi are counted in n;
	 * ib_run_stats_next() adds the counts to the sums when pi changes.
	 */
	uint64_t certain;
	double pi, weight;
	bool fixed;
	uint64_t n, nkept;
	uint64_t group[IB_THRESHOLDS_MAX]; /* for --sampling fixed: rows per group */
};

void ib_run_stats_init(struct ib_run_stats *t);
/* Add all cached counts to the sums. */
void ib_run_stats_flush(struct ib_run_stats *t);
/* Add the cached counts to the sums; the next samples have the pi of c. */
void ib_run_stats_next(struct ib_run_stats *t, const struct ib_inclusion *c);

static inline void
ib_run_stats_add(struct ib_run_stats *t, const struct ib_inclusion *c, const struct ib_decision *d)
{
	bool fixed = c->group >= 0;

	t->samples++;
	t->reasons[d->reason]++;
	if (c->pi == 1 && !fixed) {
		t->certain++;
		return;
	}
	if (c->pi != t->pi || fixed != t->fixed)
		ib_run_stats_next(t, c);
	if (fixed)
		t->group[c->group]++;
	t->n++;
	t->nkept += d->kept;
}

/* Add the sums of another block. Both must be flushed. */
void ib_run_stats_merge(struct ib_run_stats *t, const struct ib_run_stats *other);

/*
 * Return the variance of the sum of weights that m rows of a fixed group
 * contribute, if k of the n rows in the group are kept:
 * m (n-m) (n-k) / (k (n-1)), rounded once.
 */
double ib_run_stats_group_variance(uint64_t n, uint64_t k, uint64_t m);

/* Compute the statistics, each rounded once. */
void ib_run_stats_result(const struct ib_run_stats *t, const struct ib_rule *rule,
			 struct ib_prune_result *r);

#endif
