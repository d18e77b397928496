/* Load libarchive with dlopen() when it is first needed (record/libarchive.h). */
#include "record/libarchive.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

/* The shared library of libarchive 3. The number in its name is the version of its interface. */
#define SONAME "libarchive.so.13"

static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct ib_libarchive functions;
static struct ib_error failure;
static enum ib_status status;

/*
 * Store the address of a function of the library in the pointer at `function`. dlsym() returns the
 * address as a pointer to data, so the address is copied with memcpy().
 */
static bool
find(void *library, const char *name, void *function)
{
	void *address = dlsym(library, name);

	memcpy(function, &address, sizeof(address));
	return address != NULL;
}

/*
 * Return the error of a failed load. `why` is the message of dlerror(). Some messages, such as
 * "cannot create shared object descriptor", do not name a cause, so no_memory must be true if errno
 * was ENOMEM after dlopen().
 */
static enum ib_status
fail_load(const char *why, bool no_memory)
{
	if (no_memory || !why || strstr(why, strerror(ENOMEM)) || strstr(why, "out of memory"))
		return ib_fail_memory(&failure);
	return ib_fail(&failure, IB_E_IO,
		       "cannot load libarchive, which is needed for tar files: %s", why);
}

static void
load(void)
{
	bool ok, no_memory;
	void *library;

	errno = 0;
	library = dlopen(SONAME, RTLD_NOW | RTLD_LOCAL);
	no_memory = errno == ENOMEM;
	ok = library != NULL;

#define FIND(name) ok = ok && find(library, #name, &functions.name);
	IB_LIBARCHIVE_FUNCTIONS(FIND)
#undef FIND
	if (!ok)
		status = fail_load(dlerror(), no_memory);
}

enum ib_status
ib_libarchive_load(const struct ib_libarchive **la, struct ib_error *err)
{
	pthread_once(&once, load);
	if (status && err)
		*err = failure;
	*la = &functions;
	return status;
}
