/*
 * Allocate and grow large arrays with mmap() and mremap(). With IB_PORTABLE, arrays
 * are allocated with calloc(), and an array is copied when it grows.
 */
#ifndef IB_PORTABLE
#define _GNU_SOURCE /* mremap, MAP_ANONYMOUS, madvise */
#endif
#include "base/huge_array.h"

#include <stdlib.h>
#include <string.h>

#ifndef IB_PORTABLE
#include <sys/mman.h>
#endif

#define HUGE ((size_t)2 << 20)

#ifdef IB_PORTABLE

/* Return `cap` bytes that begin with the bytes of the array. Returns NULL if out of memory. */
static void *
move_to_larger(const struct ib_huge_array *array, size_t cap)
{
	void *p = calloc(1, cap);

	if (p && array->p)
		memcpy(p, array->p, array->cap);
	if (p)
		free(array->p);
	return p;
}

static void
release_memory(void *p, size_t cap)
{
	(void)cap;
	free(p);
}

#else

/* Map `bytes` of new memory at a multiple of HUGE. Returns NULL if out of memory. */
static void *
map_aligned(size_t bytes, int protection)
{
	char *raw, *p;
	size_t head;

	raw = mmap(NULL, bytes + HUGE, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1,
		   0);
	if (raw == MAP_FAILED)
		return NULL;
	head = (HUGE - ((uintptr_t)raw & (HUGE - 1))) & (HUGE - 1);
	p = raw + head;
	if (head > 0)
		munmap(raw, head);
	if (head < HUGE)
		munmap(p + bytes, HUGE - head);
	return p;
}

/* Return `cap` bytes that begin with the bytes of the array. Returns NULL if out of memory. */
static void *
move_to_larger(const struct ib_huge_array *array, size_t cap)
{
	void *p = map_aligned(cap, array->p ? PROT_NONE : PROT_READ | PROT_WRITE), *moved;

	if (p && array->p) {
		/* Both addresses are aligned, so the kernel can move complete huge pages. */
		moved = mremap(array->p, array->cap, cap, MREMAP_MAYMOVE | MREMAP_FIXED, p);
		if (moved == MAP_FAILED) {
			munmap(p, cap);
			return NULL;
		}
	}
	if (p)
		madvise(p, cap, MADV_HUGEPAGE); /* only a hint: ignore a failure */
	return p;
}

static void
release_memory(void *p, size_t cap)
{
	munmap(p, cap);
}

#endif

bool
ib_huge_array_grow(struct ib_huge_array *array, uint64_t bytes)
{
	size_t cap = array->cap + array->cap / 2;
	void *p;

	if (bytes <= array->cap)
		return true;
	if (bytes > SIZE_MAX / 4)
		return false;
	if (cap < bytes)
		cap = (size_t)bytes;
	cap = (cap + HUGE - 1) & ~(HUGE - 1);
	p = move_to_larger(array, cap);
	if (!p)
		return false;
	array->p = p;
	array->cap = cap;
	return true;
}

void
ib_huge_array_release(struct ib_huge_array *array)
{
	if (array->cap > 0)
		release_memory(array->p, array->cap);
	*array = (struct ib_huge_array){ 0 };
}
