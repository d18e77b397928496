/* Allocate small pieces of memory from large chunks. */
#include "base/arena.h"

#include <stdlib.h>

#define CHUNK_BYTES_MIN ((size_t)64 << 10)

struct ib_arena_chunk {
	struct ib_arena_chunk *next;
	size_t cap;
	char bytes[];
};

char *
ib_arena_allocate(struct ib_arena *a, size_t n)
{
	struct ib_arena_chunk *c;
	size_t cap = n > CHUNK_BYTES_MIN ? n : CHUNK_BYTES_MIN;
	char *p;

	if (n > a->left) {
		if (n > (size_t)-1 / 2)
			return NULL;
		c = malloc(sizeof(*c) + cap);
		if (!c)
			return NULL;
		c->next = a->chunk;
		c->cap = cap;
		a->chunk = c;
		a->p = c->bytes;
		a->left = cap;
	}
	p = a->p;
	a->p += n;
	a->left -= n;
	return p;
}

void
ib_arena_trim(struct ib_arena *a, size_t n)
{
	a->p -= n;
	a->left += n;
}

void
ib_arena_reset(struct ib_arena *a)
{
	struct ib_arena_chunk *c, *next;

	if (!a->chunk)
		return;
	for (c = a->chunk->next; c; c = next) {
		next = c->next;
		free(c);
	}
	a->chunk->next = NULL;
	a->p = a->chunk->bytes;
	a->left = a->chunk->cap;
}

void
ib_arena_release(struct ib_arena *a)
{
	struct ib_arena_chunk *c, *next;

	for (c = a->chunk; c; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct ib_arena){ 0 };
}
