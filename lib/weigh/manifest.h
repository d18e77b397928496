/* Read an epoch manifest and process the weight of each record. */
#ifndef IB_WEIGH_MANIFEST_H
#define IB_WEIGH_MANIFEST_H

#include "weigh/full_manifest.h"

/*
 * What happens to each record depends on the options. Its weight is written at
 * once, or kept as a row in memory, or stored in the row of the full manifest
 * with the same id. In addition, the weights are added up, and the first failed
 * check is remembered.
 */
struct ib_manifest {
	const struct ib_weights_options *options;
	struct ib_span weight_field;
	bool ids;	       /* ids are needed */
	bool tsv;	       /* ids must be valid fields of TSV */
	struct ib_output *out; /* NULL: do not write while reading */
	bool keeps_ids, keeps_weights;
	struct ib_id_weights rows;     /* if keeps_ids or keeps_weights */
	struct ib_full_manifest *full; /* NULL: no --base */
	bool adds_weights;
	struct ib_weight_stats stats;
	/* The first failed check, and the number of its record. */
	bool check_failed;
	uint64_t failed_record;
	struct ib_error failed;
	uint64_t records; /* read so far */
};

enum ib_status ib_manifest_read(struct ib_manifest *m, const struct ib_context *context,
				struct ib_error *err);
void ib_manifest_release(struct ib_manifest *m); /* start from {0} */

#endif
