/* Samples whose loss does not fall: of the verb, and of the report. */
#ifndef IB_AUDIT_SUSPECTS_H
#define IB_AUDIT_SUSPECTS_H

#include "audit/loss_history.h"

struct ib_suspect {
	uint32_t row;	    /* of the id in the losses */
	uint32_t epochs;    /* in which it has a relative loss */
	double first, last; /* loss / epoch mean */
	double slope;	    /* of that over the epochs, least squares */
};

/*
 * Those whose loss was never below its epoch's weighted mean, in at least
 * min_epochs epochs, the steepest first. The losses' weights are settled; the
 * records of l are reordered: one an id and epoch is left. Free with free().
 */
enum ib_status ib_suspects_find(struct ib_loss_history *l, const struct ib_audit_options *options,
				struct ib_suspect **suspect, size_t *n, struct ib_error *err);

#endif
