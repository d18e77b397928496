/*
 * Ids and weights in memory, in the order of their records, with the file and
 * line of each. The rows of a full manifest can be looked up by id.
 */
#ifndef IB_WEIGH_ID_WEIGHTS_H
#define IB_WEIGH_ID_WEIGHTS_H

#include "score/table.h"

/* The location of a row. Until the next location, each row is one line further down. */
struct ib_location {
	uint64_t row;
	const char *name; /* name of the operand, borrowed */
	uint64_t line;
	bool sample; /* for a tar, which has no lines: line is the number of the sample */
};

/* Fail with "FILE:17: text", or with "FILE: sample 17: text". */
enum ib_status ib_location_fail(const struct ib_location *p, enum ib_status code, const char *text,
				struct ib_error *err);

struct ib_id_weights {
	struct ib_table table; /* the ids; slots after ib_id_weights_index */
	/*
	 * double[n]. In a full manifest the sign bit is set if the epoch
	 * manifest has the row (-0.0: with weight 0). The weight is fabs().
	 */
	struct ib_huge_array weight;
	uint64_t n;
	struct ib_location *location;
	size_t nlocations, locations_cap;
};

void ib_id_weights_release(struct ib_id_weights *r); /* start from {0} */

/* Append n rows. id NULL: do not store ids. weight NULL: all weights are 0. */
enum ib_status ib_id_weights_append(struct ib_id_weights *r, const struct ib_id *id,
				    const double *weight, size_t n, struct ib_error *err);

/* Set the location of the row p.row, before it is appended. Rows in ascending order. */
enum ib_status ib_id_weights_add_location(struct ib_id_weights *r, struct ib_location p,
					  struct ib_error *err);

/* Return the location of a row. */
struct ib_location ib_id_weights_location(const struct ib_id_weights *r, uint64_t row);

/* Fail because the id of a row is a duplicate. */
enum ib_status ib_id_weights_fail_duplicate(const struct ib_id_weights *r, uint64_t row,
					    enum ib_status code, struct ib_error *err);

/*
 * Index the ids, after the last append, so that they can be looked up. If an id
 * occurs twice, returns IB_E_DATA, and *duplicate is the first row that repeats
 * an earlier id.
 */
enum ib_status ib_id_weights_index(struct ib_id_weights *r, uint64_t *duplicate,
				   struct ib_error *err);

#endif
