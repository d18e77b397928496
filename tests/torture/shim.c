/*
 * A library for LD_PRELOAD that lets the n-th call of a class fail, so that each call of a run can
 * fail once. These variables of the environment control it:
 *
 *	TORTURE=CLASS:N:ERRNO[:sticky]   let the N-th call fail (from 1); sticky: and all later ones
 *	TORTURE_COUNTS=FILE              write the number of calls of each class to FILE
 *
 * The classes are alloc, zstd (allocations by libzstd), open, read, write, sync, rename, link,
 *close and lock. ERRNO is a number. If it is 0, a read or write transfers fewer bytes than
 *requested. If it is negative, the process gets the signal -ERRNO just before the call. Calls
 *before main() and after exit() belong to the C library and are not counted. Calls of dlopen() are
 *not counted either, because glibc may end the process if memory runs out there.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <unistd.h>

enum class { ALLOC, ZSTD, OPEN, READ, WRITE, SYNC, RENAME, LINK, CLOSE, LOCK, NCLASSES };

static const char *const names[NCLASSES] = { "alloc", "zstd",	"open", "read",	 "write",
					     "sync",  "rename", "link", "close", "lock" };

static atomic_long calls[NCLASSES];
static int failing = -1, failing_errno;
static long failing_from, failing_to;
static atomic_bool on;
static _Thread_local bool loading;  /* true inside dlopen() */
static const char *zstd, *zstd_end; /* address range of the code of libzstd */

/* The function of the C library with this name. */
#define REAL(name) ((__typeof__(&name))real(#name))

static void *
real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

/* Count the call. Returns 1 and sets errno if the call must fail. */
static int fails(enum class c)
{
	long n;

	if (!atomic_load(&on) || loading)
		return 0;
	n = atomic_fetch_add(&calls[c], 1) + 1;
	if ((int)c != failing || n < failing_from || n > failing_to)
		return 0;
	if (failing_errno < 0) {
		raise(-failing_errno);
		return 0;
	}
	errno = failing_errno;
	return 1;
}

void *
dlopen(const char *file, int mode)
{
	void *library;

	loading = true;
	library = REAL(dlopen)(file, mode);
	loading = false;
	return library;
}

static int
note_zstd(struct dl_phdr_info *info, size_t size, void *ctx)
{
	int i;

	(void)size, (void)ctx;
	if (!strstr(info->dlpi_name, "libzstd"))
		return 0;
	for (i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_flags & PF_X) {
			zstd = (const char *)info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
			zstd_end = zstd + info->dlpi_phdr[i].p_memsz;
		}
	return 1;
}

/* Return the class of an allocation that was called from the address `caller`. */
static enum class kind(const void *caller) {
	const char *p = caller;

	return p >= zstd && p < zstd_end ? ZSTD : ALLOC;
}

#define ALLOCATION kind(__builtin_return_address(0))

static void
write_counts(void)
{
	const char *path = getenv("TORTURE_COUNTS");
	FILE *f;
	int i;

	atomic_store(&on, 0);
	f = path ? fopen(path, "w") : NULL;
	if (!f)
		return;
	for (i = 0; i < NCLASSES; i++)
		fprintf(f, "%s %ld\n", names[i], atomic_load(&calls[i]));
	fclose(f);
}

static void
parse(const char *text)
{
	char name[16] = "", mode[16] = "";
	int i;

	if (!text ||
	    sscanf(text, "%15[a-z]:%ld:%d:%15s", name, &failing_from, &failing_errno, mode) < 3)
		return;
	failing_to = strcmp(mode, "sticky") == 0 ? 0x7fffffffffffffffL : failing_from;
	for (i = 0; i < NCLASSES; i++)
		if (strcmp(name, names[i]) == 0)
			failing = i;
}

__attribute__((constructor)) static void
start(void)
{
	parse(getenv("TORTURE"));
	dl_iterate_phdr(note_zstd, NULL);
}

static int (*main_of)(int, char **, char **);

/* Count calls from main() until exit(), but not while gcov (`make coverage`) writes its files. */
static int
begin(int argc, char **argv, char **env)
{
	atexit(write_counts);
	atomic_store(&on, 1);
	return main_of(argc, argv, env);
}

int __libc_start_main(int (*)(int, char **, char **), int, char **, void (*)(void), void (*)(void),
		      void (*)(void), void *);

int
__libc_start_main(int (*main)(int, char **, char **), int argc, char **argv, void (*init)(void),
		  void (*fini)(void), void (*rtld_fini)(void), void *stack)
{
	main_of = main;
	return REAL(__libc_start_main)(begin, argc, argv, init, fini, rtld_fini, stack);
}

/* ---- memory ---------------------------------------------------------------------- */

void *__libc_malloc(size_t);
void *__libc_calloc(size_t, size_t);
void *__libc_realloc(void *, size_t);

void *
malloc(size_t n)
{
	return fails(ALLOCATION) ? NULL : __libc_malloc(n);
}

void *
calloc(size_t n, size_t size)
{
	return fails(ALLOCATION) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t n)
{
	return fails(ALLOCATION) ? NULL : __libc_realloc(p, n);
}

void *
mmap(void *at, size_t n, int prot, int flags, int fd, off_t offset)
{
	return fails(ALLOCATION) ? MAP_FAILED : REAL(mmap)(at, n, prot, flags, fd, offset);
}

/* ---- files ----------------------------------------------------------------------- */

int
open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & (O_CREAT | __O_TMPFILE)) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails(OPEN) ? -1 : REAL(open)(path, flags, mode);
}

/* Return a smaller number of bytes for a short read or write. */
static size_t
shortened(size_t n)
{
	return n > 1 ? (n - 1) / 2 + (n == 2) : n;
}

#define TRANSFER(class, name, ...)                                                                 \
	if (fails(class)) {                                                                        \
		if (failing_errno != 0)                                                            \
			return -1;                                                                 \
		n = shortened(n);                                                                  \
	}                                                                                          \
	return REAL(name)(__VA_ARGS__)

ssize_t
read(int fd, void *p, size_t n)
{
	TRANSFER(READ, read, fd, p, n);
}

ssize_t
pread(int fd, void *p, size_t n, off_t at)
{
	TRANSFER(READ, pread, fd, p, n, at);
}

ssize_t
write(int fd, const void *p, size_t n)
{
	TRANSFER(WRITE, write, fd, p, n);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	TRANSFER(WRITE, pwrite, fd, p, n, at);
}

int
fsync(int fd)
{
	return fails(SYNC) ? -1 : REAL(fsync)(fd);
}

int
rename(const char *from, const char *to)
{
	return fails(RENAME) ? -1 : REAL(rename)(from, to);
}

int
linkat(int a, const char *from, int b, const char *to, int flags)
{
	return fails(LINK) ? -1 : REAL(linkat)(a, from, b, to, flags);
}

/* Close the descriptor even if the call fails, as Linux does. */
int
close(int fd)
{
	int ret = REAL(close)(fd);

	return fails(CLOSE) ? -1 : ret;
}

int
flock(int fd, int how)
{
	return fails(LOCK) ? -1 : REAL(flock)(fd, how);
}
