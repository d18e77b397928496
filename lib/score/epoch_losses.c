/* Fold the losses of one epoch, passed as arrays by a program that uses the library. */
#include <math.h>

#include "base/error.h"
#include "score/fold.h"

static enum ib_status
check_fold(const struct ib_scores *s, int64_t epoch, double smooth, struct ib_error *err)
{
	if (epoch < 0 || epoch > INT32_MAX)
		return ib_fail(err, IB_E_MISUSE, "epoch %lld is out of range", (long long)epoch);
	if (!(smooth >= 0 && smooth < 1))
		return ib_fail(err, IB_E_MISUSE, "smooth is not in [0, 1)");
	return ib_scores_check_writable(s, err);
}

enum ib_status
ib_scores_fold(struct ib_scores *s, const struct ib_span *id, const float *loss, size_t n,
	       int64_t epoch, double smooth, struct ib_error *err)
{
	struct ib_loss group[IB_GROUP];
	struct ib_fold f;
	enum ib_status st;
	size_t i, k;

	st = check_fold(s, epoch, smooth, err);
	if (!st)
		st = ib_scores_note_key(s, (struct ib_span){ NULL, 0 }, err);
	if (st)
		return st;
	st = ib_fold_start(&f, s, IB_DUPLICATES_LAST, smooth, err);
	for (; n > 0 && !st; n -= k, id += k, loss += k) {
		k = n < IB_GROUP ? n : IB_GROUP;
		for (i = 0; i < k; i++)
			group[i] = (struct ib_loss){
				.id = ib_id_of(id[i], 0),
				.epoch = (int32_t)epoch,
				.loss = isfinite(loss[i]) ? loss[i] + 0.0f : NAN,
			};
		st = ib_fold_losses(&f, group, k, err);
	}
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	return st;
}

/* Fold a group of losses. The table does not accept row numbers, so convert them to ids. */
static enum ib_status
fold_as_ids(struct ib_fold *f, const uint32_t *row, const float *loss, size_t n, int32_t epoch,
	    struct ib_error *err)
{
	struct ib_loss group[IB_GROUP];
	struct ib_row_id id[IB_GROUP];
	size_t i;

	for (i = 0; i < n; i++) {
		ib_row_id_set(&id[i], row[i]);
		group[i] = (struct ib_loss){
			.id = ib_id_of(ib_row_id_span(&id[i]), 0),
			.epoch = epoch,
			.loss = loss[i],
		};
	}
	return ib_fold_losses(f, group, n, err);
}

static enum ib_status
check_rows(const int64_t *row, size_t n, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (row[i] < 0 || (uint64_t)row[i] >= IB_RANGE_MAX)
			return ib_fail(err, IB_E_MISUSE, "row %lld is out of range",
				       (long long)row[i]);
	return IB_OK;
}

enum ib_status
ib_scores_fold_rows(struct ib_scores *s, const int64_t *row, const float *loss, size_t n,
		    int64_t epoch, double smooth, struct ib_error *err)
{
	enum ib_status st = check_fold(s, epoch, smooth, err);
	uint32_t narrow[IB_GROUP];
	float finite[IB_GROUP];
	struct ib_fold f;
	size_t i, k;

	if (!st)
		st = check_rows(row, n, err);
	if (!st)
		st = ib_scores_note_key(s, ib_span_of("index"), err);
	if (st)
		return st;
	st = ib_fold_start(&f, s, IB_DUPLICATES_LAST, smooth, err);
	s->table.range |= s->table.n == 0;
	for (; n > 0 && !st; n -= k, row += k, loss += k) {
		k = n < IB_GROUP ? n : IB_GROUP;
		for (i = 0; i < k; i++) {
			narrow[i] = (uint32_t)row[i];
			finite[i] = isfinite(loss[i]) ? loss[i] + 0.0f : NAN;
		}
		st = ib_fold_takes_rows(&f, narrow, k)
			     ? ib_fold_row_losses(&f, narrow, finite, k, (int32_t)epoch, err)
			     : fold_as_ids(&f, narrow, finite, k, (int32_t)epoch, err);
	}
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	return st;
}
