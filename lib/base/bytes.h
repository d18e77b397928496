/* A growable byte buffer, and functions for spans of bytes. */
#ifndef IB_BASE_BYTES_H
#define IB_BASE_BYTES_H

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "infobatch_run.h"

/*
 * A byte buffer that doubles its capacity when it is full. If an allocation fails, `failed`
 * is set and stays set, and appends that do not fit do nothing. The owner must check
 * `failed` once, after the last append and before the buffer is released. Initialize with
 * {0}.
 */
struct ib_bytes {
	char *p;
	size_t n, cap;
	bool failed;
};

bool ib_bytes_grow(struct ib_bytes *b, size_t extra); /* called only by ib_bytes_reserve() */
void ib_bytes_release(struct ib_bytes *b);

/* Reserve space for `extra` more bytes. If out of memory, sets `failed` and returns false. */
static inline bool
ib_bytes_reserve(struct ib_bytes *b, size_t extra)
{
	return b->cap - b->n >= extra || ib_bytes_grow(b, extra);
}

static inline void
ib_bytes_append(struct ib_bytes *b, const void *p, size_t n)
{
	if (!ib_bytes_reserve(b, n))
		return;
	if (n > 0)
		memcpy(b->p + b->n, p, n);
	b->n += n;
}

static inline void
ib_bytes_append_char(struct ib_bytes *b, char c)
{
	if (!ib_bytes_reserve(b, 1))
		return;
	b->p[b->n++] = c;
}

/*
 * Copy n bytes in steps of IB_COPY_STEP bytes. The last step is not shortened: it may read and
 * write up to IB_COPY_STEP - 1 bytes after the n bytes. This is fast for the usual n, about 100.
 */
#define IB_COPY_STEP 32

static inline void
ib_copy_beyond(char *to, const char *from, size_t n)
{
	size_t i;

	for (i = 0; i < n; i += IB_COPY_STEP)
		memcpy(to + i, from + i, IB_COPY_STEP);
}

void ib_bytes_printf(struct ib_bytes *b, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline struct ib_span
ib_bytes_span(const struct ib_bytes *b)
{
	return (struct ib_span){ b->p, b->n };
}

/* ---- spans -------------------------------------------------------------- */

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

/*
 * Return the text to write before item i of a list of n items in a sentence. Items are numbered
 * from 0. The text is "" before the first item, `last` (such as " and ") before the last item, and
 * ", " before any other item.
 */
static inline const char *
ib_list_separator(size_t i, size_t n, const char *last)
{
	return i == 0 ? "" : i + 1 < n ? ", " : last;
}

static inline bool
ib_span_begins_with(struct ib_span s, const char *prefix)
{
	size_t n = strlen(prefix);

	return s.n >= n && memcmp(s.p, prefix, n) == 0;
}

static inline bool
ib_span_ends_with(struct ib_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && memcmp(s.p + s.n - n, suffix, n) == 0;
}

/* True if s ends with the suffix. The case of ASCII letters is ignored. */
static inline bool
ib_span_ends_with_any_case(struct ib_span s, const char *suffix)
{
	size_t n = strlen(suffix);

	return s.n >= n && strncasecmp(s.p + s.n - n, suffix, n) == 0;
}

/* True if c is whitespace in JSON: space, tab, CR or LF. */
static inline bool
ib_is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Compare like memcmp(). If one span is a prefix of the other, the shorter span is less. */
int ib_span_compare(struct ib_span a, struct ib_span b);

/*
 * Return a copy of s with a NUL at the end, or NULL if out of memory. The caller frees the
 * copy.
 */
char *ib_span_dup(struct ib_span s);

#endif
