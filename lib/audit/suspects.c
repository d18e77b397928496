/* Find samples whose loss does not fall. */
#include "audit/suspects.h"

#include <math.h>
#include <stdlib.h>

#include "audit/subcommands.h"
#include "base/array.h"
#include "base/error.h"
#include "base/sort.h"
#include "base/exact.h"

/* ---- one loss per epoch ------------------------------------------------------- */

/*
 * Merge record `more` of an epoch into the earlier record `at` with the same id. `how` is the value
 * of --duplicates.
 */
static void
merge_records(struct ib_loss_history_epoch *e, uint64_t at, uint64_t more, enum ib_duplicates how)
{
	float a = e->loss[at], b = e->loss[more];
	bool replace = false;

	switch (how) {
	case IB_DUPLICATES_LAST:
		replace = true;
		break;
	case IB_DUPLICATES_FIRST:
	case IB_DUPLICATES_MEAN:
		break;
	case IB_DUPLICATES_MAX: /* if one of the losses is NaN, the result is NaN */
		replace = !isnan(a) && !(b <= a);
		break;
	case IB_DUPLICATES_MIN:
		replace = !isnan(a) && !(b >= a);
		break;
	}
	if (replace) {
		e->loss[at] = b;
		e->weight[at] = e->weight[more];
	}
}

/*
 * If several records have the same id, set the loss of each of them to their mean loss. To find
 * these records, the function sorts pairs (row, index of the record); the records keep their order.
 */
static enum ib_status
set_means(struct ib_loss_history_epoch *e, struct ib_error *err)
{
	uint64_t *unsorted = ib_array(e->n, sizeof(*unsorted)), *room = NULL, *pair, i, k, j;
	struct ib_exact sum;
	float mean;

	if (unsorted)
		room = ib_array(e->n, sizeof(*room));
	if (!room) {
		free(unsorted);
		return ib_fail_memory(err);
	}
	for (i = 0; i < e->n; i++)
		unsorted[i] = (uint64_t)e->row[i] << 32 | (i & UINT32_MAX);
	pair = ib_sort_u64(unsorted, room, e->n);
	for (i = 0; i < e->n; i = k) {
		for (k = i + 1; k < e->n && pair[k] >> 32 == pair[i] >> 32; k++)
			continue;
		if (k == i + 1)
			continue;
		ib_exact_init(&sum);
		mean = 0;
		for (j = i; j < k; j++) {
			float loss = e->loss[pair[j] & UINT32_MAX];

			if (isnan(loss))
				mean = NAN;
			else
				ib_exact_add(&sum, (double)loss);
		}
		if (!isnan(mean))
			mean = ib_exact_mean_float(&sum, k - i);
		for (j = i; j < k; j++)
			e->loss[pair[j] & UINT32_MAX] = mean;
	}
	free(unsorted);
	free(room);
	return IB_OK;
}

/* Reduce an epoch to one record per id, in the order in which the ids first occur. */
static enum ib_status
merge_duplicates(struct ib_loss_history *l, struct ib_loss_history_epoch *e, enum ib_duplicates how,
		 struct ib_error *err)
{
	uint32_t *number = ib_array_zeroed(l->ids.n + 1, sizeof(*number));
	enum ib_status st = IB_OK;
	uint64_t i, n = 0;

	if (!number)
		return ib_fail_memory(err);
	if (how == IB_DUPLICATES_MEAN)
		st = set_means(e, err);
	for (i = 0; i < e->n && !st; i++) {
		/* number[row] is 0 until the id occurs, then 1 + the index of its record */
		if (number[e->row[i]]) {
			merge_records(e, number[e->row[i]] - 1, i, how);
			continue;
		}
		e->row[n] = e->row[i];
		e->loss[n] = e->loss[i];
		e->weight[n] = e->weight[i];
		n++;
		number[e->row[n - 1]] = (uint32_t)n;
	}
	e->n = n;
	free(number);
	return st;
}

/* ---- slopes of the relative losses ----------------------------------------------- */

/* The relative losses of one id, summed up to fit a straight line through them. */
struct trend {
	uint32_t epochs;
	bool was_below_mean; /* true if the loss was below the mean in at least one epoch */
	double first, last;
	/*
	 * Sums of t, y, t*t and t*y over the epochs: t is the epoch minus the first epoch of the
	 * logs, and y is the relative loss.
	 */
	double t, y, tt, ty;
};

/* Add the relative losses of one epoch. */
static void
add_epoch(struct trend *trend, const struct ib_loss_history_epoch *e, int64_t origin)
{
	double t = (double)(e->epoch - origin), weights, y;
	double mean = ib_loss_history_mean(e, &weights);
	struct trend *c;
	uint64_t i;

	for (i = 0; i < e->n; i++) {
		if (isnan(e->loss[i]))
			continue;
		c = &trend[e->row[i]];
		c->was_below_mean |= (double)e->loss[i] < mean;
		if (!(mean > 0))
			continue;
		y = (double)e->loss[i] / mean;
		if (c->epochs++ == 0)
			c->first = y;
		c->last = y;
		c->t += t;
		c->y += y;
		c->tt += t * t;
		c->ty += t * y;
	}
}

static double
slope_of(const struct trend *c)
{
	double n = c->epochs;

	return (n * c->ty - c->t * c->y) / (n * c->tt - c->t * c->t);
}

static int
by_slope(const void *a, const void *b)
{
	const struct ib_suspect *x = a, *y = b;

	if (x->slope != y->slope)
		return x->slope > y->slope ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

enum ib_status
ib_suspects_find(struct ib_loss_history *l, const struct ib_audit_options *o,
		 struct ib_suspect **suspect, size_t *n, struct ib_error *err)
{
	struct trend *trend = ib_array_zeroed(l->ids.n + 1, sizeof(*trend));
	struct ib_suspect *s = ib_array_zeroed(l->ids.n + 1, sizeof(*s));
	enum ib_status st = trend && s ? IB_OK : ib_fail_memory(err);
	uint64_t i;
	size_t k;

	*n = 0;
	for (k = 0; k < l->nepochs && !st; k++) {
		st = merge_duplicates(l, &l->epoch[k], o->log.duplicates, err);
		if (!st)
			add_epoch(trend, &l->epoch[k], l->epoch[0].epoch);
	}
	for (i = 0; i < l->ids.n && !st; i++) {
		const struct trend *c = &trend[i];

		if (c->was_below_mean || c->epochs < 2 || c->epochs < o->min_epochs)
			continue;
		s[(*n)++] = (struct ib_suspect){ (uint32_t)i, c->epochs, c->first, c->last,
						 slope_of(c) };
	}
	if (!st)
		qsort(s, *n, sizeof(*s), by_slope);
	free(trend);
	if (st) {
		free(s);
		return st;
	}
	*suspect = s;
	return IB_OK;
}

/* ---- the subcommand ----------------------------------------------------------- */

static const struct ib_column columns[] = {
	{ "id", "id", .report_heading = "sample", .align_left = true },
	{ "epochs", "epochs", .report_heading = "epochs" },
	{ "first", "first", .report_heading = "first loss / mean", .drop_order = 1 },
	{ "last", "last", .report_heading = "last loss / mean" },
	{ "slope", "slope", .report_heading = "change per epoch" },
};

enum ib_status
ib_suspects_write(const struct ib_suspect *s, size_t n, const struct ib_table *ids,
		  const struct ib_table_target *to, struct ib_error *err)
{
	struct ib_text_table *table;
	size_t i;

	table = ib_text_table_new("suspects", columns, sizeof(columns) / sizeof(*columns), to);
	for (i = 0; i < n; i++)
		ib_text_table_row(table, (struct ib_cell[]){
						 IB_TEXT(ib_table_id(ids, s[i].row)),
						 IB_COUNT(s[i].epochs),
						 IB_REAL(s[i].first),
						 IB_REAL(s[i].last),
						 IB_REAL(s[i].slope),
					 });
	return ib_text_table_end(&table, err);
}

enum ib_status
ib_audit_suspects(const struct ib_audit_options *o, const struct ib_context *context,
		  struct ib_output *out, struct ib_error *err)
{
	struct ib_suspect *s = NULL;
	struct ib_loss_history losses;
	enum ib_status st;
	size_t n = 0;

	st = ib_loss_history_load(o, o->operands, NULL, context, &losses, err);
	if (!st)
		st = ib_suspects_find(&losses, o, &s, &n, err);
	if (!st && losses.nepochs < o->min_epochs)
		ib_warn(context,
			"no suspects: the logs have %zu epoch%s, but a suspect needs losses in at "
			"least %llu epochs (--min-epochs)",
			losses.nepochs, losses.nepochs == 1 ? "" : "s",
			(unsigned long long)o->min_epochs);
	if (!st)
		st = ib_suspects_write(s, ib_audit_top_rows(o->top, n), &losses.ids,
				       &(struct ib_table_target){ o, out, NULL }, err);
	ib_loss_history_release(&losses);
	free(s);
	return st;
}
