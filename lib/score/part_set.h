/*
 * The set of partitions, out of K, that totals include. It detects a missing
 * or repeated partition when totals are merged. Totals of all K partitions are
 * written without the set, so they equal the totals of unpartitioned scores
 * byte for byte.
 */
#ifndef IB_SCORE_PART_SET_H
#define IB_SCORE_PART_SET_H

#include <cjson/cJSON.h>

#include "base/json_writer.h"

/* Initialize with {0}: not partitioned, as far as is known. */
struct ib_part_set {
	uint64_t count;	 /* K; 0 if not partitioned */
	uint64_t *index; /* indices of the included partitions, ascending */
	size_t n;
};

void ib_part_set_release(struct ib_part_set *p);

/*
 * Add a partition, read from the file `name`. Returns IB_E_DATA if its K
 * differs, or if it is already in the set and `twice` is false.
 */
enum ib_status ib_part_set_add(struct ib_part_set *p, const struct ib_part *part, bool twice,
			       const char *name, struct ib_error *err);
/* Add all partitions of other. None may be in the set already. */
enum ib_status ib_part_set_merge(struct ib_part_set *p, const struct ib_part_set *other,
				 const char *name, struct ib_error *err);

/* True if all K partitions are in the set, or if K is not known. */
bool ib_part_set_is_complete(const struct ib_part_set *p);

/* Return IB_E_DATA, with the missing partitions, unless the set is complete. */
enum ib_status ib_part_set_check(const struct ib_part_set *p, const char *name,
				 struct ib_error *err);

/*
 * Write {"of":64,"held":[0,[2,5]]}: indices and ranges of them. A number of
 * 2^53 or more is a string of its digits.
 */
void ib_part_set_put(struct ib_json_writer *w, const char *name, const struct ib_part_set *p);
/* Read the set. NULL means not partitioned. Returns IB_E_DATA if it is malformed. */
enum ib_status ib_part_set_parse(const cJSON *json, const char *name, struct ib_part_set *p,
				 struct ib_error *err);

#endif
