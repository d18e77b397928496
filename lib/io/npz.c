/* Read and check the members of an .npz archive (io/npz.h). */
#include "io/npz.h"

#include <libdeflate.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/pipeline.h"
#include "base/system.h"
#include "io/npy.h"
#include "io/mapping.h"
#include "io/zip.h"

/* Number of bytes to read at a time; small enough to be in the cache when the CRC is computed. */
#define PIECE ((size_t)1 << 20)
#define BLOCK ((size_t)65535)	   /* maximum length of a stored block in deflate */
#define SMALL ((uint64_t)48 << 20) /* ib_npz_unload() keeps smaller mappings */

struct ib_npz {
	struct ib_zip zip;
	char *memory;	 /* the archive; NULL if it is read from an uncompressed file */
	char *directory; /* the central directory, with the names of the members */
	struct ib_npz_member *members;
	size_t nmembers;
	struct libdeflate_decompressor *inflate;
	const char *map; /* the complete file; NULL until ib_npz_map() has mapped it */
	bool single;	 /* true if the file is one array (.npy) */
};

/* Set *at to the offset of a member's data in the file. */
static enum ib_status
find_data(const struct ib_npz *z, const struct ib_npz_member *m, uint64_t *at, struct ib_error *err)
{
	*at = 0;
	return z->single ? IB_OK : ib_zip_data(&z->zip, m, at, err);
}

/* ---- reading a member --------------------------------------------------- */

static enum ib_status
corrupt(const struct ib_npz *z, const struct ib_npz_member *m, struct ib_error *err)
{
	char shown[IB_SHOW_MAX];
	struct stat sb;
	size_t n;

	if (z->zip.fd >= 0 && fstat(z->zip.fd, &sb) == 0 && (uint64_t)sb.st_size < z->zip.size)
		return ib_fail_shrunk(err, z->zip.name);
	ib_show(shown, m->name);
	n = strlen(shown);
	/* Omit the quotes that ib_show() adds. */
	return ib_fail(err, IB_E_DATA, "%s: %.*s is corrupt", z->zip.name, (int)(n - 2), shown + 1);
}

static bool
can_inflate(struct ib_npz *z)
{
	if (!z->inflate)
		z->inflate = libdeflate_alloc_decompressor();
	return z->inflate != NULL;
}

/* Inflate p[0..n) into out[0..room). Use this function only if can_inflate() returned true. */
static enum libdeflate_result
inflate_bytes(struct ib_npz *z, const void *p, size_t n, void *out, size_t room)
{
	return libdeflate_deflate_decompress(z->inflate, p, n, out, room, NULL);
}

/* Inflate a complete member and check its CRC. The caller frees *inflated. */
static enum ib_status
inflate_member(struct ib_npz *z, const struct ib_npz_member *m, uint64_t at, char **inflated,
	       struct ib_error *err)
{
	enum ib_status st;
	char *p, *out;

	p = ib_array(m->compressed_size, 1);
	out = ib_array(m->uncompressed_size, 1);
	if (!p || !out || !can_inflate(z))
		st = ib_fail_memory(err);
	else
		st = ib_zip_pread(&z->zip, at, p, (size_t)m->compressed_size, err);
	if (!st && (inflate_bytes(z, p, (size_t)m->compressed_size, out,
				  (size_t)m->uncompressed_size) != LIBDEFLATE_SUCCESS ||
		    libdeflate_crc32(0, out, (size_t)m->uncompressed_size) != m->crc))
		st = corrupt(z, m, err);
	free(p);
	if (st) {
		free(out);
		return st;
	}
	*inflated = out;
	return IB_OK;
}

static enum ib_status
read_deflated(struct ib_npz *z, const struct ib_npz_member *m, uint64_t at, void *dst,
	      struct ib_error *err)
{
	struct ib_npz_member again = *m;
	char *inflated = NULL;
	enum ib_status st = inflate_member(z, m, at, &inflated, err);

	if (st)
		return st;
	/*
	 * The header was parsed before the CRC was checked. Parse the header again, and compare
	 * the results.
	 */
	if (m->array &&
	    (!ib_npy_parse(inflated, (size_t)m->uncompressed_size, &again) ||
	     again.header != m->header || again.n != m->n || strcmp(again.descr, m->descr) != 0))
		st = corrupt(z, m, err);
	else if (m->nbytes > 0)
		memcpy(dst, inflated + m->header, (size_t)m->nbytes);
	free(inflated);
	return st;
}

static enum ib_status
read_stored(struct ib_npz *z, const struct ib_npz_member *m, uint64_t at, void *dst,
	    struct ib_error *err)
{
	char *header = malloc(m->header + 1), *to = dst;
	uint64_t left = m->nbytes;
	enum ib_status st;
	uint32_t crc;
	size_t n;

	if (!header)
		return ib_fail_memory(err);
	st = ib_zip_pread(&z->zip, at, header, m->header, err);
	crc = st ? 0 : libdeflate_crc32(0, header, m->header);
	free(header);
	at += m->header;
	for (; !st && left > 0; left -= n, to += n, at += n) {
		n = left < PIECE ? (size_t)left : PIECE;
		st = ib_zip_pread(&z->zip, at, to, n, err);
		if (!st)
			crc = libdeflate_crc32(crc, to, n);
	}
	if (!st && crc != m->crc && !z->single) /* an .npy file has no CRC */
		st = corrupt(z, m, err);
	return st;
}

enum ib_status
ib_npz_read(struct ib_npz *z, const struct ib_npz_member *m, void *dst, struct ib_error *err)
{
	enum ib_status st;
	uint64_t at;

	st = find_data(z, m, &at, err);
	if (st)
		return st;
	if (m->method == IB_ZIP_STORED)
		return read_stored(z, m, at, dst, err);
	if (m->method == IB_ZIP_DEFLATED)
		return read_deflated(z, m, at, dst, err);
	return ib_fail(err, IB_E_DATA,
		       "%s: %.*s is compressed by an unsupported method: write the file with "
		       "numpy.savez or numpy.savez_compressed",
		       z->zip.name, (int)m->name.n, m->name.p);
}

/* ---- headers ------------------------------------------------------------ */

/*
 * Inflate the first `room` bytes of a deflated member, or the complete member if it is shorter.
 * libdeflate has no streaming interface. If the output buffer is too small, libdeflate returns an
 * error, but the output is valid except for the last match or stored block. On any other error,
 * this function sets *ok to false; ib_npz_read() reports the error later.
 */
static enum ib_status
inflate_start(struct ib_npz *z, const struct ib_npz_member *m, uint64_t at, char *start,
	      size_t room, bool *ok, struct ib_error *err)
{
	size_t compressed = 2 * room;
	enum libdeflate_result result;
	enum ib_status st;
	char *p;

	if (m->compressed_size < compressed)
		compressed = (size_t)m->compressed_size;
	p = malloc(compressed + 1);
	if (!p || !can_inflate(z))
		st = ib_fail_memory(err);
	else
		st = ib_zip_pread(&z->zip, at, p, compressed, err);
	if (!st) {
		memset(start, 0, room);
		result = inflate_bytes(z, p, compressed, start, room);
		*ok = result == (m->uncompressed_size > room ? LIBDEFLATE_INSUFFICIENT_SPACE
							     : LIBDEFLATE_SUCCESS);
	}
	free(p);
	return st;
}

static enum ib_status
read_header(struct ib_npz *z, struct ib_npz_member *m, char *buf, struct ib_error *err)
{
	size_t room = IB_NPY_HEADER_MAX;
	enum ib_status st = IB_OK;
	bool ok = true;
	uint64_t at;

	if (!ib_span_ends_with(m->name, ".npy"))
		return IB_OK;
	st = find_data(z, m, &at, err);
	if (st)
		return st;
	if (m->method == IB_ZIP_STORED) {
		room = m->uncompressed_size < room ? (size_t)m->uncompressed_size : room;
		st = ib_zip_pread(&z->zip, at, buf, room, err);
	} else if (m->method == IB_ZIP_DEFLATED) {
		room += BLOCK;
		room = m->uncompressed_size < room ? (size_t)m->uncompressed_size : room;
		st = inflate_start(z, m, at, buf, room, &ok, err);
	} else {
		return IB_OK;
	}
	if (!st && ok)
		ib_npy_parse(buf, room < IB_NPY_HEADER_MAX ? room : IB_NPY_HEADER_MAX, m);
	return st;
}

/* ---- opening ------------------------------------------------------------ */

static enum ib_status
attach_input(struct ib_npz *z, struct ib_input *in, struct ib_error *err)
{
	struct stat sb;
	size_t n = 0;
	enum ib_status st;

	z->zip.name = ib_input_name(in);
	z->zip.fd = ib_input_plain_fd(in);
	if (z->zip.fd >= 0) {
		if (fstat(z->zip.fd, &sb) != 0)
			return ib_fail_errno(err, IB_E_IO, z->zip.name, "read");
		z->zip.size = (uint64_t)sb.st_size;
		return ib_input_drain(in, err);
	}
	st = ib_input_slurp(in, &z->memory, &n, err);
	z->zip.memory = z->memory;
	z->zip.size = n;
	return st;
}

enum ib_status
ib_npz_open(struct ib_input *in, struct ib_npz **out, struct ib_error *err)
{
	struct ib_npz *z = calloc(1, sizeof(*z));
	char *buf = malloc(IB_NPY_HEADER_MAX + BLOCK);
	enum ib_status st;
	size_t i;

	if (z)
		z->zip.fd = -1;
	if (!z || !buf)
		st = ib_fail_memory(err);
	else
		st = attach_input(z, in, err);
	if (!st)
		st = ib_zip_directory(&z->zip, &z->directory, &z->members, &z->nmembers, err);
	for (i = 0; !st && i < z->nmembers; i++)
		st = read_header(z, &z->members[i], buf, err);
	free(buf);
	if (st) {
		ib_npz_close(z);
		return st;
	}
	*out = z;
	return IB_OK;
}

/* Add the array of an .npy file as the only member. */
static enum ib_status
read_array_header(struct ib_npz *z, char *buf, struct ib_error *err)
{
	size_t n = z->zip.size < IB_NPY_HEADER_MAX ? (size_t)z->zip.size : IB_NPY_HEADER_MAX;
	struct ib_npz_member *m = calloc(1, sizeof(*m));
	enum ib_status st = m ? ib_zip_pread(&z->zip, 0, buf, n, err) : ib_fail_memory(err);

	z->members = m;
	if (st)
		return st;
	z->nmembers = 1;
	m->name = ib_span_of("");
	m->method = IB_ZIP_STORED;
	m->compressed_size = m->uncompressed_size = z->zip.size;
	if (!ib_npy_parse(buf, n, m))
		return ib_fail(err, IB_E_DATA,
			       "%s: this is a file of one numpy array, but its header is "
			       "malformed or does not match the length of the file",
			       z->zip.name);
	return IB_OK;
}

enum ib_status
ib_npz_open_array(struct ib_input *in, struct ib_npz **out, struct ib_error *err)
{
	struct ib_npz *z = calloc(1, sizeof(*z));
	char *buf = malloc(IB_NPY_HEADER_MAX);
	enum ib_status st;

	if (z) {
		z->zip.fd = -1;
		z->single = true;
	}
	st = z && buf ? attach_input(z, in, err) : ib_fail_memory(err);
	if (!st)
		st = read_array_header(z, buf, err);
	free(buf);
	if (st) {
		ib_npz_close(z);
		return st;
	}
	*out = z;
	return IB_OK;
}

const struct ib_npz_member *
ib_npz_single(const struct ib_npz *z)
{
	return z->single ? z->members : NULL;
}

void
ib_npz_close(struct ib_npz *z)
{
	if (!z)
		return;
	ib_mapping_free(z->map);
	if (z->inflate)
		libdeflate_free_decompressor(z->inflate);
	free(z->members);
	free(z->directory);
	free(z->memory);
	free(z);
}

const struct ib_npz_member *
ib_npz_find(const struct ib_npz *z, const char *name)
{
	size_t i;

	/* If two members have the same name, Python uses the last one, so do the same. */
	for (i = z->nmembers; i-- > 0;)
		if (ib_span_is(z->members[i].name, name))
			return &z->members[i];
	return NULL;
}

const struct ib_npz_member *
ib_npz_find_array(const struct ib_npz *z, struct ib_span name)
{
	struct ib_span m;
	size_t i;

	for (i = z->nmembers; i-- > 0;) {
		m = z->members[i].name;
		if (m.n != name.n + strlen(".npy") || !ib_span_ends_with(m, ".npy"))
			continue;
		m.n = name.n;
		if (ib_span_equal(m, name))
			return &z->members[i];
	}
	return NULL;
}

#define ARRAYS_SHOWN 8

void
ib_npz_list_arrays(const struct ib_npz *z, char *text, size_t size)
{
	char show[IB_SHOW_MAX];
	struct ib_span name;
	size_t i, n = 0, shown = 0;

	snprintf(text, size, "none");
	for (i = 0; i < z->nmembers; i++) {
		name = z->members[i].name;
		if (!ib_span_ends_with(name, ".npy"))
			continue;
		name.n -= strlen(".npy");
		ib_show(show, name);
		if (shown == ARRAYS_SHOWN || n + strlen(show) + sizeof(", , ...") > size) {
			snprintf(text + n, size - n, ", ...");
			break;
		}
		n += (size_t)snprintf(text + n, size - n, "%s%s", shown++ > 0 ? ", " : "", show);
	}
}

struct ib_span
ib_npz_map(struct ib_npz *z, const struct ib_npz_member *m)
{
	const char *all = z->memory;
	struct ib_span none = { NULL, 0 };
	uint64_t at;

	if (m->method != IB_ZIP_STORED || find_data(z, m, &at, NULL))
		return none;
	if (!all && !z->map)
		z->map = ib_mapping_new(z->zip.fd, z->zip.size, z->zip.name);
	if (!all)
		all = z->map;
	if (!all)
		return none;
	return (struct ib_span){ all + at + m->header, (size_t)m->nbytes };
}

enum ib_status
ib_npz_check(struct ib_npz *z, const struct ib_npz_member *m, struct ib_error *err)
{
	struct ib_span items = ib_npz_map(z, m);

	if (items.p &&
	    libdeflate_crc32(0, items.p - m->header, (size_t)m->uncompressed_size) != m->crc)
		return corrupt(z, m, err);
	return IB_OK;
}

void
ib_npz_unload(struct ib_npz *z)
{
	if (z->map && z->zip.size > SMALL)
		ib_system_unload(z->map, (size_t)z->zip.size);
}

/* ---- the whole file ------------------------------------------------------------ */

#define FEED_PIECE ((size_t)128 << 10) /* number of bytes per piece; a piece fits in the cache */

struct feed {
	struct ib_npz *z;
	uint64_t at;
	void (*take)(void *ctx, const void *p, size_t n);
	void *ctx;
};

struct piece_buffer {
	uint64_t at;
	size_t n;
	char p[FEED_PIECE];
};

static enum ib_status
fill_piece(void *ctx, void *slot, struct ib_error *err)
{
	struct feed *f = ctx;
	struct piece_buffer *piece = slot;
	uint64_t left = f->z->zip.size - f->at;

	(void)err;
	piece->at = f->at;
	piece->n = left < FEED_PIECE ? (size_t)left : FEED_PIECE;
	f->at += piece->n;
	return left > 0 ? IB_OK : IB_EOF;
}

static enum ib_status
read_piece(void *ctx, void *slot, struct ib_error *err)
{
	const struct feed *f = ctx;
	struct piece_buffer *piece = slot;

	return ib_zip_pread(&f->z->zip, piece->at, piece->p, piece->n, err);
}

static enum ib_status
take_piece(void *ctx, void *slot, struct ib_error *err)
{
	const struct feed *f = ctx;
	const struct piece_buffer *piece = slot;

	(void)err;
	f->take(f->ctx, piece->p, piece->n);
	return IB_OK;
}

enum ib_status
ib_npz_feed(struct ib_npz *z, int threads, void (*take)(void *ctx, const void *p, size_t n),
	    void *ctx, struct ib_error *err)
{
	struct feed f = { z, 0, take, ctx };
	struct ib_pipeline p = {
		.fill = fill_piece,
		.work = read_piece,
		.drain = take_piece,
		.ctx = &f,
		.slot_size = sizeof(struct piece_buffer),
	};
	enum ib_status st;

	if (z->zip.size < 32 * FEED_PIECE)
		threads = 1;
	p.nslots = ib_pipeline_slots(threads);
	p.slots = malloc(p.nslots * sizeof(struct piece_buffer));
	if (!p.slots)
		return ib_fail_memory(err);
	st = ib_pipeline_run(&p, threads, err);
	free(p.slots);
	return st;
}
