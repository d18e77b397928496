/*
 * Check that a log is complete. The epoch manifests of --expect list the ids
 * that the trainer was given. Every one of these ids must have a record in the
 * log.
 */
#ifndef IB_SCORE_EXPECT_H
#define IB_SCORE_EXPECT_H

#include "score/loss_reader.h"

struct ib_expect_options {
	struct ib_list manifests;
	const char *key;	  /* --expect-key */
	const char *weight_field; /* field name; NULL means "weight" */
	struct ib_part part;	  /* partition whose ids are expected */
	struct ib_limit max_missing;
};

struct ib_expect;

/*
 * Read the manifests. The memory per id is the length of the id, an offset, a
 * hash slot and a flag byte. If all ids are row numbers (array index), the
 * memory per row is three bits.
 */
enum ib_status ib_expect_new(const struct ib_expect_options *options,
			     const struct ib_context *context, struct ib_expect **out,
			     struct ib_error *err);
void ib_expect_free(struct ib_expect *e);

/*
 * Mark n ids as present in the log. n is at most IB_GROUP. The ids' hashes must be computed with
 * seed 0.
 */
enum ib_status ib_expect_mark_logged(struct ib_expect *e, const struct ib_id *id, size_t n,
				     struct ib_error *err);

/*
 * Mark the ids of skipped losses as present in the log. Such an id may be absent from the
 * manifests: a log that is an array of all samples has NaN for each sample that was not visited.
 */
void ib_expect_mark_skipped(struct ib_expect *e, const struct ib_id *id, size_t n);

/* True if all ids of the manifests are row numbers, so that ib_expect_mark_rows() can be used. */
bool ib_expect_takes_rows(const struct ib_expect *e);

/*
 * Mark n samples, given by their row numbers, as present in the log. ib_expect_takes_rows() must be
 * true.
 */
enum ib_status ib_expect_mark_rows(struct ib_expect *e, const uint32_t *row, size_t n,
				   struct ib_error *err);

/*
 * Store the key of the log: the field or fields from which its ids were built, in the syntax of -k.
 * `key` is empty if the key is unknown. Only the first call with a known key has an effect.
 */
void ib_expect_note_key(struct ib_expect *e, struct ib_span key);

/*
 * Returns IB_E_DATA if more ids are missing from the log than the options
 * allow. Prints a warning if the log has ids that no manifest has. `several_epochs` is true if the
 * log has records of several epochs.
 */
enum ib_status ib_expect_check(const struct ib_expect *e, bool several_epochs,
			       const struct ib_context *context, struct ib_error *err);

#endif
