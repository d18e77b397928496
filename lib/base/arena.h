/* Small pieces of memory that stay where they are until all go at once. */
#ifndef IB_BASE_ARENA_H
#define IB_BASE_ARENA_H

#include <stddef.h>

struct ib_arena_chunk;

struct ib_arena { /* start from {0} */
	struct ib_arena_chunk *chunk;
	char *p;
	size_t left;
};

/* n bytes, not aligned; NULL if memory ran out. */
char *ib_arena_take(struct ib_arena *a, size_t n);
/* Give back the end of the last piece taken. */
void ib_arena_trim(struct ib_arena *a, size_t n);
/* Forget all pieces, keep one chunk for the next. */
void ib_arena_reset(struct ib_arena *a);
void ib_arena_release(struct ib_arena *a);

#endif
