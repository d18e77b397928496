/* Batches: growing their arrays and adding losses, rows and problems. */
#include "score/loss_batch.h"

#include <stdlib.h>

#include "base/array.h"

void
ib_loss_batch_release(struct ib_loss_batch *b)
{
	free(b->loss);
	free(b->weight);
	free(b->merge);
	free(b->skipped);
	ib_problems_release(&b->problems);
	*b = (struct ib_loss_batch){ 0 };
}

void
ib_loss_batch_start(struct ib_loss_batch *b, const struct ib_source *source, bool rows,
		    int64_t epoch)
{
	b->source = source;
	b->key = &source->key;
	b->rows = rows;
	b->epoch = epoch;
	b->n = b->nmerge = b->nskipped = b->problems.n = 0;
	b->counts = (struct ib_loss_counts){ 0 };
	b->has_previous = b->has_loss = b->undated = b->ids_are_rows = false;
}

/* Make room for one more item in an array of the batch. */
static bool
reserve(struct ib_loss_batch *b, void *array, size_t *cap, size_t n, size_t size)
{
	return ib_array_reserve(array, cap, n + 1, size) || !(b->failed = true);
}

bool
ib_loss_batch_grow(struct ib_loss_batch *b, bool weighted)
{
	size_t cap = b->cap, same = b->cap;

	if (!reserve(b, &b->loss, &cap, b->n, sizeof(*b->loss)) ||
	    (weighted && !reserve(b, &b->weight, &same, b->n, sizeof(*b->weight))))
		return false;
	b->cap = cap;
	return true;
}

void
ib_loss_batch_add_skipped(struct ib_loss_batch *b, struct ib_id id)
{
	if (!reserve(b, &b->skipped, &b->skipped_cap, b->nskipped, sizeof(id)))
		return;
	b->skipped[b->nskipped++] = id;
}

void
ib_loss_batch_add_row(struct ib_loss_batch *b, const struct ib_merge *row)
{
	if (!reserve(b, &b->merge, &b->merge_cap, b->nmerge, sizeof(*row)))
		return;
	b->merge[b->nmerge++] = *row;
}

void
ib_loss_batch_add_problem(struct ib_loss_batch *b, enum ib_problem_kind kind, uint64_t line,
			  const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	b->failed |= !ib_problems_add(&b->problems, kind, line, format, ap);
	va_end(ap);
}
