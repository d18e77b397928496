/*
 * Check that a log is complete: every id that the trainer was given, in an
 * epoch manifest (--expect), must have a record in the log.
 */
#ifndef IB_SCORE_EXPECT_H
#define IB_SCORE_EXPECT_H

#include "score/loss_reader.h"

struct ib_expect_options {
	struct ib_list manifests;
	const char *key;	  /* --expect-key */
	const char *weight_field; /* field name; NULL means "weight" */
	struct ib_part part;	  /* expect only ids of this partition */
	struct ib_limit max_missing;
};

struct ib_expect;

/* Read the manifests. Memory per id: its bytes, an offset, a hash slot and a mark. */
enum ib_status ib_expect_new(const struct ib_expect_options *options,
			     const struct ib_context *context, struct ib_expect **out,
			     struct ib_error *err);
void ib_expect_free(struct ib_expect *e);

/* Note that the log has records of n ids, hashed with seed 0. */
enum ib_status ib_expect_mark_logged(struct ib_expect *e, const struct ib_id *id, size_t n,
				     struct ib_error *err);

/* Note which key the log's ids were read from; empty if unknown. The first call decides. */
void ib_expect_note_key(struct ib_expect *e, struct ib_span key);

/*
 * Return IB_E_DATA if more ids are missing from the log than options allow.
 * Warn if the log has ids that no manifest has.
 */
enum ib_status ib_expect_check(const struct ib_expect *e, const struct ib_context *context,
			       struct ib_error *err);

#endif
