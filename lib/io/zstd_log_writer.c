/* Compress a frame, and append it to a log under a lock (io/zstd_log_writer.h). */
#include "io/zstd_log_writer.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/error.h"
#include "base/system.h"
#include "io/compressor.h"
#include "io/descriptor.h"
#include "io/files.h"
#include "io/folder.h"
#include "io/lock.h"
#include "io/spill_file.h"
#include "io/zstd_log_end.h"
#include "io/zstd_log_index.h"

#define MEMORY ((size_t)64 << 20) /* maximum number of bytes of a frame in memory */
#define LEVEL 1

struct ib_zstd_log_writer {
	char *path;
	const struct ib_zstd_log_kind *kind;
	const struct ib_context *context;
	ZSTD_CCtx *zstd;
	struct ib_spill_file *frame; /* the compressed frame; it also holds the sticky error */
	int lock, fd;
	bool created; /* true if this writer created the log; undo then removes it */
	struct ib_zstd_log_end end;
	struct stat seen; /* state of the file when `end` was found */
	bool end_known;	  /* true if `end` is valid */
	bool appended;	  /* true if the file was changed */
};

/* ---- checks before any work --------------------------------------------- */

/* Check that the log or its lock file can be created. */
static enum ib_status
check_folder(const char *path, struct ib_error *err)
{
	char *folder = ib_folder_of(path);
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
	char *name = ib_lock_name(path);
	enum ib_status st = IB_OK;

	if (!name)
		return ib_fail_errno(err, IB_E_CREATE, path, "lock");
	if (access(name, F_OK) != 0)
		st = check_folder(name, err);
	free(name);
	return st;
}

/* ---- the end of the log ------------------------------------------------- */

static bool
same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtime == b->st_mtime && ib_system_mtime_ns(a) == ib_system_mtime_ns(b);
}

/* Find the end of the open file. Does nothing if the file has not changed since the last call. */
static enum ib_status
find_end(struct ib_zstd_log_writer *log, int fd, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct stat s;

	if (fstat(fd, &s) != 0)
		return ib_fail_errno(err, IB_E_IO, log->path, "read");
	if (!S_ISREG(s.st_mode))
		return ib_fail(err, IB_E_CREATE, "%s: cannot append: not a regular file",
			       log->path);
	if (log->end_known && same_file(&s, &log->seen))
		return IB_OK;
	st = ib_zstd_log_end_find(fd, log->path, log->kind, &log->end, err);
	log->end_known = !st;
	log->seen = s;
	return st;
}

/* Before any work is done, check that a frame can be appended to the log. */
static enum ib_status
check_log(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	enum ib_status st;
	struct stat s;
	int fd;

	/* Do not open a FIFO, because open() would wait for a reader. */
	if (stat(log->path, &s) != 0)
		return errno == ENOENT ? check_folder(log->path, err)
				       : ib_fail_errno(err, IB_E_CREATE, log->path, "append");
	if (!S_ISREG(s.st_mode))
		return ib_fail(err, IB_E_CREATE, "%s: cannot append: not a regular file",
			       log->path);
	fd = ib_fd_open(log->path, O_RDWR, 0);
	if (fd < 0)
		return ib_fail_errno(err, IB_E_CREATE, log->path, "append");
	st = find_end(log, fd, err);
	ib_fd_close(fd);
	return st ? st : check_lock(log->path, err);
}

/* ---- the frame ---------------------------------------------------------- */

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
	log->lock = log->fd = -1;
	log->path = ib_links_follow(path);
	log->zstd = ib_zstd_new(LEVEL);
	if (!log->path)
		st = ib_fail_errno(err, IB_E_CREATE, path, "append");
	else if (!log->zstd)
		st = ib_fail_memory(err);
	else
		st = check_log(log, err);
	if (!st)
		st = ib_spill_file_new(log->path, MEMORY, &log->frame, err);
	if (st) {
		ib_zstd_log_writer_close(log);
		return st;
	}
	*out = log;
	return IB_OK;
}

/* Compress text. If `how` is ZSTD_e_end, also end the frame. */
static void
compress_text(struct ib_zstd_log_writer *log, ZSTD_inBuffer in, ZSTD_EndDirective how)
{
	size_t room = ZSTD_CStreamOutSize(), left = 1;
	ZSTD_outBuffer out = { 0 };

	while (how == ZSTD_e_end ? left > 0 : in.pos < in.size) {
		out.dst = ib_spill_file_reserve(log->frame, room, &out.size);
		if (!out.dst)
			return;
		out.pos = 0;
		left = ZSTD_compressStream2(log->zstd, &out, &in, how);
		if (ZSTD_isError(left)) { /* the only possible error is out of memory */
			ib_spill_file_fail_memory(log->frame);
			return;
		}
		ib_spill_file_add(log->frame, out.pos);
	}
}

void
ib_zstd_log_writer_write(struct ib_zstd_log_writer *log, const void *p, size_t n)
{
	compress_text(log, (ZSTD_inBuffer){ p, n, 0 }, ZSTD_e_continue);
}

enum ib_status
ib_zstd_log_writer_finish(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	compress_text(log, (ZSTD_inBuffer){ NULL, 0, 0 }, ZSTD_e_end);
	ZSTD_freeCCtx(log->zstd);
	log->zstd = NULL;
	return ib_spill_file_status(log->frame, err);
}

/* ---- the append --------------------------------------------------------- */

enum ib_status
ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *has_finished, uint64_t *run_checksum,
			struct ib_error *err)
{
	enum ib_status st = ib_spill_file_status(log->frame, err);

	if (st)
		return st;
	st = ib_lock(log->path, false, log->context, &log->lock, err);
	if (st)
		return st;
	log->fd = ib_fd_open(log->path, O_RDWR, 0);
	if (log->fd >= 0)
		st = find_end(log, log->fd, err);
	else if (errno != ENOENT)
		st = ib_fail_errno(err, IB_E_CREATE, log->path, "append");
	else /* the append will create the file, so a run that fails earlier leaves no file */
		log->end = (struct ib_zstd_log_end){ 0 };
	if (st)
		return st;
	if (log->end.has_unfinished)
		ib_warn(log->context, "%s: removing an unfinished run", log->path);
	*has_finished = log->end.has_finished;
	*run_checksum = log->end.run_checksum;
	return IB_OK;
}

static enum ib_status
write_at(const struct ib_zstd_log_writer *log, const char *p, size_t n, uint64_t at,
	 struct ib_error *err)
{
	if (ib_fd_pwrite(log->fd, p, n, (off_t)at) != 0)
		return ib_fail_errno(err, IB_E_IO, log->path, "write");
	return IB_OK;
}

static enum ib_status
copy_frame(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	uint64_t n = ib_spill_file_size(log->frame), at;
	enum ib_status st = IB_OK;
	struct ib_span view;

	for (at = 0; at < n && !st; at += view.n) {
		view = ib_spill_file_view(log->frame, at, 1);
		if (!view.p)
			return ib_spill_file_status(log->frame, err);
		st = write_at(log, view.p, view.n, log->end.at + at, err);
	}
	return st;
}

/*
 * Write the frame, sync it, and then write the index. A frame without an index is valid, but an
 * index must not be on disk without its frame.
 */
static enum ib_status
write_frame(struct ib_zstd_log_writer *log, uint64_t run_checksum, struct ib_error *err)
{
	char bytes[IB_ZSTD_LOG_INDEX_BYTES];
	struct ib_zstd_log_index index = { .frame = ib_spill_file_size(log->frame),
					   .run_checksum = run_checksum };
	enum ib_status st;

	index.size = log->end.at + index.frame;
	st = copy_frame(log, err);
	if (!st && !ib_fd_sync(log->fd))
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	ib_zstd_log_index_write(bytes, &index);
	if (!st)
		st = write_at(log, bytes, sizeof(bytes), index.size, err);
	if (!st && !ib_fd_sync(log->fd))
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	return st;
}

static enum ib_status
create_log(struct ib_zstd_log_writer *log, struct ib_error *err)
{
	log->fd = ib_fd_open(log->path, O_RDWR | O_CREAT | O_EXCL, 0666);
	log->created = log->fd >= 0;
	return log->created ? IB_OK : ib_fail_errno(err, IB_E_CREATE, log->path, "append");
}

enum ib_status
ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t run_checksum,
			  struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (log->fd < 0)
		st = create_log(log, err);
	if (st)
		return st;
	if (ib_fd_truncate(log->fd, (off_t)log->end.at) != 0) {
		st = ib_fail_errno(err, IB_E_IO, log->path, "write");
	} else {
		st = write_frame(log, run_checksum, err);
	}
	log->appended = true; /* even if only a part was written */
	if (st)
		ib_zstd_log_writer_undo(log);
	else if (log->created)
		ib_folder_sync(log->path);
	return st;
}

void
ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log)
{
	if (!log || log->fd < 0)
		return;
	if (log->created)
		unlink(log->path);
	else if (log->appended && ib_fd_truncate(log->fd, (off_t)log->end.at) == 0)
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
	ZSTD_freeCCtx(log->zstd);
	ib_fd_close(log->fd);
	ib_unlock(log->lock);
	ib_spill_file_free(log->frame);
	free(log->path);
	free(log);
}
