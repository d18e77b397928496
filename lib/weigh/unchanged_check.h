/*
 * Is a record of an epoch manifest the full manifest's, less what was added?
 * A weight was put in last, or into an object that was there or was made for
 * it, or in the place of a weight that was carried; perhaps "ib" (--explain)
 * and an id (--id-field) too. Which of it, only the full manifest's record
 * tells, and of that one a hash is kept, not its bytes. So what may have been
 * added is taken away in every possible way, the way that fitted the record
 * before first, until the hash of what is left agrees.
 */
#ifndef IB_WEIGH_UNCHANGED_CHECK_H
#define IB_WEIGH_UNCHANGED_CHECK_H

#include <xxhash.h>

#include "record/reader.h"

/* Places of the wanted fields of both manifests' readers. */
enum ib_added {
	IB_ADDED_WEIGHT,
	IB_ADDED_IB, /* "ib" of JSON; behind it ib_pi .. ib_reason of CSV */
	IB_ADDED_IB_PI,
	IB_ADDED_IB_U,
	IB_ADDED_IB_SCORE,
	IB_ADDED_IB_REASON,
	IB_NADDED
};

/* Fill the wanted fields; weight_field (NULL: the default) is borrowed. */
void ib_added_fields(struct ib_wanted wanted[IB_NADDED], const char *weight_field);

/* What a thread needs for it. Start from {0}. */
struct ib_unchanged_check {
	struct ib_bytes left; /* a record less what was added */
	unsigned way;	      /* that fitted last */
};

/*
 * The hash of a full manifest's record: of its bytes less the value of a
 * weight that it carries.
 */
XXH128_hash_t ib_unchanged_check_hash(struct ib_unchanged_check *x, const struct ib_cursor *c);

/*
 * The hash of what is left of the current record in the way that fitted
 * last; and whether any way leaves `want`. A list's line of the id alone
 * (ib-prune -w) holds nothing of the record and fits every one.
 */
XXH128_hash_t ib_unchanged_check_hash_rest(struct ib_unchanged_check *x, const struct ib_cursor *c);
bool ib_unchanged_check_matches(struct ib_unchanged_check *x, const struct ib_cursor *c,
				struct ib_span id, XXH128_hash_t want);

#endif
