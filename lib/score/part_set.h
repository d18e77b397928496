/*
 * The partitions, out of K, whose samples are included in a totals file. The set is used to detect
 * a missing or repeated partition when totals are merged. A totals file of all K partitions does
 * not contain the set, and is therefore byte for byte equal to the totals file of unpartitioned
 * scores.
 */
#ifndef IB_SCORE_PART_SET_H
#define IB_SCORE_PART_SET_H

#include <cjson/cJSON.h>

#include "base/json_writer.h"

/* Initialize with {0}, which means that the samples are not partitioned. */
struct ib_part_set {
	uint64_t count;	 /* the number K of partitions; 0 if there are no partitions */
	uint64_t *index; /* indices of the included partitions, ascending */
	size_t n;
};

void ib_part_set_release(struct ib_part_set *p);

/*
 * Add a partition that was read from the file `name`. Returns IB_E_DATA if the
 * partition's K differs from the set's K. Also returns IB_E_DATA if the
 * partition is already in the set and allow_duplicate is false.
 */
enum ib_status ib_part_set_add(struct ib_part_set *p, const struct ib_part *part,
			       bool allow_duplicate, const char *name, struct ib_error *err);
/* Add all partitions of `other` to p. Returns IB_E_DATA if one of them is already in p. */
enum ib_status ib_part_set_merge(struct ib_part_set *p, const struct ib_part_set *other,
				 const char *name, struct ib_error *err);

/* True if all K partitions are in the set, or if there are no partitions. */
bool ib_part_set_is_complete(const struct ib_part_set *p);

/* Returns IB_E_DATA unless the set is complete. The error message lists the missing partitions. */
enum ib_status ib_part_set_check(const struct ib_part_set *p, const char *name,
				 struct ib_error *err);

/*
 * Write the set as JSON, for example {"of":64,"held":[0,[2,5]]}. `held` has indices and ranges of
 * indices. A number of 2^53 or more is written as a string of digits.
 */
void ib_part_set_write(struct ib_json_writer *w, const char *name, const struct ib_part_set *p);
/*
 * Read the set from json. If json is NULL, the totals are not partitioned.
 * Returns IB_E_DATA if json is malformed.
 */
enum ib_status ib_part_set_parse(const cJSON *json, const char *name, struct ib_part_set *p,
				 struct ib_error *err);

#endif
