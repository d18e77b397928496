/*
 * The arrays of a loss log or an epoch manifest that is an .npz archive: which arrays hold the
 * ids, losses, epochs and weights, and the id of each row.
 */
#ifndef IB_SCORE_NPZ_ARRAYS_H
#define IB_SCORE_NPZ_ARRAYS_H

#include "score/loss_terms.h"
#include "score/npz_column.h"

/* The arrays of a log or an epoch manifest. */
struct ib_npz_arrays {
	const struct ib_loss_reader *log;
	struct ib_npz *archive;
	const char *name;
	struct ib_key key;
	struct ib_npz_column id[IB_KEY_MAX];
	struct ib_npz_column loss[IB_TERMS_MAX];
	struct ib_npz_column epoch, weight;
	uint64_t rows, row;    /* rows: the number of rows; row: the current row */
	struct ib_arena arena; /* owns the ids' texts that are not parts of an array */
};

/* Find and load the arrays of a loss log: ids, losses, and if present epochs and weights. */
enum ib_status ib_npz_arrays_open(struct ib_npz_arrays *a, struct ib_error *err);

void ib_npz_arrays_release(struct ib_npz_arrays *a);

/* Find and load the arrays that hold the ids, and set a->rows. Set a->key before the call. */
enum ib_status ib_npz_arrays_load_ids(struct ib_npz_arrays *a, struct ib_error *err);

/* Load the array of weights, if the archive has an array with the name `name`. */
enum ib_status ib_npz_arrays_load_weights(struct ib_npz_arrays *a, struct ib_span name,
					  struct ib_error *err);

/*
 * Read the id of the current row. Sets id->p to NULL if out of memory. If an item is invalid,
 * returns false, and sets *invalid to the array of the item and *why to the reason.
 */
bool ib_npz_arrays_read_id(struct ib_npz_arrays *a, struct ib_span *id,
			   const struct ib_npz_column **invalid, const char **why);

/* Return the loss of the current row. */
static inline double
ib_npz_arrays_read_loss(const struct ib_npz_arrays *a)
{
	const struct ib_term *t = a->log->term;
	double sum = 0, x;
	size_t i;

	for (i = 0; i < a->log->nterms; i++) {
		x = ib_npz_column_real(&a->loss[i], a->row);
		if (t[i].scaled)
			x *= t[i].coefficient;
		sum = i == 0 ? x : sum + x;
	}
	return sum;
}

/* True if the ids are row numbers, from the array `index` or from -k @row. */
bool ib_npz_arrays_has_rows(const struct ib_npz_arrays *a);

/* Return the id of the current row as a row number, or -1 if the id is not a row number. */
static inline int64_t
ib_npz_arrays_row_number(const struct ib_npz_arrays *a)
{
	int64_t x = a->key.n == 0 ? (int64_t)a->row : ib_npz_column_integer(&a->id[0], a->row);

	return x >= 0 && (uint64_t)x < IB_RANGE_MAX ? x : -1;
}

#endif
