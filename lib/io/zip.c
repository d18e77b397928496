/* Parse the end records and the central directory of a zip archive (io/zip.h). */
#include "io/zip.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "io/descriptor.h"

#define COMMENT_MAX ((size_t)65535)
#define EXTRA_ZIP64 1u
#define INFLATE_MAX ((uint64_t)1032) /* maximum number of output bytes per input byte */

static enum ib_status
report_damage(const struct ib_zip *z, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s: truncated or corrupt zip archive", z->name);
}

static uint16_t
le16(const unsigned char *p)
{
	return (uint16_t)ib_little_endian_get(p, 2);
}

static uint32_t
le32(const unsigned char *p)
{
	return (uint32_t)ib_little_endian_get(p, 4);
}

static uint64_t
le64(const unsigned char *p)
{
	return ib_little_endian_get(p, 8);
}

enum ib_status
ib_zip_pread(const struct ib_zip *z, uint64_t offset, void *buf, size_t n, struct ib_error *err)
{
	ssize_t got;

	if (offset > z->size || n > z->size - offset)
		return report_damage(z, err);
	if (z->fd < 0) {
		if (n > 0)
			memcpy(buf, z->memory + offset, n);
		return IB_OK;
	}
	got = ib_fd_pread(z->fd, buf, n, (off_t)offset);
	if (got < 0)
		return ib_fail_errno(err, IB_E_IO, z->name, "read");
	return (size_t)got == n ? IB_OK : ib_fail_shrunk(err, z->name);
}

/* ---- the end records ---------------------------------------------------- */

struct directory_range {
	uint64_t members, offset, size; /* number of members; offset and size of the directory */
};

/*
 * If there are zip64 records before the end record at *end, read them, and move *end to the first
 * of these records.
 */
static enum ib_status
read_end64(const struct ib_zip *z, uint64_t *end, struct directory_range *w, struct ib_error *err)
{
	unsigned char l[IB_ZIP_LOCATOR_SIZE], e[IB_ZIP_END64_SIZE];
	enum ib_status st;

	if (*end < sizeof(l) + sizeof(e))
		return IB_OK;
	st = ib_zip_pread(z, *end - sizeof(l), l, sizeof(l), err);
	if (st || le32(l) != IB_ZIP_LOCATOR)
		return st;
	if (le64(l + 8) > *end - sizeof(l) - sizeof(e))
		return report_damage(z, err);
	st = ib_zip_pread(z, le64(l + 8), e, sizeof(e), err);
	if (st)
		return st;
	if (le32(e) != IB_ZIP_END64 || le32(e + 16) != 0 || le32(e + 20) != 0)
		return report_damage(z, err);
	*w = (struct directory_range){ le64(e + 32), le64(e + 48), le64(e + 40) };
	*end = le64(l + 8);
	return IB_OK;
}

static enum ib_status
read_end(const struct ib_zip *z, const unsigned char *e, uint64_t end, struct directory_range *w,
	 struct ib_error *err)
{
	enum ib_status st;

	if (le16(e + 4) != 0 || le16(e + 6) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: this zip archive is in several volumes, which is not "
			       "supported: create a single file",
			       z->name);
	*w = (struct directory_range){ le16(e + 10), le32(e + 16), le32(e + 12) };
	st = read_end64(z, &end, w, err);
	if (st)
		return st;
	if (w->offset > end || w->size > end - w->offset ||
	    w->members > w->size / IB_ZIP_CENTRAL_SIZE)
		return report_damage(z, err);
	/*
	 * The directory ends where the end record begins, unless other bytes precede the archive.
	 */
	if (w->offset + w->size != end)
		return ib_fail(err, IB_E_DATA,
			       "%s: there are bytes before the zip archive: if several archives "
			       "were joined, pass each one as a separate operand",
			       z->name);
	return IB_OK;
}

/* Find the end record. It is the last record whose comment ends at the end of the file. */
static enum ib_status
find_directory(const struct ib_zip *z, struct directory_range *w, struct ib_error *err)
{
	size_t n = IB_ZIP_END_SIZE + COMMENT_MAX, i;
	unsigned char *tail;
	enum ib_status st;

	if (z->size < n)
		n = (size_t)z->size;
	if (n < IB_ZIP_END_SIZE)
		return report_damage(z, err);
	tail = malloc(n);
	if (!tail)
		return ib_fail_memory(err);
	st = ib_zip_pread(z, z->size - n, tail, n, err);
	for (i = n - IB_ZIP_END_SIZE + 1; !st && i-- > 0;)
		if (le32(tail + i) == IB_ZIP_END && le16(tail + i + 20) == n - i - IB_ZIP_END_SIZE)
			break;
	if (!st && i == SIZE_MAX)
		st = report_damage(z, err);
	if (!st)
		st = read_end(z, tail + i, z->size - n + i, w, err);
	free(tail);
	return st;
}

/* ---- the central directory ---------------------------------------------- */

/*
 * Read the zip64 fields: the values that do not fit in 32 bits. They have the same order as in the
 * directory record.
 */
static bool
read_zip64(const unsigned char *p, size_t n, struct ib_npz_member *m)
{
	uint64_t *const fields[] = { &m->uncompressed_size, &m->compressed_size, &m->local };
	const unsigned char *end = p + n;
	size_t i, length;

	for (; end - p >= 4; p += 4 + length) {
		length = le16(p + 2);
		if (length > (size_t)(end - p) - 4)
			return false;
		if (le16(p) != EXTRA_ZIP64)
			continue;
		for (i = 0, p += 4; i < 3; i++) {
			if (*fields[i] != UINT32_MAX)
				continue;
			if (length < 8)
				return false;
			*fields[i] = le64(p);
			p += 8;
			length -= 8;
		}
		return true;
	}
	return true;
}

/* Parse one directory record of at most n bytes. Returns its length, or 0 if it is invalid. */
static size_t
read_member(const struct ib_zip *z, const unsigned char *p, size_t n, struct ib_npz_member *m)
{
	size_t name, extra, length;

	if (n < IB_ZIP_CENTRAL_SIZE || le32(p) != IB_ZIP_CENTRAL)
		return 0;
	name = le16(p + 28);
	extra = le16(p + 30);
	length = IB_ZIP_CENTRAL_SIZE + name + extra + le16(p + 32);
	if (length > n)
		return 0;
	*m = (struct ib_npz_member){
		.name = { (const char *)p + IB_ZIP_CENTRAL_SIZE, name },
		.method = le16(p + 10),
		.crc = le32(p + 16),
		.compressed_size = le32(p + 20),
		.uncompressed_size = le32(p + 24),
		.local = le32(p + 42),
	};
	if (le16(p + 8) & 1) /* encrypted: treat as an unknown method */
		m->method = UINT16_MAX;
	if (!read_zip64(p + IB_ZIP_CENTRAL_SIZE + name, extra, m) || m->local > z->size ||
	    m->compressed_size > z->size - m->local ||
	    (m->method == IB_ZIP_STORED && m->compressed_size != m->uncompressed_size) ||
	    (m->method == IB_ZIP_DEFLATED &&
	     m->uncompressed_size / INFLATE_MAX > m->compressed_size))
		return 0;
	if (m->method == IB_ZIP_STORED || m->method == IB_ZIP_DEFLATED)
		m->nbytes = m->uncompressed_size;
	return length;
}

enum ib_status
ib_zip_directory(const struct ib_zip *z, char **directory, struct ib_npz_member **members,
		 size_t *n, struct ib_error *err)
{
	struct directory_range w = { 0 };
	enum ib_status st = find_directory(z, &w, err);
	struct ib_npz_member *all;
	size_t i, at = 0, length;
	unsigned char *p;

	if (st)
		return st;
	p = ib_array(w.size, 1);
	all = ib_array_zeroed(w.members, sizeof(*all));
	if (!p || !all) {
		st = ib_fail_memory(err);
		goto done;
	}
	st = ib_zip_pread(z, w.offset, p, (size_t)w.size, err);
	for (i = 0; !st && i < w.members; i++, at += length) {
		length = read_member(z, p + at, (size_t)w.size - at, &all[i]);
		if (length == 0)
			st = report_damage(z, err);
	}
	if (st)
		goto done;
	*directory = (char *)p;
	*members = all;
	*n = (size_t)w.members;
	return IB_OK;
done:
	free(p);
	free(all);
	return st;
}

enum ib_status
ib_zip_data(const struct ib_zip *z, const struct ib_npz_member *m, uint64_t *offset,
	    struct ib_error *err)
{
	unsigned char local[IB_ZIP_LOCAL_SIZE];
	enum ib_status st = ib_zip_pread(z, m->local, local, sizeof(local), err);
	uint64_t at;

	if (st)
		return st;
	at = m->local + sizeof(local) + le16(local + 26) + le16(local + 28);
	if (le32(local) != IB_ZIP_LOCAL || at > z->size || m->compressed_size > z->size - at)
		return report_damage(z, err);
	*offset = at;
	return IB_OK;
}
