#include "base/error.h"

enum ib_status
ib_prune_run(const struct ib_prune_options *options,
	     const struct ib_context *context, struct ib_prune_result *result,
	     struct ib_error *err)
{
	(void)options, (void)context, (void)result;
	return ib_fail(err, IB_E_MISUSE, "not built yet");
}
