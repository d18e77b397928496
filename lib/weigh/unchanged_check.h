/*
 * Check that a record of an epoch manifest equals the record with the same id in the full manifest,
 * except for the fields that ib-prune adds.
 *
 * ib-prune adds a weight: as the last member, or in an existing or new object, or in place of an
 * existing weight. ib-prune may also add "ib" (--explain) and an id (--id-field). The epoch
 * manifest does not show which of these fields were added, and only a hash of the full record is
 * kept in memory. So the check removes the fields in every possible way, until the hash of the
 * remaining bytes matches. The check starts with the way that matched the previous record, because
 * this way is almost always right.
 */
#ifndef IB_WEIGH_UNCHANGED_CHECK_H
#define IB_WEIGH_UNCHANGED_CHECK_H

#include <xxhash.h>

#include "record/reader.h"

/* Indexes in wanted[] of the fields that ib-prune adds. The readers of both manifests use them. */
enum ib_added {
	IB_ADDED_WEIGHT,
	IB_ADDED_IB, /* the object "ib" in JSON; CSV and TSV have the next four fields instead */
	IB_ADDED_IB_PI,
	IB_ADDED_IB_U,
	IB_ADDED_IB_SCORE,
	IB_ADDED_IB_REASON,
	IB_NADDED
};

/*
 * Set wanted[] to the names of the added fields. weight_field is borrowed; NULL means the default.
 */
void ib_added_fields(struct ib_wanted wanted[IB_NADDED], const char *weight_field);

/* State of the check in one thread. Initialize with {0}. */
struct ib_unchanged_check {
	struct ib_bytes stripped; /* buffer for a record without the added fields */
	unsigned way;		  /* the way that matched the previous record */
};

/*
 * Return the hash of a record of the full manifest. If the record has a weight, the value of
 * the weight is not hashed.
 */
XXH128_hash_t ib_unchanged_check_hash(struct ib_unchanged_check *x, const struct ib_cursor *c);

/*
 * Return the hash of the current record of an epoch manifest without the added fields. The fields
 * are removed in the way that matched the previous record.
 */
XXH128_hash_t ib_unchanged_check_hash_rest(struct ib_unchanged_check *x, const struct ib_cursor *c);

/*
 * True if the current record, without the added fields, has the hash `want`. The function tries
 * every way to remove the fields. It also returns true for a line of a list that contains only
 * the id and a weight (ib-prune -w), because such a line has no other bytes to compare.
 */
bool ib_unchanged_check_matches(struct ib_unchanged_check *x, const struct ib_cursor *c,
				struct ib_span id, XXH128_hash_t want);

#endif
