/* The epoch manifest: its weights, in order, and what becomes of each. */
#ifndef IB_WEIGH_MANIFEST_H
#define IB_WEIGH_MANIFEST_H

#include "weigh/full_manifest.h"

/*
 * What is done with the records, all of it where it is asked for: the text of
 * each goes out at once; each is held as a row; each is found in the full
 * manifest and leaves its weight there; the weights are added up; what a
 * check says no to is noted.
 */
struct ib_manifest {
	const struct ib_weights_options *options;
	struct ib_span weight_field;
	bool ids;	       /* asked for */
	bool tsv;	       /* and written as fields of TSV */
	struct ib_output *out; /* NULL: nothing goes out yet */
	bool keeps_ids, keeps_weights;
	struct ib_id_weights rows;     /* held */
	struct ib_full_manifest *base; /* NULL: none */
	bool adds_weights;
	struct ib_weight_stats sums;
	/* The first failed, and the number of its record. */
	bool check_failed;
	uint64_t failed_record;
	struct ib_error failed;
	uint64_t records; /* read so far */
};

enum ib_status ib_manifest_read(struct ib_manifest *m, const struct ib_context *context,
				struct ib_error *err);
void ib_manifest_release(struct ib_manifest *m); /* start from {0} */

#endif
