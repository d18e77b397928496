/*
 * Two sets of ids that should be one: which ids of the one have no like in the
 * other, and would they if both were written in the same form?
 *
 * Up to IB_MISMATCH_IDS ids of one side are kept; then each id of the other
 * side that nothing met is held against them, by a hash of what is left of it
 * in no form (id_form.h).
 */
#ifndef IB_SCORE_ID_MISMATCH_H
#define IB_SCORE_ID_MISMATCH_H

#include "score/id_form.h"

#define IB_MISMATCH_IDS 1024

struct ib_mismatch_id {
	size_t offset, n;     /* of its bytes */
	uint64_t hash;	      /* of its reduced form */
	unsigned forms;	      /* in which it differs from other; 0: none found */
	bool certain;	      /* see ib_id_is_same */
	bool ambiguous;	      /* several would be equal to it */
	struct ib_span other; /* borrowed */
};

/* Start from {0}; ib_mismatch_release. */
struct ib_mismatch {
	struct ib_bytes bytes;
	struct ib_mismatch_id *id; /* [IB_MISMATCH_IDS] */
	size_t n;
	uint16_t *slot; /* index of an id + 1, by hash; 0: empty */
	size_t ncertain, ncompared;
	struct ib_bytes work;
	struct ib_span stranger; /* the first id of the other side */
	bool failed;		 /* memory ran out */
};
void ib_mismatch_release(struct ib_mismatch *m);

/* Keep an id (a copy); no-op once there are enough. */
void ib_mismatch_add(struct ib_mismatch *m, struct ib_span id);

static inline bool
ib_mismatch_full(const struct ib_mismatch *m)
{
	return m->n == IB_MISMATCH_IDS;
}

/*
 * Hold an id of the other side, borrowed, against all that were added. False:
 * enough is known, no more need be held.
 */
bool ib_mismatch_compare(struct ib_mismatch *m, struct ib_span other);

/* What came of it. */
struct ib_mismatch_result {
	struct ib_span here, there; /* an id of each side; the pair, if forms */
	unsigned forms;		    /* would make ids equal; 0: nothing found */
	bool certain;		    /* that they mean the same is no accident */
};

/*
 * The forms that most ids differ in; without a certain one, those that half of
 * the ids differ in, each in one way.
 */
struct ib_mismatch_result ib_mismatch_explain(const struct ib_mismatch *m);

/* ---- in words ------------------------------------------------------------- */

/* The keys of two sides, as -k takes them; n 0: not known. */
struct ib_mismatch_keys {
	struct ib_span here, there;
	bool given; /* by the user, who knows what he compares */
};

/* Are they known, not given, and two? */
bool ib_mismatch_keys_differ(const struct ib_mismatch_keys *k);

/*
 * Ids that are whole numbers may meet and yet mean two things, such as a
 * position in a data set and a number in it.
 */
bool ib_id_is_whole_number(struct ib_span id);

/* ` (field id, e.g. "7")` */
void ib_mismatch_put_example(struct ib_bytes *to, struct ib_span key, struct ib_span id);

/*
 * `: they would be equal in one letter case`, or that the fields differ, which
 * `options` say. False: neither; nothing was put.
 */
bool ib_mismatch_put_cause(struct ib_bytes *to, const struct ib_mismatch_result *r,
			   const struct ib_mismatch_keys *k, const char *options);

#endif
