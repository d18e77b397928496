/* A growing run of bytes, and a growing run of anything else. */
#ifndef IB_BASE_BYTES_H
#define IB_BASE_BYTES_H

#include <stddef.h>
#include <string.h>

#include "infobatch.h"

/*
 * Bytes that double in size. Memory that ran out is sticky: `failed` is set,
 * later appends do nothing, and the owner looks once, at the end of a batch.
 * Start from {0}; ib_bytes_release frees.
 */
struct ib_bytes {
	char *p;
	size_t n, cap;
	bool failed;
};

/* Room for `extra` more bytes; false (and failed) if memory ran out. */
bool ib_bytes_reserve(struct ib_bytes *b, size_t extra);
void ib_bytes_release(struct ib_bytes *b);

static inline void
ib_bytes_put(struct ib_bytes *b, const void *p, size_t n)
{
	if (b->cap - b->n < n && !ib_bytes_reserve(b, n))
		return;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
ib_bytes_put_char(struct ib_bytes *b, char c)
{
	if (b->n == b->cap && !ib_bytes_reserve(b, 1))
		return;
	b->p[b->n++] = c;
}

/*
 * Copy n bytes, as a rule a hundred or so, without asking how many are left:
 * up to IB_COPY_BEYOND bytes behind them are read and written too.
 */
#define IB_COPY_BEYOND 32

static inline void
ib_copy_beyond(char *to, const char *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += IB_COPY_BEYOND)
		memcpy(to + i, from + i, IB_COPY_BEYOND);
}

void ib_bytes_printf(struct ib_bytes *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline struct ib_span
ib_bytes_span(const struct ib_bytes *b)
{
	return (struct ib_span){ b->p, b->n };
}

/* Span helpers. */
static inline struct ib_span
ib_span_of(const char *text)
{
	return (struct ib_span){ text, strlen(text) };
}

static inline bool
ib_span_equal(struct ib_span a, struct ib_span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool
ib_span_is(struct ib_span a, const char *text)
{
	return ib_span_equal(a, ib_span_of(text));
}

/* memcmp order, the shorter first where one begins the other. */
int ib_span_compare(struct ib_span a, struct ib_span b);

/* A copy with a NUL behind it, to be freed; NULL if memory ran out. */
char *ib_span_dup(struct ib_span s);

#endif
