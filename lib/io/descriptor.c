/* System calls that are repeated after EINTR (io/descriptor.h). */
#define _DEFAULT_SOURCE /* flock */
#include "io/descriptor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/numbers.h"

int
ib_fd_open(const char *path, int flags, mode_t mode)
{
	int fd;

	do
		fd = open(path, flags | O_CLOEXEC | O_NOCTTY, mode);
	while (fd < 0 && errno == EINTR);
	return fd;
}

int
ib_fd_of_path(const char *path)
{
	static const char *const folder[] = { "/dev/fd/", "/proc/self/fd/" };
	uint64_t number;
	size_t i, n;

	if (strcmp(path, "/dev/stdout") == 0)
		return STDOUT_FILENO;
	if (strcmp(path, "/dev/stderr") == 0)
		return STDERR_FILENO;
	for (i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		n = strlen(folder[i]);
		if (strncmp(path, folder[i], n) == 0 &&
		    ib_number_unsigned(ib_span_of(path + n), &number) && number <= INT_MAX)
			return (int)number;
	}
	return -1;
}

int
ib_fd_duplicate(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}

ssize_t
ib_fd_read(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

ssize_t
ib_fd_pread(int fd, void *p, size_t n, off_t at)
{
	size_t have = 0;
	ssize_t got;

	while (have < n) {
		got = pread(fd, (char *)p + have, n - have, at + (off_t)have);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (got == 0)
			break;
		have += (size_t)got;
	}
	return (ssize_t)have;
}

ssize_t
ib_fd_write(int fd, const void *p, size_t n)
{
	ssize_t done;

	do
		done = write(fd, p, n);
	while (done < 0 && errno == EINTR);
	return done;
}

int
ib_fd_pwrite(int fd, const void *p, size_t n, off_t at)
{
	const char *from = p;
	ssize_t done;

	while (n > 0) {
		done = pwrite(fd, from, n, at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		from += done;
		at += done;
		n -= (size_t)done;
	}
	return 0;
}

int
ib_fd_truncate(int fd, off_t size)
{
	int failed;

	do
		failed = ftruncate(fd, size);
	while (failed && errno == EINTR);
	return failed;
}

bool
ib_fd_sync(int fd)
{
	int ret;

	do
		ret = fsync(fd);
	while (ret != 0 && errno == EINTR);
	return ret == 0 || errno == EINVAL || errno == ENOTSUP || errno == EROFS;
}

int
ib_fd_lock(int fd, int operation)
{
	int ret;

	do
		ret = flock(fd, operation);
	while (ret != 0 && errno == EINTR);
	return ret;
}

int
ib_fd_close(int fd)
{
	if (fd < 0 || close(fd) == 0 || errno == EINTR)
		return 0;
	return -1;
}
