/* Check the weights of an epoch manifest as a whole (--check). */
#ifndef IB_WEIGH_CHECK_H
#define IB_WEIGH_CHECK_H

#include "weigh/weight_stats.h"

/*
 * Check that the sum of the weights differs from `total`, the number of records in the full
 * manifest, by at most 4 standard errors. If `receipt` is NULL, the standard error is computed from
 * the weights. Otherwise `receipt` is the path of a receipt: the receipt's standard error is used,
 * and the counts and sums in the receipt must equal the counts and sums of the manifest. `name` is
 * the name of the epoch manifest, for messages. *factor is set to the factor by which ib-prune
 * --normalize scaled the weights, or to 1 if they were not scaled. Returns IB_E_CHECK if a check
 * fails, and IB_E_DATA if the file `receipt` is not a receipt.
 */
enum ib_status ib_check_weights(const struct ib_weight_stats *t, uint64_t total, const char *name,
				const char *receipt, double *factor, struct ib_error *err);

/* Set *factor to the receipt's factor of ib-prune --normalize, or to 1 if it has no factor. */
enum ib_status ib_receipt_read_factor(const char *path, double *factor, struct ib_error *err);

#endif
