/* The receipt of one ib-prune run: a JSON object with parameters, counts and digests. */
#ifndef IB_PRUNE_RECEIPT_H
#define IB_PRUNE_RECEIPT_H

#include "io/output.h"
#include "prune/params.h"

#define IB_RECEIPT_VERSION 1

/* XXH3-128 digests of the inputs and outputs. The digest of an absent file is empty. */
struct ib_digests {
	char scores[33], totals[33], manifest[33];
	const char (*output)[33]; /* one digest per epoch manifest */
	size_t noutputs;
	bool several; /* true with --split or %s in -o: `output` is written as an array */
};

enum ib_status ib_receipt_write(const struct ib_rule *rule, const struct ib_prune_options *options,
				const struct ib_prune_result *result,
				const struct ib_digests *digests, struct ib_output *out,
				struct ib_error *err);

/* Append the header of a run in the audit log: one JSON object without a newline. */
void ib_receipt_write_header(struct ib_bytes *out, const struct ib_rule *rule,
			     const struct ib_prune_options *options,
			     const struct ib_digests *digests);

#endif
