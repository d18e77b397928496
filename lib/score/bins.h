/*
 * The distinct values in selected bins, each with its number of occurrences.
 * A bin is the set of floats with the same leading 12 bits. The counts of
 * several files add up. Together with the counts per bin, they give exact order
 * statistics. Values that do not occur take no space.
 */
#ifndef IB_SCORE_BINS_H
#define IB_SCORE_BINS_H

#include "score/totals.h"

#define IB_BIN_VALUES ((uint32_t)1 << 20) /* floats per bin: the low 20 bits */

/* Initialize with {0}; free with ib_bins_release(). */
struct ib_bins {
	uint64_t selected[IB_TOTALS_BINS / 64]; /* bit set of the selected bins */
	uint64_t n;				/* number of distinct values */
	uint32_t *order;			/* the values as ib_float_order, ascending */
	uint64_t *before; /* [n + 1]: occurrences of all earlier values; NULL if n is 0 */
	bool failed;	  /* out of memory in ib_bins_read() */
};

void ib_bins_release(struct ib_bins *f);

static inline bool
ib_bins_selects(const struct ib_bins *f, uint32_t bin)
{
	return f->selected[bin / 64] >> bin % 64 & 1;
}

static inline bool
ib_bins_selects_any(const struct ib_bins *f)
{
	uint64_t any = 0;
	size_t i;

	for (i = 0; i < IB_TOTALS_BINS / 64; i++)
		any |= f->selected[i];
	return any;
}

static inline void
ib_bins_select(struct ib_bins *f, uint32_t bin)
{
	f->selected[bin / 64] |= (uint64_t)1 << bin % 64;
}

/*
 * Count n values, all in selected bins, into f, which must hold no values yet.
 * Uses `order` as working space. O(n).
 */
enum ib_status ib_bins_count(struct ib_bins *f, uint32_t *order, uint64_t n, struct ib_error *err);
/* Add the counts of other, whose selected bins must be the same. */
enum ib_status ib_bins_merge(struct ib_bins *f, const struct ib_bins *other, struct ib_error *err);

/* Return the index of the first value >= `order`, or f->n if there is none. */
uint64_t ib_bins_seek(const struct ib_bins *f, uint64_t order);

/*
 * Return how many values are below `order`. count[] holds the number of values in
 * each bin, selected or not. The bin of `order` must be selected, unless it has no
 * values or `order` is its lowest value.
 */
uint64_t ib_bins_below(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS],
		       uint64_t order);
/* Return how many values are in a selected bin. */
uint64_t ib_bins_count_of(const struct ib_bins *f, uint32_t bin);
/* Return the bin of the rank-th smallest value; ranks begin at 1. */
uint32_t ib_bins_of_rank(const uint64_t count[IB_TOTALS_BINS], uint64_t rank);
/* Return the rank-th smallest value, whose bin must be selected. */
float ib_bins_value(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS], uint64_t rank);

/*
 * Append one bin as text.
 *
 * For each value, in ascending order, the text holds two numbers: the distance
 * from the previous value minus one (for the first value: its low 20 bits),
 * and the count. A number is written in digits of 5 bits, the lowest first.
 * Each digit is one of A-Z a-z 0-9 + /. 32 is added to every digit except the
 * last.
 */
void ib_bins_put_text(struct ib_bytes *b, const struct ib_bins *f, uint32_t bin);
/*
 * Append the values of one bin to f, which must not hold values of later bins.
 * Returns false if the text is malformed or memory is exhausted (f->failed).
 */
bool ib_bins_read(struct ib_bins *f, uint32_t bin, const char *text);

#endif
