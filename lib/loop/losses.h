/* The losses that a trainer records during one epoch, in memory. */
#ifndef IB_LOOP_LOSSES_H
#define IB_LOOP_LOSSES_H

#include "infobatch_run.h"

struct ib_losses {
	uint32_t *row; /* row[i]: row number of the sample with the loss loss[i] */
	float *loss;   /* [n] */
	uint64_t n;
	size_t row_cap, loss_cap;
	bool sorted; /* true if the rows are in ascending order */
};

/* Remove all losses, but keep the memory. Also initializes a zeroed struct. */
void ib_losses_clear(struct ib_losses *l);
void ib_losses_release(struct ib_losses *l);

/* Append n losses; loss[i] is the loss of the sample with row number row[i]. */
enum ib_status ib_losses_add(struct ib_losses *l, const int64_t *row, const float *loss, size_t n,
			     struct ib_error *err);

/*
 * Sort the losses by row. Losses of the same row keep their order. All row numbers must be below
 * `rows`. The time is O(n + rows).
 */
enum ib_status ib_losses_sort(struct ib_losses *l, uint64_t rows, struct ib_error *err);

#endif
