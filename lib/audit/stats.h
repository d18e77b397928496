/* Statistics per epoch of an audit log, for the summary, the metrics and the report. */
#ifndef IB_AUDIT_STATS_H
#define IB_AUDIT_STATS_H

#include "audit/log.h"
#include "audit/text_table.h"
#include "prune/run_stats.h"

struct ib_audit_stats {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double threshold; /* NaN if the rule has no threshold */
	double weight_sum;
	double share_kept; /* kept / samples; NaN if samples is 0 */
	/* pruned / samples, both summed over this epoch and all earlier epochs */
	double share_saved;
	double saved_epochs; /* sum of pruned / samples over this epoch and all earlier epochs */
	double weight_error; /* standard error of weight_sum; NaN if not computed */
};

/*
 * Return the weight that the run gave to the sample of a line. The weight of a pruned sample is 0.
 */
double ib_audit_line_weight(const struct ib_run_header *head, const struct ib_audit_line *line);

/*
 * Compute the statistics of each epoch, sorted by epoch. The standard error needs all lines of an
 * epoch, so it is computed only for the last `errors` epochs. The caller frees *stats with free().
 */
enum ib_status ib_audit_stats(struct ib_audit_log *log, uint64_t errors,
			      struct ib_audit_stats **stats, size_t *n, struct ib_error *err);

/*
 * Compute the quantiles 0.05, 0.25, 0.5, 0.75 and 0.95 of the scores of the eligible samples
 * of the i-th epoch. The quantiles are NaN if no sample was eligible.
 */
enum ib_status ib_audit_score_quantiles(struct ib_audit_log *log, size_t i, double quantile[5],
					struct ib_error *err);

/* True if the run kept every sample because of its options: warm-up, or r = 0. */
bool ib_audit_pruning_is_off(const struct ib_audit_run *run);

/*
 * True if the run had to keep every sample: ib_audit_pruning_is_off() is true, or the epoch is one
 * of the last epochs, which keep all samples (-E or --full-from), or there were no scores yet.
 */
bool ib_audit_is_unpruned(const struct ib_audit_run *run);

/* Compute the standard error of the weight sum of one run, from all lines of the run. */
enum ib_status ib_audit_weight_error(struct ib_audit_log *log, const struct ib_audit_run *run,
				     double *error, struct ib_error *err);

/*
 * Return (weight sum - samples) divided by the standard error. Returns 0 if the difference is
 * only a rounding error. Otherwise returns an infinity if the standard error is 0, and NaN if
 * the standard error is unknown.
 */
double ib_audit_weight_deviation(double weight_sum, uint64_t samples, double error);

/* Return ib_audit_weight_deviation() of an epoch. */
double ib_audit_deviation(const struct ib_audit_stats *f);

/*
 * True if the weight sum of an epoch deviates from the number of samples by more than
 * IB_WEIGHT_SUM_LIMIT standard errors.
 */
bool ib_audit_weights_off(const struct ib_audit_stats *f);

/* Write stats[0..n) as a table with one row per epoch (summary.c). */
enum ib_status ib_audit_stats_write(const struct ib_audit_stats *stats, size_t n,
				    const struct ib_table_target *to, struct ib_error *err);

#endif
