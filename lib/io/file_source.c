#include "io/file_source.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/error.h"
#include "io/descriptor.h"

#define FIRST_READ ((size_t)4096)  /* small files need no second */
#define READ_MAX ((size_t)1 << 30) /* of one read(2), whose limit is 2^31 */

static enum ib_status
examine(struct ib_file_source *raw, struct ib_error *err)
{
	struct stat sb;
	off_t at;

	if (fstat(raw->fd, &sb) != 0)
		return ib_fail_errno(err, IB_E_NOINPUT, raw->name, "open");
	if (S_ISDIR(sb.st_mode))
		return ib_fail(err, IB_E_NOINPUT, "%s: is a directory", raw->name);
	if (!S_ISREG(sb.st_mode))
		return IB_OK;
	at = lseek(raw->fd, 0, SEEK_CUR);
	if (at < 0)
		return IB_OK;
	raw->regular = true;
	raw->start = at;
	raw->size = sb.st_size > at ? (uint64_t)(sb.st_size - at) : 0;
	posix_fadvise(raw->fd, 0, 0, POSIX_FADV_SEQUENTIAL); /* advice */
	return IB_OK;
}

enum ib_status
ib_file_source_open(struct ib_file_source *raw, const char *path, struct ib_error *err)
{
	bool standard = strcmp(path, "-") == 0;

	*raw = (struct ib_file_source){ .fd = -1 };
	raw->name = ib_span_dup(ib_span_of(standard ? "standard input" : path));
	raw->block = malloc(IB_FILE_SOURCE_BLOCK);
	if (!raw->name || !raw->block)
		return ib_fail_memory(err);
	if (standard) {
		raw->fd = STDIN_FILENO;
		return examine(raw, err);
	}
	raw->fd = ib_fd_open(path, O_RDONLY, 0);
	if (raw->fd < 0)
		return ib_fail_errno(err, IB_E_NOINPUT, path, "open");
	raw->opened = true;
	return examine(raw, err);
}

void
ib_file_source_close(struct ib_file_source *raw)
{
	if (raw->opened)
		ib_fd_close(raw->fd);
	free(raw->name);
	free(raw->block);
	*raw = (struct ib_file_source){ .fd = -1 };
}

/* Did the end come before the size that the file had when it was opened? */
static bool
has_shrunk(const struct ib_file_source *raw)
{
	struct stat sb;

	return raw->regular && raw->position < raw->size && fstat(raw->fd, &sb) == 0 &&
	       (uint64_t)sb.st_size < (uint64_t)raw->start + raw->size;
}

enum ib_status
ib_file_source_read(struct ib_file_source *raw, char *buf, size_t cap, size_t *n,
		    struct ib_error *err)
{
	struct pollfd wait = { .fd = raw->fd, .events = POLLIN };
	ssize_t got;

	*n = 0;
	cap = cap < READ_MAX ? cap : READ_MAX;
	while ((got = ib_fd_read(raw->fd, buf, cap)) < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return ib_fail_errno(err, IB_E_IO, raw->name, "read");
		poll(&wait, 1, -1);
	}
	if (got == 0 && cap > 0 && has_shrunk(raw))
		return ib_fail_shrunk(err, raw->name);
	*n = (size_t)got;
	atomic_fetch_add_explicit(&raw->position, (uint64_t)got, memory_order_relaxed);
	return IB_OK;
}

enum ib_status
ib_file_source_fill(struct ib_file_source *raw, size_t want, struct ib_error *err)
{
	enum ib_status st;

	if (raw->pos < raw->n)
		return IB_OK;
	raw->pos = raw->n = 0;
	if (want > IB_FILE_SOURCE_BLOCK)
		want = IB_FILE_SOURCE_BLOCK;
	st = ib_file_source_read(raw, raw->block, want, &raw->n, err);
	if (st)
		return st;
	return raw->n > 0 ? IB_OK : IB_EOF;
}

enum ib_status
ib_file_source_probe(struct ib_file_source *raw, size_t least, struct ib_error *err)
{
	enum ib_status st;
	size_t got;

	while (raw->n < least) {
		st = ib_file_source_read(raw, raw->block + raw->n, FIRST_READ - raw->n, &got, err);
		if (st)
			return st;
		if (got == 0)
			break;
		raw->n += got;
	}
	return IB_OK;
}
