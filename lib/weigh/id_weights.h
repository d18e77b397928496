/*
 * Ids and weights that are held until all of them are known, in order, and
 * where each of them stood. The rows of a full manifest are looked up by id.
 */
#ifndef IB_WEIGH_ID_WEIGHTS_H
#define IB_WEIGH_ID_WEIGHTS_H

#include "score/table.h"

/* From this row on, every row stands one line further down. */
struct ib_location {
	uint64_t row;
	const char *name; /* borrowed: an operand's */
	uint64_t line;
	bool sample; /* of a tar, which has no lines: its number */
};

/* "FILE:17: text", or "FILE: sample 17: text". */
enum ib_status ib_location_fail(const struct ib_location *p, enum ib_status code, const char *text,
				struct ib_error *err);

struct ib_id_weights {
	struct ib_table table; /* the ids; slots after ib_id_weights_index */
	/*
	 * double[n]. Of a full manifest's rows the sign says that a record
	 * was found for it (-0.0: one of weight 0); its weight is fabs().
	 */
	struct ib_huge_array weight;
	uint64_t n;
	struct ib_location *place;
	size_t nlocations, locations_cap;
};

void ib_id_weights_release(struct ib_id_weights *r); /* start from {0} */

/*
 * n more rows: their ids (NULL: none are held) and weights (NULL: 0).
 */
enum ib_status ib_id_weights_append(struct ib_id_weights *r, const struct ib_id *id,
				    const double *weight, size_t n, struct ib_error *err);

/* Row p.row, one of the next to be appended, stands there. */
enum ib_status ib_id_weights_add_location(struct ib_id_weights *r, struct ib_location p,
					  struct ib_error *err);

/* Where a row stands; its row member is the one asked for. */
struct ib_location ib_id_weights_location(const struct ib_id_weights *r, uint64_t row);

/* Say that a row's id stands twice. */
enum ib_status ib_id_weights_fail_duplicate(const struct ib_id_weights *r, uint64_t row,
					    enum ib_status code, struct ib_error *err);

/*
 * After the last append: make the ids fit to be looked up. IB_E_DATA where
 * one stands duplicate; *twice is the first row of which that is true.
 */
enum ib_status ib_id_weights_index(struct ib_id_weights *r, uint64_t *duplicate,
				   struct ib_error *err);

#endif
