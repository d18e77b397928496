/*
 * Give each test a new working folder in TMPDIR:
 * TestSuite(NAME, .init = scratch_enter, .fini = scratch_leave). Also defines functions that write
 * and read complete files, and that run a shell command.
 */
#ifndef TESTS_SCRATCH_H
#define TESTS_SCRATCH_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"

static inline void
scratch_enter(void)
{
	const char *tmp = getenv("TMPDIR");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/ib-unit-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	cr_assert(mkdtemp(path) && chdir(path) == 0, "%s", path);
	umask(022);
}

static inline void
scratch_write(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "wb");

	cr_assert(f && (n == 0 || fwrite(p, 1, n, f) == n) && fclose(f) == 0, "%s", path);
}

/* Return the content of a file, without using lib/io. The caller releases the result. */
static inline struct ib_bytes
scratch_read(const char *path)
{
	struct ib_bytes b = { 0 };
	FILE *f = fopen(path, "rb");
	char buf[65536];
	size_t n;

	cr_assert(not(eq(ptr, f, NULL)), "%s", path);
	while ((n = fread(buf, 1, sizeof(buf), f)) > 0)
		ib_bytes_append(&b, buf, n);
	fclose(f);
	return b;
}

static inline void
shell(const char *cmd)
{
	cr_assert(eq(int, system(cmd), 0), "%s", cmd);
}

static inline void
scratch_leave(void)
{
	shell("rm -rf \"$(pwd -P)\"");
}

#endif
