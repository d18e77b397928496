#include <cjson/cJSON.h>
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_text.h"
#include "record/json.h"
#include "record/key.h"

/* ---- records, well formed and not --------------------------------------------------- */

static const char *const strings[] = {
	"\"a\"",
	"\"\"",
	"\"loss\"",
	"\"x\\\"y\"",
	"\"\\\\\"",
	"\"\\n\\t\\/\"",
	"\"\\u00e9\\ud83d\\ude00\"",
	"\"\xc3\xa9\xf0\x9f\x98\x80\"",
	"\"}\"",
	"\"],[\"",
	"\"a long string that goes over more than one load of any "
	"scanner, sixty-four bytes and some\"",
	"\"12345678901234567\"",
};
static const char *const others[] = {
	"0",
	"-0",
	"7",
	"-12",
	"0.25",
	"1e5",
	"1E-7",
	"123456789012",
	"-2.5e+3",
	"true",
	"false",
	"null",
	"[]",
	"{}",
	"[1, 2 ,3]",
	"[[],[{}]]",
	"3.141592653589793",
	"1e300",
	"4.9e-324",
	"0.1",
};
static const char *const names[] = {
	"id", "loss", "a", "b", "epoch", "x", "ids", "a.b", "Id", "long name",
};

static void
write_blanks(struct ib_bytes *t, uint64_t *state)
{
	static const char *const blanks[] = { "", "", "", " ", "  ", "\t", "\r", " \t " };

	append_text(t, PICK(state, blanks));
}

static void write_object(struct ib_bytes *t, uint64_t *state, int depth);

/* Append an element: a string or a number of one form, or any value. */
static void
write_element(struct ib_bytes *t, uint64_t *state, uint64_t form)
{
	unsigned digits = (unsigned)(form / 3 % 10), x = (unsigned)(next(state) % 1000000);
	char text[64];

	if (form % 3 == 0)
		snprintf(text, sizeof(text), "\"%0*u\"", (int)digits, x);
	else if (form % 3 == 1)
		snprintf(text, sizeof(text), "%u.%0*u", x % 10, (int)digits, x);
	else
		snprintf(text, sizeof(text), "%u.%u", x % 100, x);
	append_text(t, next(state) % 16 > 0 ? text : PICK(state, others));
}

/* Append an array. Most elements have the same form, and most gaps have the same bytes. */
static void
write_array(struct ib_bytes *t, uint64_t *state)
{
	static const char *const gaps[] = {
		",", ",", ", ", " , ", ",\t", ",     ", ",      ", ",       ", ",         ",
	};
	uint64_t i, n = next(state) % 40, form = next(state);
	const char *gap = PICK(state, gaps);

	append_text(t, "[");
	for (i = 0; i < n; i++) {
		if (i > 0)
			append_text(t, next(state) % 16 > 0 ? gap : PICK(state, gaps));
		write_element(t, state, form);
	}
	append_text(t, "]");
}

static void
write_value(struct ib_bytes *t, uint64_t *state, int depth)
{
	uint64_t kind = next(state) % 9;

	if (kind == 8)
		write_array(t, state);
	else if (kind < 3)
		append_text(t, PICK(state, strings));
	else if (kind < 7 || depth > 3)
		append_text(t, PICK(state, others));
	else
		write_object(t, state, depth + 1);
}

static void
write_object(struct ib_bytes *t, uint64_t *state, int depth)
{
	uint64_t i, n = next(state) % 6;

	append_text(t, "{");
	for (i = 0; i < n; i++) {
		if (i > 0)
			append_text(t, ",");
		write_blanks(t, state);
		append_text(t, "\"");
		append_text(t, PICK(state, names));
		append_text(t, "\"");
		write_blanks(t, state);
		append_text(t, ":");
		write_blanks(t, state);
		write_value(t, state, depth);
		write_blanks(t, state);
	}
	append_text(t, "}");
}

/* Change, remove or insert one byte. The new byte is neither a newline nor NUL. */
static void
mutate(struct ib_bytes *t, uint64_t *state)
{
	static const char bytes[] = "{}[]\",:\\0123456789.eE+-tfnul \tau\x01\x1f";
	size_t at = next(state) % t->n;
	char c = bytes[next(state) % (sizeof(bytes) - 1)];

	switch (next(state) % 3) {
	case 0:
		t->p[at] = c;
		break;
	case 1:
		memmove(t->p + at, t->p + at + 1, t->n - at - 1);
		t->n--;
		break;
	default:
		ib_bytes_append_char(t, ' ');
		memmove(t->p + at + 1, t->p + at, t->n - at - 1);
		t->p[at] = c;
		break;
	}
}

/* ---- both readers -------------------------------------------------------------------- */

enum { ID, LOSS, A_B, WANTED };

struct both {
	struct ib_fields fields;
	int slot[WANTED];
	struct ib_json json;
};

static struct both *
both_new(void)
{
	struct both *b = calloc(1, sizeof(*b));

	ib_fields_init(&b->fields);
	b->fields.elements = true;
	ib_fields_add(&b->fields, ib_span_of("id"), false, &b->slot[ID], NULL);
	ib_fields_add(&b->fields, ib_span_of("loss"), true, &b->slot[LOSS], NULL);
	ib_fields_add(&b->fields, ib_span_of("a.b"), false, &b->slot[A_B], NULL);
	ib_json_init(&b->json, &b->fields, true);
	return b;
}

static void
both_free(struct both *b)
{
	ib_fields_release(&b->fields);
	ib_json_release(&b->json);
	free(b);
}

/* Return the last member with this name, because cJSON finds the first. */
static const cJSON *
last(const cJSON *object, const char *name)
{
	const cJSON *item, *found = NULL;

	cJSON_ArrayForEach(item, object) if (strcmp(item->string, name) == 0) found = item;
	return found;
}

/* True if the value equals the value of cJSON. For objects and arrays, only the type is compared.
 */
static bool
same(const struct ib_value *v, const cJSON *want)
{
	struct ib_arena arena = { 0 };
	struct ib_span text;
	bool fine = false;

	if (!want || v->type == IB_ABSENT)
		return !want && v->type == IB_ABSENT;
	switch ((enum ib_type)v->type) {
	case IB_STRING:
		fine = cJSON_IsString(want) && ib_value_text(v, &arena, &text) &&
		       ib_span_is(text, want->valuestring);
		break;
	case IB_INTEGER:
	case IB_REAL:
		fine = cJSON_IsNumber(want) && strtod(v->p, NULL) == want->valuedouble;
		break;
	case IB_BOOL:
		fine = cJSON_IsBool(want) && (*v->p == 't') == cJSON_IsTrue(want);
		break;
	case IB_NULL:
		fine = cJSON_IsNull(want);
		break;
	case IB_OBJECT:
		fine = cJSON_IsObject(want);
		break;
	case IB_ARRAY:
		fine = cJSON_IsArray(want);
		break;
	default:
		break;
	}
	ib_arena_release(&arena);
	return fine;
}

/* Like same(), and also compares every element of an array with the element of cJSON. */
static bool
same_elements(const struct both *b, const struct ib_value *v, const cJSON *want)
{
	const struct ib_value *e;
	const cJSON *item;
	size_t i = 0;

	if (!same(v, want))
		return false;
	if (v->type != IB_ARRAY)
		return true;
	cJSON_ArrayForEach(item, want)
	{
		e = &b->json.elements.v[v->elements.first + i++];
		if (i > v->elements.n || !same(e, item))
			return false;
		if (cJSON_IsNumber(item) && e->number != item->valuedouble)
			return false;
	}
	return i == v->elements.n;
}

static bool
agree(const struct both *b, const struct ib_value *v, const cJSON *tree)
{
	const cJSON *a = last(tree, "a"), *path = last(tree, "a.b");

	if (!path && cJSON_IsObject(a))
		path = last(a, "b");
	return same_elements(b, &v[b->slot[ID]], last(tree, "id")) &&
	       same_elements(b, &v[b->slot[LOSS]], last(tree, "loss")) &&
	       same_elements(b, &v[b->slot[A_B]], path);
}

/*
 * True if cJSON accepts this text only if it is valid. cJSON accepts some texts that RFC 8259 does
 * not allow, and does not know nan and inf.
 */
static bool
is_judge(const struct ib_bytes *t)
{
	const char *p, *end = t->p + t->n;

	for (p = t->p; p < end; p++) {
		if ((unsigned char)*p < 0x20 && *p != '\t' && *p != '\r')
			return false; /* a control byte, which may be in a string */
		if (*p == '\t' || *p == '\r')
			return false; /* a control byte that may also be white space */
		if (*p >= '0' && *p <= '9' && (p == t->p || !strchr("0123456789.eE+-u", p[-1])) &&
		    *p == '0' && p + 1 < end && p[1] >= '0' && p[1] <= '9')
			return false; /* 01 */
		if (*p == '.' && (p + 1 == end || p[1] < '0' || p[1] > '9'))
			return false; /* 1. */
		if (*p == '-' && p + 1 < end && (p[1] == '.' || p[1] == '0'))
			return false; /* -.5, -01 */
	}
	return !strstr(t->p, "\\u") && !strstr(t->p, "nan") && !strstr(t->p, "inf");
}

static void
try_record(struct both *b, const struct ib_bytes *t, bool whole)
{
	struct ib_value v[8] = { 0 };
	const char *end, *rest = NULL;
	cJSON *tree;

	tree = cJSON_ParseWithLengthOpts(t->p, t->n + 1, &rest, false);
	end = ib_json_read_object(&b->json, t->p, v);
	if (whole)
		cr_assert(end && tree, "%.*s", (int)t->n, t->p);
	if (end && tree)
		cr_assert(agree(b, v, tree), "%.*s", (int)t->n, t->p);
	/*
	 * cJSON accepts every object that ib_json_read_object() accepts, unless it has a lone
	 * surrogate. The opposite is true only if is_judge() is true.
	 */
	if (end && !tree && strstr(t->p, "\\u"))
		return;
	if (end)
		cr_assert(tree && rest == end, "%.*s", (int)t->n, t->p);
	else if (tree && cJSON_IsObject(tree) && is_judge(t))
		cr_fatal("refused: %.*s: %s", (int)t->n, t->p, b->json.check.why);
	cJSON_Delete(tree);
}

Test(json, values_equal_those_of_cjson)
{
	struct both *b = both_new();
	struct ib_bytes t = { 0 };
	uint64_t state = 1;
	size_t i, k, n;

	for (i = 0; i < 30000; i++) {
		t.n = 0;
		write_object(&t, &state, 0);
		n = i % 3 == 0 ? 0 : 1 + next(&state) % 3;
		for (k = 0; k < n && t.n > 0; k++)
			mutate(&t, &state);
		n = t.n;
		ib_bytes_append(&t, "\n\0", 2);
		for (k = 0; k < IB_BYTE_SCAN_PAD; k++)
			ib_bytes_append_char(&t, '\0');
		t.n = n;
		try_record(b, &t, i % 3 == 0);
	}
	both_free(b);
	ib_bytes_release(&t);
}

/* ---- where it is not cJSON ----------------------------------------------------------- */

static const char *
read_text(struct both *b, const char *text, struct ib_value *v, char *buffer)
{
	memset(buffer, 0, 512);
	strcpy(buffer, text);
	strcat(buffer, "\n");
	return ib_json_read_object(&b->json, buffer, v);
}

Test(json, text_outside_rfc_8259_is_refused)
{
	static const char *const bad[] = {
		"{\"id\":01}",
		"{\"id\":1.}",
		"{\"id\":.5}",
		"{\"id\":+1}",
		"{\"id\":0x10}",
		"{\"id\":1e}",
		"{\"id\":-}",
		"{\"id\":'a'}",
		"{\"id\":\"\t\"}",
		"{\"id\":\"\\x\"}",
		"{\"id\":\"\\u12\"}",
		"{\"id\":1,}",
		"{,}",
		"{\"id\"}",
		"{\"id\":}",
		"{id:1}",
		"{\"id\":tru}",
		"{\"id\":nul}",
		"{\"id\":[1,]}",
		"{\"id\":[}",
		"{\"id\":\"a",
		"{",
		"[]",
		"1",
		"\"a\"",
		"null",
		"",
		"{\"a\":1 2}",
		"{\"id\":infinit}",
		"{\"id\":nanx}",
		"{\"id\":+inf}",
	};
	struct both *b = both_new();
	struct ib_value v[8];
	char buffer[512];
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		cr_expect(read_text(b, bad[i], v, buffer) == NULL, "%s", bad[i]);
	both_free(b);
}

/*
 * Numbers are checked as RFC 8259, section 6, defines them, whether they are skipped, extracted,
 * converted, or converted later (lazy).
 */
Test(json, numbers_are_checked_even_if_not_requested)
{
	static const struct number {
		const char *text;
		bool integer;
	} good[] = {
		{ "0", 1 },
		{ "-0", 1 },
		{ "7", 1 },
		{ "-12", 1 },
		{ "99999999999999", 1 },
		{ "123456789012345", 1 },
		{ "-12345678901234", 1 },
		{ "1234567890123456", 1 },
		{ "12345678901234567890123", 1 },
		{ "0.5", 0 },
		{ "-0.25", 0 },
		{ "0.1234567890123", 0 },
		{ "0.12345678901234", 0 },
		{ "0.123456789012345", 0 },
		{ "12345678.1234567", 0 },
		{ "1234567890123.5", 0 },
		{ "12345678901234.5", 0 },
		{ "123456789012345.5", 0 },
		{ "0.0", 0 },
		{ "10.00", 0 },
		{ "1e5", 0 },
		{ "1E5", 0 },
		{ "1.5e-7", 0 },
		{ "-1.5E+7", 0 },
		{ "0e0", 0 },
		{ "0.1234567890123e1", 0 },
	};
	static const char *const bad[] = {
		"01",
		"-01",
		"00",
		"1.",
		"-1.",
		".5",
		"-.5",
		"-",
		"+1",
		"1.e5",
		"1e",
		"1e+",
		"1.5e",
		"1.5.2",
		"0x1",
		"1_0",
		"1a",
		"--1",
		"1-",
		"12345678901234.",
		"1234567890123456.",
		"0.12345678901234567x",
		"123456789012345678x",
		"1 2",
	};
	static const char *const name[] = { "y", "id", "loss" };
	struct both *b = both_new();
	struct ib_value v[8];
	char text[96], buffer[512];
	size_t i, k;

	for (k = 0; k < 6; k++) {
		b->json.lazy = k >= 3;
		for (i = 0; i < sizeof(good) / sizeof(*good); i++) {
			snprintf(text, sizeof(text), "{\"%s\":%s}", name[k % 3], good[i].text);
			cr_assert(read_text(b, text, v, buffer) != NULL, "%s", text);
			if (k % 3 == 0)
				continue;
			const struct ib_value *own = &v[b->slot[k % 3 == 1 ? ID : LOSS]];
			cr_expect(own->type == (good[i].integer ? IB_INTEGER : IB_REAL), "%s",
				  text);
			cr_expect(ib_span_is(ib_value_span(own), good[i].text), "%s", text);
			if (k == 2)
				cr_expect(own->number == strtod(good[i].text, NULL));
		}
		for (i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
			snprintf(text, sizeof(text), "{\"%s\":%s}", name[k % 3], bad[i]);
			cr_expect(read_text(b, text, v, buffer) == NULL, "%s", text);
		}
	}
	both_free(b);
}

Test(json, nan_and_infinity_are_accepted_as_numbers)
{
	static const char *const words[] = {
		"NaN", "nan", "-nan", "Infinity", "-Infinity", "inf", "-INF",
	};
	struct both *b = both_new();
	struct ib_value v[8];
	char text[64], buffer[512];
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++) {
		snprintf(text, sizeof(text), "{\"x\":[%s],\"loss\":%s}", words[i], words[i]);
		cr_assert(read_text(b, text, v, buffer) != NULL, "%s", text);
		cr_expect(v[b->slot[LOSS]].type == IB_WORD);
		cr_expect(isfinite(v[b->slot[LOSS]].number) == 0);
	}
	both_free(b);
}

Test(json, integers_keep_their_digits_and_the_last_duplicate_wins)
{
	struct both *b = both_new();
	struct ib_value v[8];
	char buffer[512];

	cr_assert(read_text(b,
			    "{\"id\":\"x\",\"a\":{\"b\":1},\"id\":"
			    "340282366920938463463374607431768211456,"
			    "\"a\":{\"b\":2,\"c\":{\"b\":3}}}",
			    v, buffer) != NULL);
	cr_expect(v[b->slot[ID]].type == IB_INTEGER);
	cr_expect(ib_span_is(ib_value_span(&v[b->slot[ID]]),
			     "340282366920938463463374607431768211456"));
	cr_expect(ib_span_is(ib_value_span(&v[b->slot[A_B]]), "2"));
	cr_assert(read_text(b, "{\"a\":{\"b\":1},\"a.b\":7,\"Id\":1}", v, buffer) != NULL);
	cr_expect(ib_span_is(ib_value_span(&v[b->slot[A_B]]), "7"));
	cr_expect(v[b->slot[ID]].type == IB_ABSENT);
	both_free(b);
}

Test(json, escaped_names_equal_unescaped_names)
{
	static const struct {
		const char *string, *means;
		bool same;
	} t[] = {
		{ "", "", true },
		{ "loss", "loss", true },
		{ "lo\\u0073s", "loss", true },
		{ "\\u006closs", "lloss", true },
		{ "lo\\u0073", "loss", false },
		{ "loss\\u0073", "loss", false },
		{ "\\n\\\"\\/", "\n\"/", true },
		{ "\\u00e9", "\xc3\xa9", true },
		{ "\\u20ac", "\xe2\x82\xac", true },
		{ "\\ud83d\\ude00", "\xf0\x9f\x98\x80", true },
		{ "\\ud83d", "\xf0\x9f\x98\x80", false },
	};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(*t); i++) {
		cr_expect(eq(int,
			     ib_json_string_equals(ib_span_of(t[i].string), ib_span_of(t[i].means)),
			     t[i].same),
			  "%s", t[i].string);
		cr_expect(eq(int, ib_json_has_paired_surrogates(ib_span_of(t[i].string)),
			     strcmp(t[i].string, "\\ud83d") != 0),
			  "%s", t[i].string);
	}
}
