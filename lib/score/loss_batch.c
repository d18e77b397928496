#include "score/loss_batch.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void
ib_loss_batch_release(struct ib_loss_batch *b)
{
	free(b->loss);
	free(b->weight);
	free(b->merge);
	free(b->skipped);
	free(b->problem);
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
	b->n = b->nmerge = b->nskipped = b->nproblems = 0;
	b->counts = (struct ib_loss_counts){ 0 };
	b->has_previous = b->any = b->undated = false;
}

/* Double the capacity of one of the batch's arrays. */
static bool
grow(struct ib_loss_batch *b, void *array, size_t *cap, size_t size, size_t least)
{
	void **p = array, *q;
	size_t wanted = *cap ? *cap * 2 : least;

	q = realloc(*p, wanted * size);
	if (!q)
		return !(b->failed = true);
	*p = q;
	*cap = wanted;
	return true;
}

bool
ib_loss_batch_grow(struct ib_loss_batch *b, bool weighted)
{
	size_t cap = b->cap, same = b->cap;

	if (!grow(b, &b->loss, &cap, sizeof(*b->loss), 4096) ||
	    (weighted && !grow(b, &b->weight, &same, sizeof(*b->weight), 4096)))
		return false;
	b->cap = cap;
	return true;
}

void
ib_loss_batch_add_skipped(struct ib_loss_batch *b, struct ib_id id)
{
	if (b->nskipped == b->skipped_cap &&
	    !grow(b, &b->skipped, &b->skipped_cap, sizeof(id), 256))
		return;
	b->skipped[b->nskipped++] = id;
}

void
ib_loss_batch_add_row(struct ib_loss_batch *b, const struct ib_merge *row)
{
	if (b->nmerge == b->merge_cap && !grow(b, &b->merge, &b->merge_cap, sizeof(*row), 4096))
		return;
	b->merge[b->nmerge++] = *row;
}

void
ib_loss_batch_add_problem(struct ib_loss_batch *b, enum ib_problem_kind kind, uint64_t line,
			  const char *format, ...)
{
	struct ib_problem *problem;
	va_list ap;

	if (b->nproblems == b->problem_cap &&
	    !grow(b, &b->problem, &b->problem_cap, sizeof(*b->problem), 16))
		return;
	problem = &b->problem[b->nproblems++];
	problem->kind = kind;
	problem->line = line;
	va_start(ap, format);
	vsnprintf(problem->text, sizeof(problem->text), format, ap);
	va_end(ap);
}
