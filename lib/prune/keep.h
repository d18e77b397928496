/* --keep F: solve for the ratio r of rules that have one. */
#ifndef IB_PRUNE_KEEP_H
#define IB_PRUNE_KEEP_H

#include "prune/rule.h"

#define IB_RATIO_MAX 0.95

/* Solve for r, with `low` of n known scores below the threshold. */
enum ib_status ib_keep_solve_ratio(struct ib_rule *rule, uint64_t n, uint64_t low,
				   const struct ib_context *context, struct ib_error *err);

#endif
