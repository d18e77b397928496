/*
 * Find the ids that are nearest to a mistyped id. Before the edits between two ids are counted,
 * ib_id_reduce() normalizes both ids: it removes differences in letter case, folders and the like.
 * If two ids are equally near, the one with fewer edits without normalization comes first.
 */
#ifndef IB_AUDIT_NEAREST_IDS_H
#define IB_AUDIT_NEAREST_IDS_H

#include "base/bytes.h"

#define IB_NEAREST_IDS 3

struct ib_near_id {
	struct ib_bytes id;
	/*
	 * number of edits that change this id into the mistyped id: `reduced` if both ids are
	 * normalized, `raw` if they are not
	 */
	unsigned reduced, raw;
};

/* Initialize with {0}, and then call ib_nearest_ids_start(). Free with ib_nearest_ids_release(). */
struct ib_nearest_ids {
	struct ib_span wanted;			/* the mistyped id; borrowed */
	struct ib_bytes reduced;		/* `wanted`, normalized */
	struct ib_bytes candidate;		/* the id that is being compared, normalized */
	struct ib_near_id best[IB_NEAREST_IDS]; /* nearest first */
	size_t n;
	bool failed; /* true if memory ran out */
};

void ib_nearest_ids_start(struct ib_nearest_ids *near, struct ib_span wanted);
void ib_nearest_ids_release(struct ib_nearest_ids *near);

/*
 * Compare an id with the mistyped id. Copies the id to best[] if it is among the nearest ids, and
 * is not in best[] yet.
 */
void ib_nearest_ids_add(struct ib_nearest_ids *near, struct ib_span id);

/*
 * Return the smallest number of insertions, deletions and replacements of bytes that change a into
 * b. If this number is above `limit`, return limit + 1. `limit` must be below 64.
 */
unsigned ib_edit_distance(struct ib_span a, struct ib_span b, unsigned limit);

#endif
