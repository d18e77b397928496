/* One JSON object of any bytes: all scanners say the same of it. */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "record/json.h"
#include "record/key.h"

static const char *const names[] = { "id", "a.b", "loss", "ids" };

static const char *
parse(struct ib_json *j, const struct ib_scan_ops *ops,
      const struct ib_fields *f, const char *text, struct ib_value *v)
{
	ib_json_init(j, ops, f, true);
	ib_json_object(j, text, v); /* what it remembers must not mislead it */
	return ib_json_object(j, text, v);
}

static void
compare(const struct ib_value *a, const struct ib_value *b)
{
	if (a->type != b->type)
		abort();
	if (a->type == IB_ABSENT)
		return;
	if (a->p != b->p || a->n != b->n || a->escaped != b->escaped ||
	    memcmp(&a->number, &b->number, sizeof(a->number)) != 0)
		abort();
}

static void
decode(const struct ib_value *v)
{
	struct ib_arena arena = { 0 };
	struct ib_span text;

	if (v->type == IB_STRING && ib_value_text(v, &arena, &text) &&
	    text.n > v->n)
		abort(); /* what an escape means is never longer */
	ib_arena_release(&arena);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ib_json j; /* large */
	struct ib_value first[8] = { 0 }, v[8] = { 0 };
	struct ib_fields f;
	const char *want, *got;
	char *text;
	size_t i, k;
	int slot;

	if (memchr(data, '\n', n))
		return 0;
	text = calloc(1, n + 1 + IB_SCAN_PAD);
	memcpy(text, data, n);
	text[n] = '\n';
	ib_fields_init(&f);
	for (i = 0; i < 4; i++)
		ib_fields_add(&f, (struct ib_span){ names[i],
						    strlen(names[i]) },
			      i == 2, &slot, NULL);
	want = parse(&j, ib_scan_variant(0), &f, text, first);
	if (want && (want <= text || want > text + n || want[-1] != '}'))
		abort();
	for (i = 1; ib_scan_variant(i); i++) {
		got = parse(&j, ib_scan_variant(i), &f, text, v);
		if (got != want)
			abort();
		for (k = 0; got && k < f.nslots; k++)
			compare(&first[k], &v[k]);
	}
	for (k = 0; want && k < f.nslots; k++)
		decode(&first[k]);
	ib_fields_release(&f);
	free(text);
	return 0;
}
