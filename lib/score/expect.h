/* Is the log whole? The ids that a trainer was given, and which came back. */
#ifndef IB_SCORE_EXPECT_H
#define IB_SCORE_EXPECT_H

#include "score/loss_reader.h"

struct ib_expect_options {
	struct ib_list manifests;
	const char *key;	  /* --expect-key */
	const char *weight_field; /* NULL: "weight" */
	struct ib_part part;
	struct ib_limit max_missing;
};

struct ib_expect;

/* Read the manifests: 8 bytes and a slot an id besides the id's bytes. */
enum ib_status ib_expect_new(const struct ib_expect_options *options,
			     const struct ib_context *context, struct ib_expect **out,
			     struct ib_error *err);
void ib_expect_free(struct ib_expect *e);

/* These ids came back (ids hashed with seed 0). */
enum ib_status ib_expect_see(struct ib_expect *e, const struct ib_id *id, size_t n,
			     struct ib_error *err);

/* Those that come now are of that key of the logs; empty: not known. */
void ib_expect_note_key(struct ib_expect *e, struct ib_span key);

/* The verdict: IB_E_DATA where too many are missing; warns of strangers. */
enum ib_status ib_expect_check(const struct ib_expect *e, const struct ib_context *context,
			       struct ib_error *err);

#endif
