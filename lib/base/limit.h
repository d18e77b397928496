/* Limits that are a count or a percentage (N or P%). */
#ifndef IB_BASE_LIMIT_H
#define IB_BASE_LIMIT_H

#include "infobatch.h"

/*
 * Set *exceeded to true if `part` of `whole` is more than the limit allows; a limit that is not
 * given allows none. option: for the message of IB_E_MISUSE, if the percentage is no decimal.
 */
enum ib_status ib_limit_check(const struct ib_limit *limit, const char *option, uint64_t part,
			      uint64_t whole, bool *exceeded, struct ib_error *err);

#endif
