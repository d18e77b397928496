/* What one run of ib-prune did, as a small JSON document. */
#ifndef IB_PRUNE_RECEIPT_H
#define IB_PRUNE_RECEIPT_H

#include "io/output.h"
#include "prune/params.h"

/* XXH3-128 of what was read and written; empty text: there was none. */
struct ib_digests {
	char scores[33], totals[33], manifest[33];
	const char (*output)[33]; /* of --split and -o %s: one a file */
	size_t noutputs;
	bool many; /* output is an array */
};

enum ib_status ib_receipt_write(const struct ib_rule *rule, const struct ib_prune_options *options,
				const struct ib_prune_result *result,
				const struct ib_digests *digests, struct ib_output *out,
				struct ib_error *err);

/*
 * The head of an audit log's run: one JSON object, to be freed; NULL: memory
 * ran out.
 */
char *ib_receipt_head(const struct ib_rule *rule, const struct ib_prune_options *options,
		      const struct ib_digests *digests);

#endif
