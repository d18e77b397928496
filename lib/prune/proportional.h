/* The rule proportional. */
#ifndef IB_PRUNE_PROPORTIONAL_H
#define IB_PRUNE_PROPORTIONAL_H

#include "prune/rule.h"

enum ib_status ib_rule_prepare_proportional(struct ib_rule *rule, const struct ib_context *context,
					    struct ib_error *err);
void ib_proportional_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi);

#endif
