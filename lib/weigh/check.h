/* Do an epoch manifest's figures hold (--check)? */
#ifndef IB_WEIGH_CHECK_H
#define IB_WEIGH_CHECK_H

#include "weigh/weight_stats.h"

/*
 * |sum(w) - total| within 4 standard errors: those of the receipt, where
 * there is one, whose other figures must agree too. `name` is the epoch
 * manifest's. IB_E_CHECK where they do not; IB_E_DATA for what is no receipt.
 */
enum ib_status ib_check_weights(const struct ib_weight_stats *t, uint64_t total, const char *name,
				const char *receipt, struct ib_error *err);

#endif
