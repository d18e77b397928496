#include "audit/verbs.h"
#include "base/error.h"

enum ib_status
ib_audit_suspects(const struct ib_audit_options *o, const struct ib_context *context,
	    struct ib_output *out, struct ib_error *err)
{
	(void)o, (void)context, (void)out;
	return ib_fail(err, IB_E_MISUSE, "not built yet");
}
