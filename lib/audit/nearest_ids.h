/*
 * Find the ids that are nearest to a mistyped id. The ids are compared as they are written, and
 * also after their spelling differences were removed (score/id_form.h). An id without spelling
 * differences is called reduced.
 */
#ifndef IB_AUDIT_NEAREST_IDS_H
#define IB_AUDIT_NEAREST_IDS_H

#include "base/bytes.h"

#define IB_NEAREST_IDS 3

struct ib_near_id {
	struct ib_bytes id;
	/* Numbers of edits between the reduced ids, and between the ids as written. */
	unsigned reduced, raw;
};

/* Initialize with {0} and ib_nearest_ids_start(). Free with ib_nearest_ids_release(). */
struct ib_nearest_ids {
	struct ib_span wanted;	   /* borrowed */
	struct ib_bytes reduced;   /* the reduced form of `wanted`; see score/id_form.h */
	struct ib_bytes candidate; /* the reduced form of the id that is being compared */
	struct ib_near_id best[IB_NEAREST_IDS]; /* nearest first */
	size_t n;
	bool failed; /* out of memory */
};

void ib_nearest_ids_start(struct ib_nearest_ids *near, struct ib_span wanted);
void ib_nearest_ids_release(struct ib_nearest_ids *near);

/*
 * Compare an id with the wanted id. Copies the id if it is among the nearest ids. An id that is
 * added again does not change the list.
 */
void ib_nearest_ids_add(struct ib_nearest_ids *near, struct ib_span id);

/*
 * Return the number of insertions, deletions and replacements of bytes that change a into b. If
 * the number is above the limit, return limit + 1. The limit must be below 64.
 */
unsigned ib_edit_distance(struct ib_span a, struct ib_span b, unsigned limit);

#endif
