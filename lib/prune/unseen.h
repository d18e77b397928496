/*
 * Ids of the manifest that have no score: how many, some of them, and what the
 * user is told of them. Where scores are left too that no record asked for,
 * the ids of both sides may be the same ones written in two ways.
 */
#ifndef IB_PRUNE_UNSEEN_H
#define IB_PRUNE_UNSEEN_H

#include "prune/rule.h"
#include "prune/duplicates.h"
#include "record/reader.h"
#include "score/id_mismatch.h"

/* Some of one block's, in order. Start from {0}. */
struct ib_unseen_ids {
	struct ib_bytes bytes; /* each: uint32_t length, then the id */
	size_t n;
};

/* Of a run. Start from {0}; ib_unseen_release. */
struct ib_unseen {
	uint64_t n;
	struct ib_mismatch ids;
	_Atomic bool enough; /* no more ids need be kept */
	struct ib_bytes key; /* of the first operand with fields */
};
void ib_unseen_release(struct ib_unseen *u);

/* Keep an id of a block, unless there are enough. */
void ib_unseen_put(const struct ib_unseen *u, struct ib_unseen_ids *ids, struct ib_span id);

/* Count an id, or a block's; keep some. */
void ib_unseen_add(struct ib_unseen *u, struct ib_span id);
void ib_unseen_add_block(struct ib_unseen *u, uint64_t n, const struct ib_unseen_ids *ids);

/* The key of an operand that begins. */
void ib_unseen_note_key(struct ib_unseen *u, const struct ib_key *key);

/* What a run found, after all records of the manifest. */
struct ib_unseen_run {
	const struct ib_prune_options *options;
	const struct ib_scores *scores;
	const struct ib_duplicate_check *seen; /* rows that were asked for */
	uint64_t samples;
	const struct ib_context *context;
};

/* Warn of ids that do not meet; IB_E_IO if memory ran out. */
enum ib_status ib_unseen_warn(struct ib_unseen *u, const struct ib_unseen_run *run,
			      struct ib_error *err);

/* IB_E_DATA: more than --max-unseen. */
enum ib_status ib_unseen_check(const struct ib_unseen *u, const struct ib_prune_options *options,
			       uint64_t samples, struct ib_error *err);

#endif
