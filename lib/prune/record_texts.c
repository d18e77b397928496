/* The texts that one block adds to the outputs. */
#include "prune/record_texts.h"

#include <stdlib.h>

#include "base/array.h"

void
ib_record_texts_release(struct ib_record_texts *t)
{
	size_t i;

	for (i = 0; i < IB_NTEXTS; i++)
		ib_bytes_release(&t->text[i]);
	free(t->written);
	*t = (struct ib_record_texts){ 0 };
}

void
ib_record_texts_empty(struct ib_record_texts *t)
{
	size_t i;

	for (i = 0; i < IB_NTEXTS; i++)
		t->text[i].n = 0;
	t->nwritten = 0;
}

bool
ib_record_texts_failed(const struct ib_record_texts *t)
{
	bool failed = t->failed;
	size_t i;

	for (i = 0; i < IB_NTEXTS; i++)
		failed |= t->text[i].failed;
	return failed;
}

void
ib_record_texts_add_weight(struct ib_record_texts *t, struct ib_span id, double weight)
{
	struct ib_bytes *out = &t->text[IB_TEXT_WEIGHTS];

	ib_bytes_append(out, id.p, id.n);
	ib_bytes_append_char(out, '\t');
	ib_number_cache_append(out, weight, &t->weights_cache);
	ib_bytes_append_char(out, '\n');
}

void
ib_record_texts_note(struct ib_record_texts *t, struct ib_span id, uint64_t number)
{
	ib_bytes_append(&t->text[IB_TEXT_ID], id.p, id.n);
	if (!ib_array_reserve(&t->written, &t->cap, t->nwritten + 1, sizeof(*t->written))) {
		t->failed = true;
		return;
	}
	t->written[t->nwritten++] = (struct ib_written){
		.number = number,
		.end = { t->text[IB_TEXT_KEPT].n, t->text[IB_TEXT_WEIGHTS].n,
			 t->text[IB_TEXT_ID].n },
	};
}

struct ib_span
ib_record_texts_get(const struct ib_record_texts *t, enum ib_text text, size_t i)
{
	size_t from = i > 0 ? t->written[i - 1].end[text] : 0;

	return (struct ib_span){ t->text[text].p + from, t->written[i].end[text] - from };
}
