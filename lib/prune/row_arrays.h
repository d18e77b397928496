/*
 * An .npz output of --range. The array `index` contains the numbers of the samples. The second
 * array contains the weights of the samples.
 */
#ifndef IB_PRUNE_ROW_ARRAYS_H
#define IB_PRUNE_ROW_ARRAYS_H

#include "base/bytes.h"
#include "base/huge_array.h"
#include "io/output.h"

struct ib_row_arrays {
	/* name of the array of weights; NULL if there are no weights */
	const char *weight_name;
	struct ib_huge_array index;  /* uint64_t[n] */
	struct ib_huge_array weight; /* float[n] */
	uint64_t n;
	/*
	 * factor for the learning rate, written as a scalar if the output has weights; NaN to write
	 * no factor
	 */
	double rate_factor;
	bool failed; /* true if memory ran out */
};

/* Create empty arrays. weight_name is borrowed. Returns NULL if memory runs out. */
struct ib_row_arrays *ib_row_arrays_new(const char *weight_name);
void ib_row_arrays_free(struct ib_row_arrays *a); /* NULL is allowed */

/*
 * Append one row to a buffer of bytes: the index as uint64_t and, if the output has weights, the
 * weight as float. Blocks and --split store rows in this form. ib_row_arrays_add() appends the
 * rows of a buffer to the arrays.
 */
static inline void
ib_row_text_write(struct ib_bytes *text, uint64_t index, const float *weight)
{
	if (!ib_bytes_reserve(text, sizeof(index) + sizeof(*weight)))
		return;
	memcpy(text->p + text->n, &index, sizeof(index));
	text->n += sizeof(index);
	if (!weight)
		return;
	memcpy(text->p + text->n, weight, sizeof(*weight));
	text->n += sizeof(*weight);
}
void ib_row_arrays_add(struct ib_row_arrays *a, const char *text, size_t n);

/* Write the archive to out. Sets a->failed if memory runs out. Other errors are stored in out. */
void ib_row_arrays_write(struct ib_row_arrays *a, struct ib_output *out);

#endif
