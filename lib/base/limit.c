/* Check a limit that is a count or a percentage. */
#include "base/limit.h"

#include "base/error.h"
#include "base/exact.h"

enum ib_status
ib_limit_check(const struct ib_limit *limit, const char *option, uint64_t part, uint64_t whole,
	       bool *exceeded, struct ib_error *err)
{
	bool ok = true;

	if (limit->percent)
		*exceeded = ib_decimal_exceeds(limit->decimal, part, whole, &ok);
	else
		*exceeded = part > (limit->given ? limit->count : 0);
	return ok ? IB_OK
		  : ib_fail(err, IB_E_MISUSE, "%s: '%s%%' is not a percentage", option,
			    limit->decimal);
}
