/*
 * A zip writer of our own: libarchive's tells neither CRCs nor offsets, and
 * takes two to three times as long for a stored member. Measured, one array of
 * 400 MB to tmpfs, CPU time of one core: 1.95 GB/s (with a digest 1.9); the
 * writes alone 2.1.
 */
#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "io/npy.h"
#include "io/npz.h"
#include "io/zip.h"

#define ALIGN ((size_t)64) /* of a member's data, as numpy aligns in .npy */
#define DATE 0x21u	   /* 1980-01-01, the first of DOS time */
#define MODE (0100644u << 16)
#define MADE_BY (3u << 8) /* Unix: the upper half of attributes is a mode */
#define EXTRA_ZIP64 1u
#define EXTRA_ALIGN 0xd935u /* "padding", as Android's zipalign has it */
#define LIMIT32 UINT32_MAX  /* this and above: look into the zip64 extra */
#define LIMIT16 UINT16_MAX

struct entry {
	char *name;
	uint64_t offset, size;
	uint32_t crc;
};

struct ib_npz_writer {
	struct ib_output *out;
	struct entry *entries;
	size_t n, cap;
	uint64_t at;	      /* bytes written so far */
	struct ib_bytes head; /* a record under way */
	bool failed;	      /* memory ran out */
};

enum ib_status
ib_npz_writer_new(struct ib_output *out, struct ib_npz_writer **w, struct ib_error *err)
{
	*w = calloc(1, sizeof(**w));
	if (!*w)
		return ib_fail_memory(err);
	(*w)->out = out;
	return IB_OK;
}

void
ib_npz_writer_free(struct ib_npz_writer *w)
{
	size_t i;

	if (!w)
		return;
	for (i = 0; i < w->n; i++)
		free(w->entries[i].name);
	free(w->entries);
	ib_bytes_release(&w->head);
	free(w);
}

static void
put(struct ib_npz_writer *w, const void *p, uint64_t n)
{
	ib_output_write(w->out, p, (size_t)n);
	w->at += n;
}

static void
le(struct ib_bytes *b, uint64_t value, size_t nbytes)
{
	for (; nbytes > 0; nbytes--, value >>= 8)
		ib_bytes_put_char(b, (char)(value & 0xff));
}

static uint64_t
clip32(uint64_t value)
{
	return value < LIMIT32 ? value : LIMIT32;
}

/* From "version needed" to the sizes: alike in both kinds of header. */
static void
put_common(struct ib_bytes *b, const struct entry *e, bool zip64)
{
	le(b, zip64 ? 45 : 20, 2);
	le(b, 0, 2); /* flags */
	le(b, IB_ZIP_STORED, 2);
	le(b, 0, 2); /* time */
	le(b, DATE, 2);
	le(b, e->crc, 4);
	le(b, clip32(e->size), 4);
	le(b, clip32(e->size), 4);
	le(b, strlen(e->name), 2);
}

/* Bytes of a padding field that bring `at` to a multiple of ALIGN. */
static size_t
padding(uint64_t at)
{
	size_t pad = (size_t)((ALIGN - at % ALIGN) % ALIGN);

	return pad == 0 || pad >= 6 ? pad : pad + ALIGN;
}

static void
put_local(struct ib_npz_writer *w, const struct entry *e)
{
	size_t name = strlen(e->name), pad, extra, i;
	struct ib_bytes *b = &w->head;
	bool zip64 = e->size >= LIMIT32;

	extra = zip64 ? 20 : 0;
	pad = padding(w->at + IB_ZIP_LOCAL_SIZE + name + extra);
	b->n = 0;
	le(b, IB_ZIP_LOCAL, 4);
	put_common(b, e, zip64);
	le(b, extra + pad, 2);
	ib_bytes_put(b, e->name, name);
	if (zip64) {
		le(b, EXTRA_ZIP64, 2);
		le(b, 16, 2);
		le(b, e->size, 8);
		le(b, e->size, 8);
	}
	if (pad > 0) {
		le(b, EXTRA_ALIGN, 2);
		le(b, pad - 4, 2);
		le(b, ALIGN, 2);
		for (i = 6; i < pad; i++)
			ib_bytes_put_char(b, '\0');
	}
	put(w, b->p, b->n);
}

/* Room for one more entry, named; NULL (and failed) if memory ran out. */
static struct entry *
add(struct ib_npz_writer *w, const char *name)
{
	size_t cap = w->cap ? 2 * w->cap : 16;
	struct entry *more = w->entries;

	if (w->n == w->cap)
		more = realloc(more, cap * sizeof(*more));
	if (!more) {
		w->failed = true;
		return NULL;
	}
	w->entries = more;
	if (w->n == w->cap)
		w->cap = cap;
	more += w->n;
	*more = (struct entry){ ib_span_dup(ib_span_of(name)), w->at, 0, 0 };
	w->failed |= !more->name;
	w->n += more->name ? 1 : 0;
	return more->name ? more : NULL;
}

static void
put_member(struct ib_npz_writer *w, const char *name, struct ib_span header, const void *p,
	   uint64_t n)
{
	struct entry *e = add(w, name);

	if (!e)
		return;
	e->size = header.n + n;
	e->crc = libdeflate_crc32(0, header.p, header.n);
	e->crc = libdeflate_crc32(e->crc, p, (size_t)n);
	put_local(w, e);
	put(w, header.p, header.n);
	put(w, p, n);
}

void
ib_npz_put_array(struct ib_npz_writer *w, const char *name, const char *descr, const void *items,
		 uint64_t n, size_t size)
{
	char header[128];
	size_t length = ib_npy_header(header, descr, n);

	put_member(w, name, (struct ib_span){ header, length }, items ? items : "", n * size);
}

void
ib_npz_put_bytes(struct ib_npz_writer *w, const char *name, struct ib_span bytes)
{
	put_member(w, name, (struct ib_span){ "", 0 }, bytes.n ? bytes.p : "", bytes.n);
}

uint32_t
ib_npz_writer_crc(const struct ib_npz_writer *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->entries[i].name, name) == 0)
			return w->entries[i].crc;
	return 0;
}

/* ---- the directory ------------------------------------------------------ */

static void
put_central(struct ib_bytes *b, const struct entry *e)
{
	bool size64 = e->size >= LIMIT32, offset64 = e->offset >= LIMIT32;
	size_t extra = (size64 ? 16u : 0u) + (offset64 ? 8u : 0u);

	le(b, IB_ZIP_CENTRAL, 4);
	le(b, MADE_BY | (extra > 0 ? 45 : 20), 2);
	put_common(b, e, extra > 0);
	le(b, extra > 0 ? extra + 4 : 0, 2);
	le(b, 0, 6); /* comment, disk, internal attributes */
	le(b, MODE, 4);
	le(b, clip32(e->offset), 4);
	ib_bytes_put(b, e->name, strlen(e->name));
	if (extra > 0) {
		le(b, EXTRA_ZIP64, 2);
		le(b, extra, 2);
	}
	if (size64) {
		le(b, e->size, 8);
		le(b, e->size, 8);
	}
	if (offset64)
		le(b, e->offset, 8);
}

/* The zip64 end record and its locator, at `end` in the file. */
static void
put_end64(struct ib_bytes *b, uint64_t n, uint64_t start, uint64_t end)
{
	le(b, IB_ZIP_END64, 4);
	le(b, IB_ZIP_END64_SIZE - 12, 8);
	le(b, MADE_BY | 45, 2);
	le(b, 45, 2);
	le(b, 0, 8); /* disks */
	le(b, n, 8);
	le(b, n, 8);
	le(b, end - start, 8);
	le(b, start, 8);
	le(b, IB_ZIP_LOCATOR, 4);
	le(b, 0, 4);
	le(b, end, 8);
	le(b, 1, 4);
}

static void
put_end(struct ib_bytes *b, uint64_t n, uint64_t start, uint64_t end)
{
	if (n >= LIMIT16 || start >= LIMIT32 || end - start >= LIMIT32)
		put_end64(b, n, start, end);
	le(b, IB_ZIP_END, 4);
	le(b, 0, 4); /* disks */
	le(b, n < LIMIT16 ? n : LIMIT16, 2);
	le(b, n < LIMIT16 ? n : LIMIT16, 2);
	le(b, clip32(end - start), 4);
	le(b, clip32(start), 4);
	le(b, 0, 2); /* comment */
}

enum ib_status
ib_npz_writer_end(struct ib_npz_writer *w, struct ib_error *err)
{
	struct ib_bytes *b = &w->head;
	uint64_t start = w->at;
	enum ib_status st;
	size_t i;

	b->n = 0;
	for (i = 0; i < w->n; i++)
		put_central(b, &w->entries[i]);
	put_end(b, w->n, start, start + b->n);
	if (w->failed || b->failed) {
		st = ib_fail_memory(err);
	} else {
		put(w, b->p, b->n);
		st = ib_output_status(w->out, err);
	}
	ib_npz_writer_free(w);
	return st;
}
