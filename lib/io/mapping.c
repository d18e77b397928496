/*
 * The list of mappings. A signal handler reads the list without a lock, so entries are never
 * freed. If a mapping is freed, a later mapping reuses its entry. The entry that a handler
 * searches for cannot change meanwhile: the interrupted thread is reading this mapping, so no
 * thread unmaps it.
 */
#include "io/mapping.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct mapping {
	_Atomic(struct mapping *) next;
	_Atomic(const char *) p; /* NULL if the entry is unused */
	size_t n;
	char name[512];
};

static _Atomic(struct mapping *) mappings;
static pthread_mutex_t owners = PTHREAD_MUTEX_INITIALIZER;

const char *
ib_mapped_file(const void *address)
{
	const char *at = address, *p;
	struct mapping *m;

	for (m = atomic_load(&mappings); m; m = atomic_load(&m->next)) {
		p = atomic_load(&m->p);
		if (p && at >= p && at < p + m->n)
			return m->name;
	}
	return NULL;
}

/* Return the entry of the mapping at p. If p is NULL, return an unused entry. */
static struct mapping *
find_mapping(const char *p)
{
	struct mapping *m = atomic_load(&mappings);

	while (m && atomic_load(&m->p) != p)
		m = atomic_load(&m->next);
	return m;
}

/* Add a mapping to the list. Returns false if out of memory. */
static bool
add_mapping(const char *p, size_t n, const char *name)
{
	struct mapping *m = find_mapping(NULL);

	if (!m) {
		m = calloc(1, sizeof(*m));
		if (!m)
			return false;
		atomic_store(&m->next, atomic_load(&mappings));
		atomic_store(&mappings, m);
	}
	m->n = n;
	snprintf(m->name, sizeof(m->name), "%s", name);
	atomic_store(&m->p, p);
	return true;
}

const char *
ib_mapping_new(int fd, uint64_t n, const char *name)
{
	void *p;
	bool added;

	if (n != (size_t)n)
		return NULL;
	p = mmap(NULL, (size_t)n, PROT_READ, MAP_SHARED, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	pthread_mutex_lock(&owners);
	added = add_mapping(p, (size_t)n, name);
	pthread_mutex_unlock(&owners);
	if (added)
		return p;
	munmap(p, (size_t)n);
	return NULL;
}

void
ib_mapping_free(const char *p)
{
	struct mapping *m;

	if (!p)
		return;
	pthread_mutex_lock(&owners);
	m = find_mapping(p);
	munmap((void *)(uintptr_t)p, m->n);
	atomic_store(&m->p, NULL);
	pthread_mutex_unlock(&owners);
}
