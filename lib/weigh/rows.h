/*
 * Ids and weights that are held until all of them are known, in order, and
 * where each of them stood. The rows of a full manifest are looked up by id.
 */
#ifndef IB_WEIGH_ROWS_H
#define IB_WEIGH_ROWS_H

#include "score/table.h"

/* From this row on, every row stands one line further down. */
struct ib_place {
	uint64_t row;
	const char *name; /* borrowed: an operand's */
	uint64_t line;
	bool sample; /* of a tar, which has no lines: its number */
};

/* "FILE:17: text", or "FILE: sample 17: text". */
enum ib_status ib_place_fail(const struct ib_place *p, enum ib_status code, const char *text,
			     struct ib_error *err);

struct ib_rows {
	struct ib_table table; /* the ids; slots after ib_rows_index */
	/*
	 * double[n]. Of a full manifest's rows the sign says that a record
	 * was found for it (-0.0: one of weight 0); its weight is fabs().
	 */
	struct ib_pages weight;
	uint64_t n;
	struct ib_place *place;
	size_t nplaces, places_cap;
};

void ib_rows_release(struct ib_rows *r); /* start from {0} */

/*
 * n more rows: their ids (NULL: none are held) and weights (NULL: 0).
 */
enum ib_status ib_rows_append(struct ib_rows *r, const struct ib_id *id, const double *weight,
			      size_t n, struct ib_error *err);

/* Row p.row, one of the next to be appended, stands there. */
enum ib_status ib_rows_place(struct ib_rows *r, struct ib_place p, struct ib_error *err);

/* Where a row stands; its row member is the one asked for. */
struct ib_place ib_rows_where(const struct ib_rows *r, uint64_t row);

/* Say that a row's id stands twice. */
enum ib_status ib_rows_fail_twice(const struct ib_rows *r, uint64_t row, enum ib_status code,
				  struct ib_error *err);

/*
 * After the last append: make the ids fit to be looked up. IB_E_DATA where
 * one stands twice; *twice is the first row of which that is true.
 */
enum ib_status ib_rows_index(struct ib_rows *r, uint64_t *twice, struct ib_error *err);

#endif
