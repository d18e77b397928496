/* Exact order statistics of scores (binary32). */
#ifndef IB_SCORE_QUANTILE_H
#define IB_SCORE_QUANTILE_H

#include "infobatch.h"

/*
 * Set out[i] to the rank[i]-th smallest known score, with ranks from 1 and in
 * any order. NaN scores are unknown; infinities are not allowed. Returns
 * IB_E_MISUSE if a rank exceeds the number of known scores. Makes three passes
 * over the scores, O(n) whatever their values, and uses 20 KB per rank.
 */
enum ib_status ib_quantiles(const float *score, uint64_t n, const uint64_t *rank, size_t nranks,
			    float *out, struct ib_error *err);

#endif
