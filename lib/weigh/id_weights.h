/*
 * Ids and weights in memory, in the order of their records, with the file and line of each record.
 * The rows of a full manifest can be found by their ids.
 */
#ifndef IB_WEIGH_ID_WEIGHTS_H
#define IB_WEIGH_ID_WEIGHTS_H

#include "score/table.h"

/*
 * The location of `row` in an operand. The rows between `row` and the row of the next location are
 * on the consecutive lines after `line`.
 */
struct ib_location {
	uint64_t row;
	const char *name; /* name of the operand, borrowed */
	uint64_t line;
	/*
	 * True for a tar or an .npz, which has no lines: `line` is then the number of the sample.
	 */
	bool is_sample;
};

/* Fail with "FILE:17: text", or with "FILE: sample 17: text". */
enum ib_status ib_location_fail(const struct ib_location *p, enum ib_status code, const char *text,
				struct ib_error *err);

struct ib_id_weights {
	struct ib_table table; /* the ids; the index exists only after ib_id_weights_index() */
	/*
	 * double[n]. The weight of a row is fabs() of its element. In a full manifest, a set
	 * sign bit means that the epoch manifest contains the row, even if the weight is 0
	 * (-0.0).
	 */
	struct ib_huge_array weight;
	uint64_t n;
	struct ib_location *location;
	size_t nlocations, locations_cap;
};

void ib_id_weights_release(struct ib_id_weights *r); /* initialize r with {0} before use */

/*
 * Append n rows with the ids id[0..n) and the weights weight[0..n). If id is NULL, no ids are
 * stored. If weight is NULL, all weights are 0.
 */
enum ib_status ib_id_weights_append(struct ib_id_weights *r, const struct ib_id *id,
				    const double *weight, size_t n, struct ib_error *err);

/*
 * Set the location of row p.row. Call this function before the row is appended, and in ascending
 * order of the rows.
 */
enum ib_status ib_id_weights_add_location(struct ib_id_weights *r, struct ib_location p,
					  struct ib_error *err);

/* Return the location of a row. */
struct ib_location ib_id_weights_location(const struct ib_id_weights *r, uint64_t row);

/* Fail with a message that says that the id of a row occurs twice. */
enum ib_status ib_id_weights_fail_duplicate(const struct ib_id_weights *r, uint64_t row,
					    enum ib_status code, struct ib_error *err);

/*
 * Index the ids so that they can be searched. Call this function after the last row was appended.
 * If an id occurs twice, returns IB_E_DATA and sets *duplicate to the first row whose id also
 * occurs in an earlier row.
 */
enum ib_status ib_id_weights_index(struct ib_id_weights *r, uint64_t *duplicate,
				   struct ib_error *err);

#endif
