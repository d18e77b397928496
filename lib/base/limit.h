/* Limits that are a count or a percentage (N or P%). */
#ifndef IB_BASE_LIMIT_H
#define IB_BASE_LIMIT_H

#include "infobatch_run.h"

/*
 * Set *exceeded to true if `part` of `whole` is more than the limit allows. A limit that is
 * not given is 0. If the percentage is not a decimal, returns IB_E_MISUSE with a message
 * that names the option.
 */
enum ib_status ib_limit_check(const struct ib_limit *limit, const char *option, uint64_t part,
			      uint64_t whole, bool *exceeded, struct ib_error *err);

#endif
