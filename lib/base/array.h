/*
 * Allocate arrays of n items, when n is a number of rows or bytes from a file.
 * If the size does not fit in size_t (4 GiB on 32-bit machines), the functions
 * return NULL as if memory had run out; they never allocate less than requested.
 * For n = 0 they return a pointer that is not NULL.
 */
#ifndef IB_BASE_ARRAY_H
#define IB_BASE_ARRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

static inline bool
ib_array_fits(uint64_t n, size_t item)
{
	return n <= SIZE_MAX / 2 / item;
}

static inline void *
ib_array(uint64_t n, size_t item)
{
	return ib_array_fits(n, item) ? malloc((size_t)n * item + 1) : NULL;
}

static inline void *
ib_array_zeroed(uint64_t n, size_t item)
{
	return ib_array_fits(n, item) ? calloc((size_t)n + 1, item) : NULL;
}

static inline void *
ib_array_resize(void *p, uint64_t n, size_t item)
{
	return ib_array_fits(n, item) ? realloc(p, (size_t)n * item + 1) : NULL;
}

#endif
