/* The full manifest (--base): its ids, and a hash of each record to find changes. */
#ifndef IB_WEIGH_FULL_MANIFEST_H
#define IB_WEIGH_FULL_MANIFEST_H

#include "weigh/chunk.h"

struct ib_full_manifest {
	bool hashes_records; /* true if the records are hashed, to find changes */
	bool checks_tsv_ids; /* true if ids must be valid as fields of TSV */
	struct ib_id_weights rows;
	struct ib_huge_array hash; /* XXH128_hash_t[rows.n] */
	XXH128_hash_t *header;	   /* [nheaders] hashes of the different CSV and TSV headers */
	size_t nheaders;
};

/*
 * Read all files of --base. If `hashes_records` is true, also hash the records, so that a later
 * check can find changes.
 */
enum ib_status ib_full_manifest_read(struct ib_full_manifest *b, const struct ib_weights_options *o,
				     bool hashes_records, const struct ib_context *context,
				     struct ib_error *err);
void ib_full_manifest_release(struct ib_full_manifest *b); /* initialize b with {0} before use */

/*
 * True if the header of an epoch manifest, without the columns that ib-prune added, equals the
 * header of a file of the full manifest. `alone` is true if no record follows the header.
 */
bool ib_full_manifest_has_header(const struct ib_full_manifest *b, struct ib_unchanged_check *x,
				 struct ib_cursor *c, const struct ib_source *source, bool alone);

#endif
