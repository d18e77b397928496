/* Allocate many small pieces of memory. The pieces never move and are freed together. */
#ifndef IB_BASE_ARENA_H
#define IB_BASE_ARENA_H

#include <stddef.h>

struct ib_arena_chunk;

/* Initialize with {0}. */
struct ib_arena {
	struct ib_arena_chunk *chunk; /* the newest chunk; it links to the older chunks */
	char *p;		      /* first unused byte in the newest chunk */
	size_t left;		      /* number of unused bytes in the newest chunk */
};

/* Allocate n unaligned bytes. Returns NULL if out of memory. */
char *ib_arena_allocate(struct ib_arena *a, size_t n);
/* Give the last n bytes of the most recent piece back to the arena. */
void ib_arena_trim(struct ib_arena *a, size_t n);
/* Free all pieces, but keep one chunk for later pieces. */
void ib_arena_reset(struct ib_arena *a);
/* Free all memory of the arena. */
void ib_arena_release(struct ib_arena *a);

#endif
