/* --keep F: parse the fraction F, and solve for the ratio r of rules that have a ratio. */
#ifndef IB_PRUNE_KEEP_H
#define IB_PRUNE_KEEP_H

#include "prune/rule.h"

#define IB_RATIO_MAX 0.95

/* Parse the value of --keep in options. Returns IB_E_MISUSE if the value is not in [0, 1]. */
enum ib_status ib_keep_read(const struct ib_rule_options *options, double *keep,
			    struct ib_error *err);

/*
 * Warn that the rule cannot keep the fraction of --keep, and that `nearest` is the nearest possible
 * fraction.
 */
void ib_keep_warn(const struct ib_rule *rule, double nearest, const struct ib_context *context);

/*
 * Set rule->solved.ratio to the ratio r, at most IB_RATIO_MAX, for which the rule keeps the
 * fraction of --keep. n is the number of known scores, and `nbelow` is the number of known scores
 * below the threshold.
 */
enum ib_status ib_keep_solve_ratio(struct ib_rule *rule, uint64_t n, uint64_t nbelow,
				   const struct ib_context *context, struct ib_error *err);

#endif
