/* Samples whose loss does not fall, for `ib-audit suspects` and the report. */
#ifndef IB_AUDIT_SUSPECTS_H
#define IB_AUDIT_SUSPECTS_H

#include "audit/loss_history.h"
#include "audit/text_table.h"

/* The relative loss of a sample in an epoch is its loss divided by the mean loss of the epoch. */
struct ib_suspect {
	uint32_t row;	    /* row of the id in the loss history */
	uint32_t epochs;    /* number of epochs in which the sample has a relative loss */
	double first, last; /* the relative loss in the first and in the last of these epochs */
	double slope;	    /* slope of the relative losses over the epochs (least squares) */
};

/*
 * Find the samples whose loss was never below the weighted mean loss of the epoch, and which have a
 * relative loss in at least options->min_epochs epochs. Sets *suspect to an array of these samples,
 * the largest slope first. The caller frees the array with free(). The losses must already have
 * weights. The function changes *l: it merges duplicate records, so that one record per id and
 * epoch is left.
 */
enum ib_status ib_suspects_find(struct ib_loss_history *l, const struct ib_audit_options *options,
				struct ib_suspect **suspect, size_t *n, struct ib_error *err);

/* Write suspect[0..n) as a table with one row per sample. */
enum ib_status ib_suspects_write(const struct ib_suspect *suspect, size_t n,
				 const struct ib_table *ids, const struct ib_table_target *to,
				 struct ib_error *err);

#endif
