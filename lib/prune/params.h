/*
 * Everything that pi depends on, as JSON: the same members in a receipt and
 * in the head of an audit log.
 */
#ifndef IB_PRUNE_PARAMS_H
#define IB_PRUNE_PARAMS_H

#include <cjson/cJSON.h>

#include "prune/rule.h"

/* Add rule, epoch and all parameters of a prepared rule to an object. */
bool ib_params_add(cJSON *to, const struct ib_rule *rule,
		   const struct ib_prune_options *options);

#endif
