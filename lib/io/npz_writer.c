/*
 * A zip writer for .npz archives. libarchive's writer is not used, because it does not report
 * CRCs and offsets, cannot align members, and takes two to three times as long for a stored
 * member.
 */
#include "io/npz_writer.h"

#include <libdeflate.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/bytes.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "io/npy.h"
#include "io/zip.h"

#define ALIGN ((size_t)64) /* alignment of member data, as in numpy's .npy files */
#define DATE 0x21u	   /* 1980-01-01, the earliest DOS date */
#define MODE (0100644u << 16)
#define MADE_BY (3u << 8) /* Unix: the upper half of the attributes is the mode */
#define EXTRA_ZIP64 1u
#define EXTRA_ALIGN 0xd935u /* the padding field of Android's zipalign */
#define LIMIT32 UINT32_MAX  /* this value and larger ones are stored in the zip64 field */
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
	struct ib_bytes head; /* the zip header or directory that is being built */
	bool failed;	      /* true if out of memory */
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
write_bytes(struct ib_npz_writer *w, const void *p, uint64_t n)
{
	ib_output_write(w->out, p, (size_t)n);
	w->at += n;
}

static void
write_le(struct ib_bytes *b, uint64_t value, size_t nbytes)
{
	char bytes[8];

	ib_little_endian_write(bytes, value, nbytes);
	ib_bytes_append(b, bytes, nbytes);
}

static uint64_t
clip32(uint64_t value)
{
	return value < LIMIT32 ? value : LIMIT32;
}

/*
 * Append the fields that local and central headers have in common, beginning with "version
 * needed".
 */
static void
write_common(struct ib_bytes *b, const struct entry *e, bool zip64)
{
	write_le(b, zip64 ? 45 : 20, 2);
	write_le(b, 0, 2); /* flags */
	write_le(b, IB_ZIP_STORED, 2);
	write_le(b, 0, 2); /* time */
	write_le(b, DATE, 2);
	write_le(b, e->crc, 4);
	write_le(b, clip32(e->size), 4);
	write_le(b, clip32(e->size), 4);
	write_le(b, strlen(e->name), 2);
}

/* Return the length of a padding field that moves `at` to a multiple of ALIGN. */
static size_t
padding(uint64_t at)
{
	size_t pad = (size_t)((ALIGN - at % ALIGN) % ALIGN);

	return pad == 0 || pad >= 6 ? pad : pad + ALIGN;
}

static void
write_local(struct ib_npz_writer *w, const struct entry *e)
{
	size_t name = strlen(e->name), pad, extra, i;
	struct ib_bytes *b = &w->head;
	bool zip64 = e->size >= LIMIT32;

	extra = zip64 ? 20 : 0;
	pad = padding(w->at + IB_ZIP_LOCAL_SIZE + name + extra);
	b->n = 0;
	write_le(b, IB_ZIP_LOCAL, 4);
	write_common(b, e, zip64);
	write_le(b, extra + pad, 2);
	ib_bytes_append(b, e->name, name);
	if (zip64) {
		write_le(b, EXTRA_ZIP64, 2);
		write_le(b, 16, 2);
		write_le(b, e->size, 8);
		write_le(b, e->size, 8);
	}
	if (pad > 0) {
		write_le(b, EXTRA_ALIGN, 2);
		write_le(b, pad - 4, 2);
		write_le(b, ALIGN, 2);
		for (i = 6; i < pad; i++)
			ib_bytes_append_char(b, '\0');
	}
	write_bytes(w, b->p, b->n);
}

/* Append an entry with this name. Returns NULL and sets `failed` if out of memory. */
static struct entry *
add_entry(struct ib_npz_writer *w, const char *name)
{
	struct entry *e;

	if (!ib_array_reserve(&w->entries, &w->cap, w->n + 1, sizeof(*e))) {
		w->failed = true;
		return NULL;
	}
	e = &w->entries[w->n];
	*e = (struct entry){ ib_span_dup(ib_span_of(name)), w->at, 0, 0 };
	w->failed |= !e->name;
	w->n += e->name ? 1 : 0;
	return e->name ? e : NULL;
}

static void
take_crc(void *crc, const void *p, size_t n)
{
	*(uint32_t *)crc = libdeflate_crc32(*(uint32_t *)crc, p, n);
}

static void
take_bytes(void *w, const void *p, size_t n)
{
	write_bytes(w, p, n);
}

static void
write_member(struct ib_npz_writer *w, const char *name, struct ib_span header, const void *items,
	     uint64_t n, size_t size)
{
	struct entry *e = add_entry(w, name);

	if (!e)
		return;
	e->size = header.n + n * size;
	e->crc = libdeflate_crc32(0, header.p, header.n);
	ib_npy_items(items, n, size, take_crc, &e->crc);
	write_local(w, e);
	write_bytes(w, header.p, header.n);
	ib_npy_items(items, n, size, take_bytes, w);
}

void
ib_npz_write_array(struct ib_npz_writer *w, const char *name, const char *descr, const void *items,
		   uint64_t n, size_t size)
{
	char header[128];
	size_t length = ib_npy_header(header, descr, n);

	write_member(w, name, (struct ib_span){ header, length }, items ? items : "", n, size);
}

void
ib_npz_write_bytes(struct ib_npz_writer *w, const char *name, struct ib_span bytes)
{
	write_member(w, name, (struct ib_span){ "", 0 }, bytes.n ? bytes.p : "", bytes.n, 1);
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
write_central(struct ib_bytes *b, const struct entry *e)
{
	bool size64 = e->size >= LIMIT32, offset64 = e->offset >= LIMIT32;
	size_t extra = (size64 ? 16u : 0u) + (offset64 ? 8u : 0u);

	write_le(b, IB_ZIP_CENTRAL, 4);
	write_le(b, MADE_BY | (extra > 0 ? 45 : 20), 2);
	write_common(b, e, extra > 0);
	write_le(b, extra > 0 ? extra + 4 : 0, 2);
	write_le(b, 0, 6); /* comment, disk, internal attributes */
	write_le(b, MODE, 4);
	write_le(b, clip32(e->offset), 4);
	ib_bytes_append(b, e->name, strlen(e->name));
	if (extra > 0) {
		write_le(b, EXTRA_ZIP64, 2);
		write_le(b, extra, 2);
	}
	if (size64) {
		write_le(b, e->size, 8);
		write_le(b, e->size, 8);
	}
	if (offset64)
		write_le(b, e->offset, 8);
}

/* Append the zip64 end record and its locator. The record will be at offset `end` of the file. */
static void
write_end64(struct ib_bytes *b, uint64_t n, uint64_t start, uint64_t end)
{
	write_le(b, IB_ZIP_END64, 4);
	write_le(b, IB_ZIP_END64_SIZE - 12, 8);
	write_le(b, MADE_BY | 45, 2);
	write_le(b, 45, 2);
	write_le(b, 0, 8); /* disks */
	write_le(b, n, 8);
	write_le(b, n, 8);
	write_le(b, end - start, 8);
	write_le(b, start, 8);
	write_le(b, IB_ZIP_LOCATOR, 4);
	write_le(b, 0, 4);
	write_le(b, end, 8);
	write_le(b, 1, 4);
}

static void
write_end(struct ib_bytes *b, uint64_t n, uint64_t start, uint64_t end)
{
	if (n >= LIMIT16 || start >= LIMIT32 || end - start >= LIMIT32)
		write_end64(b, n, start, end);
	write_le(b, IB_ZIP_END, 4);
	write_le(b, 0, 4); /* disks */
	write_le(b, n < LIMIT16 ? n : LIMIT16, 2);
	write_le(b, n < LIMIT16 ? n : LIMIT16, 2);
	write_le(b, clip32(end - start), 4);
	write_le(b, clip32(start), 4);
	write_le(b, 0, 2); /* comment */
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
		write_central(b, &w->entries[i]);
	write_end(b, w->n, start, start + b->n);
	if (w->failed || b->failed) {
		st = ib_fail_memory(err);
	} else {
		write_bytes(w, b->p, b->n);
		st = ib_output_status(w->out, err);
	}
	ib_npz_writer_free(w);
	return st;
}
