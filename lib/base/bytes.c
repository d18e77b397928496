/* A growable byte buffer, and functions for spans of bytes. */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"

bool
ib_bytes_grow(struct ib_bytes *b, size_t extra)
{
	size_t cap;

	if (b->failed)
		return false;
	cap = b->cap < 256 ? 256 : b->cap;
	while (cap - b->n < extra) {
		if (cap > SIZE_MAX / 2) {
			b->failed = true;
			return false;
		}
		cap *= 2;
	}
	if (!ib_array_resize(&b->p, cap, 1)) {
		b->failed = true;
		return false;
	}
	b->cap = cap;
	return true;
}

void
ib_bytes_release(struct ib_bytes *b)
{
	free(b->p);
	*b = (struct ib_bytes){ 0 };
}

void
ib_bytes_printf(struct ib_bytes *b, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(NULL, 0, format, ap);
	va_end(ap);
	if (n < 0 || !ib_bytes_reserve(b, (size_t)n + 1)) {
		b->failed = true;
		return;
	}
	va_start(ap, format);
	vsnprintf(b->p + b->n, (size_t)n + 1, format, ap);
	va_end(ap);
	b->n += (size_t)n;
}

int
ib_span_compare(struct ib_span a, struct ib_span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return a.n < b.n ? -1 : a.n > b.n;
}

char *
ib_span_dup(struct ib_span s)
{
	char *p = malloc(s.n + 1);

	if (!p)
		return NULL;
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}
