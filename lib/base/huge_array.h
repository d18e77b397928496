/*
 * Large arrays that grow without a copy. If an array of 128 KiB or more must move, the kernel
 * remaps the pages of the array. The memory of such a large array is anonymous, aligned to 2 MiB,
 * and marked for huge pages, because random look-ups take 1.4 to 1.5 times as long without huge
 * pages. Pages that were never used need no memory, so the capacity may be larger than necessary.
 * Smaller arrays, and all arrays with PORTABLE=1, are copied.
 */
#ifndef IB_BASE_HUGE_ARRAY_H
#define IB_BASE_HUGE_ARRAY_H

#include "infobatch_run.h"

struct ib_huge_array {
	void *p;
	/*
	 * Number of bytes allocated. Unused bytes are zero. If cap is 0 and p is not NULL, the
	 * caller owns the memory at p, which is read-only.
	 */
	size_t cap;
};

/*
 * Increase the capacity to at least `bytes`. Each increase adds at least half of the old
 * capacity. Returns false if out of memory; the array is then unchanged.
 */
bool ib_huge_array_grow(struct ib_huge_array *array, uint64_t bytes);
void ib_huge_array_release(struct ib_huge_array *array);

#endif
