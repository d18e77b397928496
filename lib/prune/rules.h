/* The table of rules, and how a rule is checked and prepared for one epoch. */
#ifndef IB_PRUNE_RULES_H
#define IB_PRUNE_RULES_H

#include "prune/rule.h"

/* Return the row of a rule; NULL for an unknown id. */
const struct ib_rule_kind *ib_rule_kind_of(enum ib_rule_id id);

/*
 * ib_rule_options_check(), and a check of the epochs. ib_rule_prepare() does this
 * too.
 */
enum ib_status ib_rule_check(const struct ib_rule_options *options, struct ib_error *err);

/*
 * ib_rule_new() with the totals of --totals, which are borrowed. If given is NULL,
 * the totals of the scores are computed.
 */
enum ib_status ib_rule_prepare(const struct ib_rule_options *options,
			       const struct ib_scores *scores, const struct ib_totals_file *given,
			       const struct ib_context *context, struct ib_rule **out,
			       struct ib_error *err);

/*
 * Compute which bins a second pass must count, so that ib_rule_prepare() works
 * with totals alone, without the scores. The result is the request for
 * ib_bin_counts_count().
 */
enum ib_status ib_rule_request_bins(const struct ib_rule_options *options,
				    const struct ib_totals_file *given,
				    const struct ib_context *context, struct ib_bin_counts **out,
				    struct ib_error *err);

#endif
