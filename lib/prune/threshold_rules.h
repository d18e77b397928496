/* Rules with thresholds: infobatch, hard, random, buckets, rank. */
#ifndef IB_PRUNE_THRESHOLD_RULES_H
#define IB_PRUNE_THRESHOLD_RULES_H

#include "prune/rule.h"

/* True if the text is a valid threshold: mean, median, qF or vX. */
bool ib_cut_is_valid(struct ib_span text);

/* Returns IB_E_MISUSE if the threshold or the buckets in options are malformed. */
enum ib_status ib_thresholds_check(const struct ib_rule_options *options, struct ib_error *err);

/* Returns IB_E_MISUSE if no thresholds are given for --rule buckets. */
enum ib_status ib_rule_check_buckets(const struct ib_rule_options *options, struct ib_error *err);

void ib_thresholds_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi);

enum ib_status ib_rule_prepare_infobatch(struct ib_rule *rule, const struct ib_context *context,
					 struct ib_error *err);
enum ib_status ib_rule_prepare_buckets(struct ib_rule *rule, const struct ib_context *context,
				       struct ib_error *err);
enum ib_status ib_rule_prepare_rank(struct ib_rule *rule, const struct ib_context *context,
				    struct ib_error *err);
enum ib_status ib_rule_prepare_hard(struct ib_rule *rule, const struct ib_context *context,
				    struct ib_error *err);
enum ib_status ib_rule_prepare_random(struct ib_rule *rule, const struct ib_context *context,
				      struct ib_error *err);

#endif
