/* Write weights in the formats of -O. */
#include "weigh/weight_formats.h"

#include <math.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "base/little_endian.h"
#include "io/npy.h"
#include "io/npz_writer.h"

/* number of bytes that are formatted before they are written */
#define WRITE_BYTES ((size_t)64 << 10)

bool
ib_weight_format_has_ids(enum ib_weights_format form)
{
	return form == IB_WEIGHTS_TSV || form == IB_WEIGHTS_JSONL || form == IB_WEIGHTS_NPZ;
}

bool
ib_weight_format_streams(enum ib_weights_format form)
{
	return form != IB_WEIGHTS_NPY && form != IB_WEIGHTS_NPZ;
}

void
ib_weight_format_append(struct ib_bytes *out, enum ib_weights_format form, struct ib_span id,
			double weight, struct ib_number_cache *numbers)
{
	struct ib_json_writer json = { .out = out };
	float single = (float)weight;

	switch (form) {
	case IB_WEIGHTS_F32:
		ib_little_endian_convert(&single, 1, sizeof(single));
		ib_bytes_append(out, &single, sizeof(single));
		return;
	case IB_WEIGHTS_JSONL:
		ib_json_begin_object(&json, NULL);
		ib_json_write_string(&json, "id", id);
		ib_json_begin_value(&json, "weight");
		ib_number_cache_append(out, weight, numbers);
		ib_json_end_object(&json);
		ib_bytes_append_char(out, '\n');
		return;
	case IB_WEIGHTS_TSV:
		ib_bytes_append(out, id.p, id.n);
		ib_bytes_append_char(out, '\t');
		break;
	default:
		break;
	}
	ib_number_cache_append(out, weight, numbers);
	ib_bytes_append_char(out, '\n');
}

bool
ib_weight_format_is_tsv_field(struct ib_span id)
{
	return id.n == 0 || (!memchr(id.p, '\t', id.n) && !memchr(id.p, '\n', id.n) &&
			     !memchr(id.p, '\r', id.n));
}

/* ---- rows ----------------------------------------------------------------- */

static inline double
weight_of(const struct ib_id_weights *rows, uint64_t row, const struct ib_scale *scale)
{
	double w = fabs(((const double *)rows->weight.p)[row]);

	return scale ? ib_scale_apply(scale, w) : w;
}

static enum ib_status
write_lines(enum ib_weights_format form, const struct ib_id_weights *rows,
	    const struct ib_scale *scale, struct ib_output *out, struct ib_error *err)
{
	struct ib_number_cache numbers = { 0 };
	struct ib_span id = { "", 0 };
	struct ib_bytes b = { 0 };
	uint64_t i;

	for (i = 0; i < rows->n; i++) {
		if (ib_weight_format_has_ids(form))
			id = ib_table_id(&rows->table, i);
		ib_weight_format_append(&b, form, id, weight_of(rows, i, scale), &numbers);
		if (b.n >= WRITE_BYTES)
			ib_output_write_bytes(out, &b);
	}
	return ib_output_write_last(out, &b, err);
}

/*
 * Set *out to an array of all weights, scaled and converted to float. The caller must release *out.
 */
static enum ib_status
convert_to_float(const struct ib_id_weights *rows, const struct ib_scale *scale,
		 struct ib_huge_array *out, struct ib_error *err)
{
	float *f;
	uint64_t i;

	if (!ib_huge_array_grow(out, rows->n * sizeof(*f) + 1))
		return ib_fail_memory(err);
	f = out->p;
	for (i = 0; i < rows->n; i++)
		f[i] = (float)weight_of(rows, i, scale);
	return IB_OK;
}

static void
take_output(void *out, const void *p, size_t n)
{
	ib_output_write(out, p, n);
}

static void
write_npy(struct ib_output *out, const char *descr, const void *items, uint64_t n, size_t size)
{
	char header[128];

	ib_output_write(out, header, ib_npy_header(header, descr, n));
	ib_npy_items(items, n, size, take_output, out);
}

static enum ib_status
write_npz(const struct ib_id_weights *rows, const float *weight, const double *rate_factor,
	  struct ib_output *out, struct ib_error *err)
{
	char scalar[IB_NPY_SCALAR];
	const struct ib_table *t = &rows->table;
	const uint64_t none = 0, *offset = rows->n > 0 ? t->offset.p : &none;
	struct ib_npz_writer *w = NULL;
	enum ib_status st = ib_npz_writer_new(out, &w, err);

	if (st)
		return st;
	ib_npz_write_array(w, "id_bytes.npy", "|u1", t->bytes.p, offset[rows->n], 1);
	ib_npz_write_array(w, "id_offset.npy", "<i8", offset, rows->n + 1, sizeof(*offset));
	ib_npz_write_array(w, "weight.npy", "<f4", weight, rows->n, sizeof(*weight));
	if (rate_factor)
		ib_npz_write_bytes(w, "rate_factor.npy",
				   (struct ib_span){ scalar, ib_npy_scalar(scalar, *rate_factor) });
	return ib_npz_writer_end(w, err);
}

enum ib_status
ib_weight_format_write(enum ib_weights_format form, const struct ib_id_weights *rows,
		       const struct ib_scale *scale, const double *rate_factor,
		       struct ib_output *out, struct ib_error *err)
{
	struct ib_huge_array single = { 0 };
	enum ib_status st;

	if (ib_weight_format_streams(form))
		return write_lines(form, rows, scale, out, err);
	st = convert_to_float(rows, scale, &single, err);
	if (!st && form == IB_WEIGHTS_NPZ)
		st = write_npz(rows, single.p, rate_factor, out, err);
	else if (!st)
		write_npy(out, "<f4", single.p, rows->n, sizeof(float));
	ib_huge_array_release(&single);
	return st ? st : ib_output_status(out, err);
}

enum ib_status
ib_weight_format_write_index(const struct ib_id_weights *rows, struct ib_output *out,
			     struct ib_error *err)
{
	const double *weight = rows->weight.p;
	struct ib_huge_array kept = { 0 };
	uint64_t i, n = 0;
	int64_t *number;

	if (!ib_huge_array_grow(&kept, rows->n * sizeof(*number) + 1))
		return ib_fail_memory(err);
	number = kept.p;
	for (i = 0; i < rows->n; i++)
		if (weight[i] != 0)
			number[n++] = (int64_t)i;
	write_npy(out, "<i8", number, n, sizeof(*number));
	ib_huge_array_release(&kept);
	return ib_output_status(out, err);
}
