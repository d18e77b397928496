/*
 * Read any bytes as JSON lines. Each line must give the same values as it gives to a new reader,
 * which has learned nothing from earlier lines.
 */
#define _GNU_SOURCE /* rawmemchr */
#include <stdlib.h>
#include <string.h>

#include "fuzz/target.h"
#include "record/json.h"
#include "record/key.h"

static const char *const names[] = { "id", "a.b", "loss", "ids" };
#define NAMES 4
#define NUMBER 2 /* index of the name whose value is converted to a number */
#define SLOTS 8

static void
compare(const struct ib_value *a, const struct ib_value *b, bool number)
{
	if (a->type != b->type)
		abort();
	if (a->type == IB_ABSENT)
		return;
	if (a->p != b->p || a->n != b->n)
		abort();
	if (a->type == IB_STRING && a->escaped != b->escaped)
		abort();
	if (number && (a->type == IB_INTEGER || a->type == IB_REAL || a->type == IB_WORD) &&
	    memcmp(&a->number, &b->number, sizeof(a->number)) != 0)
		abort();
}

/* Compare the elements of an array with the elements that a new reader has read. */
static void
compare_elements(const struct ib_json *j, const struct ib_value *a, const struct ib_json *alone,
		 const struct ib_value *b)
{
	size_t k;

	if (a->type != IB_ARRAY || !j->fields->elements)
		return;
	if (a->elements.n != b->elements.n)
		abort();
	for (k = 0; k < a->elements.n; k++)
		compare(&j->elements.v[a->elements.first + k],
			&alone->elements.v[b->elements.first + k], true);
}

static void
decode(const struct ib_value *v)
{
	struct ib_arena arena = { 0 };
	struct ib_span text;

	if (v->type == IB_STRING && ib_value_text(v, &arena, &text) && text.n > v->n)
		abort(); /* a decoded escape is never longer than the escape */
	ib_arena_release(&arena);
}

/* Read a line with j, which has read the earlier lines, and with a new reader, and compare. */
static void
line(struct ib_json *j, const struct ib_fields *f, int number, const char *text, struct ib_value *v)
{
	static struct ib_json alone; /* large */
	struct ib_value own[SLOTS];
	const char *want = ib_json_read_object(j, text, v), *got;
	size_t k;

	if (want && (want <= text || want[-1] != '}' || want > (const char *)rawmemchr(text, '\n')))
		abort();
	ib_json_init(&alone, f, true);
	alone.lazy = j->lazy;
	got = ib_json_read_object(&alone, text, own);
	if (got != want)
		abort();
	for (k = 0; got && k < f->nslots; k++)
		compare_elements(j, &v[k], &alone, &own[k]);
	for (k = 0; got && k < f->nslots; k++)
		compare(&v[k], &own[k], !j->lazy && (int)k == number);
	for (k = 0; want && k < f->nslots; k++)
		decode(&v[k]);
	ib_json_release(&alone);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ib_json j; /* large */
	struct ib_value v[SLOTS];
	struct ib_fields f;
	char *text = calloc(1, n + 1 + IB_BYTE_SCAN_PAD);
	const char *p;
	size_t i;
	int slot[NAMES];

	if (n > 0)
		memcpy(text, data, n);
	text[n] = '\n';
	ib_fields_init(&f);
	f.elements = n % 2 == 0;
	for (i = 0; i < NAMES; i++)
		ib_fields_add(&f, (struct ib_span){ names[i], strlen(names[i]) }, i == NUMBER,
			      &slot[i], NULL);
	ib_json_init(&j, &f, true);
	j.lazy = n % 8 == 7;
	for (p = text; p <= text + n; p = (char *)rawmemchr(p, '\n') + 1)
		line(&j, &f, slot[NUMBER], p, v);
	ib_json_release(&j);
	ib_fields_release(&f);
	free(text);
	return 0;
}
