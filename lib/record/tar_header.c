/* Parse the header blocks of a tar member (record/tar_header.h). */
#include "record/tar_header.h"

#include <stdio.h>

#include "base/numbers.h"

/* Offsets of fields in a header block. */
#define NAME 0
#define NAME_MAX_ 100
#define SIZE 124
#define CHECKSUM 148
#define TYPE 156
#define LINK 157
#define MAGIC 257
#define PREFIX 345

void
ib_tar_header_release(struct ib_tar_header *h)
{
	ib_bytes_release(&h->path);
	ib_bytes_release(&h->link);
}

/* Return a text field of a header, which ends at its first NUL. */
static struct ib_span
text_field(const char *p, size_t n)
{
	return (struct ib_span){ p, strnlen(p, n) };
}

/*
 * Parse a size, which is written in octal digits, or in big-endian binary if the highest bit of the
 * first byte is set.
 */
static uint64_t
size_field(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;
	uint64_t size = 0;
	int i;

	for (i = 0; i < 12; i++)
		if (b[0] & 0x80)
			size = size << 8 | (i == 0 ? b[0] & 0x3fu : b[i]);
		else if (b[i] >= '0' && b[i] <= '7')
			size = size << 3 | (uint64_t)(b[i] - '0');
	return size;
}

void
ib_tar_header_set_size(char *block, uint64_t size)
{
	unsigned sum = 0;
	size_t i;

	if (size < 1ull << 33) {
		snprintf(block + SIZE, 12, "%011llo", (unsigned long long)size);
	} else {
		for (i = 0; i < 12; i++, size >>= 8)
			block[SIZE + 11 - i] = (char)(unsigned char)size;
		block[SIZE] = (char)0x80;
	}
	memset(block + CHECKSUM, ' ', 8);
	for (i = 0; i < IB_TAR_BLOCK; i++)
		sum += (unsigned char)block[i];
	snprintf(block + CHECKSUM, 7, "%06o", sum & 0777777u);
}

/* ---- names ---------------------------------------------------------------------- */

/* Names from extension headers, which override the member's own header. */
struct names {
	struct ib_span path, link;
	bool pax_path, pax_link;
};

static bool
take_value(struct ib_span record, const char *name, struct ib_span *value)
{
	size_t n = strlen(name);

	if (record.n <= n || memcmp(record.p, name, n) != 0)
		return false;
	*value = (struct ib_span){ record.p + n, record.n - n - 1 };
	return true;
}

/* Read the records of a pax header, which have the form "LEN name=value\n". */
static void
read_pax(struct ib_span text, struct names *names)
{
	const char *p = text.p, *end = p + text.n, *blank;
	struct ib_span record;
	uint64_t n;

	for (; p < end; p += n) {
		blank = memchr(p, ' ', (size_t)(end - p));
		if (!blank || !ib_number_unsigned((struct ib_span){ p, (size_t)(blank - p) }, &n) ||
		    n > (uint64_t)(end - p) || p + n <= blank + 1)
			break;
		record = (struct ib_span){ blank + 1, (size_t)(p + n - blank - 1) };
		if (take_value(record, "path=", &names->path) ||
		    take_value(record, "GNU.sparse.name=", &names->path))
			names->pax_path = true;
		else if (take_value(record, "linkpath=", &names->link))
			names->pax_link = true;
	}
}

static void
read_extension(char type, struct ib_span text, struct names *names)
{
	if (type == 'x' || type == 'X')
		read_pax(text, names);
	else if (type == 'L' && !names->pax_path)
		names->path = text_field(text.p, text.n);
	else if (type == 'K' && !names->pax_link)
		names->link = text_field(text.p, text.n);
}

/* Append the path that is stored in the member's own header block. */
static void
write_own_path(struct ib_bytes *path, const char *block)
{
	struct ib_span name = text_field(block + NAME, NAME_MAX_);
	struct ib_span prefix = text_field(block + PREFIX, 155);

	if (memcmp(block + MAGIC, "ustar\0", 6) == 0 && prefix.n > 0) {
		ib_bytes_append(path, prefix.p, prefix.n);
		ib_bytes_append_char(path, '/');
	}
	ib_bytes_append(path, name.p, name.n);
}

bool
ib_tar_header_read(struct ib_tar_header *h, const char *p, size_t n)
{
	struct names names = { 0 };
	uint64_t size;

	h->path.n = h->link.n = 0;
	h->type = '\0';
	while (n >= IB_TAR_BLOCK && memchr("xXgLKVN", p[TYPE], 7)) {
		size = size_field(p + SIZE);
		if (size > n - IB_TAR_BLOCK)
			break;
		read_extension(p[TYPE], (struct ib_span){ p + IB_TAR_BLOCK, (size_t)size }, &names);
		size = (size + 2 * IB_TAR_BLOCK - 1) / IB_TAR_BLOCK * IB_TAR_BLOCK;
		size = size > n ? n : size;
		p += size;
		n -= (size_t)size;
	}
	if (n >= IB_TAR_BLOCK) {
		h->type = p[TYPE];
		if (!names.path.p)
			write_own_path(&h->path, p);
		if (!names.link.p)
			names.link = text_field(p + LINK, NAME_MAX_);
	}
	ib_bytes_append(&h->path, names.path.p, names.path.n);
	if (h->type == IB_TAR_HARD_LINK || h->type == IB_TAR_SYMBOLIC_LINK)
		ib_bytes_append(&h->link, names.link.p, names.link.n);
	return !h->path.failed && !h->link.failed;
}

/* Append one component to a path; ".." removes the last component after the offset `root`. */
static void
write_component(struct ib_bytes *path, size_t root, struct ib_span part)
{
	struct ib_span last = { NULL, 0 };
	size_t at = path->n;

	if (part.n == 0 || ib_span_is(part, "."))
		return;
	while (at > root && path->p[at - 1] != '/')
		at--;
	if (at < path->n)
		last = (struct ib_span){ path->p + at, path->n - at };
	if (ib_span_is(part, "..") && last.n > 0 && !ib_span_is(last, "..")) {
		path->n = at > root ? at - 1 : root;
		return;
	}
	if (path->n > root)
		ib_bytes_append_char(path, '/');
	ib_bytes_append(path, part.p, part.n);
}

static void
write_components(struct ib_bytes *out, size_t root, struct ib_span path)
{
	const char *p = path.p, *end, *slash;

	if (path.n == 0)
		return;
	end = p + path.n;
	while (p < end) {
		slash = memchr(p, '/', (size_t)(end - p));
		if (!slash)
			slash = end;
		write_component(out, root, (struct ib_span){ p, (size_t)(slash - p) });
		p = slash + 1;
	}
}

void
ib_tar_normalize_path(struct ib_bytes *out, struct ib_span folder, struct ib_span path)
{
	bool absolute = path.n > 0 && *path.p == '/';
	size_t root;

	if (absolute)
		folder.n = 0;
	absolute |= folder.n > 0 && *folder.p == '/';
	out->n = 0;
	if (absolute)
		ib_bytes_append_char(out, '/');
	root = out->n;
	write_components(out, root, folder);
	write_components(out, root, path);
}

/* ---- blocks --------------------------------------------------------------------- */

bool
ib_tar_is_end_block(const char *p)
{
	return *p == '\0' && memcmp(p, p + 1, IB_TAR_BLOCK - 1) == 0;
}

bool
ib_tar_is_header(const char *p, size_t n)
{
	return n >= MAGIC + 5 && memcmp(p + MAGIC, "ustar", 5) == 0;
}
