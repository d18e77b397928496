/*
 * A folder for a test, which it works in: TestSuite(NAME, .init = scratch_enter,
 * .fini = scratch_leave). It is in TMPDIR.
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
scratch_leave(void)
{
	cr_assert(eq(int, system("rm -rf \"$(pwd -P)\""), 0));
}

#endif
