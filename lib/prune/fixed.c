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

struct drawn {
	uint64_t bits; /* of u */
	uint32_t row;
};

/* qsort has no context; the ids of the table are reached through this. */
struct place {
	struct drawn d;
	struct ib_span id;
};

static int
by_draw(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->d.bits != y->d.bits)
		return x->d.bits < y->d.bits ? -1 : 1;
	return ib_span_compare(x->id, y->id);
}

static void
mark(struct ib_rule *r, uint32_t row)
{
	r->kept[row / 64] |= 1ull << row % 64;
}

#define BINS 65536

static size_t
bin_of(uint64_t bits)
{
	return (size_t)(bits >> 37); /* u has 53 bits */
}

/*
 * Mark the k smallest of n draws: whole bins by u's leading bits, then the
 * bin in which the k-th falls, sorted. Linear: a bin holds n / 65536.
 */
static enum ib_status
mark_smallest(struct ib_rule *r, const struct drawn *d, uint64_t n, uint64_t k,
	      struct ib_error *err)
{
	uint64_t *count = calloc(BINS, sizeof(*count));
	struct place *edge = NULL;
	uint64_t i, below = 0, m = 0;
	size_t bin;

	if (!count)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		count[bin_of(d[i].bits)]++;
	for (bin = 0; below + count[bin] < k; bin++)
		below += count[bin];
	edge = malloc((count[bin] + 1) * sizeof(*edge));
	free(count);
	if (!edge)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++) {
		if (bin_of(d[i].bits) < bin)
			mark(r, d[i].row);
		else if (bin_of(d[i].bits) == bin)
			edge[m++] = (struct place){
				d[i], ib_table_id(&r->scores->table, d[i].row)
			};
	}
	qsort(edge, m, sizeof(*edge), by_draw);
	for (i = 0; i < k - below; i++)
		mark(r, edge[i].d.row);
	free(edge);
	return IB_OK;
}

/* The groups while they are being found: the rule has none until then. */
struct groups {
	struct ib_group_of *v; /* ascending by pi */
	size_t n;
};

/* The group of a pi, made where it is new. */
static struct ib_group_of *
group_of(struct groups *g, double pi)
{
	size_t i = 0;

	while (i < g->n && g->v[i].pi < pi)
		i++;
	if (i < g->n && g->v[i].pi == pi)
		return &g->v[i];
	memmove(&g->v[i + 1], &g->v[i], (g->n - i) * sizeof(*g->v));
	g->v[i] = (struct ib_group_of){ .pi = pi };
	g->n++;
	return &g->v[i];
}

/* Is the row one that is drawn, and with which pi? */
static bool
is_drawn(const struct ib_rule *r, uint32_t row, double *pi)
{
	float score = ((const float *)r->scores->score.p)[row];
	struct ib_chance c;

	if (score != score)
		return false;
	c = ib_rule_chance(r, row);
	*pi = c.pi;
	return c.reason == IB_REASON_DRAWN && c.pi < 1;
}

/* Keep k of a group's rows; d has room for all of them. */
static enum ib_status
settle_group(struct ib_rule *r, struct ib_group_of *group, struct drawn *d,
	     struct ib_error *err)
{
	const struct ib_table *t = &r->scores->table;
	uint64_t n = 0, row;
	struct ib_span id;
	double pi;

	for (row = 0; row < t->n; row++) {
		if (!is_drawn(r, (uint32_t)row, &pi) || pi != group->pi)
			continue;
		id = ib_table_id(t, row);
		d[n++] = (struct drawn){ ib_draw_bits(r->key, id.p, id.n),
					 (uint32_t)row };
	}
	group->k = (uint64_t)floor(group->pi * (double)n + 0.5);
	if (group->k < 1)
		group->k = 1;
	return mark_smallest(r, d, n, group->k, err);
}

enum ib_status
ib_fixed_prepare(struct ib_rule *r, struct ib_error *err)
{
	uint64_t n = r->scores->table.n, row;
	struct drawn *d = malloc((n + 1) * sizeof(*d));
	struct groups g = { 0 };
	enum ib_status st = IB_OK;
	size_t i;
	double pi;

	r->group = g.v = calloc(IB_LEVELS_MAX + 1, sizeof(*g.v));
	r->kept = calloc(n / 64 + 1, sizeof(*r->kept));
	if (!d || !g.v || !r->kept)
		st = ib_fail_memory(err);
	for (row = 0; row < n && !st; row++)
		if (is_drawn(r, (uint32_t)row, &pi))
			group_of(&g, pi)->n++;
	for (i = 0; i < g.n && !st; i++)
		st = settle_group(r, &g.v[i], d, err);
	r->ngroups = g.n;
	free(d);
	return st;
}

void
ib_rule_fixed_chance(const struct ib_rule *r, struct ib_chance *c)
{
	size_t i;

	c->weight = 1 / c->pi;
	for (i = 0; i < r->ngroups; i++) {
		if (r->group[i].pi != c->pi)
			continue;
		c->group = (int)i;
		c->pi = (double)r->group[i].k / (double)r->group[i].n;
		c->weight = (double)r->group[i].n / (double)r->group[i].k;
		return;
	}
}
