/* The rows of a score file in JSON lines, which is read like a loss log. */
#ifndef IB_SCORE_SCORE_ROWS_H
#define IB_SCORE_SCORE_ROWS_H

#include "score/reading.h"

/* Set *is to true if the block's first complete record is a row of a score file, else to false. */
enum ib_status ib_loss_reader_is_rows(const struct ib_loss_reader *l, const struct ib_block *block,
				      bool *is, struct ib_error *err);

/* Append the row to the batch. Returns false if the row is invalid. */
bool ib_score_rows_add(struct ib_reading *r);

#endif
