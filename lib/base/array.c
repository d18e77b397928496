/* Allocate arrays, with a check that their size fits in size_t. */
#include "base/array.h"

#include <string.h>

#define CAPACITY_MIN 64

static bool
fits(uint64_t n, size_t item)
{
	return n <= SIZE_MAX / 2 / item;
}

void *
ib_array(uint64_t n, size_t item)
{
	return fits(n, item) ? malloc((size_t)n * item + 1) : NULL;
}

void *
ib_array_zeroed(uint64_t n, size_t item)
{
	return fits(n, item) ? calloc((size_t)n + 1, item) : NULL;
}

bool
ib_array_resize(void *array, uint64_t n, size_t item)
{
	void *p, *resized;

	/*
	 * Copy the pointer with memcpy(), because this function does not know the type of the
	 * pointer.
	 */
	memcpy(&p, array, sizeof(p));
	resized = fits(n, item) ? realloc(p, (size_t)n * item + 1) : NULL;
	if (!resized)
		return false;
	memcpy(array, &resized, sizeof(resized));
	return true;
}

size_t
ib_array_capacity(size_t cap, uint64_t n)
{
	if (n <= cap)
		return cap;
	cap = cap > SIZE_MAX / 2 ? SIZE_MAX : cap + cap / 2;
	if (cap < n)
		cap = n > SIZE_MAX ? SIZE_MAX : (size_t)n;
	return cap < CAPACITY_MIN ? CAPACITY_MIN : cap;
}
