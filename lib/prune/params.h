/*
 * Everything that pi depends on, as JSON: the same members in a receipt and
 * in the head of an audit log.
 */
#ifndef IB_PRUNE_PARAMS_H
#define IB_PRUNE_PARAMS_H

#include <cjson/cJSON.h>

#include "prune/rule.h"

/* Numbers and spans as the tools write them; false: memory ran out. */
bool ib_json_add_real(cJSON *to, const char *name, double x); /* NaN: null */
bool ib_json_add_count(cJSON *to, const char *name, uint64_t x);
bool ib_json_add_text(cJSON *to, const char *name, const char *x); /* NULL */

/* Add rule, epoch and all parameters of a prepared rule to an object. */
bool ib_params_add(cJSON *to, const struct ib_rule *rule,
		   const struct ib_prune_options *options);

#endif
