/*
 * Which parts of K are summed up in totals: so that one that is missing, or
 * stands twice, is noticed. Totals of all parts are those of the whole, byte
 * for byte, and say nothing of parts any more.
 */
#ifndef IB_SCORE_PART_SET_H
#define IB_SCORE_PART_SET_H

#include <cjson/cJSON.h>

#include "infobatch.h"

/* Start from {0}: of no part, for all that is known. */
struct ib_part_set {
	uint64_t count;	 /* K; 0: nothing is known of parts */
	uint64_t *index; /* ascending */
	size_t n;
};

void ib_part_set_release(struct ib_part_set *p);

/*
 * Take part into the set, from the file `name`. IB_E_DATA for one of another
 * K, or, but where it may stand twice, one that is there already.
 */
enum ib_status ib_part_set_put(struct ib_part_set *p, const struct ib_part *part, bool twice,
			       const char *name, struct ib_error *err);
enum ib_status ib_part_set_merge(struct ib_part_set *p, const struct ib_part_set *other,
				 const char *name, struct ib_error *err);

/* Are all K there? Also where nothing is known. */
bool ib_part_set_whole(const struct ib_part_set *p);

/* IB_E_DATA, naming what is missing, where not all K are there. */
enum ib_status ib_part_set_check(const struct ib_part_set *p, const char *name,
				 struct ib_error *err);

/* {"of":64,"held":[0,[2,5]]}: numbers and ranges; text from 2^53 on. */
cJSON *ib_part_set_json(const struct ib_part_set *p);
/* json may be NULL: nothing is known. IB_E_DATA: not what is written. */
enum ib_status ib_part_set_parse(const cJSON *json, const char *name, struct ib_part_set *p,
				 struct ib_error *err);

#endif
