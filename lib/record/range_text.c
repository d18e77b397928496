/* Generate the text of a range (record/range_text.h). */
#include "record/range_text.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/row_id.h"

struct text {
	bool json;
	struct ib_row_id id; /* id of the next record */
	uint64_t left;	     /* number of records still to generate */
	char piece[16 + IB_ROW_ID_MAX];
	size_t at, n; /* piece[at..n) is not copied yet */
};

static void
add(struct text *t, const char *p, size_t n)
{
	memcpy(t->piece + t->n, p, n);
	t->n += n;
}

static void
next_record(struct text *t)
{
	t->at = t->n = 0;
	if (t->json)
		add(t, "{\"id\":", 6);
	add(t, t->id.text, t->id.n);
	if (t->json)
		add(t, "}", 1);
	add(t, "\n", 1);
	ib_row_id_next(&t->id);
	t->left--;
}

static size_t
generate(void *ctx, char *buf, size_t cap)
{
	struct text *t = ctx;
	size_t n = 0, k;

	for (;;) {
		k = t->n - t->at < cap - n ? t->n - t->at : cap - n;
		memcpy(buf + n, t->piece + t->at, k);
		t->at += k;
		n += k;
		if (n == cap || t->left == 0)
			return n;
		next_record(t);
	}
}

enum ib_status
ib_range_text_open(uint64_t n, enum ib_format format, struct ib_input **out, struct ib_error *err)
{
	struct text *t = calloc(1, sizeof(*t));

	if (!t)
		return ib_fail_memory(err);
	t->json = format == IB_FORMAT_JSONL;
	t->left = n;
	ib_row_id_set(&t->id, 0);
	if (format == IB_FORMAT_CSV || format == IB_FORMAT_TSV)
		add(t, "id\n", 3);
	return ib_input_generate("--range", generate, t, out, err);
}
