/* Drift of the losses from epoch to epoch, for `ib-audit drift` and the report. */
#ifndef IB_AUDIT_DRIFT_H
#define IB_AUDIT_DRIFT_H

#include "audit/loss_history.h"
#include "audit/text_table.h"

/* Statistics of one epoch. A member is NaN if it cannot be computed. */
struct ib_drift {
	int64_t epoch;
	uint64_t n, nonfinite;
	double weight_sum, mean;
	double quantile[5]; /* the quantiles 0.05, 0.25, 0.5, 0.75 and 0.95 of the losses */
	/*
	 * Wasserstein-1 distance (w1) and population stability index (psi) of the losses of this
	 * epoch, relative to the previous epoch (before) and to the reference epoch (reference)
	 */
	double w1_before, w1_reference, psi_before, psi_reference;
	double page_hinkley; /* sum of the Page-Hinkley test; NaN if the epoch has no mean loss */
	bool alarm; /* true if page_hinkley is above the limit, or if the epoch has no mean loss */
};

/*
 * Compute the drift of each epoch. The losses must already have weights. If an epoch has an alarm,
 * and the next epoch of the loss history has pruning_off set, the Page-Hinkley test restarts in the
 * next epoch. Stores in *drift an array with one element per epoch. The caller frees the array with
 * free(). Returns IB_E_DATA if the logs do not contain the reference epoch.
 */
enum ib_status ib_drift_run(const struct ib_loss_history *l, const struct ib_audit_options *options,
			    struct ib_drift **drift, struct ib_error *err);

/* Write drift[0..n) as a table with one row per epoch. */
enum ib_status ib_drift_write(const struct ib_drift *drift, size_t n,
			      const struct ib_table_target *to, struct ib_error *err);

#endif
