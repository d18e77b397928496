#include "base/error.h"

enum ib_status
ib_score_run(const struct ib_score_options *options,
	     const struct ib_context *context, struct ib_score_result *result,
	     struct ib_error *err)
{
	(void)options, (void)context, (void)result;
	return ib_fail(err, IB_E_MISUSE, "not built yet");
}
