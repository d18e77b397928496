/* Exact order statistics of binary32 scores. */
#ifndef IB_SCORE_QUANTILE_H
#define IB_SCORE_QUANTILE_H

#include "infobatch.h"

/*
 * The rank[i]-th smallest (from 1) of the known scores among n (NaN =
 * unknown, no infinities) into out[i]; ranks in any order. A rank beyond their
 * number is IB_E_MISUSE. O(n) whatever the scores, three passes, and 20 KB a
 * rank.
 */
enum ib_status ib_quantiles(const float *score, uint64_t n, const uint64_t *rank, size_t nranks,
			    float *out, struct ib_error *err);

#endif
