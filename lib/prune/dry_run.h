/*
 * --dry-run: predict the number of samples that a rule keeps, and the variance that pruning
 * adds. Only pi is used, not the draws.
 */
#ifndef IB_PRUNE_DRY_RUN_H
#define IB_PRUNE_DRY_RUN_H

#include "io/output.h"
#include "prune/rule.h"

/* Sums over the samples of a block or of a run. */
struct ib_dry_run {
	uint64_t samples;
	uint64_t reachable; /* number of samples with pi > 0 */
	uint64_t known;	    /* number of samples with a known score */
	double max_weight;
	struct ib_exact pi_sum, inverse_pi_sum; /* sums of pi and of 1/pi */
	/*
	 * the sum of (1-pi)/pi * x^2 over all samples with a known score; x is ib_proxy_of(score)
	 */
	struct ib_exact variance;
	struct ib_exact square_sum; /* the sum of x^2 over all samples with a known score */
};

void ib_dry_run_init(struct ib_dry_run *p);
void ib_dry_run_add(struct ib_dry_run *p, const struct ib_rule *rule,
		    const struct ib_inclusion *inclusion, float score);
void ib_dry_run_merge(struct ib_dry_run *p, const struct ib_dry_run *other);

/* Add the samples with a known score in the rule's score table to the sums. */
void ib_dry_run_rows(struct ib_dry_run *p, const struct ib_rule *rule);

/* Write the prediction as a table if `table` is true, otherwise as JSON. */
enum ib_status ib_dry_run_write(const struct ib_dry_run *p, const struct ib_rule *rule, bool table,
				struct ib_output *out, struct ib_error *err);

#endif
