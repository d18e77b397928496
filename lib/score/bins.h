/*
 * The distinct values in selected bins, each with its number of occurrences. A bin is the set of
 * all floats with the same leading 12 bits. The counts of several files can be added. Exact order
 * statistics are computed from these values and the number of values per bin. Values that do not
 * occur take no space.
 */
#ifndef IB_SCORE_BINS_H
#define IB_SCORE_BINS_H

#include "score/totals.h"

#define IB_BIN_VALUES ((uint32_t)1 << 20) /* floats per bin; they differ in the low 20 bits */

/* Initialize with {0}; free with ib_bins_release(). */
struct ib_bins {
	uint64_t selected[IB_TOTALS_BINS / 64]; /* bit set of the selected bins */
	uint64_t n;				/* number of distinct values */
	uint32_t *order; /* the values, converted by ib_float_order(), ascending */
	/*
	 * [n + 1]: before[i] is the total number of occurrences of order[0..i). May be NULL if n is
	 * 0.
	 */
	uint64_t *before;
	bool failed; /* true if ib_bins_read() ran out of memory */
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
 * Store the n values of order[] in f. All values must be in selected bins, and
 * f must not hold values yet. order[] is also used as working space, so its
 * contents change. O(n).
 */
enum ib_status ib_bins_count(struct ib_bins *f, uint32_t *order, uint64_t n, struct ib_error *err);
/* Add the counts of `other` to f. f and `other` must have the same selected bins. */
enum ib_status ib_bins_merge(struct ib_bins *f, const struct ib_bins *other, struct ib_error *err);

/* Return the index in f->order of the first value >= `order`, or f->n if there is none. */
uint64_t ib_bins_seek(const struct ib_bins *f, uint64_t order);

/*
 * Return the number of all values below `order`. count[] holds the number of values in each bin,
 * selected or not. The bin that contains `order` must be selected, unless that bin has no values or
 * `order` is the lowest value of that bin.
 */
uint64_t ib_bins_below(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS],
		       uint64_t order);
/* Return the number of values in a selected bin, including repeated values. */
uint64_t ib_bins_count_of(const struct ib_bins *f, uint32_t bin);
/* Return the bin that contains the rank-th smallest value. Ranks begin at 1. */
uint32_t ib_bins_of_rank(const uint64_t count[IB_TOTALS_BINS], uint64_t rank);
/* Return the rank-th smallest value, which must be in a selected bin. */
float ib_bins_value(const struct ib_bins *f, const uint64_t count[IB_TOTALS_BINS], uint64_t rank);

/*
 * Append the values of one bin to b as text.
 *
 * For each distinct value, in ascending order, the text contains two numbers. The first number is
 * the difference between the value and the previous value, minus one; for the first value, it is
 * the value's low 20 bits. The second number is the number of occurrences. Each number is written
 * in digits of 5 bits, lowest digit first. 32 is added to every digit except the last digit of a
 * number. The characters A-Z a-z 0-9 + / represent the digits 0 to 63.
 */
void ib_bins_write_text(struct ib_bytes *b, const struct ib_bins *f, uint32_t bin);
/*
 * Read the values of one bin from `text`, and append them to f. f must not hold values of bins
 * after `bin`. Returns false if the text is malformed. Also returns false, and sets f->failed, if
 * out of memory.
 */
bool ib_bins_read(struct ib_bins *f, uint32_t bin, const char *text);

#endif
