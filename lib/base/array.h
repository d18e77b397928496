/*
 * Memory for n items, where n counts the rows or bytes of a file: more than
 * size_t holds (4 GiB on 32-bit machines) is memory that ran out, never a
 * smaller array. None of them is NULL for n = 0.
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
