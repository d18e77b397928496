/* Samples whose loss does not fall, for `ib-audit suspects` and the report. */
#ifndef IB_AUDIT_SUSPECTS_H
#define IB_AUDIT_SUSPECTS_H

#include "audit/loss_history.h"

/* The relative loss of a sample in an epoch is its loss / mean loss of the epoch. */
struct ib_suspect {
	uint32_t row;	    /* row of the id in the loss history */
	uint32_t epochs;    /* number of epochs with a relative loss */
	double first, last; /* the first and the last relative loss */
	double slope;	    /* slope of the relative losses over the epochs, by least squares */
};

/*
 * Find the samples whose loss was never below the weighted mean of its epoch,
 * and that have a relative loss in at least min_epochs epochs. The result is
 * sorted by descending slope; the caller frees it with free(). The weights of
 * the losses must be set. Merges duplicate records: afterwards l has one
 * record per id and epoch.
 */
enum ib_status ib_suspects_find(struct ib_loss_history *l, const struct ib_audit_options *options,
				struct ib_suspect **suspect, size_t *n, struct ib_error *err);

#endif
