/* --sampling fixed: keep exactly k of the n rows that have the same pi. */
#ifndef IB_PRUNE_FIXED_H
#define IB_PRUNE_FIXED_H

#include "prune/rule.h"

/* Find the groups and choose the kept rows. The rule must have scores. */
enum ib_status ib_fixed_prepare(struct ib_rule *rule, struct ib_error *err);

#endif
