/* The figures of a log's epochs: of the summary, the metrics, the report. */
#ifndef IB_AUDIT_STATS_H
#define IB_AUDIT_STATS_H

#include "audit/log.h"

struct ib_audit_stats {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double threshold; /* NaN: none */
	double weight_sum;
	double share;	  /* kept / samples; NaN without samples */
	double saved;	  /* pruned / samples of all epochs so far */
	double saved_sum; /* sum of pruned / samples so far, in epochs */
	double error;	  /* standard error of the weight sum; NaN: not asked */
};

/*
 * One for each epoch, ascending; the error of the last `errors` of them (its
 * lines are read for that). Free with free().
 */
enum ib_status ib_audit_stats(struct ib_audit_log *log, uint64_t errors,
			      struct ib_audit_stats **figures, size_t *n, struct ib_error *err);

/*
 * Quantiles 0.05, 0.25, 0.5, 0.75, 0.95 of the scores in the lines of epoch
 * number i: of the samples that could have been pruned. NaN without any.
 */
enum ib_status ib_audit_score_quantiles(struct ib_audit_log *log, size_t i, double quantile[5],
					struct ib_error *err);

/*
 * How far the weight sum is off, in standard errors. 0 where both are 0; NaN
 * where it cannot be told.
 */
double ib_audit_off(const struct ib_audit_stats *f);

#endif
