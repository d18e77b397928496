/*
 * --sampling fixed: all rows that have a known score and the same pi < 1 form a group. Of the n
 * rows of a group, keep exactly k = round(pi * n). The kept rows have the smallest pairs (u, id).
 *
 * Two passes over the rows are enough for any number of groups, so the time is linear. The first
 * pass counts the rows of each group in U_BINS bins, by the leading bits of u. These counts
 * determine the edge bin: the bin that contains the k-th smallest u of the group. The second pass
 * keeps the rows in the bins below the edge bin, and collects the rows in the edge bin. The
 * collected rows, about n / 4096, are then sorted, and the smallest are kept.
 */
#define XXH_INLINE_ALL
#include "prune/fixed.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "prune/draw.h"

/* The number of bins of u. With more bins, the counts of 64 groups would not fit into the cache. */
#define U_BINS 4096

/* The state of the search for the k smallest u in one group. */
struct group {
	uint32_t *count;	   /* count[b]: number of rows whose u is in bin b */
	uint32_t edge;		   /* the edge bin, which contains the k-th smallest u */
	uint64_t below;		   /* number of rows in the bins below the edge bin */
	struct edge_row *edge_row; /* the rows in the edge bin */
	uint64_t nedge_rows;
};

/* A row in the edge bin. The struct includes the id, because qsort() has no context argument. */
struct edge_row {
	uint64_t bits; /* u, as returned by ib_draw_bits() */
	uint32_t row;
	struct ib_span id;
};

/* All groups, and the results of the first pass that the second pass uses. */
struct draws {
	struct ib_rule *rule;
	struct ib_fixed_group pi[IB_THRESHOLDS_MAX]; /* distinct values of pi, ascending */
	struct group group[IB_THRESHOLDS_MAX];
	size_t ngroups;
	/* group_of[row]: number of the row's group, counted from 1; 0 if the row has no group */
	uint8_t *group_of;
	uint16_t *u_bin; /* u_bin[row]: bin of the row's u */
};

static int
by_draw(const void *a, const void *b)
{
	const struct edge_row *x = a, *y = b;

	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return ib_span_compare(x->id, y->id);
}

static int
by_pi(const void *a, const void *b)
{
	const struct ib_fixed_group *x = a, *y = b;

	return x->pi < y->pi ? -1 : x->pi > y->pi;
}

static uint64_t
draw(const struct ib_rule *r, uint64_t row)
{
	struct ib_span id = ib_table_id(&r->scores->table, row);

	return ib_draw_bits(r->draw_key, id.p, id.n);
}

/* First pass: find the group and the bin of each row, and count the rows in each bin. */
static void
count_rows(struct draws *d)
{
	const float *score = d->rule->scores->score.p;
	uint64_t n = d->rule->scores->table.n, row, from;
	struct ib_inclusion inclusion[IB_GROUP];
	size_t k, i, at;

	for (from = 0; from < n; from += k) {
		k = ib_rule_row_inclusions(d->rule, from, inclusion);
		for (i = 0; i < k; i++) {
			row = from + i;
			if (inclusion[i].reason != IB_REASON_DRAWN || inclusion[i].pi >= 1 ||
			    score[row] != score[row])
				continue;
			at = ib_fixed_group_seek(d->pi, d->ngroups, inclusion[i].pi);
			/* u has 53 bits; the bin is the leading 12 bits */
			d->u_bin[row] = (uint16_t)(draw(d->rule, row) >> 41);
			d->group_of[row] = (uint8_t)(at + 1);
			d->group[at].count[d->u_bin[row]]++;
			d->pi[at].n++;
		}
	}
}

static enum ib_status
find_edge(struct group *g, struct ib_fixed_group *result, struct ib_error *err)
{
	if (result->n == 0)
		return IB_OK;
	result->k = (uint64_t)floor(result->pi * (double)result->n + 0.5);
	if (result->k < 1)
		result->k = 1;
	result->fraction = (double)result->k / (double)result->n;
	result->weight = (double)result->n / (double)result->k;
	while (g->below + g->count[g->edge] < result->k)
		g->below += g->count[g->edge++];
	g->edge_row = malloc(g->count[g->edge] * sizeof(*g->edge_row));
	return g->edge_row ? IB_OK : ib_fail_memory(err);
}

static void
mark_row(struct ib_rule *r, uint64_t row, bool kept)
{
	r->kept[row / 64] |= (uint64_t)kept << row % 64;
}

/*
 * Second pass. The edge bin of a group contains the k-th smallest u of the group. Keep the rows in
 * bins below the edge bin, and collect the rows in the edge bin.
 */
static void
mark_rows(struct draws *d)
{
	uint64_t n = d->rule->scores->table.n, row;
	struct group *g;

	for (row = 0; row < n; row++) {
		if (d->group_of[row] == 0)
			continue;
		g = &d->group[d->group_of[row] - 1];
		mark_row(d->rule, row, d->u_bin[row] < g->edge);
		if (d->u_bin[row] == g->edge)
			g->edge_row[g->nedge_rows++] =
				(struct edge_row){ draw(d->rule, row), (uint32_t)row,
						   ib_table_id(&d->rule->scores->table, row) };
	}
}

static void
mark_edge(struct draws *d, const struct group *g, uint64_t k)
{
	uint64_t i;

	qsort(g->edge_row, (size_t)g->nedge_rows, sizeof(*g->edge_row), by_draw);
	for (i = 0; i < k - g->below; i++)
		mark_row(d->rule, g->edge_row[i].row, true);
}

/* Store the groups in the rule. Groups without rows are omitted. */
static void
store_groups(struct draws *d)
{
	struct ib_rule *r = d->rule;
	size_t i;

	mark_rows(d);
	for (i = 0; i < d->ngroups; i++) {
		if (d->pi[i].n == 0)
			continue;
		mark_edge(d, &d->group[i], d->pi[i].k);
		r->group[r->ngroups++] = d->pi[i];
	}
}

static void
draws_free(struct draws *d)
{
	size_t i;

	if (!d)
		return;
	for (i = 0; i < d->ngroups; i++) {
		free(d->group[i].count);
		free(d->group[i].edge_row);
	}
	free(d->group_of);
	free(d->u_bin);
	free(d);
}

/* List in d->pi all values of pi below 1 that a row can have. */
static void
list_groups(struct draws *d)
{
	const struct ib_thresholds *l = &d->rule->thresholds;
	size_t i, n = 0;

	for (i = 0; i < l->n; i++)
		if (l->pi[i] < 1)
			d->pi[n++].pi = l->pi[i];
	qsort(d->pi, n, sizeof(*d->pi), by_pi);
	for (i = 0; i < n; i++)
		if (i == 0 || d->pi[i].pi != d->pi[i - 1].pi)
			d->pi[d->ngroups++].pi = d->pi[i].pi;
}

static struct draws *
draws_new(struct ib_rule *r)
{
	uint64_t n = r->scores->table.n;
	struct draws *d = calloc(1, sizeof(*d));
	bool ok;
	size_t i;

	if (!d)
		return NULL;
	d->rule = r;
	list_groups(d);
	d->group_of = ib_array_zeroed(n + 1, sizeof(*d->group_of));
	d->u_bin = ib_array(n + 1, sizeof(*d->u_bin));
	ok = d->group_of && d->u_bin;
	for (i = 0; ok && i < d->ngroups; i++) {
		d->group[i].count = calloc(U_BINS, sizeof(*d->group->count));
		ok = d->group[i].count != NULL;
	}
	if (ok)
		return d;
	draws_free(d);
	return NULL;
}

enum ib_status
ib_fixed_prepare(struct ib_rule *r, struct ib_error *err)
{
	struct draws *d = draws_new(r);
	enum ib_status st = ib_table_make_ids(&r->scores->table, err);
	size_t i;

	if (st) {
		draws_free(d);
		return st;
	}

	r->group = calloc(IB_THRESHOLDS_MAX + 1, sizeof(*r->group));
	r->kept = ib_array_zeroed(r->scores->table.n / 64 + 1, sizeof(*r->kept));
	if (!d || !r->group || !r->kept)
		st = ib_fail_memory(err);
	else
		count_rows(d);
	for (i = 0; !st && i < d->ngroups; i++)
		st = find_edge(&d->group[i], &d->pi[i], err);
	if (!st)
		store_groups(d);
	draws_free(d);
	return st;
}
