/*
 * Arrays of less than MAPPED_BYTES_MIN bytes are allocated with calloc(), because the kernel
 * would clear a complete huge page for each mapped array. Larger arrays are allocated with mmap(),
 * and grow with mremap(). With IB_PORTABLE, all arrays are allocated with calloc().
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

#define HUGE_PAGE_BYTES ((size_t)2 << 20)
#define MAPPED_BYTES_MIN (HUGE_PAGE_BYTES / 16)

/*
 * Copy an array to p, and free() the array, which must not be mapped. If p is NULL, do nothing.
 * Returns p.
 */
static void *
move_by_copy(const struct ib_huge_array *array, void *p)
{
	if (p && array->p) {
		memcpy(p, array->p, array->cap);
		free(array->p);
	}
	return p;
}

#ifdef IB_PORTABLE

/* Move the array to new memory of `cap` bytes. Returns NULL if out of memory. */
static void *
move_to_larger(const struct ib_huge_array *array, size_t cap)
{
	return move_by_copy(array, calloc(1, cap));
}

static void
release_memory(void *p, size_t cap)
{
	(void)cap;
	free(p);
}

#else

/* Map `bytes` bytes of memory at a multiple of HUGE_PAGE_BYTES. Returns NULL if out of memory. */
static void *
map_aligned(size_t bytes, int protection)
{
	char *raw, *p;
	size_t head;

	raw = mmap(NULL, bytes + HUGE_PAGE_BYTES, protection,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (raw == MAP_FAILED)
		return NULL;
	head = (HUGE_PAGE_BYTES - ((uintptr_t)raw & (HUGE_PAGE_BYTES - 1))) & (HUGE_PAGE_BYTES - 1);
	p = raw + head;
	if (head > 0)
		munmap(raw, head);
	if (head < HUGE_PAGE_BYTES)
		munmap(p + bytes, HUGE_PAGE_BYTES - head);
	return p;
}

/* Return `cap` bytes of new memory, with huge pages if possible. Returns NULL if out of memory. */
static void *
map_memory(size_t cap)
{
	void *p = map_aligned(cap, PROT_READ | PROT_WRITE);

	if (p)
		madvise(p, cap, MADV_HUGEPAGE); /* only a hint: ignore a failure */
	return p;
}

/*
 * Allocate `cap` bytes, and move the pages of a mapped array to them. Returns NULL if out of
 * memory.
 */
static void *
move_pages(const struct ib_huge_array *array, size_t cap)
{
	void *p = map_aligned(cap, PROT_NONE);

	if (!p)
		return NULL;
	/* Both addresses are aligned, so the kernel can move complete huge pages. */
	if (mremap(array->p, array->cap, cap, MREMAP_MAYMOVE | MREMAP_FIXED, p) == MAP_FAILED) {
		munmap(p, cap);
		return NULL;
	}
	madvise(p, cap, MADV_HUGEPAGE);
	return p;
}

/* Move the array to new memory of `cap` bytes. Returns NULL if out of memory. */
static void *
move_to_larger(const struct ib_huge_array *array, size_t cap)
{
	if (array->cap >= MAPPED_BYTES_MIN)
		return move_pages(array, cap);
	return move_by_copy(array, cap < MAPPED_BYTES_MIN ? calloc(1, cap) : map_memory(cap));
}

static void
release_memory(void *p, size_t cap)
{
	if (cap < MAPPED_BYTES_MIN)
		free(p);
	else
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
	if (cap >= MAPPED_BYTES_MIN)
		cap = (cap + HUGE_PAGE_BYTES - 1) & ~(HUGE_PAGE_BYTES - 1);
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
