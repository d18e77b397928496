/*
 * The list is the library's only global state. Owners change it under a
 * mutex; the handler takes no lock: it walks atomic links, and owners free a
 * node only when no walk is under way. A name is published before its file is
 * made, so that there is no moment at which a file exists and is not listed.
 */
#define _GNU_SOURCE /* getrandom */
#include "io/temp.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
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
static atomic_uint walks;       /* handlers on the list at this moment */
static atomic_uint abandonments; /* so far */
static pthread_mutex_t owners = PTHREAD_MUTEX_INITIALIZER;

void
ib_output_abandon(void)
{
	struct ib_temp *t;

	int saved = errno;

	atomic_fetch_add(&walks, 1);
	atomic_fetch_add(&abandonments, 1);
	for (t = atomic_load(&temps); t; t = atomic_load(&t->next))
		unlink(t->path);
	atomic_fetch_sub(&walks, 1);
	errno = saved;
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

int
ib_temp_create(const char *target, struct ib_temp **temp)
{
	struct ib_temp *t;
	unsigned before;
	int fd = -1, tries, saved;
	char *letters;

	for (tries = 0; tries < 100 && fd < 0; tries++) {
		t = make(target);
		if (!t) {
			errno = ENOMEM;
			return -1;
		}
		letters = t->path + strlen(t->path) - RANDOM_LETTERS;
		random_letters(letters);
		before = atomic_load(&abandonments);
		publish(t);
		do
			fd = open(t->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
				  0666);
		while (fd < 0 && errno == EINTR);
		saved = errno;
		if (fd >= 0 && atomic_load(&abandonments) != before) {
			unlink(t->path);
			close(fd);
			fd = -1;
			saved = ECANCELED;
		}
		if (fd < 0) {
			ib_temp_release(t);
			errno = saved;
			if (errno != EEXIST)
				return -1;
			continue;
		}
		*temp = t;
	}
	return fd;
}
