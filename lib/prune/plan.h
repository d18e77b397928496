/* --dry-run: what a rule would keep, and at what variance, before any draw. */
#ifndef IB_PRUNE_PLAN_H
#define IB_PRUNE_PLAN_H

#include "io/output.h"
#include "prune/rule.h"

/* Sums over samples: of a block, of a run. */
struct ib_plan {
	uint64_t samples, reachable; /* reachable: pi > 0 */
	double max_weight;
	struct ib_exact pi, inverse; /* sums of pi and of 1/pi */
	struct ib_exact variance;    /* of (1-pi)/pi (in double) * x^2 (exact),
				      * known scores */
	struct ib_exact square;	     /* of x^2 */
};

void ib_plan_init(struct ib_plan *p);
void ib_plan_add(struct ib_plan *p, const struct ib_rule *rule, const struct ib_chance *chance,
		 float score);
void ib_plan_merge(struct ib_plan *p, const struct ib_plan *other);

/* All known rows of the rule's scores. */
void ib_plan_rows(struct ib_plan *p, const struct ib_rule *rule);

/* As JSON, or as a table for a person. */
enum ib_status ib_plan_write(const struct ib_plan *p, const struct ib_rule *rule, bool table,
			     struct ib_output *out, struct ib_error *err);

#endif
