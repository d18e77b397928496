#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "io/input.h"
#include "scratch.h"

TestSuite(input, .init = scratch_enter, .fini = scratch_leave, .timeout = 1200);

/* Read the complete input, `step` bytes at a time. Returns the final status. */
static enum ib_status
gulp(const char *path, size_t step, struct ib_bytes *all, char digest[33], struct ib_error *err)
{
	struct ib_input *in = NULL;
	enum ib_status st = ib_input_open(path, &in, err);
	size_t n;

	*all = (struct ib_bytes){ 0 };
	if (st) {
		ib_input_close(in);
		return st;
	}
	ib_input_want_digest(in);
	do {
		ib_bytes_reserve(all, step);
		st = ib_input_read(in, all->p + all->n, step, &n, err);
		all->n += n;
		cr_assert(st || n == step || ib_input_read(in, NULL, 0, &n, err) == IB_OK);
	} while (!st);
	ib_input_digest(in, digest);
	ib_input_close(in);
	return st;
}

static void
expect(const char *path, size_t step, const struct ib_bytes *want, const char *digest)
{
	struct ib_error err = { 0 };
	struct ib_bytes all;
	char got[33];
	enum ib_status st = gulp(path, step, &all, got, &err);

	cr_assert(eq(int, st, IB_EOF), "%s: %s", path, err.text);
	cr_assert(eq(sz, all.n, want->n), "%s", path);
	cr_assert(all.n == 0 || memcmp(all.p, want->p, all.n) == 0, "%s", path);
	cr_assert(eq(str, got, (char *)digest), "%s", path);
	ib_bytes_release(&all);
}

/* Compute the XXH3-128 of a file with xxhsum. */
static void
xxhsum(const char *path, char digest[33])
{
	char cmd[200];
	FILE *f;

	snprintf(cmd, sizeof(cmd), "xxhsum -q -H2 %s", path);
	f = popen(cmd, "r");
	cr_assert(f && fscanf(f, "%32s", digest) == 1);
	pclose(f);
}

struct codec {
	char name[8], pack[32], suffix[8];
	bool zeros; /* zeros may follow the data as padding */
};

static struct codec codecs[] = {
	{ "zstd", "zstd -qc", ".zst", false },
	{ "zstd", "zstd -qc --no-check", ".zst", false },
	{ "gzip", "gzip -c", ".gz", true },
	{ "xz", "xz -c", ".xz", true },
	{ "bzip2", "bzip2 -c", ".bz2", false },
	{ "lz4", "lz4 -qc", ".lz4", false },
	{ "lz4", "lz4 -qc -BD -BX", ".lz4", false },
	{ "lz4", "lz4 -qc9 -B4 -BD", ".lz4", false },
};

#define EACH_CODEC(test)                                                                           \
	ParameterizedTestParameters(input, test)                                                   \
	{                                                                                          \
		return cr_make_param_array(struct codec, codecs,                                   \
					   sizeof(codecs) / sizeof(*codecs));                      \
	}                                                                                          \
	ParameterizedTest(struct codec *c, input, test)

/* Make a text of 3 MB, which is larger than the blocks of the reader and of all formats. */
static void
make_text(void)
{
	shell("seq 1 400000 >text; seq 5 900 >more; : >none");
}

static void
pack(const struct codec *c, const char *from, const char *to)
{
	char cmd[200];

	snprintf(cmd, sizeof(cmd), "%s %s >%s%s", c->pack, from, to, c->suffix);
	shell(cmd);
}

Test(input, reads_plain_bytes_and_digests_them)
{
	struct ib_bytes want;
	char digest[33];
	size_t steps[] = { 7, 4096, 65537, 1 << 20, 1 << 24 }, i;

	make_text();
	want = scratch_read("text");
	xxhsum("text", digest);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		expect("text", steps[i], &want, digest);
	ib_bytes_release(&want);
	scratch_write("abc", "abc", 3);
	want = scratch_read("abc");
	expect("abc", 10, &want, "06b05ab6733a618578af5f94892f3950");
	ib_bytes_release(&want);
	want = scratch_read("none");
	xxhsum("none", digest);
	expect("none", 10, &want, digest);
	ib_bytes_release(&want);
}

EACH_CODEC(unpacks_frames_in_a_row)
{
	struct ib_bytes want, one;
	char digest[33], cmd[200];
	size_t steps[] = { 13, 4096, 1 << 20, 1 << 23 }, i;

	make_text();
	pack(c, "text", "a");
	pack(c, "none", "b");
	pack(c, "more", "c");
	snprintf(cmd, sizeof(cmd),
		 "cat a%s b%s c%s a%s >all; "
		 "cat text more text >want",
		 c->suffix, c->suffix, c->suffix, c->suffix);
	shell(cmd);
	want = scratch_read("want");
	xxhsum("want", digest);
	for (i = 0; i < sizeof(steps) / sizeof(*steps); i++)
		expect("all", steps[i], &want, digest);
	one = scratch_read("none");
	xxhsum("none", digest);
	snprintf(cmd, sizeof(cmd), "b%s", c->suffix);
	expect(cmd, 10, &one, digest);
	ib_bytes_release(&one);
	ib_bytes_release(&want);
}

static void
refused(const char *path, const struct codec *c, size_t at)
{
	char digest[33], text[100];
	struct ib_error err = { 0 };
	struct ib_bytes all;
	enum ib_status st = gulp(path, 1 << 20, &all, digest, &err);

	snprintf(text, sizeof(text), "%s: truncated or corrupt %s data", path, c->name);
	cr_assert(eq(int, st, IB_E_DATA), "%s at %zu", c->name, at);
	cr_assert(eq(int, err.code, IB_E_DATA));
	cr_assert(eq(str, err.text, text));
	ib_bytes_release(&all);
}

/* A small file of two frames is refused if it is cut anywhere, except between the two frames. */
EACH_CODEC(refuses_what_is_cut)
{
	struct ib_bytes a, b, both = { 0 };
	char name[16], digest[33];
	size_t i;

	shell("seq 1 300 >text");
	pack(c, "text", "a");
	snprintf(name, sizeof(name), "a%s", c->suffix);
	a = scratch_read(name);
	b = scratch_read(name);
	ib_bytes_append(&both, a.p, a.n);
	ib_bytes_append(&both, b.p, b.n);
	snprintf(name, sizeof(name), "cut%s", c->suffix);
	for (i = 1; i < both.n; i++) {
		scratch_write(name, both.p, i);
		if (i != a.n) {
			refused(name, c, i);
			continue;
		}
		ib_bytes_release(&b);
		b = scratch_read("text");
		xxhsum("text", digest);
		expect(name, 1 << 20, &b, digest);
	}
	ib_bytes_release(&a);
	ib_bytes_release(&b);
	ib_bytes_release(&both);
}

EACH_CODEC(refuses_a_cut_of_a_large_file)
{
	struct ib_bytes a;
	char name[16];
	size_t i;

	make_text();
	pack(c, "text", "a");
	snprintf(name, sizeof(name), "a%s", c->suffix);
	a = scratch_read(name);
	for (i = 1; i < 12; i++) {
		snprintf(name, sizeof(name), "cut%s", c->suffix);
		scratch_write(name, a.p, a.n * i / 12);
		refused(name, c, i);
	}
	ib_bytes_release(&a);
}

EACH_CODEC(refuses_garbage_behind)
{
	static const char *const tails[] = {
		"x", "garbage", "\x28\xb5\x2f", "\x1f\x8b", "BZh9", "\n", "{\"id\":1,\"loss\":2}\n"
	};
	struct ib_bytes a;
	char name[16];
	size_t i, n;

	shell("seq 1 300 >text");
	pack(c, "text", "a");
	snprintf(name, sizeof(name), "a%s", c->suffix);
	a = scratch_read(name);
	n = a.n;
	snprintf(name, sizeof(name), "b%s", c->suffix);
	for (i = 0; i < sizeof(tails) / sizeof(*tails); i++) {
		a.n = n;
		ib_bytes_append(&a, tails[i], strlen(tails[i]));
		scratch_write(name, a.p, a.n);
		refused(name, c, i);
	}
	/* After gzip and xz data, zeros are padding (for xz, in groups of four). */
	a.n = n;
	ib_bytes_append(&a, "\0\0\0\0\0\0\0\0", 8);
	scratch_write(name, a.p, a.n);
	if (c->zeros) {
		char digest[33];
		struct ib_bytes want = scratch_read("text");

		xxhsum("text", digest);
		expect(name, 1 << 20, &want, digest);
		ib_bytes_release(&want);
	} else {
		refused(name, c, 99);
	}
	ib_bytes_release(&a);
}

/*
 * If one bit of the content is wrong, the checksum is wrong. The gzip filter of libarchive, for
 * example, would not check the CRC.
 */
EACH_CODEC(refuses_a_flipped_bit)
{
	struct ib_bytes a;
	char name[16];
	size_t i;

	if (strstr(c->pack, "no-check"))
		return; /* without a checksum, the change cannot be noticed */
	shell("head -c 3000 /dev/urandom >noise");
	pack(c, "noise", "a");
	snprintf(name, sizeof(name), "a%s", c->suffix);
	a = scratch_read(name);
	snprintf(name, sizeof(name), "b%s", c->suffix);
	for (i = 100; i < 2900; i += 331) {
		a.p[i] ^= 4;
		scratch_write(name, a.p, a.n);
		refused(name, c, i);
		a.p[i] ^= 4;
	}
	ib_bytes_release(&a);
}

/* If a file was compressed twice, only the outer compression is removed. */
Test(input, only_one_layer_is_decompressed)
{
	struct ib_bytes want;
	char digest[33];

	shell("seq 9 | gzip -c >one; gzip -c <one >two; xz -c <one >three");
	want = scratch_read("one");
	xxhsum("one", digest);
	expect("two", 100, &want, digest);
	expect("three", 100, &want, digest);
	ib_bytes_release(&want);
}

Test(input, skippable_frames_are_skipped)
{
	struct ib_bytes want;
	char digest[33];

	shell("seq 9 >text; printf '\\132*M\\030\\003\\000\\000\\000abc' >skip;"
	      "zstd -qc text >z; cat skip z skip skip z skip >a;"
	      "cat text text >want; cp skip only");
	want = scratch_read("want");
	xxhsum("want", digest);
	expect("a", 100, &want, digest);
	shell(": >want");
	want.n = 0;
	xxhsum("want", digest);
	expect("only", 100, &want, digest);
	ib_bytes_release(&want);
}

Test(input, large_zstd_windows_are_accepted)
{
	struct ib_bytes want;
	char digest[33];

	/* The largest window that libzstd accepts. */
	shell(sizeof(size_t) > 4 ? "seq 9 >text; zstd -qc --long=31 <text >z"
				 : "seq 9 >text; zstd -qc --long=30 <text >z");
	want = scratch_read("text");
	xxhsum("text", digest);
	expect("z", 100, &want, digest);
	ib_bytes_release(&want);
}

/* Text that begins like a magic number is read as text. */
Test(input, text_that_begins_like_a_magic_number_is_text)
{
	static const char *const texts[] = { "BZh9\n", "BZh", "BZhang/1\n", "(",
					     "P",      "7z",  "\x1f",	    "\x04" };
	struct ib_bytes want;
	char digest[33];
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		scratch_write("t", texts[i], strlen(texts[i]));
		want = scratch_read("t");
		xxhsum("t", digest);
		expect("t", 100, &want, digest);
		ib_bytes_release(&want);
	}
}

Test(input, the_error_says_what_cannot_be_opened)
{
	struct ib_error err;
	struct ib_input *in = NULL;

	cr_assert(eq(int, ib_input_open("absent", &in, &err), IB_E_NOINPUT));
	cr_assert(eq(str, err.text, "absent: cannot open: No such file or directory"));
	cr_assert(eq(int, ib_input_open(".", &in, &err), IB_E_NOINPUT));
	cr_assert(eq(str, err.text, ".: is a directory"));
	cr_assert(eq(int, ib_input_open("", &in, &err), IB_E_NOINPUT));
	cr_assert(eq(ptr, in, NULL));
	ib_input_close(in);
}

Test(input, peek_does_not_consume)
{
	struct ib_error err;
	struct ib_input *in;
	struct ib_span head;
	char buf[100], digest[33], want[33];
	size_t n;

	shell("seq 1 400000 | zstd -qc >a; seq 1 400000 >text");
	xxhsum("text", want);
	cr_assert(eq(int, ib_input_open("a", &in, &err), IB_OK));
	ib_input_want_digest(in);
	cr_assert(eq(int, ib_input_peek(in, 4, &head, &err), IB_OK));
	cr_assert(ib_span_is(head, "1\n2\n"));
	cr_assert(eq(int, ib_input_peek(in, 1 << 20, &head, &err), IB_OK));
	cr_assert(eq(sz, head.n, 1 << 20));
	cr_assert(eq(int, ib_input_read(in, buf, 6, &n, &err), IB_OK));
	cr_assert(ib_span_is((struct ib_span){ buf, n }, "1\n2\n3\n"));
	cr_assert(eq(int, ib_input_peek(in, 6, &head, &err), IB_OK));
	cr_assert(ib_span_is(head, "4\n5\n6\n"));
	while (ib_input_read(in, buf, sizeof(buf), &n, &err) == IB_OK)
		continue;
	ib_input_digest(in, digest);
	cr_assert(eq(str, digest, want));
	cr_assert(eq(int, ib_input_peek(in, 6, &head, &err), IB_OK));
	cr_assert(eq(sz, head.n, 0));
	cr_assert(eq(u64, ib_input_position(in), ib_input_size(in)));
	cr_assert(eq(int, ib_input_plain_fd(in), -1));
	ib_input_close(in);
}

Test(input, slurp_reads_the_complete_input)
{
	static const char *const names[] = { "text", "text.zst", "none" };
	struct ib_error err;
	struct ib_input *in;
	struct ib_bytes want;
	size_t i, n;
	char *p;

	shell("seq 1 400000 >text; zstd -q text; : >none");
	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		want = scratch_read(i == 2 ? "none" : "text");
		cr_assert(eq(int, ib_input_open(names[i], &in, &err), IB_OK));
		cr_assert(eq(int, ib_input_slurp(in, &p, &n, &err), IB_OK));
		cr_assert(n == want.n && (n == 0 || !memcmp(p, want.p, n)));
		free(p);
		ib_input_close(in);
		ib_bytes_release(&want);
	}
}

Test(input, reads_standard_input_from_a_pipe)
{
	struct ib_bytes want;
	char digest[33];
	FILE *f;

	make_text();
	want = scratch_read("text");
	xxhsum("text", digest);
	/* dd writes small blocks, so that every read(2) returns less than requested. */
	f = popen("dd if=text bs=777 status=none", "r");
	cr_assert(f && dup2(fileno(f), 0) == 0);
	expect("-", 1 << 20, &want, digest);
	pclose(f);
	f = popen("zstd -qc text | dd bs=777 status=none", "r");
	cr_assert(f && dup2(fileno(f), 0) == 0);
	expect("-", 1 << 20, &want, digest);
	pclose(f);
	ib_bytes_release(&want);
}

/* If a shell has read the beginning of standard input, reading continues after this part. */
Test(input, standard_input_is_read_from_its_offset)
{
	struct ib_error err;
	struct ib_input *in;
	char buf[10];
	size_t n;
	int fd;

	scratch_write("t", "abcdef", 6);
	fd = open("t", O_RDONLY);
	cr_assert(dup2(fd, 0) == 0 && lseek(0, 2, SEEK_SET) == 2);
	cr_assert(eq(int, ib_input_open("-", &in, &err), IB_OK));
	cr_assert(eq(str, (char *)ib_input_name(in), "standard input"));
	cr_assert(eq(int, ib_input_plain_fd(in), -1));
	cr_assert(eq(u64, ib_input_size(in), 4));
	cr_assert(eq(int, ib_input_read(in, buf, 10, &n, &err), IB_OK));
	cr_assert(ib_span_is((struct ib_span){ buf, n }, "cdef"));
	ib_input_close(in);
	close(0);
	cr_assert(eq(int, ib_input_open("-", &in, &err), IB_E_NOINPUT));
}

Test(input, the_stem_of_a_name_is_found)
{
	static const char *const names[][2] = {
		{ "a/b/loss.12.jsonl.zst", "loss.12.jsonl" },
		{ "loss.gz", "loss" },
		{ "x.tar.xz", "x.tar" },
		{ "/y.bz2", "y" },
		{ "z.lz4", "z" },
		{ "plain", "plain" },
		{ ".zst", ".zst" },
		{ "a.zst/b", "b" },
		{ "a.gz.zst", "a.gz" },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		cr_assert(ib_span_is(ib_input_stem(names[i][0]), names[i][1]), "%s", names[i][0]);
}

/* If a file is truncated while it is read, bytes are lost, so this is an error. */
Test(input, a_file_that_becomes_shorter_is_an_io_error)
{
	size_t size = 5 << 20, cuts[] = { 0, 100, 3 << 20 }, i, n;
	char *p = calloc(1, size), *buf = malloc(size);
	struct ib_input *in = NULL;
	struct ib_error err;

	for (i = 0; i < 3; i++) {
		scratch_write("f", p, size);
		cr_assert(eq(int, ib_input_open("f", &in, &err), IB_OK));
		cr_assert(eq(int, ib_input_read(in, buf, 1 << 20, &n, &err), IB_OK));
		cr_assert(eq(int, truncate("f", (off_t)cuts[i]), 0));
		cr_assert(eq(int, ib_input_read(in, buf, size, &n, &err), IB_E_IO));
		cr_assert(eq(str, err.text,
			     "f: became shorter while it was "
			     "read: run again when the file is complete"));
		ib_input_close(in);
	}
	free(buf);
	free(p);
}

/* If a file is truncated after all of it was read, no bytes are lost. */
Test(input, a_file_truncated_after_it_was_read_is_not_an_error)
{
	struct ib_input *in = NULL;
	struct ib_error err;
	char buf[64];
	size_t n;

	scratch_write("f", "0123456789", 10);
	cr_assert(eq(int, ib_input_open("f", &in, &err), IB_OK));
	cr_assert(eq(int, ib_input_read(in, buf, 10, &n, &err), IB_OK));
	cr_assert(eq(int, truncate("f", 3), 0));
	cr_assert(eq(int, ib_input_read(in, buf, 10, &n, &err), IB_EOF));
	ib_input_close(in);
}
