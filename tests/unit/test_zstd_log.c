#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zstd.h>

#include "base/bytes.h"
#include "io/zstd_log_index.h"
#include "io/zstd_log_writer.h"
#include "scratch.h"

/*
 * The tests use a toy log. The text of a run is "run N\n", lines of random digits, and "end N\n".
 * N is used as the checksum of the run.
 */

/* True if the text ends with the last line of a run, including the newline. */
static bool
parse_footer(struct ib_span end, uint64_t *checksum)
{
	unsigned long long n;
	char line[32] = "";

	if (end.n < 25)
		return false;
	memcpy(line, end.p + end.n - 25, 25);
	if (sscanf(line, "end %llu", &n) != 1)
		return false;
	*checksum = n;
	return true;
}

static enum ib_status
classify(struct ib_span line, enum ib_zstd_log_line *what, uint64_t *checksum, struct ib_error *err)
{
	struct ib_bytes b = { 0 };

	(void)err;
	ib_bytes_append(&b, line.p, line.n);
	ib_bytes_append(&b, "\n", 1);
	if (line.n == 0)
		*what = IB_LOG_LINE_BLANK;
	else if (line.n >= 4 && memcmp(line.p, "run ", 4) == 0)
		*what = IB_LOG_LINE_HEADER;
	else
		*what = b.n == 25 && parse_footer(ib_bytes_span(&b), checksum) ? IB_LOG_LINE_FOOTER
									       : IB_LOG_LINE_OTHER;
	ib_bytes_release(&b);
	return IB_OK;
}

static void
name(struct ib_span begin, char out[IB_ZSTD_LOG_NAME])
{
	int n = begin.n < 40 ? (int)begin.n : 40;
	const char *end = memchr(begin.p, '\n', (size_t)n);

	if (end)
		n = (int)(end - begin.p);
	snprintf(out, IB_ZSTD_LOG_NAME, "'%.*s'", n, begin.p);
}

static const char *
identify(struct ib_span head, const char *other)
{
	(void)other;
	return head.n > 0 && head.p[0] == '{' ? "JSON" : NULL;
}

static const struct ib_zstd_log_kind kind = {
	.what = "a toy log",
	.begins = "run ",
	.line = classify,
	.identify = identify,
	.name = name,
};

static char path[64];
static char warned[2000];

static void
warn(void *data, const char *sentence)
{
	(void)data;
	snprintf(warned, sizeof(warned), "%s", sentence);
}

static const struct ib_context context = { .warn = warn };

static void
setup(void)
{
	scratch_enter();
	strcpy(path, "log");
	warned[0] = '\0';
}

TestSuite(zstd_log, .init = setup, .fini = scratch_leave);

/* Append the text of run n. Its lines are random, so that they do not compress well. */
static void
text_of(uint64_t n, size_t lines, struct ib_bytes *b)
{
	uint64_t x = n + 1;
	size_t i;

	ib_bytes_printf(b, "run %llu\n", (unsigned long long)n);
	for (i = 0; i < lines; i++) {
		x = x * 6364136223846793005u + 1442695040888963407u;
		ib_bytes_printf(b, "%016llx\n", (unsigned long long)x);
	}
	ib_bytes_printf(b, "end %020llu\n", (unsigned long long)n);
}

static enum ib_status
append(uint64_t n, size_t lines, bool *any, uint64_t *before, struct ib_error *err)
{
	struct ib_zstd_log_writer *log = NULL;
	struct ib_bytes text = { 0 };
	enum ib_status st;

	st = ib_zstd_log_writer_open(path, &kind, &context, &log, err);
	if (st)
		return st;
	text_of(n, lines, &text);
	ib_zstd_log_writer_write(log, text.p, text.n);
	ib_bytes_release(&text);
	st = ib_zstd_log_writer_lock(log, any, before, err);
	if (!st)
		st = ib_zstd_log_writer_finish(log, err);
	if (!st)
		st = ib_zstd_log_writer_append(log, n, err);
	ib_zstd_log_writer_close(log);
	return st;
}

static void
must_append(uint64_t n, size_t lines, bool any, uint64_t before)
{
	struct ib_error err = { 0 };
	uint64_t checksum = 0;
	bool was = false;

	cr_assert(eq(int, append(n, lines, &was, &checksum, &err), IB_OK), "%s", err.text);
	cr_assert(eq(int, was, any));
	if (any)
		cr_assert(eq(u64, checksum, before));
}

static void
load(const char *from, struct ib_bytes *b)
{
	FILE *f = fopen(from, "rb");
	int c;

	b->n = 0;
	cr_assert(f != NULL);
	while ((c = getc(f)) != EOF)
		ib_bytes_append_char(b, (char)c);
	fclose(f);
}

static void
store(const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f && fwrite(p, 1, n, f) == n && fclose(f) == 0);
}

/* Read the checksums of all complete frames in order. Returns the final status. */
static enum ib_status
read_checksums(uint64_t *checksum, size_t *n, bool *truncated, struct ib_error *err)
{
	struct ib_zstd_log_reader *f = NULL;
	struct ib_bytes text = { 0 };
	enum ib_status st;
	size_t got;

	*n = 0;
	*truncated = false;
	st = ib_zstd_log_reader_open(path, &kind, &f, err);
	while (!st && !(st = ib_zstd_log_reader_next(f, err))) {
		text.n = 0;
		do {
			ib_bytes_reserve(&text, 100);
			st = ib_zstd_log_reader_read(f, text.p + text.n, 100, &got, err);
			text.n += got;
		} while (!st && got == 100);
		if (st)
			break;
		if (ib_zstd_log_reader_state(f) == IB_FRAME_TRUNCATED)
			*truncated = true;
		else if (parse_footer(ib_bytes_span(&text), &checksum[*n]))
			++*n;
	}
	ib_bytes_release(&text);
	ib_zstd_log_reader_close(f);
	return st == IB_EOF ? IB_OK : st;
}

static void
must_hold(const uint64_t *want, size_t n)
{
	struct ib_error err = { 0 };
	uint64_t got[100];
	size_t m, i;
	bool truncated;

	cr_assert(eq(int, read_checksums(got, &m, &truncated, &err), IB_OK), "%s", err.text);
	cr_assert(eq(sz, m, n));
	for (i = 0; i < n; i++)
		cr_assert(eq(u64, got[i], want[i]));
	cr_assert(not(truncated));
}

Test(zstd_log, appended_text_is_read_back)
{
	must_append(7, 10, false, 0);
	must_append(9, 30000, true, 7);
	must_append(8, 0, true, 9);
	must_hold((uint64_t[]){ 7, 9, 8 }, 3);
	cr_assert(eq(str, warned, ""));
}

Test(zstd_log, a_large_frame_is_built_in_a_temporary_file)
{
	struct stat s;

	must_append(1, 9000000, false, 0); /* 8 random bytes per line: 72 MB */
	cr_assert(eq(int, stat(path, &s), 0));
	cr_assert(gt(long, (long)s.st_size, 64 << 20));
	must_append(2, 1, true, 1);
	must_hold((uint64_t[]){ 1, 2 }, 2);
}

Test(zstd_log, the_bytes_do_not_depend_on_the_sizes_of_the_writes)
{
	static const size_t pieces[] = { SIZE_MAX, 1, 100, 4096, 131072, 200001 };
	struct ib_bytes text = { 0 }, first = { 0 }, other = { 0 };
	struct ib_zstd_log_writer *log = NULL;
	struct ib_error err;
	size_t i, at, n;
	uint64_t checksum;
	bool any;

	text_of(1, 400000, &text); /* 7 MB: several blocks and jobs */
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) {
		unlink(path);
		cr_assert(
			eq(int, ib_zstd_log_writer_open(path, &kind, &context, &log, &err), IB_OK));
		for (at = 0; at < text.n; at += n) {
			n = text.n - at < pieces[i] ? text.n - at : pieces[i];
			ib_zstd_log_writer_write(log, text.p + at, n);
		}
		cr_assert(eq(int, ib_zstd_log_writer_lock(log, &any, &checksum, &err), IB_OK));
		cr_assert(eq(int, ib_zstd_log_writer_finish(log, &err), IB_OK));
		cr_assert(eq(int, ib_zstd_log_writer_append(log, 1, &err), IB_OK));
		ib_zstd_log_writer_close(log);
		load(path, i == 0 ? &first : &other);
		if (i > 0)
			cr_assert(ib_span_equal(ib_bytes_span(&first), ib_bytes_span(&other)));
	}
	ib_bytes_release(&text);
	ib_bytes_release(&first);
	ib_bytes_release(&other);
}

Test(zstd_log, without_an_append_nothing_is_written)
{
	struct ib_zstd_log_writer *log = NULL;
	struct ib_error err;

	cr_assert(eq(int, ib_zstd_log_writer_open(path, &kind, &context, &log, &err), IB_OK));
	ib_zstd_log_writer_write(log, "run 1\n", 6);
	ib_zstd_log_writer_close(log);
	cr_assert(ne(int, access(path, F_OK), 0));
}

Test(zstd_log, an_append_that_is_undone_restores_the_bytes)
{
	struct ib_bytes before = { 0 }, after = { 0 };
	struct ib_zstd_log_writer *log = NULL;
	struct ib_error err;
	uint64_t checksum;
	bool any;
	int had;

	for (had = 0; had < 2; had++) {
		if (had) {
			must_append(1, 5, false, 0);
			load(path, &before);
		}
		ib_zstd_log_writer_open(path, &kind, &context, &log, &err);
		ib_zstd_log_writer_write(log, "run 2\nend 00000000000000000002\n", 31);
		cr_assert(eq(int, ib_zstd_log_writer_lock(log, &any, &checksum, &err), IB_OK));
		cr_assert(eq(int, ib_zstd_log_writer_finish(log, &err), IB_OK));
		cr_assert(eq(int, ib_zstd_log_writer_append(log, 2, &err), IB_OK));
		ib_zstd_log_writer_undo(log);
		ib_zstd_log_writer_close(log);
		cr_assert(eq(int, access(path, F_OK) == 0, had));
	}
	load(path, &after);
	cr_assert(ib_span_equal(ib_bytes_span(&before), ib_bytes_span(&after)));
	ib_bytes_release(&before);
	ib_bytes_release(&after);
}

/* If an append is killed at any byte, only its run is lost, and the next append repairs the log. */
Test(zstd_log, an_append_follows_the_last_complete_frame_of_a_truncated_file, .timeout = 1200)
{
	struct ib_bytes all = { 0 };
	uint64_t got[4];
	size_t end[4], n = 0, m, length;
	struct ib_error err = { 0 };
	struct stat s;
	bool truncated;

	for (n = 0; n < 3; n++) {
		must_append(n, 3, n > 0, n - 1);
		cr_assert(eq(int, stat(path, &s), 0));
		/* a frame is complete even without its index */
		end[n] = (size_t)s.st_size - IB_ZSTD_LOG_INDEX_BYTES;
	}
	load(path, &all);
	for (length = 0; length <= all.n; length++) {
		for (n = 0; n < 3 && end[n] <= length; n++)
			continue;
		store(all.p, length);
		cr_assert(eq(int, read_checksums(got, &m, &truncated, &err), IB_OK), "%zu: %s",
			  length, err.text);
		cr_assert(eq(sz, m, n), "truncated to %zu bytes", length);
		must_append(50, 3, n > 0, n - 1);
		got[n] = 50;
		must_hold(got, n + 1);
	}
	ib_bytes_release(&all);
}

/* If a frame is truncated and other runs follow, an append must not remove anything. */
Test(zstd_log, a_truncated_frame_before_another_is_corrupt_and_unchanged, .timeout = 1200)
{
	struct ib_bytes all = { 0 }, truncated = { 0 }, after = { 0 };
	struct ib_error err = { 0 };
	size_t first, length, n;
	uint64_t got[4];
	struct stat s;
	bool any;

	must_append(0, 3, false, 0);
	stat(path, &s);
	first = (size_t)s.st_size - IB_ZSTD_LOG_INDEX_BYTES;
	must_append(1, 300, true, 0);
	load(path, &all);
	for (length = 8; length < first; length++) {
		truncated.n = 0;
		ib_bytes_append(&truncated, all.p, length);
		ib_bytes_append(&truncated, all.p + first, all.n - first);
		store(truncated.p, truncated.n);
		cr_assert(eq(int, read_checksums(got, &n, &any, &err), IB_E_DATA), "%zu", length);
		cr_assert(eq(int, append(2, 3, &any, got, &err), IB_E_DATA));
		load(path, &after);
		cr_assert(ib_span_equal(ib_bytes_span(&truncated), ib_bytes_span(&after)));
	}
	ib_bytes_release(&all);
	ib_bytes_release(&truncated);
	ib_bytes_release(&after);
}

Test(zstd_log, an_error_in_a_frame_names_the_frame, .timeout = 1200)
{
	struct ib_bytes all = { 0 };
	struct ib_error err = { 0 };
	size_t at, frame, n, named = 0, harmless = 0;
	enum ib_status st;
	uint64_t got[4];
	struct stat s;
	bool truncated;

	must_append(31, 20, false, 0);
	must_append(32, 20, true, 31);
	stat(path, &s);
	load(path, &all);
	frame = ((size_t)s.st_size / 2) - IB_ZSTD_LOG_INDEX_BYTES;
	for (at = 0; at < frame; at++) {
		all.p[at] ^= 0x40;
		store(all.p, all.n);
		all.p[at] ^= 0x40;
		err.text[0] = '\0';
		st = read_checksums(got, &n, &truncated, &err);
		if (st == IB_OK) { /* the byte is in the window size or in padding */
			cr_assert(eq(sz, n, 2), "byte %zu", at);
			harmless++;
			continue;
		}
		cr_assert(eq(int, st, IB_E_DATA), "byte %zu", at);
		named += strstr(err.text, "'run 31'") != NULL;
	}
	cr_assert(le(sz, harmless, 2));
	/* the message names the run if the first line can still be decoded */
	cr_assert(gt(sz, named, frame / 2));
	ib_bytes_release(&all);
}

Test(zstd_log, concurrent_appends_wait_for_each_other, .timeout = 1200)
{
	struct ib_error err = { 0 };
	uint64_t got[100];
	size_t n, i;
	bool any, seen[24] = { false };
	int status;

	for (i = 0; i < 24; i++)
		if (fork() == 0)
			_exit(append(i, 2000, &any, got, &err) != IB_OK);
	for (i = 0; i < 24; i++) {
		wait(&status);
		cr_assert(eq(int, status, 0));
	}
	cr_assert(eq(int, read_checksums(got, &n, &any, &err), IB_OK), "%s", err.text);
	cr_assert(eq(sz, n, 24));
	for (i = 0; i < n; i++)
		seen[got[i]] = true;
	for (i = 0; i < 24; i++)
		cr_assert(seen[i]);
}

/* So the time of an append does not depend on the size of the log. */
Test(zstd_log, an_append_reads_only_the_first_block_of_the_last_frame)
{
	struct ib_bytes all = { 0 };
	struct ib_zstd_log_index index;

	must_append(1, 100000, false, 0);
	load(path, &all);
	cr_assert(ib_zstd_log_index_get(all.p + all.n - IB_ZSTD_LOG_INDEX_BYTES, &index));
	cr_assert(eq(u64, index.size, all.n - IB_ZSTD_LOG_INDEX_BYTES));
	cr_assert(eq(u64, index.frame, index.size));
	memset(all.p + all.n / 2, 'x', 50);
	store(all.p, all.n);
	must_append(2, 1, true, 1);
	ib_bytes_release(&all);
}

Test(zstd_log, joined_logs_and_other_skippable_frames_are_kept)
{
	struct ib_bytes a = { 0 }, b = { 0 };

	must_append(1, 10, false, 0);
	load(path, &a);
	unlink(path);
	must_append(2, 10, false, 0);
	load(path, &b);
	ib_bytes_append(&a, b.p, b.n);
	ib_bytes_append(&a, "\x50\x2a\x4d\x18\x03\0\0\0abc", 11);
	store(a.p, a.n);
	must_append(3, 10, true, 2);
	must_hold((uint64_t[]){ 1, 2, 3 }, 3);
	load(path, &b);
	cr_assert(ib_span_equal(ib_bytes_span(&a), (struct ib_span){ b.p, a.n }));
	ib_bytes_release(&a);
	ib_bytes_release(&b);
}

Test(zstd_log, an_unfinished_frame_is_truncated_away)
{
	struct ib_bytes all = { 0 };
	char packed[200];
	size_t n;

	must_append(4, 10, false, 0);
	load(path, &all);
	n = ZSTD_compress(packed, sizeof(packed), "run 5\nabc\n", 10, 3);
	ib_bytes_append(&all, packed, n);
	store(all.p, all.n);
	must_append(6, 1, true, 4);
	cr_assert(ne(ptr, strstr(warned, "unfinished"), NULL));
	must_hold((uint64_t[]){ 4, 6 }, 2);
	ib_bytes_release(&all);
}

struct refusal {
	char what[16];
	enum ib_status st;
};

ParameterizedTestParameters(zstd_log, refuses)
{
	static struct refusal cases[] = {
		{ "plain text", IB_E_DATA },  { "other zstd", IB_E_DATA },
		{ "a folder", IB_E_CREATE },  { "a FIFO", IB_E_CREATE },
		{ "no folder", IB_E_CREATE }, { "a device", IB_E_CREATE },
	};

	return cr_make_param_array(struct refusal, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct refusal *c, zstd_log, refuses)
{
	struct ib_zstd_log_writer *log = NULL;
	struct ib_error err = { 0 };
	char packed[200];
	size_t n;

	if (!strcmp(c->what, "plain text")) {
		store("{\"id\":1}\n", 9);
	} else if (!strcmp(c->what, "other zstd")) {
		n = ZSTD_compress(packed, sizeof(packed), "{\"id\":1}\n", 9, 3);
		store(packed, n);
	} else if (!strcmp(c->what, "a folder")) {
		mkdir(path, 0777);
	} else if (!strcmp(c->what, "a FIFO")) {
		mkfifo(path, 0666);
	} else if (!strcmp(c->what, "no folder")) {
		strcat(path, "/x/y");
	} else {
		strcpy(path, "/dev/null");
	}
	cr_assert(eq(int, ib_zstd_log_writer_open(path, &kind, &context, &log, &err), c->st),
		  "%s: %s", c->what, err.text);
}
