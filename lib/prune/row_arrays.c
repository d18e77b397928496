/* Collect and write the rows of an .npz output (prune/row_arrays.h). */
#include "prune/row_arrays.h"

#include <math.h>
#include <stdlib.h>

#include "io/npy.h"
#include "io/npz_writer.h"

struct ib_row_arrays *
ib_row_arrays_new(const char *weight_name)
{
	struct ib_row_arrays *a = calloc(1, sizeof(*a));

	if (a)
		*a = (struct ib_row_arrays){ .weight_name = weight_name, .rate_factor = NAN };
	return a;
}

void
ib_row_arrays_free(struct ib_row_arrays *a)
{
	if (!a)
		return;
	ib_huge_array_release(&a->index);
	ib_huge_array_release(&a->weight);
	free(a);
}

void
ib_row_arrays_add(struct ib_row_arrays *a, const char *text, size_t n)
{
	size_t size = sizeof(uint64_t) + (a->weight_name ? sizeof(float) : 0);
	uint64_t *index, rows = n / size, i;
	float *weight;

	if (!ib_huge_array_grow(&a->index, (a->n + rows) * sizeof(*index)) ||
	    !ib_huge_array_grow(&a->weight, (a->n + rows) * sizeof(*weight))) {
		a->failed = true;
		return;
	}
	index = (uint64_t *)a->index.p + a->n;
	weight = (float *)a->weight.p + a->n;
	for (i = 0; i < rows; i++, text += size) {
		memcpy(&index[i], text, sizeof(*index));
		if (a->weight_name)
			memcpy(&weight[i], text + sizeof(*index), sizeof(*weight));
	}
	a->n += rows;
}

static void
write_weights(struct ib_row_arrays *a, struct ib_npz_writer *w)
{
	struct ib_bytes name = { 0 };
	char scalar[IB_NPY_SCALAR];

	ib_bytes_printf(&name, "%s.npy", a->weight_name);
	if (name.failed)
		a->failed = true;
	else
		ib_npz_write_array(w, name.p, "<f4", a->weight.p, a->n, sizeof(float));
	ib_bytes_release(&name);
	if (!isnan(a->rate_factor))
		ib_npz_write_bytes(
			w, "rate_factor.npy",
			(struct ib_span){ scalar, ib_npy_scalar(scalar, a->rate_factor) });
}

void
ib_row_arrays_write(struct ib_row_arrays *a, struct ib_output *out)
{
	struct ib_npz_writer *w = NULL;

	if (a->failed || ib_npz_writer_new(out, &w, NULL)) {
		a->failed = true;
		return;
	}
	ib_npz_write_array(w, "index.npy", "<i8", a->index.p, a->n, sizeof(uint64_t));
	if (a->weight_name)
		write_weights(a, w);
	a->failed |= ib_npz_writer_end(w, NULL) != IB_OK && ib_output_status(out, NULL) == IB_OK;
}
