/* Read a file in blocks, and detect that it has shrunk (io/file_source.h). */
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
#include "base/system.h"
#include "io/descriptor.h"

#define FIRST_READ ((size_t)4096)  /* bytes of the first read(2): enough for a small file */
#define READ_MAX ((size_t)1 << 30) /* maximum size of a read(2); the system allows almost 2^31 */

static enum ib_status
check_type(struct ib_file_source *source, struct ib_error *err)
{
	struct stat sb;
	off_t at;

	if (fstat(source->fd, &sb) != 0)
		return ib_fail_errno(err, IB_E_NOINPUT, source->name, "open");
	if (S_ISDIR(sb.st_mode))
		return ib_fail(err, IB_E_NOINPUT, "%s: is a directory", source->name);
	if (!S_ISREG(sb.st_mode))
		return IB_OK;
	at = lseek(source->fd, 0, SEEK_CUR);
	if (at < 0)
		return IB_OK;
	source->regular = true;
	source->start = at;
	source->size = sb.st_size > at ? (uint64_t)(sb.st_size - at) : 0;
	ib_system_read_ahead(source->fd);
	return IB_OK;
}

enum ib_status
ib_file_source_open(struct ib_file_source *source, const char *path, struct ib_error *err)
{
	bool standard = strcmp(path, "-") == 0;

	*source = (struct ib_file_source){ .fd = -1 };
	source->name = ib_span_dup(ib_span_of(standard ? "standard input" : path));
	source->block = malloc(IB_FILE_SOURCE_BLOCK);
	if (!source->name || !source->block)
		return ib_fail_memory(err);
	if (standard) {
		source->fd = STDIN_FILENO;
		return check_type(source, err);
	}
	source->fd = ib_fd_open(path, O_RDONLY, 0);
	if (source->fd < 0)
		return ib_fail_errno(err, IB_E_NOINPUT, path, "open");
	source->opened = true;
	return check_type(source, err);
}

void
ib_file_source_close(struct ib_file_source *source)
{
	if (source->opened)
		ib_fd_close(source->fd);
	free(source->name);
	free(source->block);
	*source = (struct ib_file_source){ .fd = -1 };
}

/* True if the file has become shorter since it was opened. */
static bool
has_shrunk(const struct ib_file_source *source)
{
	struct stat sb;

	return source->regular && source->position < source->size && fstat(source->fd, &sb) == 0 &&
	       (uint64_t)sb.st_size < (uint64_t)source->start + source->size;
}

enum ib_status
ib_file_source_read(struct ib_file_source *source, char *buf, size_t cap, size_t *n,
		    struct ib_error *err)
{
	struct pollfd wait = { .fd = source->fd, .events = POLLIN };
	ssize_t got;

	*n = 0;
	cap = cap < READ_MAX ? cap : READ_MAX;
	while ((got = ib_fd_read(source->fd, buf, cap)) < 0) {
		if (errno != EAGAIN && errno != EWOULDBLOCK)
			return ib_fail_errno(err, IB_E_IO, source->name, "read");
		poll(&wait, 1, -1);
	}
	if (got == 0 && cap > 0 && has_shrunk(source))
		return ib_fail_shrunk(err, source->name);
	*n = (size_t)got;
	atomic_fetch_add_explicit(&source->position, (uint64_t)got, memory_order_relaxed);
	return IB_OK;
}

enum ib_status
ib_file_source_fill(struct ib_file_source *source, size_t max, struct ib_error *err)
{
	enum ib_status st;

	if (source->pos < source->n)
		return IB_OK;
	source->pos = source->n = 0;
	if (max > IB_FILE_SOURCE_BLOCK)
		max = IB_FILE_SOURCE_BLOCK;
	st = ib_file_source_read(source, source->block, max, &source->n, err);
	if (st)
		return st;
	return source->n > 0 ? IB_OK : IB_EOF;
}

enum ib_status
ib_file_source_probe(struct ib_file_source *source, size_t least, struct ib_error *err)
{
	enum ib_status st;
	size_t got;

	while (source->n < least) {
		st = ib_file_source_read(source, source->block + source->n, FIRST_READ - source->n,
					 &got, err);
		if (st)
			return st;
		if (got == 0)
			break;
		source->n += got;
	}
	return IB_OK;
}
