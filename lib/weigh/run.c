#include "base/error.h"

enum ib_status
ib_weights_run(const struct ib_weights_options *options,
	       const struct ib_context *context, struct ib_error *err)
{
	(void)options, (void)context;
	return ib_fail(err, IB_E_MISUSE, "not built yet");
}
