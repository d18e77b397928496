/* The version of the library. */
#include "infobatch.h"

int
ib_version(void)
{
	return IB_VERSION_NUMBER;
}

const char *
ib_version_string(void)
{
	return IB_VERSION;
}
