/*
 * Count the ids of the manifest that have no score, store some of these ids as examples, and
 * print a warning. If some scores also have no record in the manifest, the same samples may have
 * ids that are written in two ways. The warning then says how the ids differ.
 */
#ifndef IB_PRUNE_UNSEEN_H
#define IB_PRUNE_UNSEEN_H

#include "prune/rule.h"
#include "prune/duplicates.h"
#include "record/reader.h"
#include "score/id_mismatch.h"

/* Examples of ids without a score, from one block and in its order. Initialize with {0}. */
struct ib_unseen_ids {
	struct ib_bytes bytes; /* for each id, the length as uint32_t and the bytes of the id */
	size_t n;
};

/* The ids without a score in a complete run. Initialize with {0}. */
struct ib_unseen {
	uint64_t n;
	struct ib_mismatch ids;
	_Atomic bool enough; /* true if no more examples are needed */
	struct ib_bytes key; /* name of the id field in the first operand with named fields */
};
void ib_unseen_release(struct ib_unseen *u);

/* Add `id` to the examples of its block, unless u needs no more examples. */
void ib_unseen_note_id(const struct ib_unseen *u, struct ib_unseen_ids *ids, struct ib_span id);

/* Count one id without a score. Store the id as an example if more examples are needed. */
void ib_unseen_add(struct ib_unseen *u, struct ib_span id);

/*
 * Count the n ids of a block that have no score. Copy examples from `ids` to u, as long as u needs
 * more.
 */
void ib_unseen_add_block(struct ib_unseen *u, uint64_t n, const struct ib_unseen_ids *ids);

/* Store the name of an operand's id field. Does nothing if a name is already stored. */
void ib_unseen_note_key(struct ib_unseen *u, const struct ib_key *key);

/* The state of a run when all records of the manifest have been read. */
struct ib_unseen_run {
	const struct ib_prune_options *options;
	const struct ib_scores *scores;
	/*
	 * the duplicate check of the run; its bit for a score row is 1 if the manifest has the
	 * row's id
	 */
	const struct ib_duplicate_check *duplicates;
	uint64_t samples;
	const struct ib_context *context;
};

/*
 * Warn if the ids of the manifest and the ids of the scores do not match. Returns an error only if
 * memory runs out.
 */
enum ib_status ib_unseen_warn(struct ib_unseen *u, const struct ib_unseen_run *run,
			      struct ib_error *err);

/* Check --max-unseen. Returns IB_E_DATA if more ids have no score than the option allows. */
enum ib_status ib_unseen_check(const struct ib_unseen *u, const struct ib_prune_options *options,
			       uint64_t samples, struct ib_error *err);

#endif
