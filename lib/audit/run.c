/* Run one subcommand of ib-audit: open its output, call the subcommand, commit the output. */
#include "audit/subcommands.h"

enum ib_status
ib_audit_run(const struct ib_audit_options *options, const struct ib_context *context,
	     struct ib_error *err)
{
	static ib_audit_function *const subcommands[] = {
		[IB_AUDIT_SUMMARY] = ib_audit_summary, [IB_AUDIT_SHOW] = ib_audit_show,
		[IB_AUDIT_LIST] = ib_audit_list,       [IB_AUDIT_SUSPECTS] = ib_audit_suspects,
		[IB_AUDIT_VERIFY] = ib_audit_verify,   [IB_AUDIT_SIMULATE] = ib_audit_simulate,
		[IB_AUDIT_DRIFT] = ib_audit_drift,     [IB_AUDIT_REPORT] = ib_audit_report,
		[IB_AUDIT_METRICS] = ib_audit_metrics, [IB_AUDIT_COMPARE] = ib_audit_compare,
	};
	struct ib_output *out = NULL;
	enum ib_status st, check = IB_OK;
	struct ib_error failure = { IB_OK, "" };

	st = ib_output_open(options->output, 0, &out, err);
	if (st)
		return st;
	st = subcommands[options->subcommand](options, context, out, err);
	if (st == IB_E_CHECK) { /* a check failed, but the output is complete: commit the output */
		failure = *err;
		check = st;
		st = IB_OK;
	}
	if (st)
		ib_output_discard(&out);
	else
		st = ib_output_commit(&out, err);
	if (!st && check) {
		*err = failure;
		st = check;
	}
	return st;
}
