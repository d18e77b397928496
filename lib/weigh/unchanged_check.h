/*
 * Check that a record of an epoch manifest equals its record in the full
 * manifest, except for the fields that ib-prune adds.
 *
 * ib-prune adds a weight: as the last member, into an existing or a new object,
 * or by replacing an existing weight. It may also add "ib" (--explain) and an
 * id (--id-field). The epoch manifest does not tell which of these it did, and
 * only a hash of the full record is kept in memory. So the check removes the
 * fields in every possible way until the hash of the rest matches. It starts
 * with the way that matched the previous record, which is almost always right.
 */
#ifndef IB_WEIGH_UNCHANGED_CHECK_H
#define IB_WEIGH_UNCHANGED_CHECK_H

#include <xxhash.h>

#include "record/reader.h"

/* Indexes of these fields in wanted[] of the readers of both manifests. */
enum ib_added {
	IB_ADDED_WEIGHT,
	IB_ADDED_IB, /* "ib" for JSON; the following ones for CSV and TSV */
	IB_ADDED_IB_PI,
	IB_ADDED_IB_U,
	IB_ADDED_IB_SCORE,
	IB_ADDED_IB_REASON,
	IB_NADDED
};

/* Fill wanted[]. weight_field: borrowed; NULL: the default. */
void ib_added_fields(struct ib_wanted wanted[IB_NADDED], const char *weight_field);

/* State of one thread. Start from {0}. */
struct ib_unchanged_check {
	struct ib_bytes left; /* buffer: a record without the added fields */
	unsigned way;	      /* the way that matched last */
};

/*
 * Return the hash of a record of the full manifest. If it has a weight, the
 * value of the weight is not hashed.
 */
XXH128_hash_t ib_unchanged_check_hash(struct ib_unchanged_check *x, const struct ib_cursor *c);

/*
 * ib_unchanged_check_hash_rest() returns the hash of the current record of an
 * epoch manifest, without the added fields, in the way that matched last.
 * ib_unchanged_check_matches() is true if any way gives the hash `want`. It is
 * also true for a line of a list that has only the id and a weight
 * (ib-prune -w), because such a line has nothing of the record.
 */
XXH128_hash_t ib_unchanged_check_hash_rest(struct ib_unchanged_check *x, const struct ib_cursor *c);
bool ib_unchanged_check_matches(struct ib_unchanged_check *x, const struct ib_cursor *c,
				struct ib_span id, XXH128_hash_t want);

#endif
