/*
 * A temporary has no name until it is whole, so that a process that is killed
 * leaves nothing: O_TMPFILE, linked just before it is renamed. Where the file
 * system has no such files it has a name from the start. A named temporary is
 * locked (flock) as long as its process lives and has it open: one that nobody
 * locks is of a dead process, and whoever needs its name removes it. Names are
 * numbered, so that the next run for the same target comes upon it.
 *
 * The list is the library's only global state. Owners change it under a
 * mutex; the handler takes no lock: it walks atomic links, and owners free a
 * node only when no walk is under way.
 *
 * Where files come to be or are renamed, no handler may come between, nor end
 * the process beside it from another thread. So the owner's thread holds its
 * signals back there and is counted among the `holders`; the handler closes
 * the gate for good, waits for them to leave (it cannot wait for itself, its
 * thread being none), and walks the list.
 */
#define _GNU_SOURCE /* O_TMPFILE */
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

#include "base/bytes.h"
#include "base/error.h"
#include "io/descriptor.h"

#define DIGITS 6
#define NAMES 1000000u
#define NAME_EXTRA (sizeof(".") - 1 + sizeof(".ib-") - 1 + DIGITS)

struct ib_temp_file {
	_Atomic(struct ib_temp_file *) next;
	int fd;
	atomic_bool named; /* path is in the folder */
	size_t folder;	   /* bytes of path before the name */
	char path[];
};

static _Atomic(struct ib_temp_file *) temps;
static atomic_uint walks;     /* handlers on the list at this moment */
static atomic_uint holders;   /* threads between hold and let_go */
static atomic_bool abandoned; /* the process is about to end */
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
ib_temp_file_hold(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
	atomic_fetch_add(&holders, 1);
	if (!atomic_load(&abandoned))
		return true;
	ib_temp_file_file_forget(old);
	return false;
}

void
ib_temp_file_file_forget(const sigset_t *old)
{
	atomic_fetch_sub(&holders, 1);
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

static void
publish(struct ib_temp_file *t)
{
	pthread_mutex_lock(&owners);
	atomic_store(&t->next, atomic_load(&temps));
	atomic_store(&temps, t);
	pthread_mutex_unlock(&owners);
}

static void
release(struct ib_temp_file *temp)
{
	_Atomic(struct ib_temp_file *) *link = &temps;
	struct ib_temp_file *t;

	pthread_mutex_lock(&owners);
	while ((t = atomic_load(link)) != temp)
		link = &t->next;
	atomic_store(link, atomic_load(&temp->next));
	pthread_mutex_unlock(&owners);
	/* A handler of this thread is through; one of another soon will be. */
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

/* Is that what the path leads to? */
static bool
is_at(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

static bool
is_ours(int fd)
{
	struct stat sb;
	uid_t me = geteuid();

	return fstat(fd, &sb) == 0 && S_ISREG(sb.st_mode) && (me == 0 || sb.st_uid == me);
}

/*
 * Remove what a dead process left there. True: the name may be free now. Only
 * who holds the lock may remove a file that others may judge, and only while
 * the path leads to it.
 */
static bool
remove_dead(const char *path)
{
	int flags = O_NOFOLLOW | O_NONBLOCK;
	int fd = ib_fd_open(path, O_RDWR | flags, 0);
	bool gone;

	if (fd < 0 && errno == EACCES)
		fd = ib_fd_open(path, O_RDONLY | flags, 0);
	if (fd < 0)
		return errno == ENOENT;
	gone = is_ours(fd) && ib_fd_lock(fd, LOCK_EX | LOCK_NB) == 0 &&
	       (!is_at(fd, path) || unlink(path) == 0);
	ib_fd_close(fd);
	return gone;
}

/*
 * Lock a file that has just got its name. False: another process came between
 * and has taken it for a dead one's. A file system without locks has no such
 * judges.
 */
static bool
claim(int fd, const char *path)
{
	if (ib_fd_lock(fd, LOCK_EX | LOCK_NB) != 0)
		return errno != EWOULDBLOCK;
	return is_at(fd, path);
}

/* One try at the name; false with errno, EEXIST where it may go on. */
static bool
open_named(struct ib_temp_file *t)
{
	int fd = ib_fd_open(t->path, O_RDWR | O_CREAT | O_EXCL, 0666);

	if (fd < 0)
		return false;
	if (!claim(fd, t->path)) {
		ib_fd_close(fd);
		errno = EEXIST;
		return false;
	}
	t->fd = fd;
	return true;
}

static bool
link_named(struct ib_temp_file *t)
{
	char from[40];

	snprintf(from, sizeof(from), "/proc/self/fd/%d", t->fd);
	return linkat(AT_FDCWD, from, AT_FDCWD, t->path, AT_SYMLINK_FOLLOW) == 0;
}

/* Find a name by which `take` works, the gate being held. */
static bool
take_name(struct ib_temp_file *t, bool (*take)(struct ib_temp_file *t))
{
	unsigned number = 0, tries;

	for (tries = 0; tries < 1000; tries++) {
		set_number(t, number);
		if (take(t)) {
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
make(const char *target)
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

/* Without a name, if it can have one later. */
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
		ib_fd_lock(t->fd, LOCK_EX | LOCK_NB); /* new: nobody's yet */
		return true;
	}
	ib_fd_close(t->fd);
	t->fd = -1;
	return false;
}

int
ib_temp_file_create(const char *target, struct ib_temp_file **temp)
{
	struct ib_temp_file *t = make(target);
	bool fine = false;
	sigset_t old;
	int saved;

	errno = t ? ECANCELED : ENOMEM;
	if (t && ib_temp_file_hold(&old)) {
		fine = open_nameless(t) || take_name(t, open_named);
		saved = errno;
		if (fine)
			publish(t);
		ib_temp_file_file_forget(&old);
		errno = saved;
	}
	if (!fine) {
		free(t);
		return -1;
	}
	*temp = t;
	return t->fd;
}

bool
ib_temp_file_link(struct ib_temp_file *t)
{
	return atomic_load(&t->named) || take_name(t, link_named);
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
	release(t);
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
	release(t);
}

/* ---- scratch ---------------------------------------------------------------- */

enum ib_status
ib_temp_file_scratch(const char *beside, int *fd, struct ib_error *err)
{
	const char *folder = getenv("TMPDIR");
	struct ib_bytes name = { 0 };
	struct ib_temp_file *temp = NULL;
	enum ib_status st = IB_OK;

	if (folder && *folder)
		ib_bytes_printf(&name, "%s/scratch", folder);
	else
		ib_bytes_printf(&name, "%s",
				beside && strcmp(beside, "-") != 0 ? beside : "/tmp/scratch");
	*fd = -1;
	if (name.failed)
		st = ib_fail_memory(err);
	else if (ib_temp_file_create(name.p, &temp) < 0)
		st = ib_fail_errno(err, IB_E_CREATE, name.p, "create a temporary beside it");
	if (!st) {
		*fd = temp->fd;
		temp->fd = -1;
		ib_temp_file_remove(temp);
	}
	ib_bytes_release(&name);
	return st;
}
