/*
 * Large arrays that grow without a copy: anonymous memory at multiples of
 * 2 MiB, advised for huge pages (without them random look-ups take 1.4-1.5
 * times as long), moved by the kernel's page tables when it must move.
 * Untouched pages cost nothing, so the capacity may run ahead of the use.
 */
#ifndef IB_BASE_HUGE_ARRAY_H
#define IB_BASE_HUGE_ARRAY_H

#include "infobatch.h"

struct ib_huge_array {
	void *p;
	size_t cap; /* bytes; what is beyond the use reads as zero. 0 with a
		     * p: somebody else's memory, not to be changed */
};

/*
 * Make the capacity at least `bytes`, by half as much again at least where it
 * grows. False if memory ran out; the old contents are then still there.
 */
bool ib_huge_array_grow(struct ib_huge_array *pages, uint64_t bytes);
void ib_huge_array_release(struct ib_huge_array *pages);

#endif
