/* Members of a tar: libarchive says where they are, their bytes pass. */
#include "record/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "record/value.h"

#define BLOCK ((size_t)256 << 10) /* read at once */
#define TAR_BLOCK ((size_t)512)

/*
 * buf holds the bytes [base, base + n) of the archive. Those before `mark`
 * were disposed of; libarchive knows all of them and works on the last ones.
 */
struct ib_tar {
	struct archive *archive;
	struct archive_entry *entry;
	struct ib_input *in;
	void (*feed)(void *ctx, const void *p, size_t n);
	void *feed_ctx;
	char *buf;
	size_t n, cap;
	uint64_t base, mark;
	uint64_t content, content_end; /* of the current member, in the archive */
	bool passing;                  /* bytes are the current member's */
	bool passed;                   /* all of it */
	bool ended, has_mark;
	ib_tar_take *take;             /* NULL: nobody wants it */
	void *take_ctx;
	struct ib_bytes path;
	struct ib_error failed;        /* of the input */
};

/* ---- bytes -------------------------------------------------------------------- */

/* Hand on, or forget, what lies before `end`. */
static void
dispose(struct ib_tar *t, uint64_t end)
{
	struct ib_tar_piece piece;
	uint64_t from = t->content, to = t->content_end;

	if (end <= t->mark)
		return;
	piece.p = t->buf + (t->mark - t->base);
	piece.n = (size_t)(end - t->mark);
	from = from < t->mark ? t->mark : from > end ? end : from;
	to = to < from ? from : to > end ? end : to;
	piece.from = (size_t)(from - t->mark);
	piece.to = (size_t)(to - t->mark);
	t->mark = end;
	if (t->take)
		t->take(t->take_ctx, &piece);
}

static bool
make_room(struct ib_tar *t)
{
	size_t keep = (size_t)(t->base + t->n - t->mark);
	char *p;

	if (keep > 0)
		memmove(t->buf, t->buf + (t->mark - t->base), keep);
	t->base = t->mark;
	t->n = keep;
	if (t->cap - t->n >= BLOCK)
		return true;
	p = realloc(t->buf, t->n + BLOCK);
	if (!p)
		return false;
	t->buf = p;
	t->cap = t->n + BLOCK;
	return true;
}

/* libarchive's: the next bytes. It is done with those before. */
static la_ssize_t
read_block(struct archive *a, void *ctx, const void **p)
{
	struct ib_tar *t = ctx;
	enum ib_status st;
	size_t got = 0;

	if (t->passing)
		dispose(t, t->base + t->n);
	if (!make_room(t)) {
		t->failed.code = ib_fail_memory(&t->failed);
		archive_set_error(a, ENOMEM, "memory");
		return -1;
	}
	st = ib_input_read(t->in, t->buf + t->n, BLOCK, &got, &t->failed);
	if (st < 0) {
		t->failed.code = st;
		archive_set_error(a, EIO, "input");
		return -1;
	}
	if (t->feed && got > 0)
		t->feed(t->feed_ctx, t->buf + t->n, got);
	*p = t->buf + t->n;
	t->n += got;
	return (la_ssize_t)got;
}

static enum ib_status
fail(const struct ib_tar *t, struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	const char *why = archive_error_string(t->archive);

	if (t->failed.code < 0) {
		if (err)
			*err = t->failed;
		return t->failed.code;
	}
	/* Where it gives no reason it had no memory for one. */
	if (!why || archive_errno(t->archive) == ENOMEM)
		return ib_fail_memory(err);
	return ib_fail(err, IB_E_DATA, "%s: damaged or cut tar: %s",
		       ib_input_name(t->in), ib_show(show, ib_span_of(why)));
}

/*
 * An empty file is an archive without members. (archive_read_open() and an
 * entry of the archive's own do not survive a lack of memory, libarchive
 * 3.6.2.)
 */
static bool
begin(struct ib_tar *t)
{
	struct archive *a = t->archive;

	return archive_read_support_format_tar(a) >= ARCHIVE_WARN &&
	       archive_read_support_format_empty(a) >= ARCHIVE_WARN &&
	       archive_read_set_callback_data(a, t) >= ARCHIVE_WARN &&
	       archive_read_set_read_callback(a, read_block) >= ARCHIVE_WARN &&
	       archive_read_open1(a) >= ARCHIVE_WARN;
}

enum ib_status
ib_tar_open(struct ib_input *in, void (*feed)(void *, const void *, size_t),
	    void *ctx, struct ib_tar **out, struct ib_error *err)
{
	struct ib_tar *t = calloc(1, sizeof(*t));
	enum ib_status st = IB_OK;

	if (!t)
		return ib_fail_memory(err);
	t->in = in;
	t->feed = feed;
	t->feed_ctx = ctx;
	t->passed = true;
	t->archive = archive_read_new();
	t->entry = archive_entry_new();
	if (!t->archive || !t->entry)
		st = ib_fail_memory(err);
	else if (!begin(t))
		st = fail(t, err);
	if (st) {
		ib_tar_close(t);
		return st;
	}
	*out = t;
	return IB_OK;
}

void
ib_tar_close(struct ib_tar *t)
{
	if (!t)
		return;
	t->take = NULL;
	archive_read_free(t->archive);
	archive_entry_free(t->entry);
	ib_bytes_release(&t->path);
	free(t->buf);
	free(t);
}

/* ---- names -------------------------------------------------------------------- */

/* A field of a header: up to its NUL. */
static struct ib_span
text_field(const char *p, size_t n)
{
	return (struct ib_span){ p, strnlen(p, n) };
}

/* The size that a header gives; libarchive has found it sound. */
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

/* "LEN name=value\n" records of a pax header: the path in them, if any. */
static bool
pax_path(struct ib_span text, struct ib_span *path)
{
	static const char *const names[] = { "path=", "GNU.sparse.name=" };
	const char *p = text.p, *end = p + text.n, *blank, *name;
	bool found = false;
	uint64_t n;
	size_t i, length;

	for (; p < end; p += n) {
		blank = memchr(p, ' ', (size_t)(end - p));
		if (!blank ||
		    !ib_number_unsigned((struct ib_span){ p,
					(size_t)(blank - p) }, &n) ||
		    n > (uint64_t)(end - p) || p + n <= blank + 1)
			break;
		name = blank + 1;
		for (i = 0; i < 2; i++) {
			length = strlen(names[i]);
			if ((size_t)(p + n - name) <= length ||
			    memcmp(name, names[i], length) != 0)
				continue;
			path->p = name + length;
			path->n = (size_t)(p + n - path->p) - 1;
			found = true;
		}
	}
	return found;
}

/*
 * The member's path from its header blocks p[0..n), byte for byte: what
 * libarchive makes of it hangs on the locale.
 */
static void
read_path(struct ib_tar *t, const char *p, size_t n)
{
	struct ib_span path = { 0 }, more, prefix, name;
	uint64_t size;
	bool pax = false;

	t->path.n = 0;
	while (n >= TAR_BLOCK && memchr("xXgLKVN", p[156], 7)) {
		size = size_field(p + 124);
		if (size > n - TAR_BLOCK)
			break;
		more = (struct ib_span){ p + TAR_BLOCK, (size_t)size };
		if (p[156] == 'x' || p[156] == 'X')
			pax |= pax_path(more, &path);
		else if (p[156] == 'L' && !pax)
			path = text_field(more.p, more.n);
		size = TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
		size = size > n ? n : size;
		p += size;
		n -= (size_t)size;
	}
	if (n >= TAR_BLOCK && !path.p) {
		name = text_field(p, 100);
		prefix = text_field(p + 345, 155);
		if (memcmp(p + 257, "ustar\0", 6) == 0 && prefix.n > 0) {
			ib_bytes_put(&t->path, prefix.p, prefix.n);
			ib_bytes_put_char(&t->path, '/');
		}
		path = name;
	}
	ib_bytes_put(&t->path, path.p, path.n);
}

/* __x__, the first of a path's components? */
static bool
is_meta(struct ib_span path)
{
	const char *slash = memchr(path.p, '/', path.n);
	size_t n = slash ? (size_t)(slash - path.p) : path.n;

	return n >= 4 && memcmp(path.p, "__", 2) == 0 &&
	       memcmp(path.p + n - 2, "__", 2) == 0;
}

static void
find_key(struct ib_tar_member *m)
{
	const char *p = m->path.p, *end = p + m->path.n, *last = end, *dot;

	while (last > p && last[-1] != '/')
		last--;
	dot = memchr(last, '.', (size_t)(end - last));
	if (!dot || dot == last || is_meta(m->path))
		return;
	m->key = (struct ib_span){ p, (size_t)(dot - p) };
	m->weight = ib_span_is((struct ib_span){ dot, (size_t)(end - dot) },
			       ".weight.json");
}

bool
ib_tar_weight(struct ib_span s, double *weight)
{
	*weight = 1;
	return ib_span_is(ib_span_trim(s), "null") ||
	       ib_number_wrapped(s, weight);
}

/* ---- walking ------------------------------------------------------------------ */

static enum ib_status
finish_member(struct ib_tar *t, struct ib_error *err)
{
	int r;

	if (t->passed)
		return IB_OK;
	t->passing = true;
	r = archive_read_data_skip(t->archive);
	t->passing = false;
	t->passed = true;
	if (r < ARCHIVE_WARN) {
		dispose(t, t->base + t->n);
		return fail(t, err);
	}
	dispose(t, (uint64_t)archive_filter_bytes(t->archive, 0));
	return IB_OK;
}

enum ib_status
ib_tar_pass(struct ib_tar *t, ib_tar_take *take, void *ctx,
	    struct ib_error *err)
{
	enum ib_status st;

	t->take = take;
	t->take_ctx = ctx;
	st = finish_member(t, err);
	t->take = NULL;
	return st;
}

/* What follows the archive is read too: it may show that the input is cut. */
static enum ib_status
drain(struct ib_tar *t, struct ib_error *err)
{
	const void *p;
	la_ssize_t n;
	size_t i, have = (size_t)(t->base + t->n - t->mark);

	t->has_mark = have >= TAR_BLOCK;
	for (i = 0; i < TAR_BLOCK && t->has_mark; i++)
		t->has_mark = t->buf[t->mark - t->base + i] == '\0';
	t->ended = true;
	do {
		t->mark = t->base + t->n;
		n = read_block(t->archive, t, &p);
	} while (n > 0);
	return n < 0 ? fail(t, err) : IB_EOF;
}

enum ib_status
ib_tar_next(struct ib_tar *t, struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = finish_member(t, err);
	uint64_t start;
	int r;

	if (st)
		return st;
	if (t->ended)
		return IB_EOF;
	r = archive_read_next_header2(t->archive, t->entry);
	if (r == ARCHIVE_EOF)
		return drain(t, err);
	if (r < ARCHIVE_WARN)
		return fail(t, err);
	start = (uint64_t)archive_read_header_position(t->archive);
	t->content = (uint64_t)archive_filter_bytes(t->archive, 0);
	if (start != t->mark || t->content < start ||
	    t->content > t->base + t->n)
		return ib_fail(err, IB_E_DATA, "%s: damaged tar: a member is "
			       "not where it should be", ib_input_name(t->in));
	t->passed = false;
	*m = (struct ib_tar_member){
		.size = (uint64_t)archive_entry_size(t->entry),
		.mtime = archive_entry_mtime(t->entry),
	};
	t->content_end = t->content + m->size;
	read_path(t, t->buf + (start - t->base), (size_t)(t->content - start));
	if (t->path.failed)
		return ib_fail_memory(err);
	m->path = ib_bytes_span(&t->path);
	if (archive_entry_filetype(t->entry) == AE_IFREG &&
	    !archive_entry_hardlink(t->entry))
		find_key(m);
	return IB_OK;
}

bool
ib_tar_has_mark(const struct ib_tar *t)
{
	return t->has_mark;
}
