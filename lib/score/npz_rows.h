/*
 * The rows of a loss log that is an .npz archive, for a consumer that accepts row numbers instead
 * of ids. Rows can be passed if the ids are row numbers, the whole log has one epoch, and no option
 * needs ids.
 */
#ifndef IB_SCORE_NPZ_ROWS_H
#define IB_SCORE_NPZ_ROWS_H

#include "score/loss_consumer.h"
#include "score/npz_arrays.h"

#define IB_NPZ_ROWS ((uint64_t)1 << 16) /* number of rows in one call of the consumer */

struct ib_npz_rows;

/*
 * Prepare to pass the rows of `a` to the consumer. `epoch` is used if the log has no epoch array.
 * Sets *rows to NULL if rows cannot be passed. Free *rows with free(). Borrows all arguments.
 */
enum ib_status ib_npz_rows_new(const struct ib_npz_arrays *a, const struct ib_source *source,
			       int64_t epoch, const struct ib_loss_logs_consumer *consumer,
			       struct ib_npz_rows **rows, struct ib_error *err);

/*
 * Pass the rows in [a->row, stop) to the consumer, and set a->row to `stop`. If an id is not a row
 * number, or if the consumer needs ids, sets *taken to false and changes nothing.
 */
enum ib_status ib_npz_rows_pass(struct ib_npz_rows *rows, struct ib_npz_arrays *a, uint64_t stop,
				struct ib_loss_counts *counts, bool *taken, struct ib_error *err);

#endif
