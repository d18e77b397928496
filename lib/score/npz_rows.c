/* Pass the rows of an .npz loss log to the consumer (score/npz_rows.h). */
#include "score/npz_rows.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"

struct ib_npz_rows {
	const struct ib_loss_logs_consumer *consumer;
	const struct ib_source *source;
	int32_t epoch;
	uint32_t row[IB_NPZ_ROWS];
	float loss[IB_NPZ_ROWS];
};

/* True if no option of the log needs the ids. */
static bool
needs_no_ids(const struct ib_npz_arrays *a)
{
	const struct ib_log_options *o = a->log->options;

	return o->part.count == 0 && o->nonfinite == IB_NONFINITE_KEEP && !a->log->want_weight;
}

/*
 * If the log has a single epoch for all rows, set *epoch to this epoch. Returns false if the epochs
 * may differ between rows, or if *epoch is not valid or is later than --until.
 */
static bool
find_epoch(const struct ib_npz_arrays *a, int64_t *epoch)
{
	const struct ib_log_options *o = a->log->options;

	if (a->epoch.member && (!a->epoch.scalar || a->epoch.kind == 'f'))
		return false;
	if (a->epoch.member)
		*epoch = ib_npz_column_integer(&a->epoch, 0);
	return *epoch >= 0 && *epoch <= INT32_MAX &&
	       (o->until == IB_NO_EPOCH || *epoch <= o->until);
}

enum ib_status
ib_npz_rows_new(const struct ib_npz_arrays *a, const struct ib_source *source, int64_t epoch,
		const struct ib_loss_logs_consumer *consumer, struct ib_npz_rows **rows,
		struct ib_error *err)
{
	struct ib_npz_rows *r;

	*rows = NULL;
	if (!consumer->rows || !ib_npz_arrays_has_rows(a) || a->rows == 0 || !needs_no_ids(a) ||
	    !find_epoch(a, &epoch))
		return IB_OK;
	r = malloc(sizeof(*r));
	if (!r)
		return ib_fail_memory(err);
	r->consumer = consumer;
	r->source = source;
	r->epoch = (int32_t)epoch;
	*rows = r;
	return IB_OK;
}

/*
 * Read the rows in [a->row, stop). *nonfinite is set to the number of losses that are not finite;
 * they become NaN. Returns false if an id is not a row number.
 */
static bool
read_rows(struct ib_npz_rows *r, struct ib_npz_arrays *a, uint64_t stop, uint64_t *nonfinite)
{
	int64_t row;
	size_t i;

	*nonfinite = 0;
	for (i = 0; a->row < stop; i++, a->row++) {
		row = ib_npz_arrays_row_number(a);
		if (row < 0)
			return false;
		r->row[i] = (uint32_t)row;
		r->loss[i] = (float)ib_npz_arrays_read_loss(a) + 0.0f; /* -0 becomes 0 */
		if (!isfinite(r->loss[i])) {
			r->loss[i] = NAN;
			++*nonfinite;
		}
	}
	return true;
}

enum ib_status
ib_npz_rows_pass(struct ib_npz_rows *r, struct ib_npz_arrays *a, uint64_t stop,
		 struct ib_loss_counts *counts, bool *taken, struct ib_error *err)
{
	uint64_t start = a->row, nonfinite;
	struct ib_row_batch b = { r->source, &a->key, r->row, r->loss, (size_t)(stop - start),
				  r->epoch };
	enum ib_status st = IB_OK;

	*taken = read_rows(r, a, stop, &nonfinite);
	if (*taken)
		st = r->consumer->rows(r->consumer->ctx, &b, taken, err);
	if (st || !*taken) {
		a->row = start;
		return st;
	}
	counts->read += b.n;
	counts->records += b.n;
	counts->nonfinite += nonfinite;
	return IB_OK;
}
