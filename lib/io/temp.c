/*
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
#define _GNU_SOURCE /* getrandom */
#include "io/temp.h"

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
#include <sys/random.h>
#include <unistd.h>

#define RANDOM_LETTERS 6
#define NAME_EXTRA (sizeof(".") - 1 + sizeof(".ib-XXXXXX") - 1)

struct ib_temp {
	_Atomic(struct ib_temp *) next;
	char path[];
};

static _Atomic(struct ib_temp *) temps;
static atomic_uint walks;     /* handlers on the list at this moment */
static atomic_uint holders;   /* threads between hold and let_go */
static atomic_bool abandoned; /* the process is about to end */
static pthread_mutex_t owners = PTHREAD_MUTEX_INITIALIZER;

void
ib_output_abandon(void)
{
	int saved = errno;
	struct ib_temp *t;

	atomic_store(&abandoned, true);
	while (atomic_load(&holders) > 0)
		poll(NULL, 0, 1);
	atomic_fetch_add(&walks, 1);
	for (t = atomic_load(&temps); t; t = atomic_load(&t->next))
		unlink(t->path);
	atomic_fetch_sub(&walks, 1);
	errno = saved;
}

bool
ib_temp_hold(sigset_t *old)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, old);
	atomic_fetch_add(&holders, 1);
	if (!atomic_load(&abandoned))
		return true;
	ib_temp_let_go(old);
	return false;
}

void
ib_temp_let_go(const sigset_t *old)
{
	atomic_fetch_sub(&holders, 1);
	pthread_sigmask(SIG_SETMASK, old, NULL);
}

static void
publish(struct ib_temp *t)
{
	pthread_mutex_lock(&owners);
	atomic_store(&t->next, atomic_load(&temps));
	atomic_store(&temps, t);
	pthread_mutex_unlock(&owners);
}

void
ib_temp_release(struct ib_temp *temp)
{
	_Atomic(struct ib_temp *) *link = &temps;
	struct ib_temp *t;

	if (!temp)
		return;
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

const char *
ib_temp_path(const struct ib_temp *temp)
{
	return temp->path;
}

static void
random_letters(char *p)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
	unsigned char bytes[RANDOM_LETTERS];
	size_t i;

	while (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes))
		continue;
	for (i = 0; i < RANDOM_LETTERS; i++)
		p[i] = letters[bytes[i] % (sizeof(letters) - 1)];
}

/* The node with its path, the letters at the end still to be drawn. */
static struct ib_temp *
make(const char *target)
{
	const char *slash = strrchr(target, '/');
	size_t folder = slash ? (size_t)(slash - target) + 1 : 0;
	size_t name = strlen(target + folder);
	size_t room = folder + name + NAME_EXTRA + 1;
	struct ib_temp *t = malloc(sizeof(*t) + room);

	if (!t)
		return NULL;
	atomic_init(&t->next, NULL);
	if (name + NAME_EXTRA > NAME_MAX)
		name = NAME_MAX - NAME_EXTRA;
	snprintf(t->path, room, "%.*s.%.*s.ib-XXXXXX", (int)folder, target,
		 (int)name, target + folder);
	return t;
}

/* With the gate held: make the file, and list it. */
static int
try(const char *target, struct ib_temp **temp)
{
	struct ib_temp *t = make(target);
	int fd;

	if (!t) {
		errno = ENOMEM;
		return -1;
	}
	random_letters(t->path + strlen(t->path) - RANDOM_LETTERS);
	do
		fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	if (fd < 0) {
		free(t);
		return -1;
	}
	publish(t);
	*temp = t;
	return fd;
}

int
ib_temp_create(const char *target, struct ib_temp **temp)
{
	int fd = -1, tries, saved;
	sigset_t old;

	if (!ib_temp_hold(&old)) {
		errno = ECANCELED;
		return -1;
	}
	for (tries = 0; tries < 100; tries++) {
		fd = try(target, temp);
		if (fd >= 0 || errno != EEXIST)
			break;
	}
	saved = errno;
	ib_temp_let_go(&old);
	errno = saved;
	return fd;
}
