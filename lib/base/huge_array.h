/*
 * Large arrays that grow without a copy: when an array must move, the kernel remaps its
 * pages. The memory is anonymous, aligned to 2 MiB and advised for huge pages; without huge
 * pages random look-ups take 1.4 to 1.5 times as long. Untouched pages use no memory, so
 * the capacity may be larger than the used size.
 */
#ifndef IB_BASE_HUGE_ARRAY_H
#define IB_BASE_HUGE_ARRAY_H

#include "infobatch.h"

struct ib_huge_array {
	void *p;
	/*
	 * Bytes allocated; unused bytes are zero. If cap is 0 and p is not NULL, the memory
	 * belongs to the caller and is read-only.
	 */
	size_t cap;
};

/*
 * Increase the capacity to at least `bytes`; each increase is at least half of the old
 * capacity. Returns false if out of memory; the array is then unchanged.
 */
bool ib_huge_array_grow(struct ib_huge_array *array, uint64_t bytes);
void ib_huge_array_release(struct ib_huge_array *array);

#endif
