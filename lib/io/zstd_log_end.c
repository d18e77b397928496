/*
 * As a rule the index at the end of the file says where the last frame is;
 * then only the beginning of that frame is read, for its version. Without an
 * index (logs put together, compressed again, or a writer that was killed) the
 * whole log is read.
 *
 * A frame holds one run as ib-prune writes it, several after `zstd -d log |
 * zstd`. A run is finished if its last line is a tail. Only the last frames can
 * be cut off, each as a whole, so each of them must be free of finished runs;
 * otherwise the log is left as it is (IB_E_DATA).
 */
#include "io/zstd_log_end.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/error.h"
#include "io/descriptor.h"

#define PIECE ((size_t)256 << 10)
#define LINE_MAX_BYTES ((size_t)64 << 10) /* of a line, to say what it is */
#define BEGIN ((size_t)4096)		  /* of a frame's text, for its version */
#define CHECKSUM_BYTES 4		  /* behind the last block of a frame */

/* What was found in the text of one frame. */
struct frame_text {
	const struct ib_zstd_log_kind *kind;
	const char *path;
	uint64_t frame;	      /* its number */
	struct ib_bytes line; /* the line that has not ended yet */
	bool any;	      /* there is text */
	uint64_t heads, tails;
	bool open;     /* the last line that is not blank is no tail */
	bool blank;    /* blank lines follow the last tail */
	uint64_t mark; /* of the last tail */
};

enum verdict { EMPTY, FINISHED, UNFINISHED };

/* ---- the lines of a frame ----------------------------------------------- */

static enum ib_status
add_line(struct frame_text *t, struct ib_span line, struct ib_error *err)
{
	enum ib_zstd_log_line what = IB_LOG_LINE_OTHER;
	struct ib_error why = { 0 };
	enum ib_status st;
	uint64_t mark = 0;

	st = t->kind->line(line, &what, &mark, &why);
	if (st == IB_E_DATA)
		return ib_fail(err, st, "%s: frame %llu: %s", t->path, (unsigned long long)t->frame,
			       why.text);
	if (st) {
		*err = why;
		return st;
	}
	if (what == IB_LOG_LINE_BLANK && !t->open) {
		t->blank = true;
	} else if (what == IB_LOG_LINE_TAIL && t->open) {
		t->open = t->blank = false;
		t->tails++;
		t->mark = mark;
	} else {
		t->heads += what == IB_LOG_LINE_HEAD;
		t->open = true;
	}
	return IB_OK;
}

/* Bytes of a line; what is beyond LINE_MAX_BYTES is dropped. */
static enum ib_status
keep_line(struct frame_text *t, const char *p, size_t n, struct ib_error *err)
{
	size_t room = LINE_MAX_BYTES - t->line.n;

	ib_bytes_put(&t->line, p, n < room ? n : room);
	return t->line.failed ? ib_fail_memory(err) : IB_OK;
}

static enum ib_status
add_text(struct frame_text *t, const char *p, size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	const char *end;

	t->any |= n > 0;
	while (!st && n > 0) {
		end = memchr(p, '\n', n);
		if (!end)
			return keep_line(t, p, n, err);
		st = keep_line(t, p, (size_t)(end - p), err);
		if (!st)
			st = add_line(t, ib_bytes_span(&t->line), err);
		t->line.n = 0;
		n -= (size_t)(end + 1 - p);
		p = end + 1;
	}
	return st;
}

/* ---- one frame ------------------------------------------------------------
 */

static enum ib_status
refuse(const struct frame_text *t, const char *why, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA,
		       "%s: frame %llu %s; it is left as it is "
		       "(ib-audit(1), REPAIR)",
		       t->path, (unsigned long long)t->frame, why);
}

/*
 * A frame of one run that only lacks bytes of its checksum is one that
 * ib-prune was killed at: its run was not promised to anybody. A tail with
 * more behind it was written by somebody else, and its run did finish.
 */
static bool
lacks_checksum_alone(const struct frame_text *t, const struct ib_zstd_log_reader *r)
{
	return t->heads == 1 && t->tails == 1 && !t->open && !t->blank &&
	       ib_zstd_log_reader_asked(r) == CHECKSUM_BYTES;
}

static enum ib_status
judge(const struct frame_text *t, const struct ib_zstd_log_reader *r, enum verdict *verdict,
      struct ib_error *err)
{
	bool cut = ib_zstd_log_reader_state(r) == IB_FRAME_CUT;

	*verdict = UNFINISHED;
	if (cut && t->tails > 0 && !lacks_checksum_alone(t, r))
		return refuse(t, "is cut, and holds runs that did finish", err);
	if (cut)
		return IB_OK;
	if (!t->any) {
		*verdict = EMPTY;
		return IB_OK;
	}
	if (t->heads == 0)
		return ib_fail(err, IB_E_DATA, "%s: not %s (frame %llu)", t->path, t->kind->what,
			       (unsigned long long)t->frame);
	if (t->open)
		return t->tails == 0 ? IB_OK
				     : refuse(t,
					      "holds runs that did finish "
					      "before one that "
					      "did not",
					      err);
	if (t->line.n > 0)
		return refuse(t, "has no line end behind its last run", err);
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
	return st ? st : judge(t, r, verdict, err);
}

/* ---- the log ----------------------------------------------------------------
 */

/* The next frame goes behind the last finished run and what may follow it. */
static enum ib_status
find_by_reading(struct ib_zstd_log_reader *r, struct frame_text *t, char *buf,
		struct ib_zstd_log_end *end, struct ib_error *err)
{
	enum verdict verdict = EMPTY; /* before the first: nothing is in the way */
	uint64_t after = 0, next;
	enum ib_status st;

	for (;;) {
		st = ib_zstd_log_reader_next(r, err);
		if (st && st != IB_EOF)
			return st;
		next = st == IB_EOF ? ib_zstd_log_reader_sound(r) : ib_zstd_log_reader_start(r);
		/*
		 * An unfinished frame with a skippable one behind it stays, but
		 * no line of the next frame may go on where its text was cut.
		 */
		if (verdict == UNFINISHED && next > after && t->line.n > 0)
			return refuse(t,
				      "did not finish, and a skippable "
				      "frame is behind it",
				      err);
		if (verdict != UNFINISHED || next > after) {
			end->at = next;
			end->cuts = false;
		}
		if (st == IB_EOF)
			return IB_OK;
		*t = (struct frame_text){
			.kind = t->kind,
			.path = t->path,
			.line = t->line,
			.frame = ib_zstd_log_reader_number(r),
		};
		t->line.n = 0;
		st = read_frame(r, t, buf, &verdict, err);
		if (st)
			return st;
		if (t->tails > 0 && verdict == FINISHED) {
			end->any = true;
			end->mark = t->mark;
		}
		end->cuts |= verdict == UNFINISHED;
		after = ib_zstd_log_reader_position(r);
	}
}

/*
 * Only the first line of the last frame is read, for its version. If it is
 * wrong, reading all of the log gives the message, with the frame's number.
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
	end->any = true;
	end->mark = index->mark;
	return st;
}

/* The index at the end of the file, if the file is as it says. */
static bool
read_index(int fd, struct ib_zstd_log_index *index)
{
	char bytes[IB_ZSTD_LOG_INDEX_BYTES], magic[4];
	uint64_t size;
	struct stat s;

	if (fstat(fd, &s) != 0 || s.st_size < (off_t)sizeof(bytes))
		return false;
	size = (uint64_t)s.st_size - sizeof(bytes);
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
		st = read_index(fd, &index) ? find_by_index(r, &text, buf, &index, end, err)
					    : find_by_reading(r, &text, buf, end, err);
	ib_zstd_log_reader_close(r);
	ib_bytes_release(&text.line);
	free(buf);
	return st;
}
