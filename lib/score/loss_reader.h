/*
 * Read the id, epoch and loss of each record of a loss log. Each block of records becomes one
 * batch. Several threads read the blocks, in any order. The batches are folded (fold.h) in the
 * order of the input.
 */
#ifndef IB_SCORE_LOSS_READER_H
#define IB_SCORE_LOSS_READER_H

#include "score/loss_batch.h"
#include "score/loss_terms.h"

/* Empty the batch, and fill it with the records from the cursor to the end of the block. */
void ib_loss_reader_read(const struct ib_loss_reader *l, struct ib_cursor *cursor, bool rows,
			 int64_t epoch, struct ib_loss_batch *batch);

#endif
