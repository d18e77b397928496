/* Limits that are a count or a percentage (N or P%). */
#ifndef IB_BASE_LIMIT_H
#define IB_BASE_LIMIT_H

#include "infobatch_run.h"

/*
 * Set *exceeded to true if `part` is above the limit. If the limit is a percentage, it is a
 * percentage of `total`. If the user gave no limit, the limit is 0. Returns IB_E_MISUSE if the
 * percentage is not a decimal; the message names the option.
 */
enum ib_status ib_limit_check(const struct ib_limit *limit, const char *option, uint64_t part,
			      uint64_t total, bool *exceeded, struct ib_error *err);

#endif
