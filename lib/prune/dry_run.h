/* --dry-run: what a rule would keep, and at what variance, before any draw. */
#ifndef IB_PRUNE_DRY_RUN_H
#define IB_PRUNE_DRY_RUN_H

#include "io/output.h"
#include "prune/rule.h"

/* Sums over samples: of a block, of a run. */
struct ib_dry_run {
	uint64_t samples, reachable; /* reachable: pi > 0 */
	double max_weight;
	struct ib_exact pi, inverse; /* sums of pi and of 1/pi */
	struct ib_exact variance;    /* of (1-pi)/pi (in double) * x^2 (exact),
				      * known scores */
	struct ib_exact square;	     /* of x^2 */
};

void ib_dry_run_init(struct ib_dry_run *p);
void ib_dry_run_add(struct ib_dry_run *p, const struct ib_rule *rule,
		    const struct ib_inclusion *chance, float score);
void ib_dry_run_merge(struct ib_dry_run *p, const struct ib_dry_run *other);

/* All known rows of the rule's scores. */
void ib_dry_run_rows(struct ib_dry_run *p, const struct ib_rule *rule);

/* As JSON, or as a table for a person. */
enum ib_status ib_dry_run_write(const struct ib_dry_run *p, const struct ib_rule *rule, bool table,
				struct ib_output *out, struct ib_error *err);

#endif
