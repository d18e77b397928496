/* Collect and sort the losses of one epoch (loop/losses.h). */
#include "loop/losses.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/sort.h"

void
ib_losses_clear(struct ib_losses *l)
{
	l->n = 0;
	l->sorted = true;
}

void
ib_losses_release(struct ib_losses *l)
{
	free(l->row);
	free(l->loss);
	*l = (struct ib_losses){ 0 };
}

enum ib_status
ib_losses_add(struct ib_losses *l, const int64_t *row, const float *loss, size_t n,
	      struct ib_error *err)
{
	uint64_t last = l->n > 0 ? l->row[l->n - 1] : 0;
	size_t i;

	if (!ib_array_reserve(&l->row, &l->row_cap, l->n + n, sizeof(*l->row)) ||
	    !ib_array_reserve(&l->loss, &l->loss_cap, l->n + n, sizeof(*l->loss)))
		return ib_fail_memory(err);
	for (i = 0; i < n; i++) {
		l->sorted &= (uint64_t)row[i] >= last;
		last = (uint64_t)row[i];
		l->row[l->n + i] = (uint32_t)row[i];
	}
	if (n > 0)
		memcpy(l->loss + l->n, loss, n * sizeof(*loss));
	l->n += n;
	return IB_OK;
}

/* Put the rows and losses into the order of index[]. row[] and loss[] are scratch arrays. */
static void
permute(struct ib_losses *l, const uint32_t *index, uint32_t *row, float *loss)
{
	uint64_t i;

	for (i = 0; i < l->n; i++) {
		row[i] = l->row[index[i]];
		loss[i] = l->loss[index[i]];
	}
	memcpy(l->row, row, (size_t)l->n * sizeof(*row));
	memcpy(l->loss, loss, (size_t)l->n * sizeof(*loss));
	l->sorted = true;
}

enum ib_status
ib_losses_sort(struct ib_losses *l, uint64_t rows, struct ib_error *err)
{
	uint64_t *first;
	uint32_t *index, *row;
	float *loss;
	bool ok;

	if (l->sorted)
		return IB_OK;
	first = ib_array_zeroed(rows + 1, sizeof(*first));
	index = ib_array(l->n, sizeof(*index));
	row = ib_array(l->n, sizeof(*row));
	loss = ib_array(l->n, sizeof(*loss));
	ok = first && index && row && loss && l->n <= UINT32_MAX;
	if (ok) {
		ib_sort_index(l->row, l->n, (uint32_t)rows, first, index);
		permute(l, index, row, loss);
	}
	free(first);
	free(index);
	free(row);
	free(loss);
	return ok ? IB_OK : ib_fail_memory(err);
}
