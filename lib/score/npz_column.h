/* One array of an .npz archive, and its items as numbers or texts. */
#ifndef IB_SCORE_NPZ_COLUMN_H
#define IB_SCORE_NPZ_COLUMN_H

#include <string.h>

#include "base/arena.h"
#include "base/little_endian.h"
#include "io/npz.h"

/* One array. The value of a scalar, as in np.savez(..., epoch=3), is used for all rows. */
struct ib_npz_column {
	struct ib_span name;
	const struct ib_npz_member *member; /* NULL if the archive does not have the array */
	unsigned char *items;
	char kind; /* numpy's type code: i, u, f, S or U */
	bool big;  /* true if the items are big-endian */
	bool scalar;
	size_t size; /* bytes per item */
};

/* Convert a half-precision number, given as its 16 bits, to double. */
double ib_npz_half(uint64_t x);

static inline const unsigned char *
ib_npz_column_item(const struct ib_npz_column *c, uint64_t row)
{
	return c->items + (c->scalar ? 0 : row * c->size);
}

static inline uint64_t
ib_npz_column_bits(const struct ib_npz_column *c, uint64_t row)
{
	const unsigned char *p = ib_npz_column_item(c, row);
	uint64_t x = 0;
	uint32_t narrow;
	size_t i;

	if (c->size == 8 && c->big == IB_HOST_IS_BIG_ENDIAN) {
		memcpy(&x, p, sizeof(x));
		return x;
	}
	if (c->size == 4 && c->big == IB_HOST_IS_BIG_ENDIAN) {
		memcpy(&narrow, p, sizeof(narrow));
		return narrow;
	}
	for (i = 0; i < c->size; i++)
		x = x << 8 | p[c->big ? i : c->size - 1 - i];
	return x;
}

/* Return an integer item. If the type is signed, the item is sign-extended. */
static inline int64_t
ib_npz_column_integer(const struct ib_npz_column *c, uint64_t row)
{
	uint64_t x = ib_npz_column_bits(c, row);
	unsigned above = (unsigned)(64 - 8 * c->size);

	if (c->kind == 'i' && above > 0 && x >> (63 - above) & 1)
		x |= ~0ull << (64 - above);
	return (int64_t)x;
}

static inline double
ib_npz_column_real(const struct ib_npz_column *c, uint64_t row)
{
	uint64_t x = ib_npz_column_bits(c, row);
	uint32_t narrow = (uint32_t)x;
	double d;
	float f;

	if (c->size == 2)
		return ib_npz_half(x);
	if (c->size == 4) {
		memcpy(&f, &narrow, sizeof(f));
		return (double)f;
	}
	memcpy(&d, &x, sizeof(d));
	return d;
}

/*
 * Read the item of a row as text, for an id or a field of an id. Sets text->p to NULL if out of
 * memory.
 */
bool ib_npz_column_text(const struct ib_npz_column *c, uint64_t row, struct ib_arena *arena,
			struct ib_span *text, const char **why);

#endif
