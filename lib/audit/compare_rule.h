/* A rule for `ib-audit compare`: its name, its parameters, and options of ib-prune. */
#ifndef IB_AUDIT_COMPARE_RULE_H
#define IB_AUDIT_COMPARE_RULE_H

#include "base/bytes.h"

struct ib_compare_rule {
	char *text; /* holds the strings to which `options` points */
	struct ib_rule_options options;
	struct ib_bytes command; /* the rule as options of ib-prune, such as "--rule rank -r 0.7" */
};

/*
 * Parse "RULE[:NAME=VALUE,...]". A NAME is a parameter of the rule, or ratio, keep, max-age or
 * sampling. The options that `spec` does not set are copied from *common. Returns IB_E_MISUSE if
 * `spec` is invalid.
 */
enum ib_status ib_compare_rule_parse(const char *spec, const struct ib_rule_options *common,
				     struct ib_compare_rule *rule, struct ib_error *err);
void ib_compare_rule_release(struct ib_compare_rule *rule);

/* The rules that are compared if the user names no rule. The array ends with NULL. */
extern const char *const ib_compare_defaults[];

#endif
