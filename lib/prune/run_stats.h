/*
 * Counts and exact sums of decisions, for one block or for a complete run. The
 * sums are exact, so the order of the blocks does not change a result.
 */
#ifndef IB_PRUNE_RUN_STATS_H
#define IB_PRUNE_RUN_STATS_H

#include "base/repeats.h"
#include "prune/rule.h"

/*
 * If the sum of the weights of an unbiased rule differs from the number of samples by more than
 * this many standard errors, the run must be wrong: by chance alone, a difference of this size has
 * a probability of 6e-5.
 */
#define IB_WEIGHT_SUM_LIMIT 4

struct ib_run_stats {
	uint64_t samples, kept;
	uint64_t reasons[IB_NREASONS];
	double max_weight;
	/*
	 * weight_var: the variance of weight_sum. Each sample with 0 < pi < 1 that is in no group
	 * of --sampling fixed adds (1-pi)/pi. A group of --sampling fixed adds the variance that
	 * run_stats.c computes.
	 */
	struct ib_exact expected_kept, weight_sum, weight_var;
	/* The members below count samples that are not yet in the sums. */
	uint64_t certain;	 /* number of samples with pi = 1 */
	struct ib_repeats drawn; /* for each pi < 1: counts of the samples that are in no group */
	/* group[i]: count of the samples in group i of --sampling fixed */
	struct ib_repeat group[IB_THRESHOLDS_MAX];
};

void ib_run_stats_init(struct ib_run_stats *t);
/* Add the samples counted in *repeat to the sums, and set these counts to 0. */
void ib_run_stats_flush_pi(struct ib_run_stats *t, struct ib_repeat *repeat);
/* Add all counted samples to the sums, except the samples in groups of --sampling fixed. */
void ib_run_stats_flush(struct ib_run_stats *t);

/* Count a sample in t. `group` is the number of the sample's group (--sampling fixed), or -1 if it
 * has none. */
static inline void
ib_run_stats_count(struct ib_run_stats *t, double pi, int group, bool kept)
{
	struct ib_repeat *r;

	t->samples++;
	t->kept += kept;
	if (group >= 0) {
		r = &t->group[group];
	} else if (pi == 1) {
		t->certain++;
		return;
	} else {
		r = ib_repeats_find(&t->drawn, pi);
		if (r->value != pi) {
			ib_run_stats_flush_pi(t, r);
			r->value = pi;
		}
	}
	r->n++;
	r->kept += kept;
}

static inline void
ib_run_stats_add(struct ib_run_stats *t, const struct ib_inclusion *c, const struct ib_decision *d)
{
	t->reasons[d->reason]++;
	ib_run_stats_count(t, c->pi, c->group, d->kept);
}

/* Add the counts and sums of `other` to t. Call ib_run_stats_flush() for both before this call. */
void ib_run_stats_merge(struct ib_run_stats *t, const struct ib_run_stats *other);

/*
 * Add all counted samples to the sums, including the samples in groups of --sampling fixed. group[]
 * lists these groups.
 */
void ib_run_stats_finish(struct ib_run_stats *t, const struct ib_fixed_group *group,
			 size_t ngroups);

/*
 * Do the work of ib_run_stats_finish(), and then compute the statistics. Each result is rounded
 * once.
 */
void ib_run_stats_result(struct ib_run_stats *t, const struct ib_rule *rule,
			 struct ib_prune_result *r);

#endif
