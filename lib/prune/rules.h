/* The table of rules, and how a rule is checked and prepared for one epoch. */
#ifndef IB_PRUNE_RULES_H
#define IB_PRUNE_RULES_H

#include "prune/rule.h"

/* The row of a rule, and its name. */
const struct ib_rule_kind *ib_rule_kind_of(enum ib_rule_id id);

/*
 * Options that do not fit together, or are malformed, whatever the scores:
 * IB_E_MISUSE. ib_rule_prepare() does it too.
 */
enum ib_status ib_rule_check(const struct ib_rule_options *options, struct ib_error *err);

/*
 * ib_rule_new with the totals of --totals (NULL: the scores' own; borrowed).
 */
enum ib_status ib_rule_prepare(const struct ib_rule_options *options,
			       const struct ib_scores *scores, const struct ib_totals_file *sums,
			       const struct ib_context *context, struct ib_rule **out,
			       struct ib_error *err);

/*
 * What a second pass over the scores that these totals sum must count, so that
 * ib_rule_prepare() can do without them. A plan for ib_bin_counts_count().
 */
enum ib_status ib_rule_refine(const struct ib_rule_options *options,
			      const struct ib_totals_file *sums, const struct ib_context *context,
			      struct ib_bin_counts **out, struct ib_error *err);

#endif
