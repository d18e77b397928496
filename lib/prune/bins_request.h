/* Find order statistics of the scores from the totals and the counts of the second pass. */
#ifndef IB_PRUNE_BINS_REQUEST_H
#define IB_PRUNE_BINS_REQUEST_H

#include "prune/rule.h"

/*
 * Set *score to the known score with this rank; the smallest known score has rank 1. If
 * r->wanted_bins is not NULL, the function only requests the bin that contains the score, and sets
 * *score to NaN. Returns IB_E_MISUSE if the second pass did not count this bin; the error message
 * then names `option`.
 */
enum ib_status ib_bins_request_rank(const struct ib_rule *r, uint64_t rank, const char *option,
				    double *score, struct ib_error *err);
/*
 * For --keep: set *nbelow to the number of known scores below `threshold`. If r->wanted_bins is not
 * NULL, the function only requests the bin that contains the threshold. Returns IB_E_MISUSE if the
 * second pass did not count this bin.
 */
enum ib_status ib_bins_request_below(const struct ib_rule *r, double threshold, uint64_t *nbelow,
				     struct ib_error *err);
/* Fail with a message that explains how to run the second pass, which `option` needs. */
enum ib_status ib_bins_request_lacks(const char *option, struct ib_error *err);

#endif
