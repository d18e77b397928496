/* Fold the losses of an epoch into the scores of a run (loop/run.h). */
#include <math.h>

#include "base/row_id.h"
#include "loop/run.h"
#include "score/fold.h"

/*
 * Losses that are folded together. If the ids of the run are row numbers, digits[i] holds the id of
 * loss[i] as text.
 */
struct group {
	uint32_t row[IB_GROUP];
	float value[IB_GROUP];
	struct ib_row_id digits[IB_GROUP];
	struct ib_loss loss[IB_GROUP];
	size_t n;
};

static void
add_loss(struct group *g, uint32_t row, float loss)
{
	g->row[g->n] = row;
	g->value[g->n++] = isfinite(loss) ? loss + 0.0f : NAN; /* -0 becomes 0 */
}

/*
 * Fold a group of losses. value[i] is folded into the score of the sample with row number row[i].
 */
static enum ib_status
fold_ids(const struct ib_run *run, struct ib_fold *f, struct group *g, struct ib_error *err)
{
	struct ib_span id;
	size_t i;

	for (i = 0; i < g->n; i++) {
		if (run->ids.text) {
			id = run->ids.text[g->row[i]];
		} else {
			ib_row_id_set(&g->digits[i], g->row[i]);
			id = ib_row_id_span(&g->digits[i]);
		}
		g->loss[i] = (struct ib_loss){
			.id = ib_id_of(id, 0),
			.epoch = (int32_t)run->epoch,
			.loss = g->value[i],
		};
	}
	return ib_fold_losses(f, g->loss, g->n, err);
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
				add_loss(&g, l->row[i], l->loss[i]);
		if (!run->ids.text && ib_fold_takes_rows(f, g.row, g.n))
			st = ib_fold_row_losses(f, g.row, g.value, g.n, (int32_t)run->epoch, err);
		else
			st = fold_ids(run, f, &g, err);
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
	if (!run->ids.text && run->scores->table.n == 0)
		run->scores->table.range = true;
	if (run->losses.n > 0)
		st = ib_scores_note_key(run->scores, key, err);
	if (!st)
		st = fold_all(run, &f, err);
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	return st;
}
