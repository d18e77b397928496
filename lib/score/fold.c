/*
 * Fold losses into scores.
 *
 * - A record that is older than the score of its id is counted as stale and is
 *   not used.
 * - If an id has several records of one epoch, --duplicates decides which loss
 *   is used. The mode `last` without smoothing needs only the columns as state,
 *   and is implemented by fold_plain_group(), the fast path. The other modes
 *   also store the loss before smoothing (`raw`), and a flag that is set if
 *   this loss was folded in this run (`in_run`). If an earlier run has folded a
 *   loss of the same epoch, the new loss replaces the earlier loss.
 * - The mode `mean` needs all losses of an epoch. The first loss is stored in
 *   `raw`, and the row has a list of its other losses in `repeat`. Before the
 *   first loss of a later epoch is folded into the row, the mean of the stored
 *   losses is computed from an exact sum, because smoothing needs this mean.
 *   ib_fold_finish() computes the mean of the last epoch.
 */
#include "score/fold.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

struct ib_fold_repeat {
	uint32_t next; /* number of the next entry of the list; 0 at its end */
	float loss;
};

enum ib_status
ib_fold_start(struct ib_fold *f, struct ib_scores *scores, enum ib_duplicates duplicates,
	      double smooth, struct ib_error *err)
{
	*f = (struct ib_fold){ .scores = scores, .duplicates = duplicates, .smooth = smooth };
	return smooth != 0 ? ib_scores_keep_previous(scores, err) : IB_OK;
}

void
ib_fold_release(struct ib_fold *f)
{
	ib_huge_array_release(&f->in_run);
	ib_huge_array_release(&f->raw);
	ib_huge_array_release(&f->repeats);
	free(f->repeat);
	*f = (struct ib_fold){ 0 };
}

static inline float
smoothed(const struct ib_fold *f, float previous, float loss)
{
	if (f->smooth == 0 || isnan(previous) || isnan(loss))
		return loss;
	return (float)(f->smooth * (double)previous + (1 - f->smooth) * (double)loss) + 0.0f;
}

/* Compute the score of a row from the row's loss in `raw`. */
static void
set_score(struct ib_fold *f, uint32_t row)
{
	struct ib_scores *s = f->scores;
	float previous = s->has_previous ? ((float *)s->previous.p)[row] : NAN;

	((float *)s->score.p)[row] = smoothed(f, previous, ((float *)f->raw.p)[row]);
}

/* Add a loss to the row's list of repeated losses. */
static enum ib_status
store_repeat(struct ib_fold *f, uint32_t row, float loss, struct ib_error *err)
{
	uint32_t *list = (uint32_t *)f->repeats.p + row, number = f->unused;

	if (number != 0) {
		f->unused = f->repeat[number - 1].next;
	} else {
		if (f->nrepeats == UINT32_MAX ||
		    !ib_array_reserve(&f->repeat, &f->cap, f->nrepeats + 1, sizeof(*f->repeat)))
			return ib_fail_memory(err);
		number = (uint32_t)++f->nrepeats;
	}
	f->repeat[number - 1] = (struct ib_fold_repeat){ .next = *list, .loss = loss };
	*list = number;
	return IB_OK;
}

/*
 * Set the score of a row to the mean of its losses in one epoch: the loss in `raw` and the losses
 * in the list of the row. The list becomes empty.
 */
static __attribute__((noinline)) void
compute_mean(struct ib_fold *f, uint32_t row)
{
	uint32_t *list = (uint32_t *)f->repeats.p + row, number;
	float *raw = (float *)f->raw.p + row;
	struct ib_fold_repeat *r = NULL;
	bool unknown = isnan(*raw);
	struct ib_exact sum;
	uint64_t count = 1;

	ib_exact_init(&sum);
	if (!unknown)
		ib_exact_add(&sum, (double)*raw);
	for (number = *list; number != 0; number = r->next) {
		r = &f->repeat[number - 1];
		if (isnan(r->loss))
			unknown = true;
		else
			ib_exact_add(&sum, (double)r->loss);
		count++;
	}
	*raw = unknown ? NAN : ib_exact_mean_float(&sum, count) + 0.0f;
	set_score(f, row);
	r->next = f->unused;
	f->unused = *list;
	*list = 0;
}

/* End the epoch of a row: if the row has several losses in this epoch, compute their mean. */
static inline void
end_epoch(struct ib_fold *f, uint32_t row)
{
	if (f->nrepeats > 0 && ((uint32_t *)f->repeats.p)[row] != 0)
		compute_mean(f, row);
}

/*
 * Fold a repeated record: an earlier record of the same id and epoch was already folded in this
 * run.
 */
static enum ib_status
add_repeat(struct ib_fold *f, uint32_t row, const struct ib_loss *l, struct ib_error *err)
{
	float *raw = f->raw.p;

	switch (f->duplicates) {
	case IB_DUPLICATES_LAST:
		raw[row] = l->loss;
		break;
	case IB_DUPLICATES_FIRST:
		break;
	case IB_DUPLICATES_MAX:
		if (!isnan(raw[row]) && !(l->loss <= raw[row]))
			raw[row] = l->loss;
		break;
	case IB_DUPLICATES_MIN:
		if (!isnan(raw[row]) && !(l->loss >= raw[row]))
			raw[row] = l->loss;
		break;
	case IB_DUPLICATES_MEAN:
		return store_repeat(f, row, l->loss, err);
	}
	return IB_OK;
}

/* Fold a record in a mode that uses `raw` and `in_run`. */
static enum ib_status
fold_looking_back(struct ib_fold *f, uint32_t row, const struct ib_loss *l, struct ib_error *err)
{
	struct ib_scores *s = f->scores;
	float *score = s->score.p, *raw = f->raw.p;
	int32_t *epoch = s->epoch.p;
	uint32_t *visits = s->visits.p;
	uint8_t *in_run = f->in_run.p;
	enum ib_status st;

	if (l->epoch < epoch[row]) {
		f->stale++;
		return IB_OK;
	}
	if (l->epoch > epoch[row]) {
		end_epoch(f, row);
		if (s->has_previous)
			((float *)s->previous.p)[row] = score[row];
		visits[row] += visits[row] < UINT32_MAX;
		epoch[row] = l->epoch;
		in_run[row] = 0;
	}
	if (in_run[row]) {
		st = add_repeat(f, row, l, err);
		if (st)
			return st;
	} else {
		raw[row] = l->loss;
		in_run[row] = 1;
	}
	set_score(f, row);
	return IB_OK;
}

/*
 * Local copies of the column pointers. With local copies, the compiler does not
 * have to reload the pointers after every store.
 */
struct columns {
	float *score;
	int32_t *epoch;
	uint32_t *visits;
};

/* Fold a record in mode `last` without smoothing. */
static inline void
fold_last(struct ib_fold *f, const struct columns *c, uint32_t row, const struct ib_loss *l)
{
	if (l->epoch < c->epoch[row]) {
		f->stale++;
		return;
	}
	if (l->epoch > c->epoch[row]) {
		c->visits[row] += c->visits[row] < UINT32_MAX;
		c->epoch[row] = l->epoch;
	}
	c->score[row] = l->loss;
}

/* Fold the first record of a new row, without reading the columns. */
static inline void
fold_first(struct ib_fold *f, const struct columns *c, uint32_t row, const struct ib_loss *l)
{
	c->score[row] = l->loss;
	c->epoch[row] = l->epoch;
	c->visits[row] = 1;
	if (f->scores->has_previous)
		((float *)f->scores->previous.p)[row] = NAN;
	f->fresh++;
}

static inline bool
looks_back(const struct ib_fold *f)
{
	return f->duplicates != IB_DUPLICATES_LAST || f->smooth != 0;
}

/* Initialize a new row, with an epoch before all other epochs and with no visits. */
static inline void
begin_row(struct ib_fold *f, uint32_t row)
{
	struct ib_scores *s = f->scores;

	((float *)s->score.p)[row] = NAN;
	((int32_t *)s->epoch.p)[row] = -1;
	((uint32_t *)s->visits.p)[row] = 0;
	if (s->has_previous)
		((float *)s->previous.p)[row] = NAN;
	f->fresh++;
}

/* Reserve rows, slots and columns for a group of ids. May change the seed of the table. */
static enum ib_status
reserve_group(struct ib_fold *f, uint64_t rows, uint64_t bytes, struct ib_error *err)
{
	struct ib_scores *s = f->scores;
	enum ib_status st = IB_OK;

	if (s->table.too_many_collisions)
		st = ib_table_reseed(&s->table, err);
	if (!st)
		st = ib_scores_reserve(s, rows, bytes, err);
	if (st || !looks_back(f))
		return st;
	rows += s->table.n;
	if (!ib_huge_array_grow(&f->in_run, rows) ||
	    !ib_huge_array_grow(&f->raw, rows * sizeof(float)) ||
	    (f->duplicates == IB_DUPLICATES_MEAN &&
	     !ib_huge_array_grow(&f->repeats, rows * sizeof(uint32_t))))
		return ib_fail_memory(err);
	return IB_OK;
}

/*
 * Fold n records on the fast path: mode `last` without smoothing. row[] and
 * at[] are the results of the group look-up. The fast path is separate from the
 * other modes so that new rows are written only once.
 */
static void
fold_plain_group(struct ib_fold *f, const struct ib_loss *l, const struct ib_id *id, size_t n,
		 uint32_t *row, const uint64_t *at)
{
	struct ib_scores *s = f->scores;
	const struct columns c = { s->score.p, s->epoch.p, s->visits.p };
	bool fresh;
	size_t i;

	for (i = 0; i < n; i++) {
		fresh = false;
		if (row[i] == IB_NO_ROW)
			row[i] = ib_table_intern(&s->table, &id[i], at[i], &fresh);
		if (fresh)
			fold_first(f, &c, row[i], &l[i]);
		else
			fold_last(f, &c, row[i], &l[i]);
	}
}

/*
 * If the table is a range, find the rows of a group of ids. An id that is the number of the next
 * row is added. If any other id is new, the table is converted to a table with ids and slots.
 */
static enum ib_status
find_in_range(struct ib_fold *f, const struct ib_id *id, size_t n, uint32_t *row,
	      struct ib_error *err)
{
	struct ib_table *t = &f->scores->table;
	enum ib_status st;
	uint64_t rows;
	size_t i;

	if (!t->range)
		return IB_OK;
	if (!ib_table_range_rows(t, id, n, row, &rows))
		return ib_table_leave_range(t, err);
	st = reserve_group(f, rows - t->n, 0, err);
	for (i = 0; i < n && !st; i++)
		if (row[i] == t->n) {
			t->n++;
			begin_row(f, row[i]);
		}
	return st;
}

static enum ib_status
fold_group(struct ib_fold *f, struct ib_loss *l, size_t n, struct ib_error *err)
{
	struct ib_scores *s = f->scores;
	struct ib_id id[IB_GROUP];
	uint32_t row[IB_GROUP];
	uint64_t at[IB_GROUP], bytes = 0;
	const void *touch[3];
	enum ib_status st;
	bool fresh;
	size_t i;

	for (i = 0; i < n; i++) {
		id[i] = l[i].id;
		bytes += id[i].n;
	}
	st = find_in_range(f, id, n, row, err);
	if (!st)
		st = reserve_group(f, n, bytes, err);
	if (st)
		return st;
	if (!s->table.range && s->table.seed != 0)
		ib_ids_rehash(id, n, s->table.seed);
	touch[0] = s->score.p;
	touch[1] = s->epoch.p;
	touch[2] = s->visits.p;
	if (!s->table.range)
		ib_table_group(&s->table, id, n, touch, 3, row, at);
	if (!looks_back(f)) {
		fold_plain_group(f, l, id, n, row, at);
		return IB_OK;
	}
	for (i = 0; i < n; i++) {
		if (row[i] == IB_NO_ROW) {
			row[i] = ib_table_intern(&s->table, &id[i], at[i], &fresh);
			if (fresh)
				begin_row(f, row[i]);
		}
		st = fold_looking_back(f, row[i], &l[i], err);
		if (st)
			return st;
	}
	return IB_OK;
}

enum ib_status
ib_fold_losses(struct ib_fold *f, struct ib_loss *loss, size_t n, struct ib_error *err)
{
	enum ib_status st;
	size_t k;

	f->folded |= n > 0;
	for (; n > 0; n -= k, loss += k) {
		k = n < IB_GROUP ? n : IB_GROUP;
		st = fold_group(f, loss, k, err);
		if (st)
			return st;
	}
	return IB_OK;
}

bool
ib_fold_takes_rows(const struct ib_fold *f, const uint32_t *row, size_t n)
{
	const struct ib_table *t = &f->scores->table;
	uint64_t next = t->n;
	size_t i;

	if (looks_back(f) || (!t->range && t->n > 0))
		return false;
	for (i = 0; i < n && row[i] <= next; i++)
		next += row[i] == next;
	return i == n;
}

enum ib_status
ib_fold_row_losses(struct ib_fold *f, const uint32_t *row, const float *loss, size_t n,
		   int32_t epoch, struct ib_error *err)
{
	struct ib_scores *s = f->scores;
	struct ib_loss l = { .epoch = epoch };
	struct columns c;
	enum ib_status st;
	size_t i, k;

	f->folded |= n > 0;
	s->table.range = true;
	for (; n > 0; n -= k, row += k, loss += k) {
		k = n < IB_GROUP ? n : IB_GROUP;
		st = reserve_group(f, k, 0, err);
		if (st)
			return st;
		c = (struct columns){ s->score.p, s->epoch.p, s->visits.p };
		for (i = 0; i < k; i++) {
			l.loss = loss[i];
			if (row[i] != s->table.n) {
				fold_last(f, &c, row[i], &l);
				continue;
			}
			s->table.n++;
			fold_first(f, &c, row[i], &l);
		}
	}
	return IB_OK;
}

/* ---- merging score files -------------------------------------------------- */

static void
merge_row(struct ib_fold *f, uint32_t row, const struct ib_merge *m)
{
	struct ib_scores *s = f->scores;
	int32_t *epoch = (int32_t *)s->epoch.p + row;
	uint32_t *visits = (uint32_t *)s->visits.p + row;
	uint64_t sum = (uint64_t)*visits + m->visits;

	if (m->epoch == *epoch)
		sum = *visits > m->visits ? *visits : m->visits;
	*visits = sum < UINT32_MAX ? (uint32_t)sum : UINT32_MAX;
	if (m->epoch < *epoch)
		return;
	end_epoch(f, row);
	*epoch = m->epoch;
	((float *)s->score.p)[row] = m->score;
	if (s->has_previous)
		((float *)s->previous.p)[row] = m->previous;
	if (looks_back(f))
		((uint8_t *)f->in_run.p)[row] = 0;
}

static enum ib_status
merge_group(struct ib_fold *f, struct ib_merge *m, size_t n, struct ib_error *err)
{
	struct ib_scores *s = f->scores;
	struct ib_id id[IB_GROUP];
	uint32_t known[IB_GROUP];
	uint64_t bytes = 0;
	enum ib_status st;
	uint32_t row;
	size_t i;

	for (i = 0; i < n; i++) {
		id[i] = m[i].id;
		bytes += id[i].n;
	}
	st = find_in_range(f, id, n, known, err);
	if (!st)
		st = reserve_group(f, n, bytes, err);
	if (st)
		return st;
	for (i = 0; i < n && s->table.range; i++)
		merge_row(f, known[i], &m[i]);
	for (i = 0; i < n && !s->table.range; i++) {
		if (s->table.seed != 0)
			ib_ids_rehash(&m[i].id, 1, s->table.seed);
		IB_TABLE_FETCH(&s->table, m[i].id.hash);
	}
	for (i = 0; i < n && !s->table.range; i++) {
		row = ib_table_find(&s->table, &m[i].id);
		if (row == IB_NO_ROW) {
			row = ib_table_add(&s->table, &m[i].id);
			begin_row(f, row);
		}
		merge_row(f, row, &m[i]);
	}
	return IB_OK;
}

enum ib_status
ib_fold_rows(struct ib_fold *f, struct ib_merge *row, size_t n, bool has_previous,
	     struct ib_error *err)
{
	enum ib_status st;
	size_t k;

	if (has_previous) {
		st = ib_scores_keep_previous(f->scores, err);
		if (st)
			return st;
	}
	for (; n > 0; n -= k, row += k) {
		k = n < IB_GROUP ? n : IB_GROUP;
		st = merge_group(f, row, k, err);
		if (st)
			return st;
	}
	return IB_OK;
}

void
ib_fold_finish(struct ib_fold *f)
{
	uint64_t row;

	for (row = 0; f->nrepeats > 0 && row < f->scores->table.n; row++)
		end_epoch(f, (uint32_t)row);
	if (f->folded && f->smooth == 0) {
		ib_huge_array_release(&f->scores->previous);
		f->scores->has_previous = false;
	}
}
