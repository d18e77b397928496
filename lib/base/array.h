/*
 * Allocate and grow arrays. Use these functions for arrays whose length depends on an input file.
 * If the size of the array does not fit in size_t (4 GiB on 32-bit machines), the functions fail
 * as if memory had run out. They never allocate less than the requested size.
 */
#ifndef IB_BASE_ARRAY_H
#define IB_BASE_ARRAY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

/*
 * Allocate n items of `item` bytes each, and do not initialize them. n may be 0. Returns NULL only
 * if out of memory.
 */
void *ib_array(uint64_t n, size_t item);
/*
 * Allocate n items of `item` bytes each, and set all bytes to 0. n may be 0. Returns NULL only if
 * out of memory.
 */
void *ib_array_zeroed(uint64_t n, size_t item);

/*
 * Change the length of an array to n items. `array` is the address of the pointer to the
 * array. Returns false if out of memory; the array is then unchanged.
 */
bool ib_array_resize(void *array, uint64_t n, size_t item);

/* Return a capacity of at least n items: cap if cap is enough, and otherwise at least 1.5 * cap. */
size_t ib_array_capacity(size_t cap, uint64_t n);

/*
 * Make room for at least n items in an array with the capacity *cap. Returns false if out of
 * memory.
 */
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
