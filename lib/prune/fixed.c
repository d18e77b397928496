/*
 * --sampling fixed: of the known rows of one pi < 1 exactly k are kept, those
 * of the smallest (u, id).
 */
#define XXH_INLINE_ALL
#include "prune/rule.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "prune/draw.h"

#define BINS 65536

/* A group while it is being found. */
struct group {
	struct ib_group_of of;
	uint32_t *count;     /* [BINS] rows by the leading bits of u */
	uint32_t edge;       /* the bin in which the k-th smallest u falls, */
	uint64_t below;      /* and how many are in those before it */
	struct place *place; /* the rows in it */
	uint64_t nplaces;
};

/* A row at the edge; qsort has no context, so it has its id with it. */
struct place {
	uint64_t bits; /* of u */
	uint32_t row;
	struct ib_span id;
};

/* All groups, and what the first pass over the rows leaves to the second. */
struct draws {
	struct ib_rule *rule;
	struct group group[IB_LEVELS_MAX + 1]; /* in the order they were met */
	size_t ngroups;
	uint8_t *of;    /* of each row: its group, from 1; 0: none */
	uint16_t *lead; /* and the bin of its u */
};

static int
by_draw(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->bits != y->bits)
		return x->bits < y->bits ? -1 : 1;
	return ib_span_compare(x->id, y->id);
}

static int
by_pi(const void *a, const void *b)
{
	const struct ib_group_of *x = a, *y = b;

	return x->pi < y->pi ? -1 : x->pi > y->pi;
}

static uint64_t
draw(const struct ib_rule *r, uint64_t row)
{
	struct ib_span id = ib_table_id(&r->scores->table, row);

	return ib_draw_bits(r->key, id.p, id.n);
}

/* The group of a pi, made where it is new; NULL: memory ran out. */
static struct group *
group_of(struct draws *d, double pi)
{
	struct group *g = d->group;

	while (g < d->group + d->ngroups && g->of.pi != pi)
		g++;
	if (g < d->group + d->ngroups)
		return g;
	g->of.pi = pi;
	g->count = calloc(BINS, sizeof(*g->count));
	if (!g->count)
		return NULL;
	d->ngroups++;
	return g;
}

/* Which group is each row of, and in which bin of it? */
static enum ib_status
count_rows(struct draws *d, struct ib_error *err)
{
	const float *score = d->rule->scores->score.p;
	uint64_t n = d->rule->scores->table.n, row, from;
	struct ib_chance chance[IB_GROUP];
	uint32_t rows[IB_GROUP];
	struct group *g;
	size_t k, i;

	for (from = 0; from < n; from += k) {
		k = n - from < IB_GROUP ? (size_t)(n - from) : IB_GROUP;
		for (i = 0; i < k; i++)
			rows[i] = (uint32_t)(from + i);
		ib_rule_chances(d->rule, rows, k, chance);
		for (i = 0; i < k; i++) {
			row = from + i;
			if (chance[i].reason != IB_REASON_DRAWN ||
			    chance[i].pi >= 1 || score[row] != score[row])
				continue;
			g = group_of(d, chance[i].pi);
			if (!g)
				return ib_fail_memory(err);
			/* u has 53 bits */
			d->lead[row] = (uint16_t)(draw(d->rule, row) >> 37);
			d->of[row] = (uint8_t)(g - d->group + 1);
			g->count[d->lead[row]]++;
			g->of.n++;
		}
	}
	return IB_OK;
}

static enum ib_status
find_edge(struct group *g, struct ib_error *err)
{
	g->of.k = (uint64_t)floor(g->of.pi * (double)g->of.n + 0.5);
	if (g->of.k < 1)
		g->of.k = 1;
	while (g->below + g->count[g->edge] < g->of.k)
		g->below += g->count[g->edge++];
	g->place = malloc(g->count[g->edge] * sizeof(*g->place));
	return g->place ? IB_OK : ib_fail_memory(err);
}

static void
mark(struct ib_rule *r, uint64_t row, bool kept)
{
	r->kept[row / 64] |= (uint64_t)kept << row % 64;
}

/* What is before the edge is kept; what is at it is laid by. */
static void
mark_rows(struct draws *d)
{
	uint64_t n = d->rule->scores->table.n, row;
	struct group *g;

	for (row = 0; row < n; row++) {
		if (d->of[row] == 0)
			continue;
		g = &d->group[d->of[row] - 1];
		mark(d->rule, row, d->lead[row] < g->edge);
		if (d->lead[row] == g->edge)
			g->place[g->nplaces++] = (struct place){
				draw(d->rule, row), (uint32_t)row,
				ib_table_id(&d->rule->scores->table, row)
			};
	}
}

static void
mark_edge(struct draws *d, const struct group *g)
{
	uint64_t i;

	qsort(g->place, g->nplaces, sizeof(*g->place), by_draw);
	for (i = 0; i < g->of.k - g->below; i++)
		mark(d->rule, g->place[i].row, true);
}

static void
draws_free(struct draws *d)
{
	size_t i;

	for (i = 0; d && i < d->ngroups; i++) {
		free(d->group[i].count);
		free(d->group[i].place);
	}
	if (d) {
		free(d->of);
		free(d->lead);
	}
	free(d);
}

static struct draws *
draws_new(struct ib_rule *r)
{
	uint64_t n = r->scores->table.n;
	struct draws *d = calloc(1, sizeof(*d));

	if (!d)
		return NULL;
	d->rule = r;
	d->of = calloc(n + 1, sizeof(*d->of));
	d->lead = malloc((n + 1) * sizeof(*d->lead));
	if (d->of && d->lead)
		return d;
	draws_free(d);
	return NULL;
}

/*
 * Two passes over the rows, whatever the number of groups: whole bins by u's
 * leading bits, and the bin in which the k-th smallest falls, sorted. Linear:
 * a bin holds n / 65536.
 */
enum ib_status
ib_fixed_prepare(struct ib_rule *r, struct ib_error *err)
{
	struct draws *d = draws_new(r);
	enum ib_status st;
	size_t i;

	r->group = calloc(IB_LEVELS_MAX + 1, sizeof(*r->group));
	r->kept = calloc(r->scores->table.n / 64 + 1, sizeof(*r->kept));
	if (!d || !r->group || !r->kept)
		st = ib_fail_memory(err);
	else
		st = count_rows(d, err);
	for (i = 0; !st && i < d->ngroups; i++)
		st = find_edge(&d->group[i], err);
	if (!st) {
		mark_rows(d);
		for (i = 0; i < d->ngroups; i++) {
			mark_edge(d, &d->group[i]);
			r->group[i] = d->group[i].of;
		}
		r->ngroups = d->ngroups;
		qsort(r->group, r->ngroups, sizeof(*r->group), by_pi);
	}
	draws_free(d);
	return st;
}

void
ib_rule_fixed_chance(const struct ib_rule *r, struct ib_chance *c)
{
	const struct ib_group_of *g;
	size_t at = 0, i;

	for (i = 0; i < r->ngroups; i++)
		at += r->group[i].pi < c->pi;
	if (at == r->ngroups || r->group[at].pi != c->pi)
		return; /* pi is 1 */
	g = &r->group[at];
	c->group = (int)at;
	c->pi = (double)g->k / (double)g->n;
	c->weight = (double)g->n / (double)g->k;
}
