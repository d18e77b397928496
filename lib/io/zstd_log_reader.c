/*
 * Read a log, which is a sequence of zstd frames and skippable frames. If the file ends inside a
 * frame, the writer was probably killed, and this is not an error. But if the file contains another
 * frame after the start of the unfinished frame, or an index that covers the unfinished frame, then
 * the log was damaged later, and reading fails. To distinguish these cases, the reader searches the
 * bytes after the start of the unfinished frame for a frame or an index of this log.
 */
#include "io/zstd_log_reader.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/little_endian.h"
#include "base/system.h"
#include "io/descriptor.h"
#include "io/file_view.h"
#include "io/zstd_log_index.h"

#define PIECE ((size_t)256 << 10) /* number of bytes of text that are skipped at a time */
#define BEGIN_MAX ((size_t)64 << 10)
#define HEAD ((size_t)4096) /* bytes that are enough to identify another format */

static const char zstd_magic[4] = { '\x28', '\xb5', '\x2f', '\xfd' };

struct ib_zstd_log_reader {
	const struct ib_zstd_log_kind *kind;
	struct ib_file_view file;
	bool must_close;
	ZSTD_DCtx *zstd;
	bool at_frame; /* true if there is a current frame */
	enum ib_frame_state state;
	uint64_t number;       /* number of the current frame, from 1 */
	uint64_t start;	       /* offset of the current frame */
	uint64_t pos;	       /* offset of the next byte to decompress */
	uint64_t valid_end;    /* end of the last complete frame */
	bool drained;	       /* true if the decoder holds no more text */
	size_t requested;      /* number of bytes that the decoder requested last */
	size_t given;	       /* number of requested bytes that the decoder has received */
	struct ib_bytes begin; /* first bytes of the frame's text, at most BEGIN_MAX */
};

/* ---- open, close -------------------------------------------------------- */

enum ib_status
ib_zstd_log_reader_attach(int fd, const char *path, const struct ib_zstd_log_kind *kind,
			  struct ib_zstd_log_reader **out, struct ib_error *err)
{
	struct ib_zstd_log_reader *f = calloc(1, sizeof(*f));
	enum ib_status st;

	if (!f)
		return ib_fail_memory(err);
	f->kind = kind;
	st = ib_file_view_open(&f->file, fd, path, err);
	f->zstd = ZSTD_createDCtx();
	if (!st && !f->zstd)
		st = ib_fail_memory(err);
	if (st) {
		ib_zstd_log_reader_close(f);
		return st;
	}
	/* Allow windows of up to 128 MiB. The frames of infobatch need 8 MiB. */
	ZSTD_DCtx_setParameter(f->zstd, ZSTD_d_windowLogMax, 27);
	*out = f;
	return IB_OK;
}

enum ib_status
ib_zstd_log_reader_open(const char *path, const struct ib_zstd_log_kind *kind,
			struct ib_zstd_log_reader **out, struct ib_error *err)
{
	bool standard = strcmp(path, "-") == 0;
	enum ib_status st;
	int fd = 0;

	if (!standard) {
		fd = ib_fd_open(path, O_RDONLY, 0);
		if (fd < 0)
			return ib_fail_errno(err, IB_E_NOINPUT, path, "open");
	}
	st = ib_zstd_log_reader_attach(fd, standard ? "standard input" : path, kind, out, err);
	if (st && !standard)
		ib_fd_close(fd);
	if (!st)
		(*out)->must_close = !standard;
	return st;
}

void
ib_zstd_log_reader_close(struct ib_zstd_log_reader *f)
{
	if (!f)
		return;
	if (f->must_close)
		ib_fd_close(f->file.fd);
	ZSTD_freeDCtx(f->zstd);
	ib_file_view_release(&f->file);
	ib_bytes_release(&f->begin);
	free(f);
}

const char *
ib_zstd_log_reader_name(const struct ib_zstd_log_reader *f)
{
	return f->file.path;
}

enum ib_frame_state
ib_zstd_log_reader_state(const struct ib_zstd_log_reader *f)
{
	return f->state;
}

uint64_t
ib_zstd_log_reader_start(const struct ib_zstd_log_reader *f)
{
	return f->start;
}

uint64_t
ib_zstd_log_reader_number(const struct ib_zstd_log_reader *f)
{
	return f->number;
}

void
ib_zstd_log_reader_seek(struct ib_zstd_log_reader *f, uint64_t start, uint64_t number)
{
	f->at_frame = false;
	f->pos = start;
	f->number = number - 1;
}

uint64_t
ib_zstd_log_reader_size(const struct ib_zstd_log_reader *f)
{
	return f->file.size;
}

int64_t
ib_zstd_log_reader_modified(const struct ib_zstd_log_reader *f)
{
	return f->file.modified;
}

uint64_t
ib_zstd_log_reader_position(const struct ib_zstd_log_reader *f)
{
	return f->pos;
}

size_t
ib_zstd_log_reader_requested(const struct ib_zstd_log_reader *f)
{
	return f->requested;
}

uint64_t
ib_zstd_log_reader_valid_end(const struct ib_zstd_log_reader *f)
{
	return f->valid_end;
}

/* ---- corrupt frames ----------------------------------------------------- */

static bool
is_out_of_memory(size_t result)
{
	return ZSTD_getErrorCode(result) == ZSTD_error_memory_allocation;
}

/*
 * Decode the first line of the frame at `start`, or as much of the line as can be decoded. The
 * decoder gets one byte at a time, so that it returns all text before an error. Fails only if out
 * of memory or if the file cannot be read.
 */
static enum ib_status
decode_begin(struct ib_zstd_log_reader *f, uint64_t start, struct ib_bytes *begin,
	     struct ib_error *err)
{
	size_t left = BEGIN_MAX, hint = 1;
	enum ib_status st = IB_OK;
	char text[4096];
	struct ib_span v;
	uint64_t pos = start;

	begin->n = 0;
	ZSTD_DCtx_reset(f->zstd, ZSTD_reset_session_only);
	while (left > 0 && hint > 0 && begin->n < BEGIN_MAX &&
	       !(begin->n && memchr(begin->p, '\n', begin->n))) {
		ZSTD_outBuffer out = { text, sizeof(text), 0 };
		ZSTD_inBuffer in = { NULL, 0, 0 };

		st = ib_file_view_get(&f->file, pos, 1, &v, err);
		if (st || v.n == 0)
			break;
		in = (ZSTD_inBuffer){ v.p, 1, 0 };
		hint = ZSTD_decompressStream(f->zstd, &out, &in);
		if (is_out_of_memory(hint))
			st = ib_fail_memory(err);
		if (ZSTD_isError(hint))
			break;
		ib_bytes_append(begin, text, out.pos);
		pos += in.pos;
		left--;
	}
	return st == IB_OK && begin->failed ? ib_fail_memory(err) : st;
}

static enum ib_status
report_corrupt(struct ib_zstd_log_reader *f, const char *why, struct ib_error *err)
{
	char name[IB_ZSTD_LOG_NAME] = "a run";
	uint64_t start = f->start;
	enum ib_status st = IB_OK;

	if (!f->begin.n || !memchr(f->begin.p, '\n', f->begin.n))
		st = decode_begin(f, start, &f->begin, err);
	if (st)
		return st;
	if (f->begin.n > 0)
		f->kind->name(ib_bytes_span(&f->begin), name);
	return ib_fail(err, IB_E_DATA, "%s: %s (frame %llu, at byte %llu) is corrupt: %s",
		       f->file.path, name, (unsigned long long)f->number, (unsigned long long)start,
		       why);
}

/*
 * Fail because the current frame does not belong to a log of this kind. The message names the
 * format of the file, if the format is known.
 */
static enum ib_status
report_foreign(struct ib_zstd_log_reader *f, struct ib_error *err)
{
	const char *other = NULL;
	struct ib_span head;
	enum ib_status st = IB_OK;

	if (f->begin.n > 0 && f->number == 1)
		other = f->kind->identify(ib_bytes_span(&f->begin), "");
	else if (f->start == 0 && !(st = ib_file_view_get(&f->file, 0, HEAD, &head, err)))
		other = f->kind->identify(head, f->file.path);
	if (st)
		return st;
	if (other)
		return ib_fail(err, IB_E_DATA, "%s: this is %s, not %s", f->file.path, other,
			       f->kind->what);
	return ib_fail(err, IB_E_DATA, "%s: not %s (frame %llu, at byte %llu)", f->file.path,
		       f->kind->what, (unsigned long long)f->number, (unsigned long long)f->start);
}

/* Set *yes to true if a frame of this log begins at offset `at`. */
static enum ib_status
is_own_frame(struct ib_zstd_log_reader *f, uint64_t at, bool *yes, struct ib_error *err)
{
	struct ib_bytes begin = { 0 };
	enum ib_status st = decode_begin(f, at, &begin, err);

	*yes = !st && ib_span_begins_with(ib_bytes_span(&begin), f->kind->begins);
	ib_bytes_release(&begin);
	return st;
}

/* Set *yes to true if an index has its magic number at offset `at`. */
static enum ib_status
is_index(struct ib_zstd_log_reader *f, uint64_t at, bool *yes, struct ib_error *err)
{
	struct ib_zstd_log_index index;
	struct ib_span v;
	enum ib_status st = ib_file_view_get(&f->file, at - 8, IB_ZSTD_LOG_INDEX_BYTES, &v, err);

	*yes = !st && v.n >= IB_ZSTD_LOG_INDEX_BYTES && ib_zstd_log_index_get(v.p, &index);
	return st;
}

/*
 * Find out whether a truncated frame is damaged. The frame begins at `start`. Sets *found to true
 * if the bytes after `start` contain another frame or an index: the frame is then damaged, and not
 * just unfinished.
 */
static enum ib_status
find_later_frame(struct ib_zstd_log_reader *f, uint64_t start, bool *found, struct ib_error *err)
{
	struct ib_span v;
	enum ib_status st;
	uint64_t at = start + 1;
	const char *hit, *other;

	*found = false;
	for (;;) {
		st = ib_file_view_get(&f->file, at, IB_ZSTD_LOG_INDEX_BYTES, &v, err);
		if (st || v.n < sizeof(zstd_magic))
			return st;
		hit = ib_system_find(v.p, v.n, zstd_magic, sizeof(zstd_magic));
		other = ib_system_find(v.p, v.n, ib_zstd_log_index_magic,
				       sizeof(ib_zstd_log_index_magic));
		/* The magic is 8 bytes after the start of the index. */
		if (other && (!hit || other < hit) && at + (uint64_t)(other - v.p) >= start + 8) {
			at += (uint64_t)(other - v.p);
			st = is_index(f, at, found, err);
			if (st || *found)
				return st;
			at++;
		} else if (hit) {
			at += (uint64_t)(hit - v.p);
			st = is_own_frame(f, at, found, err);
			if (st || *found)
				return st;
			at++;
		} else {
			/*
			 * A magic number may cross the end of this view, so the next view
			 * overlaps it.
			 */
			at += v.n - (sizeof(ib_zstd_log_index_magic) - 1 < v.n
					     ? sizeof(ib_zstd_log_index_magic) - 1
					     : 0);
			if (at + sizeof(ib_zstd_log_index_magic) > f->file.size)
				return IB_OK;
		}
	}
}

/* ---- text --------------------------------------------------------------- */

static enum ib_status
end_truncated(struct ib_zstd_log_reader *f, struct ib_error *err)
{
	enum ib_status st;
	bool found;

	st = find_later_frame(f, f->start, &found, err);
	if (st)
		return st;
	if (found)
		return report_corrupt(f, "it is truncated, but followed by more data", err);
	f->state = IB_FRAME_TRUNCATED;
	f->pos = f->file.size;
	return IB_OK;
}

/*
 * Run one step of the decoder. The decoder gets exactly the bytes that it requests, one block at a
 * time. So the size of its last request shows in which part of a frame the file ends.
 */
static enum ib_status
decode_step(struct ib_zstd_log_reader *f, ZSTD_outBuffer *out, struct ib_error *err)
{
	size_t before = out->pos, hint, n_wanted;
	ZSTD_inBuffer in;
	struct ib_span v;
	enum ib_status st;

	st = ib_file_view_get(&f->file, f->pos, 1, &v, err);
	if (st)
		return st;
	if (v.n == 0 && f->drained)
		return end_truncated(f, err);
	n_wanted = f->requested - f->given;
	in = (ZSTD_inBuffer){ v.p, v.n < n_wanted ? v.n : n_wanted, 0 };
	hint = ZSTD_decompressStream(f->zstd, out, &in);
	if (is_out_of_memory(hint))
		return ib_fail_memory(err);
	if (ZSTD_isError(hint))
		return report_corrupt(f, ZSTD_getErrorName(hint), err);
	f->given += in.pos;
	if (f->given == f->requested) {
		f->requested = hint;
		f->given = 0;
	}
	f->pos += in.pos;
	f->drained = out->pos < out->size || (out->pos == before && in.pos == 0);
	if (hint == 0) {
		f->state = IB_FRAME_DONE;
		f->valid_end = f->pos;
	}
	return IB_OK;
}

/* True if the text begins with kind->begins, or is a prefix of kind->begins. */
static bool
has_expected_start(const struct ib_zstd_log_reader *f, const char *text, size_t n)
{
	size_t n_wanted = strlen(f->kind->begins);

	return memcmp(text, f->kind->begins, n < n_wanted ? n : n_wanted) == 0;
}

enum ib_status
ib_zstd_log_reader_read(struct ib_zstd_log_reader *f, char *buf, size_t cap, size_t *n,
			struct ib_error *err)
{
	ZSTD_outBuffer out = { buf, cap, 0 };
	enum ib_status st = IB_OK;
	size_t room;

	while (out.pos < out.size && f->state == IB_FRAME_OPEN && !st)
		st = decode_step(f, &out, err);
	*n = out.pos;
	if (st)
		return st;
	room = BEGIN_MAX - f->begin.n;
	ib_bytes_append(&f->begin, buf, out.pos < room ? out.pos : room);
	if (f->begin.failed)
		return ib_fail_memory(err);
	if (f->begin.n > 0 && !has_expected_start(f, f->begin.p, f->begin.n))
		return report_foreign(f, err);
	return IB_OK;
}

/* ---- frames ------------------------------------------------------------- */

/* Skip the rest of the current frame. */
static enum ib_status
skip_rest_of_frame(struct ib_zstd_log_reader *f, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	char *buf;
	size_t n;

	if (!f->at_frame || f->state != IB_FRAME_OPEN)
		return IB_OK;
	buf = malloc(PIECE);
	if (!buf)
		return ib_fail_memory(err);
	while (!st && f->state == IB_FRAME_OPEN)
		st = ib_zstd_log_reader_read(f, buf, PIECE, &n, err);
	free(buf);
	return st;
}

/* Handle the last bytes of the file if they are too short to be a frame. */
static enum ib_status
handle_short_rest(struct ib_zstd_log_reader *f, struct ib_span v, struct ib_error *err)
{
	bool zstd = memcmp(v.p, zstd_magic, v.n < 4 ? v.n : 4) == 0;
	bool other = ((unsigned char)v.p[0] & 0xf0) == 0x50 &&
		     memcmp(v.p + 1, ib_zstd_skippable_magic, v.n < 4 ? v.n - 1 : 3) == 0;

	if (!zstd && !other)
		return report_foreign(f, err);
	f->state = IB_FRAME_TRUNCATED;
	f->pos = f->file.size;
	if (other) /* a partly written index is harmless: the data is complete */
		return IB_EOF;
	f->at_frame = true;
	return IB_OK;
}

/* Skip a skippable frame. Returns IB_EOF if the file ends inside it. */
static enum ib_status
skip_skippable(struct ib_zstd_log_reader *f, struct ib_span v, struct ib_error *err)
{
	uint64_t n = 8 + ib_little_endian_get(v.p + 4, 4);
	enum ib_status st;
	bool found;

	if (n <= f->file.size - f->start) {
		f->pos = f->valid_end = f->start + n;
		return IB_OK;
	}
	st = find_later_frame(f, f->start, &found, err);
	if (st)
		return st;
	if (found)
		return ib_fail(err, IB_E_DATA,
			       "%s: a skippable frame at byte %llu is corrupt: it would end "
			       "after the start of the next run",
			       f->file.path, (unsigned long long)f->start);
	f->pos = f->file.size;
	return IB_EOF;
}

enum ib_status
ib_zstd_log_reader_next(struct ib_zstd_log_reader *f, struct ib_error *err)
{
	enum ib_status st = skip_rest_of_frame(f, err);
	struct ib_span v;

	f->at_frame = false;
	f->begin.n = 0;
	while (!st) {
		f->start = f->pos;
		st = ib_file_view_get(&f->file, f->pos, 8, &v, err);
		if (st)
			break;
		if (v.n == 0)
			return IB_EOF;
		f->number++;
		if (v.n < 8)
			return handle_short_rest(f, v, err);
		if (memcmp(v.p, zstd_magic, 4) == 0)
			break;
		if (((unsigned char)v.p[0] & 0xf0) != 0x50 ||
		    memcmp(v.p + 1, ib_zstd_skippable_magic, 3) != 0)
			return report_foreign(f, err);
		f->number--;
		st = skip_skippable(f, v, err);
	}
	if (st)
		return st;
	f->at_frame = true;
	f->state = IB_FRAME_OPEN;
	f->drained = true;
	f->requested = 1;
	f->given = 0;
	ZSTD_DCtx_reset(f->zstd, ZSTD_reset_session_only);
	return IB_OK;
}
