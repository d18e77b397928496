/* Fold the losses of an epoch into the scores of a run (loop/run.h). */
#include <math.h>

#include "base/error.h"
#include "base/row_id.h"
#include "loop/run.h"
#include "score/fold.h"

/* Losses that are folded together, and the texts of their ids. */
struct group {
	struct ib_row_id digits[IB_GROUP];
	struct ib_loss loss[IB_GROUP];
	size_t n;
};

/*
 * Add one loss. Rows come in ascending order, so most ids are the id of the row before plus one.
 */
static void
add(struct group *g, const struct ib_run *run, uint32_t row, float loss)
{
	struct ib_loss *l = &g->loss[g->n];
	struct ib_span id;

	if (run->ids.text) {
		id = run->ids.text[row];
	} else {
		ib_row_id_set(&g->digits[g->n], row);
		id = ib_row_id_span(&g->digits[g->n]);
	}
	l->id = (struct ib_id){ id.p, ib_table_hash(id, 0), (uint32_t)id.n };
	l->epoch = (int32_t)run->epoch;
	l->loss = isfinite(loss) ? loss + 0.0f : NAN; /* -0 becomes 0 */
	g->n++;
}

static enum ib_status
fold_all(struct ib_run *run, struct ib_fold *f, struct ib_error *err)
{
	const struct ib_losses *l = &run->losses;
	enum ib_status st = IB_OK;
	struct group g;
	uint64_t i = 0;

	while (i < l->n && !st) {
		for (g.n = 0; g.n < IB_GROUP && i < l->n; i++)
			if (run->options->nonfinite != IB_NONFINITE_SKIP || isfinite(l->loss[i]))
				add(&g, run, l->row[i], l->loss[i]);
		st = ib_fold_losses(f, g.loss, g.n, 0, err);
	}
	return st;
}

enum ib_status
ib_run_fold(struct ib_run *run, struct ib_error *err)
{
	struct ib_span key = ib_span_of(run->ids.text ? "id" : "index");
	struct ib_fold f;
	enum ib_status st;

	st = ib_fold_start(&f, run->scores, (enum ib_duplicates)run->options->duplicates,
			   run->options->smooth, err);
	if (st)
		return st;
	if (run->losses.n > 0)
		st = ib_scores_note_key(run->scores, key, err);
	if (!st)
		st = fold_all(run, &f, err);
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	return st;
}
