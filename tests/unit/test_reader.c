#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <unistd.h>

#include "random.h"
#include "scratch.h"
#include "walk.h"

TestSuite(reader, .init = scratch_enter, .fini = scratch_leave);

/* ---- files that try the edges ---------------------------------------------------- */

#define PIECE(s)                                                                                   \
	{                                                                                          \
		s, sizeof(s) - 1                                                                   \
	}
struct piece {
	const char *p;
	size_t n;
};

static const struct piece jsonl[] = {
	PIECE("{\"id\":\"a\",\"weight\":1.5}\n"),
	PIECE("{\"id\":\"b\",\"x\":\"\\\"}\\\\\"}\r\n"),
	PIECE("\n"),
	PIECE("\r\n"),
	PIECE("  \n"),
	PIECE("{\n"),
	PIECE("{\"id\":7,\"weight\":null,\"t\":[1,{\"id\":2}]}\n"),
	PIECE("  {\"id\":\"\xff\xfe\"}  \n"),
	PIECE("{\"x\":1}\n"),
	PIECE("{\"id\":\"nul\0in\"}\n"),
	PIECE("\0\n"),
	PIECE("not json\n"),
	PIECE("{\"id\":\"\\u00e9\\ud83d\\ude00\"}\n"),
	PIECE("[1]\n"),
	PIECE("{\"id\":\"long long long long long long long long long long "
	      "long long long long long long long long long long long\"}\n"),
};
static const struct piece json[] = {
	PIECE("{\"id\":\"a\",\"weight\":1.5}"),
	PIECE(" {\"id\":\"b\"}\n "),
	PIECE("{\"id\":\"[\\\"]},\",\"t\":[[],{}]}"),
	PIECE("{\"id\":\"c\"\n}"),
	PIECE("7"),
	PIECE("\"a]b\""),
	PIECE("[1,[2,{\"id\":3}]]"),
	PIECE("{\"id\":8,}"),
	PIECE("nul"),
	PIECE("{\"x\":\"\\\\\"}"),
};
static const struct piece csv[] = {
	PIECE("a,1,x\n"),
	PIECE("b,2,\"x,\"\"y\"\"\"\r\n"),
	PIECE("\"c\",3,\"two\nlines\"\n"),
	PIECE("\n"),
	PIECE("\r\n"),
	PIECE("d,4\n"),
	PIECE("\"e\"x,5,6\n"),
	PIECE("f,,\n"),
	PIECE("g,1,\"\"\n"),
	PIECE("\xff,\0,\n"),
	PIECE(",,\n"),
	PIECE("\"a \"\"long\"\" field of several words, with commas\",1,\n"),
	PIECE("h,\"i\rj\",k\n"),
	PIECE("l,1,2,3\n"),
};
static const struct piece tsv[] = {
	PIECE("a\t1\tx\n"),
	PIECE("b\t2\t\"\r\n"),
	PIECE("\n"),
	PIECE("\"c\t3\t\n"),
	PIECE("d\t4\n"),
	PIECE("\t\t\n"),
	PIECE("e\t1\ta long field, of several words, \"quoted\"\n"),
	PIECE("f\0g\t1\t\n"),
	PIECE("\xff\t1\t\n"),
};
static const struct piece list[] = {
	PIECE("a\n"),
	PIECE("b c d\r\n"),
	PIECE("\n"),
	PIECE("\r\n"),
	PIECE("e\t2.5\n"),
	PIECE(" f  g\n"),
	PIECE("\0\n"),
	PIECE("\xff\n"),
	PIECE("a path/with blanks and a good length/of many folders/x.jpg\n"),
};

static const struct form {
	enum ib_format format;
	const struct piece *piece;
	size_t n;
	const char *before, *between, *after;
} forms[] = {
	{ IB_FORMAT_JSONL, jsonl, sizeof(jsonl) / sizeof(*jsonl), "", "", "" },
	{ IB_FORMAT_JSON, json, sizeof(json) / sizeof(*json), " [ ", ",", " ]\n" },
	{ IB_FORMAT_CSV, csv, sizeof(csv) / sizeof(*csv), "id,weight,t\n", "", "" },
	{ IB_FORMAT_TSV, tsv, sizeof(tsv) / sizeof(*tsv), "id\tweight\tt\r\n", "", "" },
	{ IB_FORMAT_LIST, list, sizeof(list) / sizeof(*list), "", "", "" },
};

static void
make_text(const struct form *f, uint64_t *state, struct ib_bytes *text)
{
	size_t i, n = next(state) % 12;
	const struct piece *p;

	text->n = 0;
	if (next(state) % 4 == 0)
		ib_bytes_append(text, "\xef\xbb\xbf", 3);
	ib_bytes_append(text, f->before, strlen(f->before));
	for (i = 0; i < n; i++) {
		p = &f->piece[next(state) % f->n];
		if (i > 0)
			ib_bytes_append(text, f->between, strlen(f->between));
		ib_bytes_append(text, p->p, p->n);
	}
	if (next(state) % 4 == 0 && text->n > 0) /* cut short */
		text->n -= next(state) % (text->n < 9 ? text->n : 9);
	else
		ib_bytes_append(text, f->after, strlen(f->after));
}

static void
write_file(char *path, const struct ib_bytes *text)
{
	int fd;

	strcpy(path, "text-XXXXXX");
	fd = mkstemp(path);
	cr_assert(fd >= 0);
	cr_assert(write(fd, text->p, text->n) == (ssize_t)text->n);
	close(fd);
}

static void
try_blocks(const struct form *f, uint64_t seed, const char *key)
{
	struct ib_bytes text = { 0 }, whole = { 0 }, got = { 0 };
	struct walk w = { .format = f->format,
			  .key = key,
			  .any_value = seed % 3 == 0,
			  .epoch_manifest = seed % 5 == 0,
			  .header_lines = seed % 7 == 0 };
	uint64_t state = seed;
	char path[32];

	make_text(f, &state, &text);
	write_file(path, &text);
	walk_file(path, &w, &whole);
	for (w.block = 1; w.block < 200; w.block += 1 + w.block / 24) {
		got.n = 0;
		walk_file(path, &w, &got);
		if (!ib_span_equal(ib_bytes_span(&whole), ib_bytes_span(&got)))
			cr_fatal("format %d, seed %llu, block %zu:\n%.*s\n"
				 "whole:\n%.*s\nblocks:\n%.*s",
				 (int)f->format, (unsigned long long)seed, w.block, (int)text.n,
				 text.p, (int)whole.n, whole.p, (int)got.n, got.p);
	}
	unlink(path);
	ib_bytes_release(&text);
	ib_bytes_release(&whole);
	ib_bytes_release(&got);
}

ParameterizedTestParameters(reader, records_are_the_same_in_blocks_of_any_size)
{
	static size_t form[] = { 0, 1, 2, 3, 4 };

	return cr_make_param_array(size_t, form, 5);
}
ParameterizedTest(size_t *form, reader, records_are_the_same_in_blocks_of_any_size)
{
	static const char *const keys[] = { NULL, NULL, "@line", "@hash" };
	uint64_t seed;

	for (seed = 1; seed <= 400; seed++)
		try_blocks(&forms[*form], seed, keys[seed % 4]);
}

/* ---- what records are ------------------------------------------------------------- */

static void
check(enum ib_format format, const char *text, size_t n, const char *want)
{
	struct walk w = { .format = format };
	struct ib_bytes file = { .p = (char *)(uintptr_t)text, .n = n };
	struct ib_bytes got = { 0 };
	char path[32];

	write_file(path, &file);
	walk_file(path, &w, &got);
	ib_bytes_append_char(&got, '\0');
	cr_expect(eq(str, got.p, (char *)(uintptr_t)want));
	unlink(path);
	ib_bytes_release(&got);
}
#define CHECK(format, text, want) check(format, text, sizeof(text) - 1, want)

Test(reader, blank_lines_and_a_bom_are_counted_as_lines_but_not_as_records)
{
	CHECK(IB_FORMAT_JSONL, "\xef\xbb\xbf\n\r\n{\"id\":1}\r\n \n{\"id\":2}",
	      "3 {\"id\":1}|2|1\n5 {\"id\":2}|0|2\n");
	CHECK(IB_FORMAT_LIST, "\n\na\r\n\nb", "3 a|2|a\n5 b|0|b\n");
	CHECK(IB_FORMAT_CSV, "\n\xef\xbb\xbf", "");
	CHECK(IB_FORMAT_CSV, "\xef\xbb\xbfid,x\n\na,1\n", "3 a,1|1|a\n");
}

Test(reader, a_quoted_field_may_contain_newlines)
{
	CHECK(IB_FORMAT_CSV, "id,x\n\"a\n\nb\",1\nc,2\n", "2 \"a\n\nb\",1|1|a\n\nb\n5 c,2|1|c\n");
}

Test(reader, an_open_quote_makes_the_rest_one_invalid_record)
{
	struct walk w = { .format = IB_FORMAT_CSV };
	struct ib_bytes got = { 0 };
	struct ib_bytes file = { .p = "id,x\na,1\nb,\"2\nc,3\nd,4\n", .n = 22 };
	char path[32];
	size_t i, lines = 0;

	write_file(path, &file);
	walk_file(path, &w, &got);
	for (i = 0; i < got.n; i++)
		lines += got.p[i] == '\n';
	ib_bytes_append_char(&got, '\0');
	cr_expect(eq(sz, lines, 2));
	cr_expect(strstr(got.p, "2 a,1|1|a\n3 bad: ") == got.p);
	unlink(path);
	ib_bytes_release(&got);
}

Test(reader, an_arrays_elements_keep_their_bytes)
{
	CHECK(IB_FORMAT_JSON, "[ {\"id\":\"a\" } ,\n{ \"id\":[]}\n]\n",
	      "1 {\"id\":\"a\" }|0|a\n2 { \"id\":[]}|0|no id\n"
	      "");
	CHECK(IB_FORMAT_JSON, "[]", "");
	CHECK(IB_FORMAT_JSON, " [ ] ", "");
}
