/*
 * Walk the members of a tar. libarchive parses the archive, and calls read_block() to get bytes.
 * The buffer keeps these bytes until libarchive reports how far it has parsed the archive, so that
 * the bytes of each member can be passed on unchanged.
 *
 * Invariants: base <= mark <= base + n. Bytes before `mark` were passed on or skipped. libarchive
 * has received all bytes of the buffer, and is working on the block that it received most recently.
 */
#include "record/tar_archive.h"

#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "record/libarchive.h"
#include "record/tar_header.h"

#define BLOCK ((size_t)256 << 10) /* bytes per read */

/* The content of the current member. */
struct content {
	uint64_t begin, end;	    /* offsets in the archive */
	bool passing;		    /* true while libarchive reads the content */
	bool passed;		    /* true if the content was read to its end */
	ib_tar_piece_handler *take; /* handler of the bytes; NULL to skip the bytes */
	void *take_ctx;
};

struct ib_tar_archive {
	const struct ib_libarchive *la;
	struct archive *archive;
	struct archive_entry *entry;
	struct ib_input *in;
	struct ib_tar_options options;
	char *buf; /* bytes [base, base + n) of the archive */
	size_t n, cap;
	uint64_t base, mark;
	struct content content;
	bool seeking; /* true while libarchive searches for the next header */
	bool ended;
	bool joined;	 /* true if a warning about a second archive was printed */
	uint64_t number; /* number of the next member, from 0 */
	bool has_mark;	 /* true if blocks of zeros, which end an archive, precede `mark` */
	struct ib_tar_header header;
	struct ib_error failed; /* the first error of the input */
};

/* ---- bytes -------------------------------------------------------------------- */

/*
 * Pass the bytes before the offset `end` to the handler `take`, or skip them if there is no
 * handler.
 */
static void
dispose(struct ib_tar_archive *t, uint64_t end)
{
	struct ib_tar_piece piece;
	uint64_t from = t->content.begin, to = t->content.end;

	if (end <= t->mark)
		return;
	piece.p = t->buf + (t->mark - t->base);
	piece.n = (size_t)(end - t->mark);
	from = from < t->mark ? t->mark : from > end ? end : from;
	to = to < from ? from : to > end ? end : to;
	piece.from = (size_t)(from - t->mark);
	piece.to = (size_t)(to - t->mark);
	t->mark = end;
	if (t->content.take)
		t->content.take(t->content.take_ctx, &piece);
}

static bool
make_room(struct ib_tar_archive *t)
{
	size_t keep = (size_t)(t->base + t->n - t->mark);

	if (keep > 0)
		memmove(t->buf, t->buf + (t->mark - t->base), keep);
	t->base = t->mark;
	t->n = keep;
	if (t->cap - t->n >= BLOCK)
		return true;
	if (!ib_array_resize(&t->buf, t->n + BLOCK, 1))
		return false;
	t->cap = t->n + BLOCK;
	return true;
}

/* Skip blocks of zeros. They end an archive, but another archive may follow. */
static void
skip_zeros(struct ib_tar_archive *t)
{
	uint64_t end = t->base + t->n;

	while (end - t->mark >= IB_TAR_BLOCK && ib_tar_is_end_block(t->buf + (t->mark - t->base))) {
		t->mark += IB_TAR_BLOCK;
		t->has_mark = true;
	}
}

/*
 * Called by libarchive when it needs more bytes. libarchive then no longer needs the earlier
 * bytes.
 */
static la_ssize_t
read_block(struct archive *a, void *ctx, const void **p)
{
	struct ib_tar_archive *t = ctx;
	enum ib_status st;
	size_t got = 0;

	if (t->content.passing)
		dispose(t, t->base + t->n);
	else if (t->seeking)
		skip_zeros(t);
	if (!make_room(t)) {
		t->failed.code = ib_fail_memory(&t->failed);
		t->la->archive_set_error(a, ENOMEM, "memory");
		return -1;
	}
	st = ib_input_read(t->in, t->buf + t->n, BLOCK, &got, &t->failed);
	if (st < 0) {
		t->failed.code = st;
		t->la->archive_set_error(a, EIO, "input");
		return -1;
	}
	if (t->options.feed && got > 0)
		t->options.feed(t->options.feed_ctx, t->buf + t->n, got);
	*p = t->buf + t->n;
	t->n += got;
	return (la_ssize_t)got;
}

static enum ib_status
fail(const struct ib_tar_archive *t, struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	const char *why = t->la->archive_error_string(t->archive);

	if (t->failed.code < 0) {
		if (err)
			*err = t->failed;
		return t->failed.code;
	}
	/*
	 * libarchive sets no message if a pax header or a long name is truncated, if a size
	 * overflows, or if memory ran out.
	 */
	if (!why && errno != ENOMEM)
		why = "a header is truncated or malformed";
	if (!why || t->la->archive_errno(t->archive) == ENOMEM)
		return ib_fail_memory(err);
	return ib_fail(err, IB_E_DATA, "%s: damaged or truncated tar: %s", ib_input_name(t->in),
		       ib_show(show, ib_span_of(why)));
}

/*
 * Set up libarchive. An empty file is accepted as an archive without members. Do not use
 * archive_read_open() or the entry that belongs to the archive, because both crash if memory runs
 * out (libarchive 3.6.2).
 */
static bool
set_up(struct ib_tar_archive *t)
{
	struct archive *a = t->archive;

	return t->la->archive_read_support_format_tar(a) >= ARCHIVE_WARN &&
	       t->la->archive_read_set_format_option(a, "tar", "read_concatenated_archives", "1") >=
		       ARCHIVE_WARN &&
	       t->la->archive_read_support_format_empty(a) >= ARCHIVE_WARN &&
	       t->la->archive_read_set_callback_data(a, t) >= ARCHIVE_WARN &&
	       t->la->archive_read_set_read_callback(a, read_block) >= ARCHIVE_WARN &&
	       t->la->archive_read_open1(a) >= ARCHIVE_WARN;
}

enum ib_status
ib_tar_archive_open(struct ib_input *in, const struct ib_tar_options *options,
		    struct ib_tar_archive **out, struct ib_error *err)
{
	struct ib_tar_archive *t = calloc(1, sizeof(*t));
	enum ib_status st;

	if (!t)
		return ib_fail_memory(err);
	t->in = in;
	if (options)
		t->options = *options;
	t->content.passed = true;
	st = ib_libarchive_load(&t->la, err);
	if (!st) {
		t->archive = t->la->archive_read_new();
		t->entry = t->la->archive_entry_new();
	}
	if (!st && (!t->archive || !t->entry))
		st = ib_fail_memory(err);
	if (!st && !set_up(t))
		st = fail(t, err);
	if (st) {
		ib_tar_archive_close(t);
		return st;
	}
	*out = t;
	return IB_OK;
}

void
ib_tar_archive_close(struct ib_tar_archive *t)
{
	if (!t)
		return;
	t->content.take = NULL;
	if (t->archive)
		t->la->archive_read_free(t->archive);
	if (t->entry)
		t->la->archive_entry_free(t->entry);
	ib_tar_header_release(&t->header);
	free(t->buf);
	free(t);
}

/* ---- walking ------------------------------------------------------------------ */

static enum ib_status
finish_member(struct ib_tar_archive *t, struct ib_error *err)
{
	int r;

	if (t->content.passed)
		return IB_OK;
	t->content.passing = true;
	r = t->la->archive_read_data_skip(t->archive);
	t->content.passing = false;
	t->content.passed = true;
	if (r < ARCHIVE_WARN) {
		dispose(t, t->base + t->n);
		return fail(t, err);
	}
	dispose(t, (uint64_t)t->la->archive_filter_bytes(t->archive, 0));
	return IB_OK;
}

enum ib_status
ib_tar_archive_pass_member(struct ib_tar_archive *t, ib_tar_piece_handler *take, void *ctx,
			   struct ib_error *err)
{
	enum ib_status st;

	t->content.take = take;
	t->content.take_ctx = ctx;
	st = finish_member(t, err);
	t->content.take = NULL;
	return st;
}

/*
 * Read the input to its end, because the decompressor may find only at the end that the input
 * is truncated.
 */
static enum ib_status
drain(struct ib_tar_archive *t, struct ib_error *err)
{
	const void *p;
	la_ssize_t n;

	t->ended = true;
	t->seeking = false;
	do {
		t->mark = t->base + t->n;
		n = read_block(t->archive, t, &p);
	} while (n > 0);
	if (n < 0)
		return fail(t, err);
	if (t->number > 0 && !t->has_mark)
		ib_warn(t->options.context,
			"%s: the tar has no end-of-archive block: is "
			"it truncated?",
			ib_input_name(t->in));
	return IB_EOF;
}

/*
 * Handle bytes at t->mark that are not a header. After the end of an archive, these bytes are
 * ignored with a warning, unless they look like a damaged header.
 */
static enum ib_status
end_or_fail(struct ib_tar_archive *t, struct ib_error *err)
{
	const char *p = t->buf + (t->mark - t->base);
	size_t n = (size_t)(t->base + t->n - t->mark), i = 0;

	if (t->failed.code < 0 || !t->has_mark || ib_tar_is_header(p, n) ||
	    t->la->archive_errno(t->archive) == ENOMEM)
		return fail(t, err);
	while (i < n && p[i] == '\0')
		i++;
	if (i < n)
		ib_warn(t->options.context,
			"%s: ignoring the bytes after the end of the tar, "
			"from offset %llu on: they are not a tar",
			ib_input_name(t->in), (unsigned long long)t->mark);
	return drain(t, err);
}

/* Warn that a second archive follows, because many readers stop at the end of the first archive. */
static void
warn_of_joined(struct ib_tar_archive *t)
{
	if (t->joined || !t->has_mark || t->number == 0)
		return;
	t->joined = true;
	ib_warn(t->options.context,
		"%s: another tar follows at offset %llu: it is read too, "
		"but many readers stop there (GNU tar "
		"without -i, Python's tarfile)",
		ib_input_name(t->in), (unsigned long long)t->mark);
}

/* Move to the next header, and set *start to its offset. */
static enum ib_status
find_header(struct ib_tar_archive *t, uint64_t *start, struct ib_error *err)
{
	uint64_t from = t->mark;
	int r;

	t->seeking = true;
	t->has_mark = false;
	r = t->la->archive_read_next_header2(t->archive, t->entry);
	skip_zeros(t);
	t->seeking = false;
	if (r == ARCHIVE_EOF)
		return drain(t, err);
	if (r != ARCHIVE_OK && r != ARCHIVE_WARN)
		return end_or_fail(t, err);
	warn_of_joined(t);
	*start = t->mark;
	t->content.begin = (uint64_t)t->la->archive_filter_bytes(t->archive, 0);
	if ((uint64_t)t->la->archive_read_header_position(t->archive) != from ||
	    t->content.begin < *start || t->content.begin > t->base + t->n)
		return ib_fail(err, IB_E_DATA,
			       "%s: damaged tar: a member begins "
			       "at a wrong offset",
			       ib_input_name(t->in));
	return IB_OK;
}

static void
read_link(const struct ib_tar_archive *t, struct ib_tar_member *m)
{
	m->link = ib_bytes_span(&t->header.link);
	m->symbolic = t->header.type == IB_TAR_SYMBOLIC_LINK;
	if (!m->link.p)
		m->link.p = "";
}

enum ib_status
ib_tar_archive_next(struct ib_tar_archive *t, struct ib_tar_member *m, struct ib_error *err)
{
	enum ib_status st = finish_member(t, err);
	uint64_t start = 0;

	if (st)
		return st;
	if (t->ended)
		return IB_EOF;
	st = find_header(t, &start, err);
	if (st)
		return st;
	t->content.passed = false;
	*m = (struct ib_tar_member){
		.size = (uint64_t)t->la->archive_entry_size(t->entry),
		.mtime = t->la->archive_entry_mtime(t->entry),
	};
	t->content.end = t->content.begin + m->size;
	if (!ib_tar_header_read(&t->header, t->buf + (start - t->base),
				(size_t)(t->content.begin - start)))
		return ib_fail_memory(err);
	m->path = ib_bytes_span(&t->header.path);
	m->file = t->la->archive_entry_filetype(t->entry) == AE_IFREG &&
		  !t->la->archive_entry_hardlink(t->entry);
	if (t->header.type == IB_TAR_HARD_LINK || t->header.type == IB_TAR_SYMBOLIC_LINK)
		read_link(t, m);
	if (m->file || m->link.p)
		ib_tar_find_key(m);
	t->number++;
	return IB_OK;
}
