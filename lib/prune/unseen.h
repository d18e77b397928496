/*
 * Ids of the manifest that have no score: count them, store some examples, and
 * warn. If some scores belong to no record either, both may be the same samples
 * with ids written in two ways; the warning then says how the ids differ.
 */
#ifndef IB_PRUNE_UNSEEN_H
#define IB_PRUNE_UNSEEN_H

#include "prune/rule.h"
#include "prune/duplicates.h"
#include "record/reader.h"
#include "score/id_mismatch.h"

/* Examples from one block, in order. Initialize with {0}. */
struct ib_unseen_ids {
	struct ib_bytes bytes; /* per id: uint32_t length, then its bytes */
	size_t n;
};

/* All such ids of a run. Initialize with {0}. */
struct ib_unseen {
	uint64_t n;
	struct ib_mismatch ids;
	_Atomic bool enough; /* true if no more examples are needed */
	struct ib_bytes key; /* name of the id field, of the first operand that has fields */
};
void ib_unseen_release(struct ib_unseen *u);

/* Store an id of a block as an example, unless there are enough. */
void ib_unseen_put(const struct ib_unseen *u, struct ib_unseen_ids *ids, struct ib_span id);

/* Count one id, or the n ids of a block, and store some as examples. */
void ib_unseen_add(struct ib_unseen *u, struct ib_span id);
void ib_unseen_add_block(struct ib_unseen *u, uint64_t n, const struct ib_unseen_ids *ids);

/* Store the id field of an operand, unless one is already known. */
void ib_unseen_note_key(struct ib_unseen *u, const struct ib_key *key);

/* The results of a run after the last record of the manifest. */
struct ib_unseen_run {
	const struct ib_prune_options *options;
	const struct ib_scores *scores;
	const struct ib_duplicate_check *duplicates; /* rows that occurred in the manifest */
	uint64_t samples;
	const struct ib_context *context;
};

/* Warn if ids of the manifest and of the scores do not match. Fails if out of memory. */
enum ib_status ib_unseen_warn(struct ib_unseen *u, const struct ib_unseen_run *run,
			      struct ib_error *err);

/* Returns IB_E_DATA if there are more than --max-unseen allows. */
enum ib_status ib_unseen_check(const struct ib_unseen *u, const struct ib_prune_options *options,
			       uint64_t samples, struct ib_error *err);

#endif
