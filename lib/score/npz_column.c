/* Convert the items of an array: half-precision numbers to double, and ids to text. */
#include "score/npz_column.h"

#include <math.h>

#include "base/numbers.h"
#include "base/utf8.h"

#define UNICODE_MAX 0x10ffffu

double
ib_npz_half(uint64_t x)
{
	int exponent = (int)(x >> 10 & 31);
	double f = (double)(x & 1023);

	if (exponent == 31)
		f = f != 0 ? (double)NAN : (double)INFINITY;
	else if (exponent > 0)
		f = ldexp(f + 1024, exponent - 25);
	else
		f = ldexp(f, -24);
	return x >> 15 & 1 ? -f : f;
}

/*
 * Convert UCS-4 text, which is padded with NULs, to UTF-8. If the text is
 * invalid, returns false and sets *why to the reason.
 */
static bool
decode(const struct ib_npz_column *c, uint64_t row, struct ib_arena *arena, struct ib_span *text,
       const char **why)
{
	const struct ib_npz_column unit = { .items = c->items + row * c->size,
					    .big = c->big,
					    .size = 4 };
	uint64_t n = c->size / 4, i, x;
	char *to = ib_arena_allocate(arena, c->size), *p = to;

	*text = (struct ib_span){ to, 0 };
	while (n > 0 && ib_npz_column_bits(&unit, n - 1) == 0)
		n--;
	for (i = 0; i < n && to; i++) {
		x = ib_npz_column_bits(&unit, i);
		if (x > UNICODE_MAX || (x >= 0xd800 && x < 0xe000)) {
			*why = "contains an invalid Unicode character";
			return false;
		}
		p += ib_utf8_append(p, (uint32_t)x);
	}
	text->n = to ? (size_t)(p - to) : 0;
	if (to)
		ib_arena_trim(arena, c->size - text->n);
	return true;
}

static void
digits(const struct ib_npz_column *c, uint64_t row, struct ib_arena *arena, struct ib_span *text)
{
	char *to = ib_arena_allocate(arena, IB_NUMBER_MAX + 1);
	int64_t x = ib_npz_column_integer(c, row);
	bool minus = c->kind == 'i' && x < 0;

	*text = (struct ib_span){ to, 0 };
	if (!to)
		return;
	if (minus)
		to[0] = '-';
	text->n =
		minus + ib_number_write_unsigned(to + minus, minus ? 0 - (uint64_t)x : (uint64_t)x);
	ib_arena_trim(arena, IB_NUMBER_MAX + 1 - text->n);
}

bool
ib_npz_column_text(const struct ib_npz_column *c, uint64_t row, struct ib_arena *arena,
		   struct ib_span *text, const char **why)
{
	if (c->kind == 'U')
		return decode(c, row, arena, text, why);
	if (c->kind == 'S') {
		*text = (struct ib_span){ (const char *)ib_npz_column_item(c, row), c->size };
		while (text->n > 0 && text->p[text->n - 1] == '\0')
			text->n--;
	} else {
		digits(c, row, arena, text);
	}
	return true;
}
