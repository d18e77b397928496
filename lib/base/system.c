/* Calls that POSIX.1-2008 does not have, and their replacements (base/system.h). */
#ifndef IB_PORTABLE
#define _GNU_SOURCE
#endif
#include "base/system.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#ifndef IB_PORTABLE
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/random.h>
#endif

static uint64_t
number_from_time(void)
{
	return (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u | 1;
}

static int
count_online_cpus(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	return online > 0 && online <= IB_CPUS_MAX ? (int)online : 1;
}

#ifdef IB_PORTABLE

uint64_t
ib_system_random(void)
{
	return number_from_time() ^ (uint64_t)getpid() << 32;
}

int
ib_system_cpus(void)
{
	return count_online_cpus();
}

const void *
ib_system_find_last(const void *p, char c, size_t n)
{
	const char *s = p;

	while (n > 0 && s[n - 1] != c)
		n--;
	return n > 0 ? s + n - 1 : NULL;
}

const void *
ib_system_find(const void *p, size_t n, const void *what, size_t k)
{
	const char *s = p, *end = s + n, *first = what;

	while ((size_t)(end - s) >= k && (s = memchr(s, *first, (size_t)(end - s) - k + 1))) {
		if (memcmp(s, what, k) == 0)
			return s;
		s++;
	}
	return NULL;
}

void
ib_system_write_soon(int fd, off_t from, off_t n)
{
	(void)fd, (void)from, (void)n;
}

void
ib_system_read_ahead(int fd)
{
	(void)fd;
}

void
ib_system_unload(const void *p, size_t n)
{
	(void)p, (void)n;
}

long
ib_system_mtime_ns(const struct stat *s)
{
	(void)s;
	return 0;
}

#else

uint64_t
ib_system_random(void)
{
	uint64_t x;

	return getrandom(&x, sizeof(x), 0) == sizeof(x) && x != 0 ? x : number_from_time();
}

int
ib_system_cpus(void)
{
	int cpus, count;
	cpu_set_t *set;
	size_t size;

	/*
	 * The kernel rejects a set of CPUs that is smaller than the kernel's own set, so try larger
	 * sets.
	 */
	for (cpus = 1024; cpus <= IB_CPUS_MAX; cpus *= 4) {
		set = CPU_ALLOC((size_t)cpus);
		size = CPU_ALLOC_SIZE((size_t)cpus);
		if (!set)
			break;
		count = sched_getaffinity(0, size, set) == 0 ? CPU_COUNT_S(size, set) : 0;
		CPU_FREE(set);
		if (count > 0)
			return count;
	}
	return count_online_cpus();
}

const void *
ib_system_find_last(const void *p, char c, size_t n)
{
	return memrchr(p, c, n);
}

const void *
ib_system_find(const void *p, size_t n, const void *what, size_t k)
{
	return memmem(p, n, what, k);
}

void
ib_system_write_soon(int fd, off_t from, off_t n)
{
	sync_file_range(fd, from, n, SYNC_FILE_RANGE_WRITE);
}

void
ib_system_read_ahead(int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

void
ib_system_unload(const void *p, size_t n)
{
	madvise((void *)(uintptr_t)p, n, MADV_DONTNEED);
}

long
ib_system_mtime_ns(const struct stat *s)
{
	return s->st_mtim.tv_nsec;
}

#endif
