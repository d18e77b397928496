#define XXH_INLINE_ALL
#include "io/zstd_log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/pages.h"
#include "io/descriptor.h"
#include "io/output.h"
#include "io/temp.h"

#define PIECE ((size_t)256 << 10)
#define MEMORY_MAX ((size_t)64 << 20) /* of a frame, before it goes to a file */
#define END_MAX ((size_t)64 << 10)    /* of a text, for kind->whole */
#define TOGETHER ((size_t)128 << 10)  /* of text that is packed at a time */

/* Where the next frame goes. */
struct place {
	uint64_t at;
	bool any; /* there is a whole frame before it */
	bool cuts; /* a frame that was not finished is cut off there */
	uint64_t mark;
};

struct ib_zstd_log_writer {
	char *path;
	const struct ib_zstd_log_kind *kind;
	const struct ib_context *context;
	struct ib_repeats waiting; /* text that is yet to be packed */
	XXH64_state_t *sum;     /* of all text */
	struct ib_pages packed; /* what is not in the temporary */
	size_t npacked;
	int temp_fd;            /* -1: none */
	uint64_t spilled;
	enum ib_status st;      /* sticky */
	struct ib_error err;
	int lock, fd;
	bool created;           /* by us: goes again on undo */
	struct place place;
	struct stat seen;       /* the file that place is about */
	bool looked, appended;
};

/* ---- may it be appended to --------------------------------------------------- */

static char *
folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ib_span_dup(ib_span_of("."));
	return ib_span_dup((struct ib_span){
		path, slash == path ? 1 : (size_t)(slash - path) });
}

/* The file, or its lock, is yet to be made: may it be? */
static enum ib_status
check_folder(const char *path, struct ib_error *err)
{
	char *folder = folder_of(path);
	enum ib_status st = IB_OK;

	if (!folder)
		return ib_fail_memory(err);
	if (access(folder, W_OK | X_OK) != 0)
		st = ib_fail_errno(err, IB_E_CREATE, path, "create");
	free(folder);
	return st;
}

static enum ib_status
check_lock(const char *path, struct ib_error *err)
{
	struct ib_bytes name = { 0 };
	enum ib_status st = IB_OK;

	ib_bytes_printf(&name, "%s.lock", path);
	if (name.failed)
		st = ib_fail_memory(err);
	else if (access(name.p, F_OK) != 0)
		st = check_folder(path, err);
	ib_bytes_release(&name);
	return st;
}

/* ---- where the next frame goes ------------------------------------------------ */

/* By the index at the end, if there is one and the file is as it says. */
static bool
place_by_index(int fd, uint64_t size, struct place *place)
{
	char bytes[IB_ZSTD_LOG_INDEX_BYTES], magic[4];
	struct ib_zstd_log_index index;

	if (size < sizeof(bytes) ||
	    ib_fd_pread(fd, bytes, sizeof(bytes),
			(off_t)(size - sizeof(bytes))) !=
		    (ssize_t)sizeof(bytes) ||
	    !ib_zstd_log_index_get(bytes, &index) ||
	    index.size != size - sizeof(bytes) || index.frame > index.size ||
	    ib_fd_pread(fd, magic, 4, (off_t)(index.size - index.frame)) != 4 ||
	    memcmp(magic, "\x28\xb5\x2f\xfd", 4) != 0)
		return false;
	*place = (struct place){ .at = size, .any = true, .mark = index.mark };
	return true;
}

/* Keep the last END_MAX bytes of a text that comes in pieces. */
static void
keep_end(struct ib_bytes *end, const char *p, size_t n)
{
	size_t drop;

	ib_bytes_put(end, p, n);
	if (end->n <= END_MAX)
		return;
	drop = end->n - END_MAX;
	memmove(end->p, end->p + drop, END_MAX);
	end->n = END_MAX;
}

/* Read the current frame; is it whole? */
static enum ib_status
read_frame(struct ib_zstd_log_reader *frames, const struct ib_zstd_log_kind *kind,
	   char *buf, struct ib_bytes *end, bool *whole, uint64_t *mark,
	   struct ib_error *err)
{
	enum ib_status st;
	uint64_t known = 0;
	size_t n;

	end->n = 0;
	*whole = false;
	do {
		st = ib_zstd_log_reader_read(frames, buf, PIECE, &n, err);
		if (!st)
			keep_end(end, buf, n);
	} while (!st && n == PIECE);
	if (!st && end->failed)
		st = ib_fail_memory(err);
	if (!st && ib_zstd_log_reader_state(frames) == IB_FRAME_DONE)
		*whole = kind->whole(ib_bytes_span(end), &known);
	if (*whole)
		*mark = known;
	return st;
}

/*
 * By reading all of it: the log has no index, logs were put together, or a
 * writer was killed. The place is behind the last whole frame and the
 * skippable ones that follow it.
 */
static enum ib_status
place_by_reading(int fd, const char *path, const struct ib_zstd_log_kind *kind,
		 struct place *place, struct ib_error *err)
{
	struct ib_zstd_log_reader *frames = NULL;
	struct ib_bytes end = { 0 };
	char *buf = malloc(PIECE);
	bool whole = true; /* before the first: nothing is in the way */
	uint64_t after = 0, next;
	enum ib_status st;

	*place = (struct place){ 0 };
	st = buf ? ib_zstd_log_reader_attach(fd, path, kind, &frames, err) :
		   ib_fail_memory(err);
	while (!st) {
		st = ib_zstd_log_reader_next(frames, err);
		next = st == IB_EOF ? ib_zstd_log_reader_sound(frames) :
				      ib_zstd_log_reader_start(frames);
		/* An unfinished frame with a skippable one behind it stays. */
		if (whole || next > after) {
			place->at = next;
			place->cuts = false;
		}
		if (!st)
			st = read_frame(frames, kind, buf, &end, &whole,
					&place->mark, err);
		if (!st && whole)
			place->any = true;
		else if (!st)
			place->cuts = true;
		after = ib_zstd_log_reader_position(frames);
	}
	ib_zstd_log_reader_close(frames);
	ib_bytes_release(&end);
	free(buf);
	return st == IB_EOF ? IB_OK : st;
}

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	       a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Set place for the open file; a place that was found before may still do. */
static enum ib_status
look(struct ib_zstd_log_writer *log, int fd, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct stat s;

	if (fstat(fd, &s) != 0)
		return ib_fail_errno(err, IB_E_IO, log->path, "read");
	if (!S_ISREG(s.st_mode))
		return ib_fail(err, IB_E_CREATE,
			       "%s: cannot append to it: no regular file",
			       log->path);
	if (log->looked && same_file(&s, &log->seen))
		return IB_OK;
	if (s.st_size == 0)
		log->place = (struct place){ 0 };
	else if (!place_by_index(fd, (uint64_t)s.st_size, &log->place))
		st = place_by_reading(fd, log->path, log->kind, &log->place,
				      err);
	log->looked = !st;
	log->seen = s;
	return st;
}

/* Before any work. */
static enum ib_status
check(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	enum ib_status st;
	struct stat s;
	int fd;

	/* A FIFO would let us wait for a reader. */
	if (stat(log->path, &s) != 0)
		return errno == ENOENT ? check_folder(log->path, err) :
			ib_fail_errno(err, IB_E_CREATE, log->path,
				      "append to");
	if (!S_ISREG(s.st_mode))
		return ib_fail(err, IB_E_CREATE,
			       "%s: cannot append to it: no regular file",
			       log->path);
	fd = ib_fd_open(log->path, O_RDWR, 0);
	if (fd < 0)
		return ib_fail_errno(err, IB_E_CREATE, log->path, "append to");
	st = look(log, fd, err);
	ib_fd_close(fd);
	return st ? st : check_lock(log->path, err);
}

/* ---- the frame -------------------------------------------------------------- */

/*
 * In huge pages: tens of MB by pages of 4 KB are thousands of faults, all where
 * one thread waits for another.
 */
static bool
put_packed(struct ib_zstd_log_writer *log, const void *p, size_t n)
{
	if (!ib_pages_grow(&log->packed, log->npacked + n))
		return false;
	memcpy((char *)log->packed.p + log->npacked, p, n);
	log->npacked += n;
	return true;
}

/*
 * A frame as RFC 8878 has it, its blocks made elsewhere (io/repeats.h): magic,
 * descriptor (there is a checksum), window. The last block is an empty one,
 * which the checksum follows.
 */
static bool
start_frame(struct ib_zstd_log_writer *log)
{
	static const char start[] = {
		'\x28', '\xb5', '\x2f', '\xfd', 4,
		(IB_REPEATS_WINDOW_LOG - 10) << 3
	};

	log->sum = XXH64_createState();
	if (!log->sum)
		return false;
	XXH64_reset(log->sum, 0);
	return put_packed(log, start, sizeof(start));
}

enum ib_status
ib_zstd_log_writer_open(const char *path, const struct ib_zstd_log_kind *kind,
		 const struct ib_context *context, struct ib_zstd_log_writer **out,
		 struct ib_error *err)
{
	struct ib_zstd_log_writer *log = calloc(1, sizeof(*log));
	enum ib_status st;

	if (!log)
		return ib_fail_memory(err);
	log->kind = kind;
	log->context = context;
	log->temp_fd = log->lock = log->fd = -1;
	log->path = ib_span_dup(ib_span_of(path));
	if (!log->path || !start_frame(log))
		st = ib_fail_memory(err);
	else
		st = check(log, err);
	if (st) {
		ib_zstd_log_writer_close(log);
		return st;
	}
	*out = log;
	return IB_OK;
}

static enum ib_status
write_at(const char *name, int fd, const char *p, size_t n, uint64_t at,
	 struct ib_error *err)
{
	if (ib_fd_pwrite(fd, p, n, (off_t)at) != 0)
		return ib_fail_errno(err, IB_E_IO, name, "write");
	return IB_OK;
}

/* What was compressed so far goes to the temporary. */
static enum ib_status
spill(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (log->temp_fd < 0)
		st = ib_temp_scratch(log->path, &log->temp_fd, err);
	if (!st)
		st = write_at("a temporary file", log->temp_fd, log->packed.p,
			      log->npacked, log->spilled, err);
	if (!st)
		log->spilled += log->npacked;
	log->npacked = 0;
	return st;
}

/* Blocks, and whether they could be made. */
static void
add_blocks(struct ib_zstd_log_writer *log, const struct ib_bytes *packed, bool fine)
{
	if (log->st)
		return;
	if (!fine || packed->failed ||
	    !put_packed(log, packed->p, packed->n))
		log->st = ib_fail_memory(&log->err);
	else if (log->npacked >= MEMORY_MAX)
		log->st = spill(log, &log->err);
}

static void
pack_waiting(struct ib_zstd_log_writer *log)
{
	struct ib_repeats *w = &log->waiting;
	struct ib_bytes packed = { 0 };

	if (w->text.n == 0)
		return;
	add_blocks(log, &packed, ib_repeats_pack(w, &packed));
	ib_bytes_release(&packed);
	ib_repeats_clear(w);
}

void
ib_zstd_log_writer_put(struct ib_zstd_log_writer *log, const void *p, size_t n)
{
	const char *at = p;
	size_t piece;

	for (; n > 0 && !log->st; at += piece, n -= piece) {
		piece = TOGETHER - log->waiting.text.n;
		piece = n < piece ? n : piece;
		XXH64_update(log->sum, at, piece);
		ib_bytes_put(&log->waiting.text, at, piece);
		if (log->waiting.text.n >= TOGETHER)
			pack_waiting(log);
	}
	if (log->waiting.text.failed && !log->st)
		log->st = ib_fail_memory(&log->err);
}

void
ib_zstd_log_writer_add(struct ib_zstd_log_writer *log, const struct ib_repeats *text,
		const struct ib_bytes *packed)
{
	XXH64_update(log->sum, text->text.p, text->text.n);
	pack_waiting(log);
	add_blocks(log, packed, !text->failed && !text->text.failed);
}

static enum ib_status
end_frame(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	uint32_t sum = (uint32_t)XXH64_digest(log->sum);
	char end[7] = { 1, 0, 0 };
	int i;

	for (i = 0; i < 4; i++)
		end[3 + i] = (char)(unsigned char)(sum >> 8 * i);
	pack_waiting(log);
	if (!log->st && !put_packed(log, end, sizeof(end)))
		log->st = ib_fail_memory(&log->err);
	if (log->st)
		*err = log->err;
	return log->st;
}

/* ---- the append --------------------------------------------------------------- */

enum ib_status
ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *any, uint64_t *mark,
		 struct ib_error *err)
{
	enum ib_status st;

	if (log->st) {
		*err = log->err;
		return log->st;
	}
	st = ib_lock(log->path, false, log->context, &log->lock, err);
	if (st)
		return st;
	log->fd = ib_fd_open(log->path, O_RDWR, 0);
	if (log->fd >= 0)
		st = look(log, log->fd, err);
	else if (errno != ENOENT)
		st = ib_fail_errno(err, IB_E_CREATE, log->path, "append to");
	else /* made by the append: nothing is left of what goes no further */
		log->place = (struct place){ 0 };
	if (st)
		return st;
	if (log->place.cuts)
		ib_warn(log->context, "%s: a run that did not finish is cut "
			"off", log->path);
	*any = log->place.any;
	*mark = log->place.mark;
	return IB_OK;
}

/* The temporary's bytes into the log. */
static enum ib_status
copy_spilled(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	char *buf = malloc(PIECE);
	enum ib_status st = IB_OK;
	uint64_t at = 0;
	ssize_t n;

	if (!buf)
		return ib_fail_memory(err);
	while (!st && at < log->spilled) {
		n = ib_fd_pread(log->temp_fd, buf, PIECE, (off_t)at);
		if (n <= 0)
			st = ib_fail(err, IB_E_IO,
				     "a temporary file: cannot read back");
		else
			st = write_at(log->path, log->fd, buf, (size_t)n,
				      log->place.at + at, err);
		at += n > 0 ? (uint64_t)n : 0;
	}
	free(buf);
	return st;
}

static void
sync_folder(const char *path)
{
	char *folder = folder_of(path);
	int fd = folder ? ib_fd_open(folder, O_RDONLY | O_DIRECTORY, 0) : -1;

	if (fd >= 0)
		ib_fd_sync(fd);
	ib_fd_close(fd);
	free(folder);
}

/*
 * A frame of some size is on the disk before its index is: a frame without an
 * index is whole all the same, an index without its frame would vouch for
 * bytes that never came.
 */
static enum ib_status
write_frame(struct ib_zstd_log_writer *log, uint64_t mark, struct ib_error *err)
{
	char bytes[IB_ZSTD_LOG_INDEX_BYTES];
	struct ib_zstd_log_index index = {
		.frame = log->spilled + log->npacked, .mark = mark
	};
	enum ib_status st;

	index.size = log->place.at + index.frame;
	st = copy_spilled(log, err);
	if (!st)
		st = write_at(log->path, log->fd, log->packed.p, log->npacked,
			      log->place.at + log->spilled, err);
	if (!st && !ib_fd_sync(log->fd))
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	ib_zstd_log_index_put(bytes, &index);
	if (!st)
		st = write_at(log->path, log->fd, bytes, sizeof(bytes),
			      index.size, err);
	if (!st && !ib_fd_sync(log->fd))
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	return st;
}

static enum ib_status
create(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	log->fd = ib_fd_open(log->path, O_RDWR | O_CREAT | O_EXCL, 0666);
	log->created = log->fd >= 0;
	return log->created ? IB_OK :
	       ib_fail_errno(err, IB_E_CREATE, log->path, "append to");
}

enum ib_status
ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t mark, struct ib_error *err)
{
	enum ib_status st = end_frame(log, err);

	if (!st && log->fd < 0)
		st = create(log, err);
	if (st)
		return st;
	if (ftruncate(log->fd, (off_t)log->place.at) != 0) {
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	} else {
		st = write_frame(log, mark, err);
	}
	log->appended = true; /* perhaps in part */
	if (st)
		ib_zstd_log_writer_undo(log);
	else if (log->created)
		sync_folder(log->path);
	return st;
}

void
ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log)
{
	if (!log || log->fd < 0)
		return;
	if (log->created)
		unlink(log->path);
	else if (log->appended &&
		 ftruncate(log->fd, (off_t)log->place.at) == 0)
		ib_fd_sync(log->fd);
	log->appended = log->created = false;
}

void
ib_zstd_log_writer_close(struct ib_zstd_log_writer *log)
{
	if (!log)
		return;
	if (!log->appended)
		ib_zstd_log_writer_undo(log);
	ib_repeats_release(&log->waiting);
	XXH64_freeState(log->sum);
	ib_fd_close(log->temp_fd);
	ib_fd_close(log->fd);
	ib_unlock(log->lock);
	ib_pages_release(&log->packed);
	free(log->path);
	free(log);
}
