/*
 * A temporary file has no name until it is complete (O_TMPFILE). So the kernel deletes the file of
 * a killed process. A complete file gets a name, and is then renamed to its target. If the file
 * system does not support O_TMPFILE, or with IB_PORTABLE, the file has a name from the start. A
 * process locks (flock) each named temporary file until it closes the file. So a named temporary
 * file without a lock belongs to a dead process. If a process needs the name of a file of a dead
 * process, it removes the file. Names are numbered from 0, so the next run for the same target
 * finds leftover files.
 *
 * The list of temporary files is global. Owners change the list under a mutex. The signal handler
 * takes no lock: it follows atomic links, and an owner frees an entry only when no handler is
 * walking the list.
 *
 * A file must not be created or renamed while a handler runs, or while a handler in another
 * thread ends the process. So the owner's thread blocks its signals and increments `holders`
 * during these steps, which are called the critical section. The handler sets `abandoned`, so
 * that no new critical section begins. It then waits until `holders` is 0, and walks the list.
 * The handler never waits for its own thread, because a thread in a critical section has blocked
 * its signals.
 */
#define _GNU_SOURCE /* O_TMPFILE, LOCK_EX */
#include "io/temp_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/descriptor.h"

#define DIGITS 6
#define NAMES 1000000u
#define NAME_EXTRA (sizeof(".") - 1 + sizeof(".ib-") - 1 + DIGITS)

struct ib_temp_file {
	_Atomic(struct ib_temp_file *) next;
	int fd;
	atomic_bool named; /* true if the file has the name `path` */
	size_t folder;	   /* length of the folder in path, including the slash */
	char path[];
};

static _Atomic(struct ib_temp_file *) temps;
static atomic_uint walks;     /* number of handlers that are walking the list */
static atomic_uint holders;   /* number of threads in a critical section */
static atomic_bool abandoned; /* true if the process is about to end */
static pthread_mutex_t owners = PTHREAD_MUTEX_INITIALIZER;

void
ib_output_abandon(void)
{
	int saved = errno;
	struct ib_temp_file *t;

	atomic_store(&abandoned, true);
	while (atomic_load(&holders) > 0)
		poll(NULL, 0, 1);
	atomic_fetch_add(&walks, 1);
	for (t = atomic_load(&temps); t; t = atomic_load(&t->next))
		if (atomic_load(&t->named))
			unlink(t->path);
	atomic_fetch_sub(&walks, 1);
	errno = saved;
}

bool
ib_temp_file_begin_critical(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
	atomic_fetch_add(&holders, 1);
	if (!atomic_load(&abandoned))
		return true;
	ib_temp_file_end_critical(old);
	return false;
}

void
ib_temp_file_end_critical(const sigset_t *old)
{
	atomic_fetch_sub(&holders, 1);
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

static void
add_to_list(struct ib_temp_file *t)
{
	pthread_mutex_lock(&owners);
	atomic_store(&t->next, atomic_load(&temps));
	atomic_store(&temps, t);
	pthread_mutex_unlock(&owners);
}

static void
remove_from_list(struct ib_temp_file *temp)
{
	_Atomic(struct ib_temp_file *) *link = &temps;
	struct ib_temp_file *t;

	pthread_mutex_lock(&owners);
	while ((t = atomic_load(link)) != temp)
		link = &t->next;
	atomic_store(link, atomic_load(&temp->next));
	pthread_mutex_unlock(&owners);
	/*
	 * A handler that interrupted this thread has already finished. Wait for handlers in other
	 * threads.
	 */
	while (atomic_load(&walks) > 0)
		sched_yield();
	free(temp);
}

/* ---- names ---------------------------------------------------------------- */

static void
set_number(struct ib_temp_file *t, unsigned number)
{
	char *digits = t->path + strlen(t->path) - DIGITS;

	snprintf(digits, DIGITS + 1, "%06u", number % NAMES);
}

/* True if path is the name of the open file. */
static bool
is_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static bool
is_own_file(int fd)
{
	struct stat sb;
	uid_t me = geteuid();

	return fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && (me == 0 || sb.st_uid == me);
}

/*
 * Remove the temporary file of a dead process. Returns true if the name may be free now. Several
 * processes may try to remove the file at the same time. Only the process that has locked the file
 * removes it, and only if the path is still the name of this file.
 */
static bool
remove_dead(const char *path)
{
	int flags = O_NOFOLLOW | O_NONBLOCK;
	int fd = ib_fd_open(path, O_RDWR | flags, 0);
	bool is_free;

	if (fd < 0 && errno == EACCES)
		fd = ib_fd_open(path, O_RDONLY | flags, 0);
	if (fd < 0)
		return errno == ENOENT;
	is_free = is_own_file(fd) && ib_fd_lock(fd, LOCK_EX | LOCK_NB) == 0 &&
		  (!is_at(fd, path) || unlink(path) == 0);
	ib_fd_close(fd);
	return is_free;
}

/*
 * Lock a file that has just been named. Until the file is locked, it seems to belong to a dead
 * process. Returns false if another process has therefore locked or removed the file. If the file
 * system does not support locks, no process removes the file, and the result is true.
 */
static bool
lock_named(int fd, const char *path)
{
	if (ib_fd_lock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno != EWOULDBLOCK;
	return is_at(fd, path);
}

/*
 * Create the file with the name t->path. Returns false with errno. If errno is EEXIST, another
 * name may work.
 */
static bool
open_named(struct ib_temp_file *t)
{
	int fd = ib_fd_open(t->path, O_RDWR | O_CREAT | O_EXCL, 0666);

	if (fd < 0)
		return false;
	if (!lock_named(fd, t->path)) {
		ib_fd_close(fd);
		errno = EEXIST;
		return false;
	}
	t->fd = fd;
	return true;
}

/* Give a file without a name the name t->path. Returns false with errno. */
static bool
link_named(struct ib_temp_file *t)
{
	char from[40];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", t->fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, t->path, AT_SYMLINK_FOLLOW) == 0;
}

/* Try names until `create` succeeds. Call this function in a critical section. */
static bool
create_name(struct ib_temp_file *t, bool (*create)(struct ib_temp_file *t))
{
	unsigned number = 0, tries;

	for (tries = 0; tries < 1000; tries++) {
		set_number(t, number);
		if (create(t)) {
			atomic_store(&t->named, true);
			return true;
		}
		if (errno != EEXIST && errno != EINTR)
			return false;
		if (errno == EEXIST && !remove_dead(t->path))
			number++;
	}
	errno = EEXIST;
	return false;
}

/* ---- temporaries ------------------------------------------------------------ */

static struct ib_temp_file *
new_temp_file(const char *target)
{
	const char *slash = strrchr(target, '/');
	size_t folder = slash ? (size_t)(slash - target) + 1 : 0;
	size_t name = strlen(target + folder);
	size_t room = folder + name + NAME_EXTRA + 1;
	struct ib_temp_file *t = malloc(sizeof(*t) + room);

	if (!t)
		return NULL;
	atomic_init(&t->next, NULL);
	atomic_init(&t->named, false);
	t->fd = -1;
	t->folder = folder;
	if (name + NAME_EXTRA > NAME_MAX)
		name = NAME_MAX - NAME_EXTRA;
	snprintf(t->path, room, "%.*s.%.*s.ib-%06u", (int)folder, target, (int)name,
		 target + folder, 0u);
	return t;
}

#if defined(IB_PORTABLE) || !defined(O_TMPFILE)
static bool
open_nameless(struct ib_temp_file *t)
{
	(void)t;
	return false;
}
#else
/* Create a file that has no name, but can get one later. Returns false if this is not possible. */
static bool
open_nameless(struct ib_temp_file *t)
{
	char first = t->path[t->folder], proc[40];
	const char *folder = t->folder > 0 ? t->path : ".";

	t->path[t->folder] = '\0';
	t->fd = ib_fd_open(folder, O_RDWR | O_TMPFILE, 0666);
	t->path[t->folder] = first;
	if (t->fd < 0)
		return false;
	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", t->fd);
	if (access(proc, F_OK) == 0) {
		ib_fd_lock(t->fd, LOCK_EX | LOCK_NB); /* no other process can have locked it */
		return true;
	}
	ib_fd_close(t->fd);
	t->fd = -1;
	return false;
}
#endif

int
ib_temp_file_create(const char *target, struct ib_temp_file **temp)
{
	struct ib_temp_file *t = new_temp_file(target);
	bool created = false;
	sigset_t old;
	int saved;

	errno = t ? ECANCELED : ENOMEM;
	if (t && ib_temp_file_begin_critical(&old)) {
		created = open_nameless(t) || create_name(t, open_named);
		saved = errno;
		if (created)
			add_to_list(t);
		ib_temp_file_end_critical(&old);
		errno = saved;
	}
	if (!created) {
		free(t);
		return -1;
	}
	*temp = t;
	return t->fd;
}

bool
ib_temp_file_link(struct ib_temp_file *t)
{
	return atomic_load(&t->named) || create_name(t, link_named);
}

int
ib_temp_file_close(struct ib_temp_file *t)
{
	int fd = t->fd;

	t->fd = -1;
	return ib_fd_close(fd);
}

int
ib_temp_file_rename(struct ib_temp_file *t, const char *target)
{
	if (rename(t->path, target) != 0)
		return -1;
	remove_from_list(t);
	return 0;
}

void
ib_temp_file_remove(struct ib_temp_file *t)
{
	if (!t)
		return;
	if (atomic_load(&t->named))
		unlink(t->path);
	ib_temp_file_close(t);
	remove_from_list(t);
}

int
ib_temp_file_nameless(const char *target)
{
	struct ib_temp_file *temp;
	int fd = ib_temp_file_create(target, &temp);

	if (fd >= 0) {
		temp->fd = -1;
		ib_temp_file_remove(temp);
	}
	return fd;
}
