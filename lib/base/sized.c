/* Copy structs that begin with their size. */
#include "base/sized.h"

#include <string.h>

#include "base/error.h"

/* Read the size at the start of the struct `given`. */
static enum ib_status
get_size(const void *given, size_t *n, struct ib_error *err)
{
	memcpy(n, given, sizeof(*n));
	if (*n >= sizeof(*n))
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE, "the member 'size' of a struct is not set");
}

enum ib_status
ib_sized_read(void *own, size_t size, const void *given, struct ib_error *err)
{
	const char *bytes = given;
	size_t n, i;
	enum ib_status st = get_size(given, &n, err);

	if (st)
		return st;
	for (i = size; i < n; i++)
		if (bytes[i])
			return ib_fail(err, IB_E_MISUSE,
				       "a struct has a nonzero member that version %s of the "
				       "library does not know",
				       IB_VERSION);
	memset(own, 0, size);
	memcpy(own, given, n < size ? n : size);
	return IB_OK;
}

enum ib_status
ib_sized_write(void *given, const void *own, size_t size, struct ib_error *err)
{
	size_t n, known;
	enum ib_status st = get_size(given, &n, err);

	if (st)
		return st;
	known = n < size ? n : size;
	memcpy((char *)given + sizeof(n), (const char *)own + sizeof(n), known - sizeof(n));
	memset((char *)given + known, 0, n - known);
	return IB_OK;
}
