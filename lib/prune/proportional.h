/* The rule proportional. */
#ifndef IB_PRUNE_PROPORTIONAL_H
#define IB_PRUNE_PROPORTIONAL_H

#include "prune/rule.h"

/* Returns IB_E_MISUSE unless either --keep or the parameter scale is given. */
enum ib_status ib_rule_check_proportional(const struct ib_rule_options *options,
					  struct ib_error *err);

enum ib_status ib_rule_prepare_proportional(struct ib_rule *rule, const struct ib_context *context,
					    struct ib_error *err);
void ib_proportional_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi);

#endif
