/*
 * Exact values of a few leading-bits bins: what a second pass over the scores
 * counts, so that an order statistic, or a sum over a range, can be had from
 * counts that add up. Sparse: a value that nobody has costs nothing.
 */
#ifndef IB_SCORE_BINS_H
#define IB_SCORE_BINS_H

#include "score/totals.h"

#define IB_BIN_VALUES ((uint32_t)1 << 20) /* of a bin: the low 20 bits */

/* Start from {0}; ib_bins_release frees. */
struct ib_bins {
	uint64_t held[IB_TOTALS_BINS / 64]; /* a bit a bin that is counted */
	uint64_t n;			    /* distinct values in these bins */
	uint32_t *order;		    /* ascending, see ib_float_order */
	uint64_t *count;
	bool failed; /* memory ran out while a bin was read */
};

void ib_bins_release(struct ib_bins *f);

static inline bool
ib_bins_holds(const struct ib_bins *f, uint32_t bin)
{
	return f->held[bin / 64] >> bin % 64 & 1;
}

static inline bool
ib_bins_holds_any(const struct ib_bins *f)
{
	uint64_t any = 0;
	size_t i;

	for (i = 0; i < IB_TOTALS_BINS / 64; i++)
		any |= f->held[i];
	return any;
}

static inline void
ib_bins_hold(struct ib_bins *f, uint32_t bin)
{
	f->held[bin / 64] |= (uint64_t)1 << bin % 64;
}

/*
 * Count n values, all of held bins, into an f without any. Sorts them, in
 * place: linear.
 */
enum ib_status ib_bins_count(struct ib_bins *f, uint32_t *order, uint64_t n, struct ib_error *err);
/* Both must hold the same bins. */
enum ib_status ib_bins_merge(struct ib_bins *f, const struct ib_bins *other, struct ib_error *err);

/* The first place whose value is not below `order`: f->n if there is none. */
uint64_t ib_bins_seek(const struct ib_bins *f, uint64_t order);

/*
 * One bin as text (to be freed; NULL: memory ran out), and back. For each
 * value in ascending order: how many it is from the one before, less one (the
 * first: its low 20 bits), then its count. A number is its digits of 5 bits,
 * the lowest first, each one of A-Z a-z 0-9 + /; 32 is added to all but the
 * last of them. The reader appends to f, which must hold no later bin's
 * values; false for what the writer cannot have written, and (f->failed) where
 * memory ran out.
 */
char *ib_bins_text(const struct ib_bins *f, uint32_t bin);
bool ib_bins_read(struct ib_bins *f, uint32_t bin, const char *text);

#endif
