/* The full manifest (--base): its rows, and how its records are known again. */
#ifndef IB_WEIGH_BASE_H
#define IB_WEIGH_BASE_H

#include "weigh/blocks.h"

struct ib_base {
	bool hashes; /* asked for */
	bool tsv;    /* the ids are to be written as fields of TSV */
	struct ib_rows rows;
	struct ib_pages hash;  /* XXH128_hash_t[rows.n] */
	XXH128_hash_t *header; /* of its CSV and TSV operands, each once */
	size_t nheaders;
};

/* Read all of it. `hashes`: for a check of the records' bytes. */
enum ib_status ib_base_read(struct ib_base *b, const struct ib_weights_options *o, bool hashes,
			    const struct ib_context *context, struct ib_error *err);
void ib_base_release(struct ib_base *b); /* start from {0} */

/*
 * Is the cursor's operand's header that of a full manifest's operand, less
 * what was added? `alone`: no record follows.
 */
bool ib_base_has_header(const struct ib_base *b, struct ib_intact *x, struct ib_cursor *c,
			const struct ib_source *source, bool alone);

#endif
