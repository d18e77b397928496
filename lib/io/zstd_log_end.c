/*
 * Find the end of a log. Usually, the file ends with an index, which gives the offset of the last
 * frame. In this case, only the start of this frame is read, to check the version of its header
 * line. A log that was concatenated or recompressed, or whose writer was killed, has no index at
 * its end. In this case, the complete log is read.
 *
 * A frame that was written by ib-prune holds one run. A frame that was written by `zstd -d log |
 * zstd` holds several runs. A run is finished if its last line is a footer. Unfinished runs are
 * removed from the end of the log, together with their frames. If one of these frames also holds a
 * finished run, the log is left unchanged, and the result is IB_E_DATA.
 */
#include "io/zstd_log_end.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "io/descriptor.h"
#include "io/zstd_log_index.h"

#define PIECE ((size_t)256 << 10)
#define LINE_MAX_BYTES ((size_t)64 << 10) /* enough bytes to classify a line */
#define BEGIN ((size_t)4096)		  /* enough bytes to find the version of a log */
#define CHECKSUM_BYTES 4		  /* length of the checksum at the end of a frame */

/* The lines found in the text of one frame. */
struct frame_text {
	const struct ib_zstd_log_kind *kind;
	const char *path;
	uint64_t frame;	      /* number of the frame, from 1 */
	struct ib_bytes line; /* the current line, without its newline */
	bool has_text;
	uint64_t headers, footers;
	bool open;	       /* true after a line that is not empty, until the next footer */
	bool blank;	       /* true if empty lines follow the last footer */
	uint64_t run_checksum; /* checksum in the last footer */
};

enum verdict { EMPTY, FINISHED, UNFINISHED };

/* ---- the lines of a frame ----------------------------------------------- */

static enum ib_status
add_line(struct frame_text *t, struct ib_span line, struct ib_error *err)
{
	enum ib_zstd_log_line what = IB_LOG_LINE_OTHER;
	struct ib_error why = { 0 };
	enum ib_status st;
	uint64_t run_checksum = 0;

	st = t->kind->line(line, &what, &run_checksum, &why);
	if (st == IB_E_DATA)
		return ib_fail(err, st, "%s: frame %llu: %s", t->path, (unsigned long long)t->frame,
			       why.text);
	if (st) {
		*err = why;
		return st;
	}
	if (what == IB_LOG_LINE_BLANK && !t->open) {
		t->blank = true;
	} else if (what == IB_LOG_LINE_FOOTER && t->open) {
		t->open = t->blank = false;
		t->footers++;
		t->run_checksum = run_checksum;
	} else {
		t->headers += what == IB_LOG_LINE_HEADER;
		t->open = true;
	}
	return IB_OK;
}

/* Append bytes to the current line; drop bytes beyond LINE_MAX_BYTES. */
static enum ib_status
append_to_line(struct frame_text *t, const char *p, size_t n, struct ib_error *err)
{
	size_t room = LINE_MAX_BYTES - t->line.n;

	ib_bytes_append(&t->line, p, n < room ? n : room);
	return t->line.failed ? ib_fail_memory(err) : IB_OK;
}

static enum ib_status
add_text(struct frame_text *t, const char *p, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	const char *end;

	t->has_text |= n > 0;
	while (!st && n > 0) {
		end = memchr(p, '\n', n);
		if (!end)
			return append_to_line(t, p, n, err);
		st = append_to_line(t, p, (size_t)(end - p), err);
		if (!st)
			st = add_line(t, ib_bytes_span(&t->line), err);
		t->line.n = 0;
		n -= (size_t)(end + 1 - p);
		p = end + 1;
	}
	return st;
}

/* ---- one frame ---------------------------------------------------------- */

static enum ib_status
refuse_append(const struct frame_text *t, const char *why, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA,
		       "%s: frame %llu %s; the file was not changed (see REPAIR in ib-audit(1))",
		       t->path, (unsigned long long)t->frame, why);
}

/*
 * True if the frame has one run and lacks only bytes of the zstd checksum: ib-prune was then killed
 * while it wrote the frame, and no output of the run was committed. Returns false if there is text
 * after the footer, because another program has then written the frame, and the run is finished.
 */
static bool
lacks_only_checksum(const struct frame_text *t, const struct ib_zstd_log_reader *r)
{
	return t->headers == 1 && t->footers == 1 && !t->open && !t->blank &&
	       ib_zstd_log_reader_requested(r) == CHECKSUM_BYTES;
}

static enum ib_status
classify_frame(const struct frame_text *t, const struct ib_zstd_log_reader *r,
	       enum verdict *verdict, struct ib_error *err)
{
	bool truncated = ib_zstd_log_reader_state(r) == IB_FRAME_TRUNCATED;

	*verdict = UNFINISHED;
	if (truncated && t->footers > 0 && !lacks_only_checksum(t, r))
		return refuse_append(t, "is truncated, but holds finished runs", err);
	if (truncated)
		return IB_OK;
	if (!t->has_text) {
		*verdict = EMPTY;
		return IB_OK;
	}
	if (t->headers == 0)
		return ib_fail(err, IB_E_DATA, "%s: not %s (frame %llu)", t->path, t->kind->what,
			       (unsigned long long)t->frame);
	if (t->open)
		return t->footers == 0
			       ? IB_OK
			       : refuse_append(t, "holds an unfinished run after finished runs",
					       err);
	if (t->line.n > 0)
		return refuse_append(t, "has no newline after its last run", err);
	*verdict = FINISHED;
	return IB_OK;
}

/* Read the current frame to its end. */
static enum ib_status
read_frame(struct ib_zstd_log_reader *r, struct frame_text *t, char *buf, enum verdict *verdict,
	   struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t n = PIECE;

	while (!st && n == PIECE) {
		st = ib_zstd_log_reader_read(r, buf, PIECE, &n, err);
		if (!st)
			st = add_text(t, buf, n, err);
	}
	if (!st && t->line.n > 0)
		st = add_line(t, ib_bytes_span(&t->line), err);
	return st ? st : classify_frame(t, r, verdict, err);
}

/* ---- the log ------------------------------------------------------------ */

/* Clear the text of the previous frame. `number` is the number of the new frame. */
static void
begin_frame(struct frame_text *t, uint64_t number)
{
	*t = (struct frame_text){
		.kind = t->kind, .path = t->path, .line = t->line, .frame = number
	};
	t->line.n = 0;
}

/*
 * Find the end by reading all frames. All frames after the end are unfinished and can be removed.
 */
static enum ib_status
find_by_reading(struct ib_zstd_log_reader *r, struct frame_text *t, char *buf,
		struct ib_zstd_log_end *end, struct ib_error *err)
{
	enum verdict verdict = EMPTY; /* verdict of the previous frame */
	uint64_t after = 0, next;
	enum ib_status st;

	for (;;) {
		st = ib_zstd_log_reader_next(r, err);
		if (st && st != IB_EOF)
			return st;
		next = st == IB_EOF ? ib_zstd_log_reader_valid_end(r) : ib_zstd_log_reader_start(r);
		/*
		 * An unfinished frame before a skippable frame cannot be removed. It may stay
		 * only if its text ends with a newline. Without a newline, the next frame would
		 * continue the last line of the text.
		 */
		if (verdict == UNFINISHED && next > after && t->line.n > 0)
			return refuse_append(t,
					     "is unfinished, but is followed by a skippable "
					     "frame",
					     err);
		if (verdict != UNFINISHED || next > after) {
			end->at = next;
			end->has_unfinished = false;
		}
		if (st == IB_EOF)
			return IB_OK;
		begin_frame(t, ib_zstd_log_reader_number(r));
		st = read_frame(r, t, buf, &verdict, err);
		if (st)
			return st;
		if (t->footers > 0 && verdict == FINISHED) {
			end->has_finished = true;
			end->run_checksum = t->run_checksum;
		}
		end->has_unfinished |= verdict == UNFINISHED;
		after = ib_zstd_log_reader_position(r);
	}
}

/*
 * Find the end from the index. Only the first line of the last frame is read, to check its
 * version. If the check fails, the complete log is read, so that the message contains the number
 * of the frame.
 */
static enum ib_status
find_by_index(struct ib_zstd_log_reader *r, struct frame_text *t, char *buf,
	      const struct ib_zstd_log_index *index, struct ib_zstd_log_end *end,
	      struct ib_error *err)
{
	enum ib_status st;
	size_t n;

	ib_zstd_log_reader_seek(r, index->size - index->frame, 1);
	st = ib_zstd_log_reader_next(r, err);
	if (!st)
		st = ib_zstd_log_reader_read(r, buf, BEGIN, &n, err);
	if (!st)
		st = add_line(t, (struct ib_span){ buf, n }, err);
	if (st == IB_E_DATA) {
		ib_zstd_log_reader_seek(r, 0, 1);
		return find_by_reading(r, t, buf, end, err);
	}
	end->at = index->size + IB_ZSTD_LOG_INDEX_BYTES;
	end->has_finished = true;
	end->run_checksum = index->run_checksum;
	return st;
}

/*
 * Read the index at the end of the file, which had `size` bytes when the reader was opened. Another
 * process may have appended to the file since. Returns false if the index does not match the file.
 */
static bool
read_index(int fd, uint64_t size, struct ib_zstd_log_index *index)
{
	char bytes[IB_ZSTD_LOG_INDEX_BYTES], magic[4];

	if (size < sizeof(bytes))
		return false;
	size -= sizeof(bytes);
	return ib_fd_pread(fd, bytes, sizeof(bytes), (off_t)size) == (ssize_t)sizeof(bytes) &&
	       ib_zstd_log_index_get(bytes, index) && index->size == size && index->frame <= size &&
	       ib_fd_pread(fd, magic, 4, (off_t)(size - index->frame)) == 4 &&
	       memcmp(magic, "\x28\xb5\x2f\xfd", 4) == 0;
}

enum ib_status
ib_zstd_log_end_find(int fd, const char *path, const struct ib_zstd_log_kind *kind,
		     struct ib_zstd_log_end *end, struct ib_error *err)
{
	struct frame_text text = { .kind = kind, .path = path };
	struct ib_zstd_log_reader *r = NULL;
	struct ib_zstd_log_index index;
	char *buf = malloc(PIECE);
	enum ib_status st;

	*end = (struct ib_zstd_log_end){ 0 };
	st = buf ? ib_zstd_log_reader_attach(fd, path, kind, &r, err) : ib_fail_memory(err);
	if (!st)
		st = read_index(fd, ib_zstd_log_reader_size(r), &index)
			     ? find_by_index(r, &text, buf, &index, end, err)
			     : find_by_reading(r, &text, buf, end, err);
	ib_zstd_log_reader_close(r);
	ib_bytes_release(&text.line);
	free(buf);
	return st;
}
