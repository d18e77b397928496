/*
 * The subcommands of ib-audit. Each subcommand has its own file, and writes to an output that the
 * caller opened.
 */
#ifndef IB_AUDIT_SUBCOMMANDS_H
#define IB_AUDIT_SUBCOMMANDS_H

#include "audit/log.h"
#include "audit/text_table.h"

typedef enum ib_status ib_audit_function(const struct ib_audit_options *options,
					 const struct ib_context *context, struct ib_output *out,
					 struct ib_error *err);

ib_audit_function ib_audit_summary, ib_audit_show, ib_audit_list, ib_audit_suspects,
	ib_audit_verify, ib_audit_simulate, ib_audit_compare, ib_audit_drift, ib_audit_report,
	ib_audit_metrics;

/* Of n epochs, --last selects the last ones. Return the index of the first selected epoch. */
static inline size_t
ib_audit_first_epoch(const struct ib_audit_options *o, size_t n)
{
	return o->last > 0 && o->last < n ? n - (size_t)o->last : 0;
}

/* Return how many of n rows are written with --top `top`. If top is 0, all rows are written. */
static inline size_t
ib_audit_top_rows(uint64_t top, size_t n)
{
	return top > 0 && top < n ? (size_t)top : n;
}

#endif
