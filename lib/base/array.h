/*
 * Allocate arrays of n items, when n is a number of rows or bytes from a file.
 * If the size does not fit in size_t (4 GiB on 32-bit machines), the functions
 * fail as if memory had run out; they never allocate less than requested.
 */
#ifndef IB_BASE_ARRAY_H
#define IB_BASE_ARRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/* Allocate n items. Returns NULL if out of memory, and only then: n may be 0. */
void *ib_array(uint64_t n, size_t item);
void *ib_array_zeroed(uint64_t n, size_t item);

/*
 * Change the length of an array to n items. `array` is the address of the pointer to it.
 * Returns false if out of memory; the array is then unchanged.
 */
bool ib_array_resize(void *array, uint64_t n, size_t item);

/* Returns a capacity of at least n items, half as large again as `cap` if cap is less. */
size_t ib_array_capacity(size_t cap, uint64_t n);

/* Make room for at least n items in an array that has room for *cap items. */
static inline bool
ib_array_reserve(void *array, size_t *cap, uint64_t n, size_t item)
{
	size_t grown;

	if (n <= *cap)
		return true;
	grown = ib_array_capacity(*cap, n);
	if (!ib_array_resize(array, grown, item))
		return false;
	*cap = grown;
	return true;
}

#endif
