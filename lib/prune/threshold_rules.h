/* Rules with thresholds: infobatch, hard, random, buckets, rank. */
#ifndef IB_PRUNE_THRESHOLD_RULES_H
#define IB_PRUNE_THRESHOLD_RULES_H

#include "prune/rule.h"

/* True if the text is a valid threshold, such as mean, median, q0.2 or v1.5. */
bool ib_threshold_is_valid(struct ib_span text);

/*
 * Check the threshold and the buckets in options. Returns IB_E_MISUSE if the threshold or a bucket
 * is malformed.
 */
enum ib_status ib_thresholds_check(const struct ib_rule_options *options, struct ib_error *err);

#endif
