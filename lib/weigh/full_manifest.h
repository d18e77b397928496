/* The full manifest (--base): its rows, and how its records are known again. */
#ifndef IB_WEIGH_FULL_MANIFEST_H
#define IB_WEIGH_FULL_MANIFEST_H

#include "weigh/manifest_scan.h"

struct ib_full_manifest {
	bool hashes; /* asked for */
	bool tsv;    /* the ids are to be written as fields of TSV */
	struct ib_id_weights rows;
	struct ib_huge_array hash; /* XXH128_hash_t[rows.n] */
	XXH128_hash_t *header;	   /* of its CSV and TSV operands, each once */
	size_t nheaders;
};

/* Read all of it. `hashes`: for a check of the records' bytes. */
enum ib_status ib_full_manifest_read(struct ib_full_manifest *b, const struct ib_weights_options *o,
				     bool hashes, const struct ib_context *context,
				     struct ib_error *err);
void ib_full_manifest_release(struct ib_full_manifest *b); /* start from {0} */

/*
 * Is the cursor's operand's header that of a full manifest's operand, less
 * what was added? `alone`: no record follows.
 */
bool ib_full_manifest_has_header(const struct ib_full_manifest *b, struct ib_unchanged_check *x,
				 struct ib_cursor *c, const struct ib_source *source, bool alone);

#endif
