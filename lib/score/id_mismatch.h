/*
 * Explain why two sets of ids differ although they should be equal: find a spelling difference
 * (id_form.h) between ids that occur in only one of the sets. The two sets are called the two
 * sides. An id is unmatched if the other side does not have the same id.
 *
 * First, up to IB_MISMATCH_IDS unmatched ids of one side ("this side") are stored. Then each
 * unmatched id of the other side is compared with the stored ids. To compare ids, each id is
 * normalized (all spelling differences are removed) and hashed.
 */
#ifndef IB_SCORE_ID_MISMATCH_H
#define IB_SCORE_ID_MISMATCH_H

#include "score/id_form.h"

#define IB_MISMATCH_IDS 1024

struct ib_mismatch_id {
	size_t offset, n; /* position of the id's text in `bytes`, and length of the text */
	uint64_t hash;	  /* hash of the normalized id */
	/* The spelling differences between the id and `other`; 0 if no similar id was found. */
	unsigned forms;
	/* true if the id and `other` certainly name the same sample; result of ib_id_is_same() */
	bool certain;
	/*
	 * True if the match is not unique: the normalized id equals another normalized id of this
	 * side, or several of the other side.
	 */
	bool ambiguous;
	struct ib_span other; /* the id of the other side that the id resembles; borrowed */
};

/* Initialize with {0}; free with ib_mismatch_release(). */
struct ib_mismatch {
	struct ib_bytes bytes;	   /* texts of the stored ids */
	struct ib_mismatch_id *id; /* [IB_MISMATCH_IDS] */
	size_t n;
	uint16_t *slot; /* hash table: index of an id + 1; 0 if the slot is empty */
	size_t ncertain, ncompared;
	struct ib_bytes work;
	struct ib_span foreign; /* first unmatched id of the other side */
	bool failed;		/* true if out of memory */
};
void ib_mismatch_release(struct ib_mismatch *m);

/* Store a copy of an id of this side. Does nothing if IB_MISMATCH_IDS ids are already stored. */
void ib_mismatch_add(struct ib_mismatch *m, struct ib_span id);

static inline bool
ib_mismatch_full(const struct ib_mismatch *m)
{
	return m->n == IB_MISMATCH_IDS;
}

/*
 * Compare an id of the other side with all stored ids. m borrows the id's text.
 * Returns false if no further ids need to be compared.
 */
bool ib_mismatch_compare(struct ib_mismatch *m, struct ib_span other);

/* The explanation of the differences. */
struct ib_mismatch_result {
	/*
	 * an example id of this side, and an example id of the other side; the two ids are similar
	 * if `forms` is not 0
	 */
	struct ib_span id, other;
	/*
	 * the set of spelling differences that was found most often between the ids of the two
	 * sides; 0 if no set was found
	 */
	unsigned forms;
	/* true if ids that differ only in `forms` certainly name the same sample */
	bool certain;
};

/*
 * Explain how the ids differ. `forms` of the result is the set of spelling differences that occurs
 * most often among the certain pairs: the pairs of ids that certainly name the same sample. If
 * there is no certain pair, `forms` is the set that occurs most often among the stored ids that
 * resemble exactly one id of the other side, or 0 if fewer than half of the stored ids have this
 * set.
 */
struct ib_mismatch_result ib_mismatch_explain(const struct ib_mismatch *m);

/* ---- in words ------------------------------------------------------------- */

/*
 * The keys of this side and of the other side: the fields from which the ids were built, in the
 * syntax of -k. An unknown key is empty.
 */
struct ib_mismatch_keys {
	struct ib_span key, other;
	bool given; /* true if the user gave a key; different keys are then intended */
};

/* True if both keys are known, differ, and were not given by the user. */
bool ib_mismatch_keys_differ(const struct ib_mismatch_keys *k);

/*
 * True if the id is a whole number. Equal numbers from different fields may
 * name different samples: for example, one field holds a position in the data
 * set, and the other a number given by the data set.
 */
bool ib_id_is_whole_number(struct ib_span id);

/* Append the key and an example id in parentheses: ` (field id, e.g. "7")`. */
void ib_mismatch_write_example(struct ib_bytes *to, struct ib_span key, struct ib_span id);

/*
 * Append the likely cause, for example `: they would be equal in the same letter case`. If no
 * spelling difference was found, but the ids come from different fields, the text tells the user to
 * choose the field with the option `options`, for example "-k". Returns false, and appends nothing,
 * if no cause was found.
 */
bool ib_mismatch_write_cause(struct ib_bytes *to, const struct ib_mismatch_result *r,
			     const struct ib_mismatch_keys *k, const char *options);

#endif
