/* The receipt of one ib-prune run: a JSON object with parameters, counts and digests. */
#ifndef IB_PRUNE_RECEIPT_H
#define IB_PRUNE_RECEIPT_H

#include "io/output.h"
#include "prune/params.h"

#define IB_RECEIPT_VERSION 1

/* XXH3-128 digests of the inputs and outputs. The digest of an absent file is empty. */
struct ib_digests {
	char scores[33], totals[33], manifest[33];
	const char (*output)[33]; /* output[i]: digest of epoch manifest i */
	size_t noutputs;
	/* true if `output` is written as an array, as with --split and with %s in -o */
	bool several;
};

enum ib_status ib_receipt_write(const struct ib_rule *rule, const struct ib_prune_options *options,
				const struct ib_prune_result *result,
				const struct ib_digests *digests, struct ib_output *out,
				struct ib_error *err);

/* Append the header that the audit log has for the run: a JSON object without a newline. */
void ib_receipt_write_header(struct ib_bytes *out, const struct ib_rule *rule,
			     const struct ib_prune_options *options,
			     const struct ib_digests *digests);

#endif
