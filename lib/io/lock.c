/* Lock files with flock(2) (io/lock.h). */
#define _DEFAULT_SOURCE /* LOCK_EX */
#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#include "base/error.h"
#include "io/descriptor.h"
#include "io/files.h"

static enum ib_status
report_no_locks(const char *file, bool no_wait, const struct ib_context *context,
		struct ib_error *err)
{
	if (no_wait)
		return ib_fail(err, IB_E_IO, "%s: this file system does not support locks", file);
	ib_warn(context,
		"%s: this file system does not support locks, so make sure "
		"that only one process writes at a time",
		file);
	return IB_OK;
}

/*
 * Wait for the lock. Prints a message after one second, so that the process does not seem to hang.
 * Returns 0, or -1 with errno.
 */
static int
wait_for_lock(int fd, const char *name, const struct ib_context *context)
{
	const struct timespec pause = { 0, 2000000 }; /* 2 ms */
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (ib_fd_lock(fd, LOCK_EX | LOCK_NB) == 0)
			return 0;
		if (errno != EWOULDBLOCK)
			return -1;
		nanosleep(&pause, NULL);
	}
	ib_warn(context, "%s: waiting for the lock, which another process holds", name);
	return ib_fd_lock(fd, LOCK_EX);
}

/* Lock with flock(2), so that scripts can lock the same file with flock(1). */
static enum ib_status
lock_file(int fd, const char *file, const char *name, bool no_wait,
	  const struct ib_context *context, struct ib_error *err)
{
	if ((no_wait ? ib_fd_lock(fd, LOCK_EX | LOCK_NB) : wait_for_lock(fd, name, context)) == 0)
		return IB_OK;
	if (errno == EWOULDBLOCK)
		return ib_fail(err, IB_E_AGAIN, "%s: another process holds the lock", name);
	if (errno == ENOLCK || errno == ENOTSUP || errno == ENOSYS || errno == EINVAL)
		return report_no_locks(file, no_wait, context, err);
	return ib_fail_errno(err, IB_E_IO, name, "lock");
}

/*
 * Open or create the lock file. If another user owns the file, and this process may only read it,
 * open it for reading, which is enough to lock it.
 */
static int
open_lock(const char *name)
{
	int fd = ib_fd_open(name, O_RDWR | O_CREAT, 0666);

	if (fd < 0 && errno == EACCES) {
		fd = ib_fd_open(name, O_RDONLY, 0);
		errno = EACCES;
	}
	return fd;
}

/* True if the file is a device or a pipe. No process replaces such a file, so it needs no lock. */
static bool
is_special(const char *file)
{
	struct stat sb;

	return stat(file, &sb) == 0 && !S_ISREG(sb.st_mode) && !S_ISDIR(sb.st_mode);
}

char *
ib_lock_name(const char *file)
{
	char *target = ib_links_follow(file), *name;

	if (!target)
		return NULL;
	name = malloc(strlen(target) + sizeof(".lock"));
	if (name)
		sprintf(name, "%s.lock", target);
	free(target);
	return name;
}

enum ib_status
ib_lock(const char *file, bool no_wait, const struct ib_context *context, int *lock,
	struct ib_error *err)
{
	enum ib_status st;
	char *name;
	int fd;

	*lock = -1;
	if (is_special(file))
		return IB_OK;
	name = ib_lock_name(file);
	if (!name)
		return ib_fail_errno(err, IB_E_CREATE, file, "lock");
	fd = open_lock(name);
	if (fd < 0)
		st = ib_fail_errno(err, IB_E_CREATE, name, "create");
	else
		st = lock_file(fd, file, name, no_wait, context, err);
	if (st)
		ib_fd_close(fd);
	if (!st)
		*lock = fd;
	free(name);
	return st;
}

void
ib_unlock(int lock)
{
	ib_fd_close(lock);
}
