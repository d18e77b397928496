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
	free(b->bad);
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
	b->n = b->nmerge = b->nskipped = b->nbad = 0;
	b->records = b->nonfinite = b->ignored = b->read = 0;
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
ib_loss_batch_put_skipped(struct ib_loss_batch *b, struct ib_id id)
{
	if (b->nskipped == b->skipped_cap &&
	    !grow(b, &b->skipped, &b->skipped_cap, sizeof(id), 256))
		return;
	b->skipped[b->nskipped++] = id;
}

void
ib_loss_batch_put_row(struct ib_loss_batch *b, const struct ib_merge *row)
{
	if (b->nmerge == b->merge_cap && !grow(b, &b->merge, &b->merge_cap, sizeof(*row), 4096))
		return;
	b->merge[b->nmerge++] = *row;
}

void
ib_loss_batch_bad(struct ib_loss_batch *b, enum ib_bad_kind kind, uint64_t line, const char *format,
		  ...)
{
	struct ib_bad *bad;
	va_list ap;

	if (b->nbad == b->bad_cap && !grow(b, &b->bad, &b->bad_cap, sizeof(*b->bad), 16))
		return;
	bad = &b->bad[b->nbad++];
	bad->kind = kind;
	bad->line = line;
	va_start(ap, format);
	vsnprintf(bad->text, sizeof(bad->text), format, ap);
	va_end(ap);
}
