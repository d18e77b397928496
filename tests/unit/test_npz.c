#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/little_endian.h"
#include "io/npy.h"
#include "io/npz.h"
#include "io/npz_writer.h"
#include "scratch.h"

TestSuite(npz, .init = scratch_enter, .fini = scratch_leave, .timeout = 1200);

/* Run a Python script that uses numpy. The test fails if an assertion in the script fails. */
static void
python(const char *script)
{
	FILE *f = popen("/usr/bin/python3 -", "w");

	cr_assert(f && fprintf(f,
			       "import numpy as np, zipfile, io, zlib, "
			       "struct, sys, json\n%s\n",
			       script) > 0);
	cr_assert(eq(int, pclose(f), 0), "%s", script);
}

/* ---- writing ------------------------------------------------------------ */

static void
write_sample(const char *path)
{
	float score[1000];
	int64_t offset[7] = { 0, -1, INT64_MAX, INT64_MIN, 5, 6, 7 };
	uint8_t bytes[3] = { 1, 2, 255 };
	struct ib_npz_writer *w;
	struct ib_output *out;
	struct ib_error err;
	int i;

	for (i = 0; i < 1000; i++)
		score[i] = (float)i / 8;
	cr_assert(eq(int, ib_output_open(path, 0, &out, &err), IB_OK));
	cr_assert(eq(int, ib_npz_writer_new(out, &w, &err), IB_OK));
	ib_npz_write_bytes(w, "meta.json", ib_span_of("{\"n\":7}"));
	ib_npz_write_array(w, "score.npy", "<f4", score, 1000, 4);
	ib_npz_write_array(w, "id_offset.npy", "<i8", offset, 7, 8);
	ib_npz_write_array(w, "id_bytes.npy", "|u1", bytes, 3, 1);
	ib_npz_write_array(w, "none.npy", "<i4", NULL, 0, 4);
	ib_npz_write_bytes(w, "empty", (struct ib_span){ NULL, 0 });
	cr_assert(eq(u32, ib_npz_writer_crc(w, "absent"), 0));
	cr_assert(ne(u32, ib_npz_writer_crc(w, "score.npy"), 0));
	cr_assert(eq(int, ib_npz_writer_end(w, &err), IB_OK), "%s", err.text);
	cr_assert(eq(int, ib_output_commit(&out, &err), IB_OK));
}

Test(npz, archives_are_read_by_numpy)
{
	write_sample("a.npz");
	python("a = np.load('a.npz')\n"
	       "assert a.files == ['meta.json', 'score', 'id_offset',"
	       " 'id_bytes', 'none', 'empty'], a.files\n"
	       "assert a['meta.json'] == b'{\"n\":7}'\n"
	       "s = a['score']\n"
	       "assert s.dtype == '<f4' and (s == np.arange(1000)/8).all()\n"
	       "o = a['id_offset']\n"
	       "assert o.dtype == '<i8' and list(o) == "
	       "[0, -1, 2**63-1, -2**63, 5, 6, 7]\n"
	       "assert list(a['id_bytes']) == [1, 2, 255]\n"
	       "assert a['none'].shape == (0,) and a['none'].dtype == '<i4'\n"
	       "assert a['empty'] == b''\n"
	       "z = zipfile.ZipFile('a.npz')\n"
	       "assert z.testzip() is None\n"
	       "for i in z.infolist():\n"
	       "  assert i.date_time == (1980, 1, 1, 0, 0, 0)\n"
	       "  assert i.compress_type == 0 and i.extract_version == 20\n"
	       "  f = open('a.npz', 'rb'); f.seek(i.header_offset + 26)\n"
	       "  n, x = struct.unpack('<HH', f.read(4))\n"
	       "  assert (i.header_offset + 30 + n + x) % 64 == 0, i\n");
	shell("unzip -tqq a.npz && test \"$(unzip -p a.npz meta.json)\" = "
	      "'{\"n\":7}'");
}

/* The bytes depend neither on the time nor on the time zone. */
Test(npz, archives_do_not_depend_on_time_or_zone)
{
	time_t then;

	setenv("TZ", "Asia/Tokyo", 1);
	write_sample("a.npz");
	setenv("TZ", "America/Lima", 1);
	then = time(NULL) / 2; /* DOS times are multiples of two seconds */
	while (time(NULL) / 2 == then)
		nanosleep(&(struct timespec){ .tv_nsec = 10000000 }, NULL);
	write_sample("b.npz");
	shell("cmp a.npz b.npz");
}

Test(npz, an_archive_may_have_no_members)
{
	struct ib_npz_writer *w;
	struct ib_output *out;
	struct ib_error err;

	cr_assert(eq(int, ib_output_open("a.npz", 0, &out, &err), IB_OK));
	cr_assert(eq(int, ib_npz_writer_new(out, &w, &err), IB_OK));
	cr_assert(eq(int, ib_npz_writer_end(w, &err), IB_OK));
	cr_assert(eq(int, ib_output_commit(&out, &err), IB_OK));
	python("assert np.load('a.npz').files == []\n");
}

/* The end record has 16 bits for the number of members. Larger numbers need a zip64 record. */
Test(npz, more_than_65535_members_are_written)
{
	struct ib_npz_writer *w;
	struct ib_output *out;
	struct ib_error err;
	struct ib_input *in;
	struct ib_npz *z;
	char name[16];
	int i, n;

	for (n = 65534; n <= 65536; n++) {
		cr_assert(eq(int, ib_output_open("a.npz", 0, &out, &err), IB_OK));
		cr_assert(eq(int, ib_npz_writer_new(out, &w, &err), IB_OK));
		for (i = 0; i < n; i++) {
			snprintf(name, sizeof(name), "%d", i);
			ib_npz_write_bytes(w, name, ib_span_of("x"));
		}
		cr_assert(eq(int, ib_npz_writer_end(w, &err), IB_OK));
		cr_assert(eq(int, ib_output_commit(&out, &err), IB_OK));
		cr_assert(eq(int, ib_input_open("a.npz", &in, &err), IB_OK));
		cr_assert(eq(int, ib_npz_open(in, &z, &err), IB_OK), "%s", err.text);
		snprintf(name, sizeof(name), "%d", n - 1);
		cr_assert(ib_npz_find(z, name) != NULL);
		cr_assert(ib_npz_find(z, "65536") == NULL);
		ib_npz_close(z);
		ib_input_close(in);
		snprintf(name, sizeof(name), "%d", n);
		setenv("N", name, 1);
		python("import os\n"
		       "a = np.load('a.npz')\n"
		       "n = int(os.environ['N'])\n"
		       "assert len(a.files) == n and a[str(n-1)] == b'x'");
	}
}

Test(npz, npy_headers_equal_those_of_numpy)
{
	static const char *const descrs[] = { "<f4", "|u1", "<i8", "|S14" };
	uint64_t counts[] = { 0, 1, 999, 1u << 31, UINT64_MAX };
	char header[128], script[400];
	size_t i, j;
	FILE *f;

	for (i = 0; i < 4; i++)
		for (j = 0; j < 5; j++) {
			f = fopen("h", "wb");
			cr_assert(eq(sz, ib_npy_header(header, descrs[i], counts[j]), 128));
			fwrite(header, 1, 128, f);
			fclose(f);
			snprintf(script, sizeof(script),
				 "f = open('h', 'rb')\n"
				 "assert np.lib.format.read_magic(f) == (1, 0)\n"
				 "h = np.lib.format.read_array_header_1_0(f)\n"
				 "assert h == ((%llu,), False, np.dtype('%s'))\n"
				 "assert f.tell() == 128",
				 (unsigned long long)counts[j], descrs[i]);
			python(script);
		}
}

/* ---- reading ------------------------------------------------------------ */

struct archive {
	struct ib_input *in;
	struct ib_npz *z;
};

static struct archive
open_archive(const char *path)
{
	struct archive a = { 0 };
	struct ib_error err;

	cr_assert(eq(int, ib_input_open(path, &a.in, &err), IB_OK));
	cr_assert(eq(int, ib_npz_open(a.in, &a.z, &err), IB_OK), "%s", err.text);
	return a;
}

static void
close_archive(struct archive *a)
{
	ib_npz_close(a->z);
	ib_input_close(a->in);
}

static const struct ib_npz_member *
member(struct archive *a, const char *name, const char *descr, size_t size, uint64_t n)
{
	const struct ib_npz_member *m = ib_npz_find(a->z, name);

	cr_assert(not(eq(ptr, (void *)m, NULL)), "%s", name);
	cr_assert(m->array, "%s", name);
	cr_assert(eq(str, (char *)m->descr, (char *)descr), "%s", name);
	cr_assert(eq(sz, m->size, size), "%s", name);
	cr_assert(eq(u64, m->n, n), "%s", name);
	cr_assert(eq(u64, m->nbytes, n * size), "%s", name);
	return m;
}

static void
check_sample(const char *path, bool mapped)
{
	struct archive a = open_archive(path);
	const struct ib_npz_member *m;
	struct ib_error err;
	struct ib_span s;
	float score[1000];
	int64_t offset[7];
	char meta[7];
	int i;

	m = member(&a, "score.npy", "<f4", 4, 1000);
	cr_assert(eq(int, ib_npz_read(a.z, m, score, &err), IB_OK), "%s", err.text);
	s = ib_npz_map(a.z, m);
	cr_assert(eq(int, s.n == sizeof(score) && memcmp(s.p, score, s.n) == 0, mapped));
	ib_little_endian_convert(score, 1000, 4);
	for (i = 0; i < 1000; i++)
		cr_assert(score[i] == (float)i / 8);
	m = member(&a, "id_offset.npy", "<i8", 8, 7);
	cr_assert(eq(int, ib_npz_read(a.z, m, offset, &err), IB_OK));
	ib_little_endian_convert(offset, 7, 8);
	cr_assert(offset[2] == INT64_MAX && offset[3] == INT64_MIN);
	m = member(&a, "none.npy", "<i4", 4, 0);
	cr_assert(eq(int, ib_npz_read(a.z, m, NULL, &err), IB_OK));
	m = ib_npz_find(a.z, "meta.json");
	cr_assert(m && !m->array && m->nbytes == 7);
	cr_assert(eq(int, ib_npz_read(a.z, m, meta, &err), IB_OK));
	cr_assert(memcmp(meta, "{\"n\":7}", 7) == 0);
	cr_assert(eq(ptr, (void *)ib_npz_find(a.z, "absent"), NULL));
	close_archive(&a);
}

Test(npz, written_archives_are_read_back)
{
	write_sample("a.npz");
	check_sample("a.npz", true);
	/* A compressed file and a pipe are read into memory first. */
	shell("zstd -q a.npz -o a.npz.zst");
	check_sample("a.npz.zst", true);
	cr_assert(not(eq(ptr, freopen("a.npz", "rb", stdin), NULL)));
	check_sample("-", true);
	/* zip has packed these archives: one is deflated, the other ends in a comment. */
	shell("mkdir d && cd d && unzip -q ../a.npz && zip -q ../b.npz * && "
	      "zip -q0 ../c.npz * && echo 'PK\005\006 a comment' | "
	      "zip -qz ../c.npz");
	check_sample("b.npz", false);
	check_sample("c.npz", true);
}

Test(npz, the_digest_is_of_the_bytes_of_the_file)
{
	struct ib_error err;
	struct ib_input *in;
	struct ib_npz *z;
	char digest[33], want[33];
	FILE *f;

	write_sample("a.npz");
	f = popen("xxhsum -q -H2 a.npz", "r");
	cr_assert(f && fscanf(f, "%32s", want) == 1);
	pclose(f);
	cr_assert(eq(int, ib_input_open("a.npz", &in, &err), IB_OK));
	ib_input_want_digest(in);
	cr_assert(eq(int, ib_npz_open(in, &z, &err), IB_OK));
	ib_input_digest(in, digest);
	cr_assert(eq(str, digest, want));
	ib_npz_close(z);
	ib_input_close(in);
}

static void
check_numpys(const char *path)
{
	struct archive a = open_archive(path);
	const struct ib_npz_member *m;
	struct ib_error err;
	char id[3][14];
	float loss[3];
	double big[2];
	int64_t *row = malloc(300000 * sizeof(*row));
	int i;

	m = member(&a, "id.npy", "|S14", 14, 3);
	cr_assert(eq(int, ib_npz_read(a.z, m, id, &err), IB_OK));
	cr_assert(memcmp(id[1], "train/2\0\0\0\0\0\0\0", 14) == 0);
	m = member(&a, "loss.npy", "<f4", 4, 3);
	cr_assert(eq(int, ib_npz_read(a.z, m, loss, &err), IB_OK));
	ib_little_endian_convert(loss, 3, 4);
	cr_assert(loss[0] == 0.5f && loss[2] == -1.0f);
	m = member(&a, "big.npy", ">f8", 8, 2);
	cr_assert(eq(int, ib_npz_read(a.z, m, big, &err), IB_OK));
	cr_assert(memcmp(big, "\x3f\xf0\0\0\0\0\0\0\x40", 9) == 0);
	m = member(&a, "row.npy", "<i8", 8, 300000);
	cr_assert(eq(int, ib_npz_read(a.z, m, row, &err), IB_OK));
	ib_little_endian_convert(row, 300000, 8);
	for (i = 0; i < 300000; i++)
		cr_assert(row[i] == i);
	member(&a, "wide.npy", "<U20", 80, 2);
	m = ib_npz_find(a.z, "object.npy");
	cr_assert(m && m->array && m->size == 0);
	cr_assert(eq(str, (char *)m->descr, "|O"));
	m = ib_npz_find(a.z, "fields.npy");
	cr_assert(m && m->array && m->size == 0);
	cr_assert(eq(str, (char *)m->descr, "[...]"));
	m = member(&a, "square.npy", "<f4", 4, 6);
	cr_assert(m->fortran && m->ndim == 2);
	m = member(&a, "scalar.npy", "<i8", 8, 1);
	cr_assert(eq(u32, m->ndim, 0));
	member(&a, "date.npy", "<M8[ns]", 8, 1);
	free(row);
	close_archive(&a);
}

static const char arrays[] = "rng = np.random.default_rng(1)\n"
			     "d = dict(id=np.array([b'a', b'train/2', b'0123456789abcd']),\n"
			     "  loss=np.array([.5, np.nan, -1], 'f4'),\n"
			     "  big=np.array([1, 2], '>f8'), row=np.arange(300000),\n"
			     "  wide=np.array(['x', 'y'*20]),\n"
			     "  object=np.array([{}, None], object),\n"
			     "  fields=np.zeros(2, [('a', 'i4'), ('b)', 'f4', (2, 2))]),\n"
			     "  square=np.asfortranarray(np.zeros((2, 3), 'f4')),\n"
			     "  scalar=np.array(7), date=np.array(['2020-01-01'], 'M8[ns]'),\n"
			     "  noise=rng.integers(0, 256, 200000, np.uint8))\n";

Test(npz, archives_of_numpy_are_read)
{
	char script[2000];

	snprintf(script, sizeof(script),
		 "%s"
		 "np.savez('a.npz', **d); np.savez_compressed('b.npz', **d)\n"
		 "z = zipfile.ZipFile('c.npz', 'w', zipfile.ZIP_DEFLATED,"
		 " compresslevel=0)\n"
		 "for k in d:\n"
		 "  f = io.BytesIO()\n"
		 "  np.lib.format.write_array(f, d[k], (3, 0))\n"
		 "  z.writestr(k + '.npy', f.getvalue())\n"
		 "z.close()\n",
		 arrays);
	python(script);
	check_numpys("a.npz");
	check_numpys("b.npz");
	check_numpys("c.npz");
}

/* Open an archive and read its members. The only valid results are IB_OK and IB_E_DATA. */
static enum ib_status
ransack(const char *path)
{
	static const char *const names[] = { "a.npy", "b.npy", "meta.json" };
	const struct ib_npz_member *m;
	struct ib_error err = { 0 };
	struct ib_input *in;
	struct ib_npz *z = NULL;
	enum ib_status st;
	size_t i;
	char *p;

	cr_assert(eq(int, ib_input_open(path, &in, &err), IB_OK));
	st = ib_npz_open(in, &z, &err);
	for (i = 0; !st && i < 3; i++) {
		m = ib_npz_find(z, names[i]);
		if (!m || m->nbytes > 1000000)
			continue;
		p = malloc(m->nbytes + 1);
		st = ib_npz_read(z, m, p, &err);
		free(p);
	}
	cr_assert(st == IB_OK || (st == IB_E_DATA && err.code == st));
	ib_npz_close(z);
	ib_input_close(in);
	return st;
}

static const char small[] = "d = dict(a=np.arange(9, dtype='f4'), b=np.zeros(50, 'i2'))\n"
			    "for name, mode in ('s.npz', 0), ('d.npz', 8):\n"
			    "  z = zipfile.ZipFile(name, 'w', mode)\n"
			    "  for k in d:\n"
			    "    with z.open(k + '.npy', 'w', force_zip64=True) as f:\n"
			    "      np.lib.format.write_array(f, d[k])\n"
			    "  z.writestr('meta.json', b'{}')\n"
			    "  z.close()\n";

Test(npz, an_archive_truncated_at_any_byte_is_refused)
{
	static const char *const names[] = { "s.npz", "d.npz" };
	struct ib_bytes b;
	size_t i, n;

	python(small);
	for (i = 0; i < 2; i++) {
		b = scratch_read(names[i]);
		cr_assert(eq(int, ransack(names[i]), IB_OK));
		for (n = 0; n < b.n; n++) {
			scratch_write("cut", b.p, n);
			cr_assert(eq(int, ransack("cut"), IB_E_DATA), "%zu", n);
		}
		ib_bytes_release(&b);
	}
}

/* Change each byte in several ways. The change is found or has no effect; nothing crashes. */
Test(npz, any_wrong_byte_is_safe)
{
	static const char *const names[] = { "s.npz", "d.npz" };
	static const char masks[] = { 1, 0x10, (char)0x80, (char)0xff };
	struct ib_bytes b;
	size_t i, j, n;

	python(small);
	for (i = 0; i < 2; i++) {
		b = scratch_read(names[i]);
		for (n = 0; n < b.n; n++)
			for (j = 0; j < sizeof(masks); j++) {
				b.p[n] ^= masks[j];
				scratch_write("bad", b.p, b.n);
				ransack("bad");
				b.p[n] ^= masks[j];
			}
		ib_bytes_release(&b);
	}
}

Test(npz, the_error_names_the_corrupt_member)
{
	struct ib_error err;
	struct archive a;
	struct ib_bytes b;
	float score[1000];

	write_sample("a.npz");
	b = scratch_read("a.npz");
	b.p[2000] ^= 1;
	scratch_write("a.npz", b.p, b.n);
	a = open_archive("a.npz");
	cr_assert(eq(int, ib_npz_read(a.z, ib_npz_find(a.z, "score.npy"), score, &err), IB_E_DATA));
	cr_assert(eq(str, err.text, "a.npz: score.npy is corrupt"));
	close_archive(&a);
	scratch_write("b.npz", "PK\3\4 and so on", 14);
	cr_assert(eq(int, ib_input_open("b.npz", &a.in, &err), IB_OK));
	cr_assert(eq(int, ib_npz_open(a.in, &a.z, &err), IB_E_DATA));
	cr_assert(eq(str, err.text, "b.npz: truncated or corrupt zip archive"));
	ib_input_close(a.in);
	ib_bytes_release(&b);
}

/* If the header claims a size that the file cannot hold, no memory of this size is allocated. */
Test(npz, declared_sizes_are_not_allocated_unchecked)
{
	struct rlimit limit;

	cr_assert(eq(int, getrlimit(RLIMIT_AS, &limit), 0));
	python("f = io.BytesIO(); np.save(f, np.zeros(9, 'f4'))\n"
	       "z = zipfile.ZipFile('p.npz', 'w', 8)\n"
	       "z.writestr('a.npy', f.getvalue()); z.close()\n"
	       "b = bytearray(open('p.npz', 'rb').read())\n"
	       "i = b.index(b'PK\\1\\2')\n"
	       "b[i+24:i+28] = b'\\xf0\\xff\\xff\\xff'\n"
	       "open('p.npz', 'wb').write(b)\n"
	       "h = f.getvalue()[:128].replace(b'(9,)', b'(1000000000000000000,)')\n"
	       "z = zipfile.ZipFile('q.npz', 'w')\n"
	       "z.writestr('a.npy', h + bytes(36)); z.close()\n");
#ifndef __SANITIZE_ADDRESS__ /* AddressSanitizer reserves terabytes of addresses */
	limit.rlim_cur = 300 << 20;
	cr_assert(eq(int, setrlimit(RLIMIT_AS, &limit), 0));
#endif
	cr_assert(eq(int, ransack("p.npz"), IB_E_DATA));
	ransack("q.npz");
}

struct header {
	char dict[80];
	bool fine;
};

ParameterizedTestParameters(npz, headers)
{
	static struct header cases[] = {
		{ "{'descr':'<f4','fortran_order':False,'shape':(2,)}", true },
		{ "{\"descr\": \"<f4\", 'fortran_order': False, 'shape': (2,)}", true },
		{ "{'shape': (2L,), 'fortran_order': False, 'descr': '<f4'}", true },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }", true },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", false },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (-2,)}", false },
		{ "{'descr': '<f4', 'fortran_order': 0, 'shape': (2,)}", false },
		{ "{'descr': '<f4', 'fortran_order': False}", false },
		{ "{'descr': '<f4', 'descr': '<f4', 'shape': (2,)}", false },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,)} x", false },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2,),,}", false },
		{ "{'descr': '<f4' 'fortran_order': False, 'shape': (2,)}", false },
		{ "{'descr': [[[[, 'fortran_order': False, 'shape': (2,)}", false },
		{ "{'descr': '<f4', 'fortran_order': False, 'shape': (2", false },
		{ "{'descr': '<f4\\", false },
		{ "{'descr': '", false },
		{ "{", false },
		{ "", false },
	};

	return cr_make_param_array(struct header, cases, sizeof(cases) / sizeof(*cases));
}

/* numpy must accept exactly the same headers. */
ParameterizedTest(struct header *c, npz, headers)
{
	struct ib_npz_member m = { 0 };
	struct ib_npz_writer *w;
	struct ib_output *out;
	struct ib_error err;
	struct ib_bytes b = { 0 };
	struct archive a;
	char script[500];

	ib_bytes_append(&b, "\x93NUMPY\1\0", 8);
	ib_bytes_append_char(&b, (char)strlen(c->dict));
	ib_bytes_append_char(&b, '\0');
	ib_bytes_append(&b, c->dict, strlen(c->dict));
	ib_bytes_append(&b, "\0\0\0\0\0\0\0\0", 8);
	cr_assert(eq(int, ib_output_open("a.npz", 0, &out, &err), IB_OK));
	cr_assert(eq(int, ib_npz_writer_new(out, &w, &err), IB_OK));
	ib_npz_write_bytes(w, "a.npy", ib_bytes_span(&b));
	cr_assert(eq(int, ib_npz_writer_end(w, &err), IB_OK));
	cr_assert(eq(int, ib_output_commit(&out, &err), IB_OK));
	ib_bytes_release(&b);
	a = open_archive("a.npz");
	m = *ib_npz_find(a.z, "a.npy");
	cr_assert(eq(int, m.array, c->fine), "%s", c->dict);
	close_archive(&a);
	snprintf(script, sizeof(script),
		 "try:\n  a = np.load('a.npz')['a']\n"
		 "  assert a.size == 2\n  fine = True\n"
		 "except Exception: fine = False\n"
		 "assert fine == %s, fine",
		 c->fine ? "True" : "False");
	python(script);
}
