/* Read pieces of a file at any offset (io/file_view.h). */
#include "io/file_view.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/error.h"
#include "io/descriptor.h"

static enum ib_status
slurp(struct ib_file_view *f, struct ib_error *err)
{
	ssize_t n = 1;

	while (n > 0) {
		if (!ib_bytes_reserve(&f->all, IB_FILE_VIEW_MAX))
			return ib_fail_memory(err);
		n = ib_fd_read(f->fd, f->all.p + f->all.n, IB_FILE_VIEW_MAX);
		if (n < 0)
			return ib_fail_errno(err, IB_E_IO, f->path, "read");
		f->all.n += (size_t)n;
	}
	f->piped = true;
	f->size = f->all.n;
	return IB_OK;
}

enum ib_status
ib_file_view_open(struct ib_file_view *f, int fd, const char *path, struct ib_error *err)
{
	struct stat s;

	*f = (struct ib_file_view){ .fd = fd, .modified = -1 };
	f->path = ib_span_dup(ib_span_of(path));
	f->piece = malloc(IB_FILE_VIEW_MAX);
	if (!f->path || !f->piece)
		return ib_fail_memory(err);
	if (fstat(fd, &s) != 0)
		return ib_fail_errno(err, IB_E_IO, path, "read");
	if (S_ISDIR(s.st_mode))
		return ib_fail(err, IB_E_NOINPUT, "%s: is a directory", path);
	if (!S_ISREG(s.st_mode))
		return slurp(f, err);
	f->size = (uint64_t)s.st_size;
	f->modified = (int64_t)s.st_mtime;
	return IB_OK;
}

void
ib_file_view_release(struct ib_file_view *f)
{
	ib_bytes_release(&f->all);
	free(f->piece);
	free(f->path);
}

/* Read the piece of the file that begins at offset `at`. */
static enum ib_status
read_piece(struct ib_file_view *f, uint64_t at, struct ib_error *err)
{
	uint64_t left = at < f->size ? f->size - at : 0;
	size_t n = left < IB_FILE_VIEW_MAX ? (size_t)left : IB_FILE_VIEW_MAX;
	ssize_t got = n > 0 ? ib_fd_pread(f->fd, f->piece, n, (off_t)at) : 0;

	if (got < 0)
		return ib_fail_errno(err, IB_E_IO, f->path, "read");
	if ((size_t)got < n) /* another process has shortened the file */
		f->size = at + (size_t)got;
	f->at = at;
	f->have = (size_t)got;
	return IB_OK;
}

enum ib_status
ib_file_view_get(struct ib_file_view *f, uint64_t at, size_t n, struct ib_span *v,
		 struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t from, have;

	if (f->piped) {
		from = at < f->size ? (size_t)at : f->all.n;
		have = f->all.n - from;
		*v = (struct ib_span){ f->all.p + from,
				       have < IB_FILE_VIEW_MAX ? have : IB_FILE_VIEW_MAX };
		return IB_OK;
	}
	if (at < f->at || at >= f->at + f->have ||
	    (at + n > f->at + f->have && f->at + f->have < f->size))
		st = read_piece(f, at, err);
	if (st)
		return st;
	from = (size_t)(at - f->at);
	*v = (struct ib_span){ f->piece + from, f->have - from };
	return IB_OK;
}
