/* Read a loss log from the arrays of an .npz archive. */
#include "score/npz_loss_log.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "score/npz_arrays.h"
#include "score/reading.h"

#define ROWS ((uint64_t)1 << 16) /* number of rows per batch */

bool
ib_npz_loss_log_is_one(const struct ib_npz *z)
{
	return !ib_npz_find(z, "meta.json") && !ib_npz_find(z, "id_bytes.npy");
}

/* ---- one row ------------------------------------------------------------------ */

/* Add an invalid item of the current row to the problems of the batch. Returns false. */
static bool
report_invalid(const struct ib_npz_arrays *a, const struct ib_npz_column *c, const char *why,
	       struct ib_loss_batch *b)
{
	char show[IB_SHOW_MAX];

	ib_loss_batch_add_problem(b, IB_BAD_RECORD, a->row, "%s %s", ib_show(show, c->name), why);
	return false;
}

static double
read_loss(const struct ib_npz_arrays *a)
{
	const struct ib_term *t = a->log->term;
	double sum = 0, x;
	size_t i;

	for (i = 0; i < a->log->nterms; i++) {
		x = ib_npz_column_real(&a->loss[i], a->row);
		if (t[i].scaled)
			x *= t[i].coefficient;
		sum = i == 0 ? x : sum + x;
	}
	return sum;
}

static bool
read_epoch(const struct ib_npz_arrays *a, int64_t *epoch, struct ib_loss_batch *b)
{
	const struct ib_npz_column *c = &a->epoch;
	double x;

	*epoch = IB_NO_EPOCH;
	if (!c->member)
		return true;
	if (c->kind == 'f') {
		x = ib_npz_column_real(c, a->row);
		if (isnan(x))
			return true;
		if (!(x >= 0 && x <= INT32_MAX) || x != floor(x))
			return report_invalid(a, c, "is not an epoch", b);
		*epoch = (int64_t)x;
		return true;
	}
	*epoch = ib_npz_column_integer(c, a->row);
	/* A u8 value that is too large for i8 has become negative in *epoch. */
	return (*epoch >= 0 && *epoch <= INT32_MAX) || report_invalid(a, c, "is not an epoch", b);
}

static bool
read_weight(const struct ib_npz_arrays *a, double *weight, struct ib_loss_batch *b)
{
	*weight = NAN;
	if (!a->weight.member)
		return true;
	*weight = ib_npz_column_real(&a->weight, a->row);
	return (isfinite(*weight) && *weight >= 0) ||
	       report_invalid(a, &a->weight, "is not a weight", b);
}

static bool
is_of_other_part(const struct ib_loss_reader *l, struct ib_span id)
{
	const struct ib_part *p = &l->options->part;

	return p->count > 0 && ib_part_of(id, p->count) != p->index;
}

/* Append one row to the batch. */
static enum ib_status
add_row(struct ib_npz_arrays *a, struct ib_loss_batch *b, struct ib_error *err)
{
	const struct ib_log_options *o = a->log->options;
	const struct ib_npz_column *invalid;
	double loss, weight;
	const char *why;
	struct ib_span id;
	int64_t epoch;

	if (!ib_npz_arrays_read_id(a, &id, &invalid, &why)) {
		report_invalid(a, invalid, why, b);
		return IB_OK;
	}
	if (!id.p)
		return ib_fail_memory(err);
	if (id.n == 0) {
		ib_loss_batch_add_problem(b, IB_BAD_RECORD, a->row, "%s", ib_loss_reader_no_id);
		return IB_OK;
	}
	b->any = true;
	if (is_of_other_part(a->log, id) || !read_epoch(a, &epoch, b) ||
	    !read_weight(a, &weight, b))
		return IB_OK;
	if (epoch == IB_NO_EPOCH)
		epoch = b->epoch;
	if (epoch == IB_NO_EPOCH && a->log->epoch_required)
		return ib_fail(err, IB_E_MISUSE, "%s: row %llu has no epoch: set one with -e",
			       a->name, (unsigned long long)a->row);
	if (epoch == IB_NO_EPOCH) {
		b->undated = true;
		epoch = 0;
	}
	loss = read_loss(a);
	if (o->nonfinite == IB_NONFINITE_FAIL && !isfinite((float)loss) &&
	    (o->until == IB_NO_EPOCH || epoch <= o->until))
		report_invalid(a, &a->loss[0], "is not finite", b);
	else
		ib_loss_reader_add(a->log, b, id, epoch, loss, weight);
	return b->failed ? ib_fail_memory(err) : IB_OK;
}

/* ---- rows ------------------------------------------------------------------------ */

/* Rows of a log, for a consumer that takes rows instead of ids. */
struct rows {
	bool possible; /* the whole log has only one epoch, and no option needs ids */
	int64_t epoch;
	uint32_t row[ROWS];
	float loss[ROWS];
};

static bool
can_pass_rows(const struct ib_npz_arrays *a, const struct ib_loss_logs_consumer *consumer,
	      int64_t given, int64_t *epoch)
{
	const struct ib_log_options *o = a->log->options;

	if (!consumer->rows || !ib_npz_arrays_has_rows(a) || a->rows == 0 || o->part.count > 0 ||
	    o->nonfinite != IB_NONFINITE_KEEP || a->log->want_weight)
		return false;
	*epoch = given;
	if (a->epoch.member && (!a->epoch.scalar || a->epoch.kind == 'f'))
		return false;
	if (a->epoch.member)
		*epoch = ib_npz_column_integer(&a->epoch, 0);
	return *epoch >= 0 && *epoch <= INT32_MAX &&
	       (o->until == IB_NO_EPOCH || *epoch <= o->until);
}

/* Pass the rows [from, to) to the consumer, unless the id of a row is not a row number. */
static enum ib_status
pass_rows(struct ib_npz_arrays *a, struct rows *r, uint64_t from, uint64_t to,
	  const struct ib_loss_logs_consumer *consumer, const struct ib_source *source, bool *taken,
	  struct ib_loss_counts *counts, struct ib_error *err)
{
	struct ib_row_batch b = { source,	    &a->key, r->row, r->loss, (size_t)(to - from),
				  (int32_t)r->epoch };
	uint64_t nonfinite = 0;
	enum ib_status st;
	int64_t row;
	size_t i;

	*taken = false;
	for (i = 0; i < b.n; i++) {
		a->row = from + i;
		row = ib_npz_arrays_row_number(a);
		if (row < 0)
			return IB_OK;
		r->row[i] = (uint32_t)row;
		r->loss[i] = (float)read_loss(a) + 0.0f;
		if (!isfinite(r->loss[i])) {
			r->loss[i] = NAN;
			nonfinite++;
		}
	}
	*taken = true;
	st = consumer->rows(consumer->ctx, &b, taken, err);
	if (st || !*taken)
		return st;
	counts->read += b.n;
	counts->records += b.n;
	counts->nonfinite += nonfinite;
	return IB_OK;
}

/* ---- batches ------------------------------------------------------------------ */

static enum ib_status
count(const struct ib_npz_arrays *a, const struct ib_loss_batch *b, uint64_t rows,
      struct ib_loss_counts *counts, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < b->nproblems; i++) {
		if (counts->bad == a->log->options->max_bad)
			return ib_fail(err, IB_E_DATA, "%s: row %llu: %s", a->name,
				       (unsigned long long)b->problem[i].line, b->problem[i].text);
		counts->bad++;
	}
	counts->read += rows - b->nproblems;
	ib_loss_counts_add(counts, &b->counts);
	return IB_OK;
}

enum ib_status
ib_npz_loss_log_read(const struct ib_loss_reader *l, struct ib_npz *z,
		     const struct ib_source *source, int64_t epoch,
		     const struct ib_loss_logs_consumer *consumer, struct ib_loss_counts *counts,
		     struct ib_error *err)
{
	struct ib_npz_arrays a = { .log = l, .archive = z, .name = source->name };
	struct ib_loss_batch batch = { 0 };
	struct rows *rows = malloc(sizeof(*rows));
	enum ib_status st = rows ? ib_npz_arrays_open(&a, err) : ib_fail_memory(err);
	uint64_t start, stop;
	bool taken;

	if (!st)
		rows->possible = can_pass_rows(&a, consumer, epoch, &rows->epoch);
	while (!st && a.row < a.rows) {
		start = a.row;
		stop = a.rows - a.row < ROWS ? a.rows : a.row + ROWS;
		if (rows->possible) {
			st = pass_rows(&a, rows, start, stop, consumer, source, &taken, counts,
				       err);
			a.row = taken ? stop : start;
			if (st || taken)
				continue;
		}
		ib_loss_batch_start(&batch, source, false, epoch);
		batch.key = &a.key;
		batch.numbered = ib_npz_arrays_has_rows(&a);
		ib_arena_reset(&a.arena);
		for (; a.row < stop && !st; a.row++)
			st = add_row(&a, &batch, err);
		if (!st)
			st = count(&a, &batch, stop - start, counts, err);
		if (!st)
			st = consumer->batch(consumer->ctx, &batch, err);
	}
	free(rows);
	ib_loss_batch_release(&batch);
	ib_npz_arrays_release(&a);
	return st;
}
