#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_text.h"
#include "record/json.h"

/*
 * A record that is read with a template gives the same values as the same record read by the
 * grammar reader of a new struct ib_json. test_json.c tests the grammar reader.
 */

#define PLACES 6
#define SLOTS 8

static const char *const strings[] = {
	"a",
	"",
	"train/00000001",
	"0123456789abcde",
	"0123456789abcdef",
	"sixteen bytes and more",
	"caf\xc3\xa9",
	"a string that is longer than "
	"two loads of sixteen bytes, and than sixty-four of them too",
};
static const char *const numbers[] = {
	"0",
	"7",
	"-12",
	"12345678",
	"0.123456",
	"-0.5",
	"3.25",
	"-0",
	"1234567.1234567",
	"0.12345678",
	"0.123456789",
	"123456789",
	"0.12345678901234567",
	"1e5",
	"1E-7",
	"0.5e3",
	"12345678.12345678",
	"123456789012345678901234567890",
	"99999999999999.5",
	"4.9e-324",
};
static const char *const others[] = {
	"true",	    "false", "null",	    "NaN",	 "-inf",
	"[]",	    "{}",    "[1, 2 ,[3]]", "{\"b\":1}", "{\"b\":\"x\",\"id\":2}",
	"Infinity", "-nan",
};
/* Strings with escapes, and malformed values. They are rare, so that most records fit. */
static const char *const odd[] = {
	"\"\\n\"", "\"x\\\"y\"", "\"\\u00e9\"", "\"\\ud800\"", "\"\\x\"", "01",	  "1.",	 "00",
	"-01",	   "0.",	 ".5",		"-",	       "1e",	  "1.e5", "--1", "+1",
	"nul",	   "tru",	 "[1,]",	"{,}",	       "infinit", "",
};
static const char *const names[] = {
	"id",
	"loss",
	"a",
	"b",
	"epoch",
	"x",
	"a.b",
	"I\\u0064",
	"a name that is longer than what a step can hold",
	"fifteen bytes x",
};
static const char *const blanks[] = { "", "", "", "", " ", "  ", "\t" };

struct form {
	size_t n;
	char before[PLACES + 1][128]; /* the bytes before each value */
	int kind[PLACES];
};

static void
draw_form(struct form *f, uint64_t *state)
{
	size_t i;

	f->n = next(state) % (PLACES + 1);
	for (i = 0; i < f->n; i++) {
		snprintf(f->before[i], sizeof(f->before[i]), "%s%s%s\"%s\"%s:%s",
			 i > 0 ? PICK(state, blanks) : "", i > 0 ? "," : "{", PICK(state, blanks),
			 PICK(state, names), PICK(state, blanks), PICK(state, blanks));
		f->kind[i] = (int)(next(state) % 3);
	}
	snprintf(f->before[i], sizeof(f->before[i]), "%s%s", f->n > 0 ? "" : "{",
		 PICK(state, blanks));
	strcat(f->before[i], "}");
}

/* Write a record of the form. A few values are of another kind. */
static void
write_record(struct ib_bytes *t, const struct form *f, uint64_t *state)
{
	size_t i;
	int kind;

	t->n = 0;
	for (i = 0; i < f->n; i++) {
		append_text(t, f->before[i]);
		kind = next(state) % 16 == 0 ? (int)(next(state) % 3) : f->kind[i];
		if (next(state) % 32 == 0) {
			append_text(t, PICK(state, odd));
		} else if (kind == 0) {
			append_text(t, "\"");
			append_text(t, PICK(state, strings));
			append_text(t, "\"");
		} else {
			append_text(t, kind == 1 ? PICK(state, numbers) : PICK(state, others));
		}
	}
	append_text(t, f->before[i]);
}

static void
mutate(struct ib_bytes *t, uint64_t *state)
{
	static const char bytes[] = "{}[]\",:\\0123456789.eE+-tn \t\x01\x1f";

	t->p[next(state) % t->n] = PICK(state, bytes);
}

static void
pad(struct ib_bytes *t)
{
	size_t i, n = t->n;

	ib_bytes_append_char(t, '\n');
	for (i = 0; i < IB_BYTE_SCAN_PAD; i++)
		ib_bytes_append_char(t, i % 2 ? '"' : '7');
	t->n = n;
}

static void
want_fields(struct ib_fields *f, bool aliased)
{
	int slot;

	ib_fields_init(f);
	ib_fields_add(f, ib_span_of("id"), false, &slot, NULL);
	ib_fields_add(f, ib_span_of("loss"), true, &slot, NULL);
	ib_fields_add(f, ib_span_of("epoch"), true, &slot, NULL);
	ib_fields_add(f, ib_span_of("x"), false, &slot, NULL);
	if (aliased)
		ib_fields_add(f, ib_span_of("a.b"), true, &slot, NULL);
}

/* True if want_fields() requests this slot as a number. */
static bool
is_wanted_number(size_t slot)
{
	return slot == 1 || slot == 2 || slot == 4;
}

static void
expect_same(const struct ib_value *got, const struct ib_value *want, bool converted)
{
	cr_assert(eq(int, got->type, want->type));
	if (want->type == IB_ABSENT)
		return;
	cr_assert(got->p == want->p && got->n == want->n);
	if (want->type == IB_STRING)
		cr_assert(got->escaped == want->escaped);
	if (converted &&
	    (want->type == IB_INTEGER || want->type == IB_REAL || want->type == IB_WORD))
		cr_assert(memcmp(&got->number, &want->number, 8) == 0);
}

/* Read a record with both readers, and compare. Returns true if the record fits the template. */
static bool
try_record(struct ib_json *learning, struct ib_json *alone, const struct ib_fields *f,
	   const char *p, struct ib_value *v)
{
	struct ib_value want[SLOTS] = { 0 };
	const char *end, *got;
	bool short_way, lazy = learning->lazy;
	size_t i;

	ib_json_init(alone, f, true);
	alone->lazy = lazy;
	end = ib_json_read_object(alone, p, want);
	short_way = ib_json_template_read(learning, p, v) != NULL;
	got = ib_json_read_object(learning, p, v);
	cr_assert(got == end, "%s", p);
	for (i = 0; end && i < f->nslots; i++)
		expect_same(&v[i], &want[i], !lazy && is_wanted_number(i));
	return short_way;
}

static size_t
try_all(size_t nforms, bool aliased, bool lazy)
{
	struct ib_json *learning = malloc(sizeof(*learning));
	struct ib_json *alone = malloc(sizeof(*alone));
	struct ib_value v[SLOTS];
	struct ib_fields f;
	struct ib_bytes t = { 0 };
	uint64_t state = 1 + aliased + 2 * lazy;
	size_t i, k, taken = 0;
	struct form form;

	want_fields(&f, aliased);
	cr_assert(learning && alone && f.nslots <= SLOTS);
	ib_json_init(learning, &f, true);
	learning->lazy = lazy;
	memset(v, 0xee, sizeof(v)); /* v may hold anything before the first record */
	for (i = 0; i < nforms; i++) {
		draw_form(&form, &state);
		for (k = 0; k < 24; k++) {
			write_record(&t, &form, &state);
			if (next(&state) % 8 == 0)
				mutate(&t, &state);
			pad(&t);
			taken += try_record(learning, alone, &f, t.p, v);
		}
	}
	ib_fields_release(&f);
	ib_bytes_release(&t);
	free(learning);
	free(alone);
	return taken;
}

Test(json_template, a_template_gives_the_values_of_the_full_parser)
{
	/* Many records do not fit: there are few records per form, and some are malformed. */
	cr_expect(gt(sz, try_all(10000, false, false), 20000));
}

Test(json_template, a_template_gives_the_same_paths_and_unconverted_numbers)
{
	cr_expect(gt(sz, try_all(10000, true, false), 10000));
	cr_expect(gt(sz, try_all(10000, false, true), 10000));
}

/* After ib_json_note_changed_values(), a slot that no step fills is set to absent again. */
Test(json_template, changed_values_are_reset_to_absent)
{
	static const char text[][96] = { "{\"id\":\"a\"}\n", "{\"id\":\"b\"}\n",
					 "{\"id\":\"c\"}\n" };
	struct ib_json *j = malloc(sizeof(*j));
	struct ib_value v[SLOTS];
	struct ib_fields f;
	size_t i;

	want_fields(&f, false);
	ib_json_init(j, &f, true);
	for (i = 0; i < 3; i++) {
		cr_assert(ib_json_read_object(j, text[i], v) == text[i] + 10);
		cr_expect(eq(int, v[0].type, IB_STRING));
		cr_expect(eq(int, v[1].type, IB_ABSENT));
		v[1].type = IB_REAL;
		ib_json_note_changed_values(j);
	}
	ib_fields_release(&f);
	free(j);
}

/* The two readers and their output. */
struct readers {
	struct ib_json *learning, *alone;
	struct ib_fields f;
	struct ib_value v[SLOTS];
	struct ib_bytes t;
};

static struct readers
readers_new(void)
{
	struct readers r = { .learning = malloc(sizeof(*r.learning)),
			     .alone = malloc(sizeof(*r.alone)) };

	cr_assert(r.learning && r.alone);
	want_fields(&r.f, false);
	return r;
}

static void
readers_free(struct readers *r)
{
	ib_fields_release(&r->f);
	ib_bytes_release(&r->t);
	free(r->learning);
	free(r->alone);
}

/* True if the record fits a template that was learned earlier. */
static bool
fits(struct readers *r, const char *record)
{
	r->t.n = 0;
	append_text(&r->t, record);
	pad(&r->t);
	return try_record(r->learning, r->alone, &r->f, r->t.p, r->v);
}

/* If records of two forms alternate, the template of one form is kept, so half of them fit. */
Test(json_template, alternating_forms_do_not_replace_each_other)
{
	static const char *const turns[] = {
		"{\"id\":\"a\",\"loss\":1}",
		"{\"id\":\"b\",\"x\":0.5}",
	};
	struct readers r = readers_new();
	size_t i, taken = 0;

	ib_json_init(r.learning, &r.f, true);
	for (i = 0; i < 1000; i++)
		taken += fits(&r, turns[i % 2]);
	cr_expect(ge(sz, taken, 480));
	readers_free(&r);
}

/* Many logs begin with a few records of other forms. */
Test(json_template, a_new_form_is_learned_within_a_few_records)
{
	static const char *const heads[] = {
		"{}",
		"{\"id\":\"a\"}",
		"{\"loss\":1}",
		"{\"id\":\"a\",\"x\":[]}",
		"{\"loss\":1,\"id\":\"a\"}",
		"{\"x\":1,\"y\":2}",
	};
	struct readers r = readers_new();
	size_t n, i, taken;

	for (n = 0; n < 100; n++) {
		ib_json_init(r.learning, &r.f, true);
		for (i = 0; i < n; i++)
			fits(&r, heads[i % 6]);
		for (i = taken = 0; i < 40; i++)
			taken += fits(&r, "{\"id\":\"b\",\"loss\":0.5}");
		cr_expect(ge(sz, taken, 20), "%zu before it", n);
	}
	readers_free(&r);
}

/* A template has room for IB_JSON_FORMS members, but not for one more. */
Test(json_template, a_form_of_the_largest_size_is_learned)
{
	struct readers r = readers_new();
	struct ib_bytes t = { 0 };
	size_t members, i;

	for (members = IB_JSON_FORMS; members <= IB_JSON_FORMS + 1; members++) {
		t.n = 0;
		for (i = 0; i < members; i++)
			ib_bytes_printf(&t, "%c\"m%zu\":%zu", i > 0 ? ',' : '{', i, i);
		ib_bytes_append(&t, "}", 2);
		ib_json_init(r.learning, &r.f, true);
		fits(&r, t.p);
		cr_expect(eq(int, fits(&r, t.p), members == IB_JSON_FORMS));
	}
	ib_bytes_release(&t);
	readers_free(&r);
}
