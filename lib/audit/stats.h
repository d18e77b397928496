/* Statistics per epoch of an audit log, for the summary, the metrics and the report. */
#ifndef IB_AUDIT_STATS_H
#define IB_AUDIT_STATS_H

#include "audit/log.h"

struct ib_audit_stats {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double threshold; /* NaN: none */
	double weight_sum;
	double share;	  /* kept / samples; NaN if there are no samples */
	double saved;	  /* pruned / samples, summed over all epochs up to this one */
	double saved_sum; /* sum of the ratios pruned / samples of these epochs */
	double error;	  /* standard error of weight_sum; NaN: not computed */
};

/*
 * Compute the statistics of each epoch, by ascending epoch. The standard error
 * is computed for the last `errors` epochs only, because it needs all lines of
 * an epoch. The caller frees *stats with free().
 */
enum ib_status ib_audit_stats(struct ib_audit_log *log, uint64_t errors,
			      struct ib_audit_stats **stats, size_t *n, struct ib_error *err);

/*
 * Compute the quantiles 0.05, 0.25, 0.5, 0.75, 0.95 of the scores of the
 * eligible samples of epoch number i. They are NaN if there is no such sample.
 */
enum ib_status ib_audit_score_quantiles(struct ib_audit_log *log, size_t i, double quantile[5],
					struct ib_error *err);

/*
 * Return (weight sum - samples) in standard errors. Returns 0 if both the
 * difference and the error are 0, NaN if only the error is 0 or unknown.
 */
double ib_audit_weight_deviation(const struct ib_audit_stats *f);

#endif
