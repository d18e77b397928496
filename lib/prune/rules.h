/* The table of rules, and functions that check a rule and prepare it for one epoch. */
#ifndef IB_PRUNE_RULES_H
#define IB_PRUNE_RULES_H

#include "prune/rule.h"

/* Return the rule with this id, or NULL if no rule has this id. */
const struct ib_rule_kind *ib_rule_kind_of(enum ib_rule_id id);

/*
 * Check the epochs in the options, and do the checks of ib_rule_options_check(). ib_rule_prepare()
 * calls this function.
 */
enum ib_status ib_rule_check(const struct ib_rule_options *options, struct ib_error *err);

/*
 * Prepare a rule for the epoch of the options. `given` is the content of the file of --totals. If
 * `given` is NULL, the function computes the totals from the scores. The rule borrows `given` and
 * the strings of the options.
 */
enum ib_status ib_rule_prepare(const struct ib_rule_options *options,
			       const struct ib_scores *scores, const struct ib_totals_file *given,
			       const struct ib_context *context, struct ib_rule **out,
			       struct ib_error *err);

/*
 * Find the bins whose values a second pass must count. With the counts of these bins,
 * ib_rule_prepare() needs only totals, not the scores. *out is set to the request for
 * ib_bin_counts_count().
 */
enum ib_status ib_rule_request_bins(const struct ib_rule_options *options,
				    const struct ib_totals_file *given,
				    const struct ib_context *context, struct ib_bin_counts **out,
				    struct ib_error *err);

#endif
