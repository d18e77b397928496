/* Write the number of saved visits, below the tables of simulate and summary. */
#ifndef IB_AUDIT_SAVED_H
#define IB_AUDIT_SAVED_H

#include "base/bytes.h"

struct ib_saved {
	uint64_t visits, pruned; /* sums over all epochs */
	double epochs;		 /* number of epochs */
	double saved_epochs;	 /* sum of pruned / samples over all epochs */
};

/*
 * Append a line such as "8 of 90 visits saved: 8.9%". If the options have the cost of an epoch,
 * also append a line with the cost.
 */
void ib_write_saved(struct ib_bytes *out, const struct ib_saved *saved,
		    const struct ib_audit_options *options);

#endif
