/* Stand-ins until the library has them; weak, so that its own ones win. */
#include "infobatch.h"

__attribute__((weak)) const char *
ib_reason_name(enum ib_reason reason)
{
	(void)reason;
	return "?";
}
