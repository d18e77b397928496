/* Read an epoch manifest and process the weight of each record. */
#ifndef IB_WEIGH_MANIFEST_H
#define IB_WEIGH_MANIFEST_H

#include "weigh/full_manifest.h"

/*
 * The options determine what happens to the weight of each record: the weight is written at once,
 * or stored as a row in memory, or stored in the row of the full manifest that has the same id. In
 * addition, the reader can add up the weights. With --check, it also stores the first failed check.
 */
struct ib_manifest {
	const struct ib_weights_options *options;
	struct ib_span weight_field;
	bool needs_ids;	     /* true if the ids of the records are needed */
	bool checks_tsv_ids; /* true if ids must be valid as fields of TSV */
	/* output to which weights are written while the manifest is read; NULL if there is none */
	struct ib_output *out;
	bool keeps_ids, keeps_weights;
	struct ib_id_weights rows;     /* filled if keeps_ids or keeps_weights is true */
	struct ib_full_manifest *full; /* NULL without --base */
	bool adds_weights;
	struct ib_weight_stats stats;
	/* true if a check failed; then the next two members describe the first failure */
	bool check_failed;
	uint64_t failed_record; /* number of the record that failed, counted from 0 */
	struct ib_error failed;
	uint64_t records; /* number of records read so far */
};

enum ib_status ib_manifest_read(struct ib_manifest *m, const struct ib_context *context,
				struct ib_error *err);
void ib_manifest_release(struct ib_manifest *m); /* initialize m with {0} before use */

#endif
