/* Read an epoch manifest from the arrays of an .npz archive. */
#include "score/npz_manifest.h"

#include "base/error.h"
#include "score/npz_arrays.h"
#include "score/npz_loss_log.h"

#define ROWS ((uint64_t)1 << 16) /* number of rows after which the texts of the ids are freed */

enum ib_status
ib_npz_refuse_manifest(const struct ib_source *source, struct ib_error *err)
{
	if (source->format == IB_FORMAT_NPY)
		return ib_fail(err, IB_E_DATA,
			       "%s: this is a file of one numpy array; an epoch manifest has the "
			       "arrays index and weight, as ib-prune --range writes them",
			       source->name);
	return ib_fail(err, IB_E_DATA, "%s: this is a totals file, not an epoch manifest",
		       source->name);
}

static enum ib_status
read_sample(struct ib_npz_arrays *a, struct ib_npz_sample *sample, struct ib_error *err)
{
	const struct ib_npz_column *invalid;
	char show[IB_SHOW_MAX];
	const char *why;

	sample->row = ib_npz_arrays_has_rows(a) ? ib_npz_arrays_row_number(a) : -1;
	sample->id = (struct ib_span){ "", 0 };
	if (sample->row < 0 && !ib_npz_arrays_read_id(a, &sample->id, &invalid, &why))
		return ib_fail(err, IB_E_DATA, "%s: row %llu: %s %s", a->name,
			       (unsigned long long)a->row, ib_show(show, invalid->name), why);
	if (!sample->id.p)
		return ib_fail_memory(err);
	sample->weighted = a->weight.member != NULL;
	sample->weight = sample->weighted ? ib_npz_column_real(&a->weight, a->row) : 1;
	return IB_OK;
}

enum ib_status
ib_npz_manifest_read(struct ib_npz *z, const char *name, const char *key, const char *weight_field,
		     enum ib_status (*each)(void *ctx, const struct ib_npz_sample *sample,
					    struct ib_error *err),
		     void *ctx, struct ib_error *err)
{
	struct ib_log_options options = { .key = key };
	struct ib_loss_reader log = { .options = &options };
	struct ib_npz_arrays a = { .log = &log, .archive = z, .name = name };
	struct ib_span weight = ib_span_of(weight_field ? weight_field : "weight");
	struct ib_npz_sample sample;
	enum ib_status st = ib_key_parse(key, "the key", &a.key, err);

	if (!ib_npz_is_loss_log(z))
		return ib_fail(err, IB_E_DATA,
			       "%s: not an epoch manifest, but a score file or an output of "
			       "ib-weights",
			       name);
	if (!st && a.key.kind != IB_KEY_AUTO && a.key.kind != IB_KEY_FIELDS)
		return ib_fail(
			err, IB_E_MISUSE,
			"%s: this manifest is an .npz, so the key must be the name of an array",
			name);
	if (!st)
		st = ib_npz_arrays_load_ids(&a, err);
	if (!st)
		st = ib_npz_arrays_load_weights(&a, weight, err);
	for (; !st && a.row < a.rows; a.row++) {
		if (a.row % ROWS == 0)
			ib_arena_reset(&a.arena);
		st = read_sample(&a, &sample, err);
		if (!st)
			st = each(ctx, &sample, err);
	}
	ib_npz_arrays_release(&a);
	return st;
}
