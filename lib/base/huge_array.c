#define _GNU_SOURCE /* mremap, MAP_ANONYMOUS, madvise */
#include "base/huge_array.h"

#include <sys/mman.h>

#define HUGE ((size_t)2 << 20)

/* An unmapped-by-others range of `bytes` at a multiple of HUGE, or NULL. */
static void *
reserve(size_t bytes, int protection)
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

bool
ib_huge_array_grow(struct ib_huge_array *pages, uint64_t bytes)
{
	size_t cap = pages->cap + pages->cap / 2;
	void *p, *moved;

	if (bytes <= pages->cap)
		return true;
	if (bytes > SIZE_MAX / 4)
		return false;
	if (cap < bytes)
		cap = (size_t)bytes;
	cap = (cap + HUGE - 1) & ~(HUGE - 1);
	p = reserve(cap, pages->p ? PROT_NONE : PROT_READ | PROT_WRITE);
	if (!p)
		return false;
	if (pages->p) {
		/* Both ends are aligned, so whole huge pages move at once. */
		moved = mremap(pages->p, pages->cap, cap, MREMAP_MAYMOVE | MREMAP_FIXED, p);
		if (moved == MAP_FAILED) {
			munmap(p, cap);
			return false;
		}
	}
	madvise(p, cap, MADV_HUGEPAGE); /* advice: failing is fine */
	pages->p = p;
	pages->cap = cap;
	return true;
}

void
ib_huge_array_release(struct ib_huge_array *pages)
{
	if (pages->cap > 0)
		munmap(pages->p, pages->cap);
	*pages = (struct ib_huge_array){ 0 };
}
