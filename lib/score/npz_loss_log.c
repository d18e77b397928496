/* Read a loss log from the arrays of an .npz archive. */
#include "score/npz_loss_log.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/part.h"
#include "score/npz_rows.h"
#include "score/reading.h"

bool
ib_npz_is_loss_log(const struct ib_npz *z)
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
	/* A uint64 value above INT64_MAX has become negative in *epoch. */
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

/* Append one row to the batch. */
static enum ib_status
add_row(struct ib_npz_arrays *a, struct ib_loss_batch *b, struct ib_error *err)
{
	const struct ib_npz_column *invalid;
	double loss, weight;
	const char *why;
	struct ib_span text;
	struct ib_id id;
	int64_t epoch;

	if (!ib_npz_arrays_read_id(a, &text, &invalid, &why)) {
		report_invalid(a, invalid, why, b);
		return IB_OK;
	}
	if (!text.p)
		return ib_fail_memory(err);
	if (text.n == 0) {
		ib_loss_batch_add_problem(b, IB_BAD_RECORD, a->row, "%s", ib_loss_reader_no_id);
		return IB_OK;
	}
	b->has_loss = true;
	id = ib_id_of(text, 0);
	if (!ib_part_has_hash(&a->log->options->part, id.hash) || !read_epoch(a, &epoch, b) ||
	    !read_weight(a, &weight, b))
		return IB_OK;
	if (!ib_loss_reader_default_epoch(a->log, b, &epoch))
		return ib_fail(err, IB_E_MISUSE, "%s: row %llu has no epoch: set one with -e",
			       a->name, (unsigned long long)a->row);
	loss = ib_npz_arrays_read_loss(a);
	if (ib_loss_reader_refuses(a->log, epoch, loss))
		report_invalid(a, &a->loss[0], "is not finite", b);
	else
		ib_loss_reader_add(a->log, b, id, epoch, loss, weight);
	return b->failed ? ib_fail_memory(err) : IB_OK;
}

/* ---- batches ------------------------------------------------------------------ */

static enum ib_status
count(const struct ib_npz_arrays *a, const struct ib_loss_batch *b, uint64_t rows,
      struct ib_loss_counts *counts, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < b->problems.n; i++) {
		if (counts->bad == a->log->options->max_bad)
			return ib_fail(err, IB_E_DATA, "%s: row %llu: %s", a->name,
				       (unsigned long long)b->problems.v[i].line,
				       b->problems.v[i].text);
		counts->bad++;
	}
	counts->read += rows - b->problems.n;
	ib_loss_counts_add(counts, &b->counts);
	return IB_OK;
}

/*
 * Read the rows from the current row to `stop` into the batch, and pass the batch to the
 * consumer.
 */
static enum ib_status
use_batch(struct ib_npz_arrays *a, struct ib_loss_batch *b, uint64_t stop,
	  const struct ib_loss_logs_consumer *consumer, struct ib_loss_counts *counts,
	  struct ib_error *err)
{
	uint64_t start = a->row;
	enum ib_status st = IB_OK;

	b->key = &a->key;
	b->ids_are_rows = ib_npz_arrays_has_rows(a);
	ib_arena_reset(&a->arena);
	for (; a->row < stop && !st; a->row++)
		st = add_row(a, b, err);
	if (!st)
		st = count(a, b, stop - start, counts, err);
	return st ? st : consumer->batch(consumer->ctx, b, err);
}

enum ib_status
ib_npz_loss_log_read(const struct ib_loss_reader *l, struct ib_npz *z,
		     const struct ib_source *source, int64_t epoch,
		     const struct ib_loss_logs_consumer *consumer, struct ib_loss_counts *counts,
		     struct ib_error *err)
{
	struct ib_npz_arrays a = { .log = l, .archive = z, .name = source->name };
	struct ib_loss_batch batch = { 0 };
	struct ib_npz_rows *rows = NULL;
	enum ib_status st = ib_npz_arrays_open(&a, err);
	uint64_t stop;
	bool taken;

	if (!st)
		st = ib_npz_rows_new(&a, source, epoch, consumer, &rows, err);
	while (!st && a.row < a.rows) {
		stop = a.rows - a.row < IB_NPZ_ROWS ? a.rows : a.row + IB_NPZ_ROWS;
		taken = false;
		if (rows)
			st = ib_npz_rows_pass(rows, &a, stop, counts, &taken, err);
		if (st || taken)
			continue;
		ib_loss_batch_start(&batch, source, false, epoch);
		st = use_batch(&a, &batch, stop, consumer, counts, err);
	}
	free(rows);
	ib_loss_batch_release(&batch);
	ib_npz_arrays_release(&a);
	return st;
}
