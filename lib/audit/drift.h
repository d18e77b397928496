/* The figures of the drift of losses: of the verb, and of the report. */
#ifndef IB_AUDIT_DRIFT_H
#define IB_AUDIT_DRIFT_H

#include "audit/loss_history.h"

struct ib_drift {
	int64_t epoch;
	uint64_t n, nonfinite;
	double weight_sum, mean;
	double quantile[5]; /* 0.05, 0.25, 0.5, 0.75, 0.95 */
	double w1_before, w1_reference, psi_before, psi_reference;
	double page_hinkley; /* NaN where the epoch has no mean */
	bool alarm;
};

/*
 * One an epoch, of losses whose weights are settled. NaN where there is
 * nothing to compare. IB_E_DATA where the reference is not among the epochs.
 * Free with free().
 */
enum ib_status ib_drift_run(const struct ib_loss_history *l, const struct ib_audit_options *options,
			    struct ib_drift **drift, struct ib_error *err);

#endif
