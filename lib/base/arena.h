/* Allocate many small pieces of memory that never move and are freed together. */
#ifndef IB_BASE_ARENA_H
#define IB_BASE_ARENA_H

#include <stddef.h>

struct ib_arena_chunk;

/* Initialize with {0}. */
struct ib_arena {
	struct ib_arena_chunk *chunk; /* newest chunk; the others follow it */
	char *p;		      /* first unused byte of the newest chunk */
	size_t left;		      /* unused bytes of the newest chunk */
};

/* Allocate n unaligned bytes. Returns NULL if out of memory. */
char *ib_arena_allocate(struct ib_arena *a, size_t n);
/* Return the last n bytes of the most recent piece to the arena. */
void ib_arena_trim(struct ib_arena *a, size_t n);
/* Release all pieces, but keep one chunk for reuse. */
void ib_arena_reset(struct ib_arena *a);
/* Free all memory of the arena. */
void ib_arena_release(struct ib_arena *a);

#endif
