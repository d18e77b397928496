#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/tar.h"
#include "record/tar_header.h"
#include "record/tar_samples.h"
#include "record/tar_writer.h"
#include "scratch.h"

TestSuite(tar, .init = scratch_enter, .fini = scratch_leave);

/* ---- making an archive, and reading it ------------------------------------------- */

struct made {
	char path[32];
	struct ib_output *out;
	struct ib_tar_writer *writer;
	struct ib_tar_maker *maker;
};

static void
begin(struct made *m)
{
	int fd;

	strcpy(m->path, "tar-XXXXXX");
	fd = mkstemp(m->path);
	cr_assert(fd >= 0);
	close(fd);
	cr_assert(ib_output_open(m->path, 0, &m->out, NULL) == IB_OK);
	cr_assert(ib_tar_writer_new(m->out, &m->writer, NULL) == IB_OK);
	cr_assert(ib_tar_maker_new(&m->maker, NULL) == IB_OK);
}

static void
add_file(struct made *m, const char *path, const char *content, size_t n)
{
	struct ib_tar_piece piece;

	cr_assert(ib_tar_make(m->maker, ib_span_of(path), 1600000000,
			      (struct ib_span){ content, n }, &piece, NULL) == IB_OK);
	cr_assert(eq(sz, piece.to - piece.from, n));
	ib_tar_writer_write(m->writer, &piece);
}

static void
end(struct made *m)
{
	ib_tar_writer_end(m->writer);
	ib_tar_writer_free(m->writer);
	ib_tar_maker_free(m->maker);
	cr_assert(ib_output_commit(&m->out, NULL) == IB_OK);
}

/* ---- keys -------------------------------------------------------------------------- */

struct name {
	char path[160];
	char key[160]; /* empty if the member belongs to no sample */
	bool weight;
};

ParameterizedTestParameters(tar, a_key_ends_at_the_first_dot_of_the_last_part)
{
	static struct name names[] = {
		{ "a.jpg", "a", false },
		{ "a.b.jpg", "a", false },
		{ "d.x/a.seg.png", "d.x/a", false },
		{ "d.x/a", "", false },
		{ "a", "", false },
		{ ".a.jpg", "", false },
		{ "d/.a.jpg", "", false },
		{ "d/a.", "d/a", false },
		{ "__x__", "", false },
		{ "__x__/a.jpg", "", false },
		{ "__x__.jpg", "__x__", false },
		{ "d/__y.jpg", "d/__y", false },
		{ "d/__y__/a.jpg", "d/__y__/a", false },
		{ "__/a.jpg", "__/a", false },
		{ "./a.jpg", "./a", false },
		{ "../a.jpg", "../a", false },
		{ "a.weight.json", "a", true },
		{ "a.b.weight.json", "a", false },
		{ "a.Weight.json", "a", false },
		{ "\xc3\xa9/\xff.jpg", "\xc3\xa9/\xff", false },
		{ "0123456789012345678901234567890123456789012345678901234567"
		  "89012345678901234567890123456789012345678901234567890123456"
		  "7890.jpg",
		  "0123456789012345678901234567890123456789012345678901234567"
		  "89012345678901234567890123456789012345678901234567890123456"
		  "7890",
		  false },
	};

	return cr_make_param_array(struct name, names, sizeof(names) / sizeof(*names));
}
ParameterizedTest(struct name *c, tar, a_key_ends_at_the_first_dot_of_the_last_part)
{
	struct ib_tar_member m;
	struct ib_input *in = NULL;
	struct ib_tar *t = NULL;
	struct made made;

	begin(&made);
	add_file(&made, c->path, "x", 1);
	end(&made);
	cr_assert(ib_input_open(made.path, &in, NULL) == IB_OK);
	cr_assert(ib_tar_open(in, NULL, &t, NULL) == IB_OK);
	cr_assert(ib_tar_next(t, &m, NULL) == IB_OK);
	cr_expect(ib_span_is(m.path, c->path));
	cr_expect(eq(int, m.key.p != NULL, c->key[0] != 0), "%s", c->path);
	if (m.key.p)
		cr_expect(ib_span_is(m.key, c->key));
	cr_expect(m.weight == c->weight);
	cr_expect(ib_tar_next(t, &m, NULL) == IB_EOF);
	ib_tar_close(t);
	ib_input_close(in);
	unlink(made.path);
}

/* ---- samples ------------------------------------------------------------------------ */

static size_t
read_samples(const char *path, struct ib_tar_sample *samples, char (*id)[16], size_t most)
{
	struct ib_tar_samples *s = NULL;
	struct ib_input *in = NULL;
	size_t n = 0;

	cr_assert(ib_input_open(path, &in, NULL) == IB_OK);
	cr_assert(ib_tar_samples_open(in, NULL, NULL, &s, NULL) == IB_OK);
	while (n < most && ib_tar_samples_next(s, &samples[n], NULL) == IB_OK) {
		snprintf(id[n], 16, "%.*s", (int)samples[n].id.n, samples[n].id.p);
		n++;
	}
	ib_tar_samples_close(s);
	ib_input_close(in);
	return n;
}

Test(tar, the_digest_of_a_sample_excludes_its_weight)
{
	struct ib_tar_sample x[4], y[4];
	char ix[4][16], iy[4][16];
	struct made a, b;

	begin(&a);
	add_file(&a, "a.jpg", "one", 3);
	add_file(&a, "a.cls", "1", 1);
	add_file(&a, "b.jpg", "two", 3);
	add_file(&a, "c.jpg", "three", 5);
	end(&a);
	begin(&b);
	add_file(&b, "a.jpg", "one", 3);
	add_file(&b, "a.weight.json", "2.0", 3);
	add_file(&b, "a.cls", "1", 1);
	add_file(&b, "README", "of none", 7);
	add_file(&b, "c.jpg", "thr3e", 5);
	end(&b);
	cr_assert(eq(sz, read_samples(a.path, x, ix, 4), 3));
	cr_assert(eq(sz, read_samples(b.path, y, iy, 4), 2));
	cr_expect(eq(str, ix[0], iy[0]));
	cr_expect(eq(str, ix[2], iy[1]));
	cr_expect(memcmp(x[0].digest, y[0].digest, 16) == 0);
	cr_expect(memcmp(x[2].digest, y[1].digest, 16) != 0);
	cr_expect(y[0].weighted);
	cr_expect(x[0].weighted == false);
	unlink(a.path);
	unlink(b.path);
}

Test(tar, a_weight_is_a_number_or_null)
{
	double w = 0;

	cr_expect(ib_tar_parse_weight(ib_span_of(" 2.5\n"), &w));
	cr_expect(eq(dbl, w, 2.5));
	cr_expect(ib_tar_parse_weight(ib_span_of("null"), &w));
	cr_expect(eq(dbl, w, 1));
	cr_expect(ib_tar_parse_weight(ib_span_of(""), &w) == false);
	cr_expect(ib_tar_parse_weight(ib_span_of("2.5 3"), &w) == false);
	cr_expect(ib_tar_parse_weight(ib_span_of("\"2\""), &w));
	cr_expect(eq(dbl, w, 2));
	cr_expect(ib_tar_parse_weight(ib_span_of("\"two\""), &w) == false);
}

/* ---- header blocks ---------------------------------------------------------------- */

struct joined {
	char folder[16], path[32], made[32];
};

ParameterizedTestParameters(tar, a_path_has_one_form)
{
	static struct joined paths[] = {
		{ "", "a.jpg", "a.jpg" },
		{ "", "./a.jpg", "a.jpg" },
		{ "", "d//e/./a.jpg", "d/e/a.jpg" },
		{ "", "d/../a.jpg", "a.jpg" },
		{ "", "../a.jpg", "../a.jpg" },
		{ "", "../../a.jpg", "../../a.jpg" },
		{ "", "d/../../a.jpg", "../a.jpg" },
		{ "", "d/", "d" },
		{ "", "", "" },
		{ "", "/", "/" },
		{ "", "/d/../a.jpg", "/a.jpg" },
		{ "", "/../a.jpg", "/../a.jpg" },
		{ "d/", "a.jpg", "d/a.jpg" },
		{ "d/e/", "../a.jpg", "d/a.jpg" },
		{ "./", "a.jpg", "a.jpg" },
		{ "d/", "/a.jpg", "/a.jpg" },
		{ "/d/", "a.jpg", "/d/a.jpg" },
	};

	return cr_make_param_array(struct joined, paths, sizeof(paths) / sizeof(*paths));
}
ParameterizedTest(struct joined *c, tar, a_path_has_one_form)
{
	struct ib_bytes out = { 0 };

	ib_tar_normalize_path(&out, ib_span_of(c->folder), ib_span_of(c->path));
	cr_expect(ib_span_is(ib_bytes_span(&out), c->made), "%s + %s: %.*s", c->folder, c->path,
		  (int)out.n, out.p);
	ib_bytes_release(&out);
}

/* ustar has octal digits for 33 bits. For larger sizes, GNU tar uses base 256. */
Test(tar, a_size_of_any_length_fits_a_header)
{
	unsigned sum = 0;
	char block[512] = "a.jpg";
	int i;

	ib_tar_header_set_size(block, 0777);
	cr_expect(memcmp(block + 124, "00000000777", 12) == 0);
	for (i = 0; i < 512; i++)
		sum += i >= 148 && i < 156 ? ' ' : (unsigned char)block[i];
	cr_expect(eq(ulong, strtoul(block + 148, NULL, 8), sum));
	ib_tar_header_set_size(block, (1ull << 33) - 1);
	cr_expect(memcmp(block + 124, "77777777777", 12) == 0);
	ib_tar_header_set_size(block, (1ull << 33) + 5);
	cr_expect(memcmp(block + 124, "\x80\0\0\0\0\0\0\2\0\0\0\5", 12) == 0);
}

/* ---- archives in a row ------------------------------------------------------------ */

static void
append_file(const char *to, const char *from)
{
	static char buf[1 << 16];
	FILE *in = fopen(from, "rb"), *out = fopen(to, "ab");
	size_t n;

	cr_assert(in && out);
	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		cr_assert(eq(sz, fwrite(buf, 1, n, out), n));
	fclose(in);
	cr_assert(fclose(out) == 0);
}

static void
count_warning(void *data, const char *sentence)
{
	(void)sentence;
	++*(int *)data;
}

static int
count_members(const char *path, int *warnings)
{
	struct ib_context context = { .warn = count_warning, .data = warnings };
	struct ib_tar_options options = { .context = &context };
	struct ib_tar_member m;
	struct ib_input *in = NULL;
	struct ib_tar *t = NULL;
	enum ib_status st;
	int n = 0;

	*warnings = 0;
	cr_assert(ib_input_open(path, &in, NULL) == IB_OK);
	cr_assert(ib_tar_open(in, &options, &t, NULL) == IB_OK);
	while ((st = ib_tar_next(t, &m, NULL)) == IB_OK)
		n++;
	ib_tar_close(t);
	ib_input_close(in);
	return st == IB_EOF ? n : (int)st;
}

Test(tar, concatenated_archives_are_read_as_one)
{
	struct made a, b;
	int warnings, i;
	FILE *f;

	begin(&a);
	add_file(&a, "a.jpg", "one", 3);
	end(&a);
	begin(&b);
	add_file(&b, "b.jpg", "two", 3);
	add_file(&b, "c.jpg", "", 0);
	end(&b);
	cr_expect(eq(int, count_members(a.path, &warnings), 1));
	for (i = 1; i <= 3; i++) {
		append_file(a.path, b.path);
		cr_expect(eq(int, count_members(a.path, &warnings), 1 + 2 * i));
		cr_expect(eq(int, warnings, 1));
	}
	f = fopen(a.path, "ab");
	cr_assert(f != NULL);
	fputs("This is no tar.", f);
	fclose(f);
	cr_expect(eq(int, count_members(a.path, &warnings), 7));
	cr_expect(eq(int, warnings, 2));
	cr_assert(truncate(b.path, 1024 + 300) == 0); /* in the second header */
	cr_expect(eq(int, count_members(b.path, &warnings), IB_E_DATA));
	unlink(a.path);
	unlink(b.path);
}

/* ---- what a failed run leaves --------------------------------------------------------- */

Test(tar, an_archive_of_a_failed_run_ends_inside_a_member)
{
	static char content[5000];
	struct stat sb;
	struct made m;
	char path[40];
	int members;

	for (members = 0; members < 6; members++) {
		begin(&m);
		for (int i = 0; i < members; i++) {
			snprintf(path, sizeof(path), "%d.bin", i);
			add_file(&m, path, content, sizeof(content) - i % 2 * 4999);
		}
		ib_tar_writer_spoil(m.writer);
		ib_tar_writer_free(m.writer);
		ib_tar_maker_free(m.maker);
		cr_assert(ib_output_commit(&m.out, NULL) == IB_OK);
		cr_assert(stat(m.path, &sb) == 0);
		cr_expect(sb.st_size > 512 && sb.st_size % 512 != 0);
		unlink(m.path);
	}
}
