/* Find the ids that need the fewest edits to become a given id. */
#include "audit/nearest_ids.h"

#include "score/id_form.h"

/* the largest `limit` that ib_edit_distance() accepts */
#define DISTANCE_LIMIT_MAX 63

/* ---- the distance ------------------------------------------------------------- */

static void
skip_common_ends(struct ib_span *a, struct ib_span *b)
{
	while (a->n > 0 && b->n > 0 && *a->p == *b->p) {
		a->p++, a->n--;
		b->p++, b->n--;
	}
	while (a->n > 0 && b->n > 0 && a->p[a->n - 1] == b->p[b->n - 1]) {
		a->n--;
		b->n--;
	}
}

static unsigned
least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * Cell (i, j) of a matrix is the distance between the first i bytes of a and the first j bytes of
 * b. A distance of at most `limit` needs only cells with |i - j| <= limit. cell[k] is the cell of
 * the current row i with j = i + k - limit.
 */
unsigned
ib_edit_distance(struct ib_span a, struct ib_span b, unsigned limit)
{
	unsigned cell[2 * DISTANCE_LIMIT_MAX + 3], up, replace, best, k;
	size_t i, j;

	skip_common_ends(&a, &b);
	if ((a.n > b.n ? a.n - b.n : b.n - a.n) > limit)
		return limit + 1;
	for (k = 0; k <= 2 * limit + 1; k++)
		cell[k] = k < limit || k > 2 * limit ? limit + 1 : k - limit;
	for (i = 1; i <= a.n; i++) {
		for (k = 0, best = limit + 1; k <= 2 * limit; k++) {
			if (i + k < limit || i + k - limit > b.n) {
				cell[k] = limit + 1;
				continue;
			}
			j = i + k - limit;
			up = cell[k + 1] + 1;
			replace = j > 0 ? cell[k] + (a.p[i - 1] != b.p[j - 1]) : limit + 1;
			cell[k] = least(least(up, replace), k > 0 ? cell[k - 1] + 1 : limit + 1);
			best = least(best, cell[k]);
		}
		if (best > limit)
			return limit + 1;
	}
	return least(cell[b.n + limit - a.n], limit + 1);
}

/* ---- the nearest ids -------------------------------------------------------------- */

void
ib_nearest_ids_start(struct ib_nearest_ids *near, struct ib_span wanted)
{
	near->wanted = wanted;
	ib_id_reduce(wanted, IB_FORM_ALL, &near->reduced);
	near->failed |= near->reduced.failed;
}

void
ib_nearest_ids_release(struct ib_nearest_ids *near)
{
	size_t i;

	ib_bytes_release(&near->reduced);
	ib_bytes_release(&near->candidate);
	for (i = 0; i < IB_NEAREST_IDS; i++)
		ib_bytes_release(&near->best[i].id);
	*near = (struct ib_nearest_ids){ 0 };
}

/* Return the number of edits up to which an id counts as similar to an id of n bytes. */
static unsigned
limit_of(size_t n)
{
	size_t limit = 1 + n / 3;

	return limit < DISTANCE_LIMIT_MAX ? (unsigned)limit : DISTANCE_LIMIT_MAX;
}

static bool
is_nearer(const struct ib_near_id *a, const struct ib_near_id *b)
{
	return a->reduced != b->reduced ? a->reduced < b->reduced : a->raw < b->raw;
}

/*
 * Insert an id into the list before the first id with a larger distance. If the list is full, its
 * last id is removed.
 */
static void
insert_id(struct ib_nearest_ids *near, const struct ib_near_id *distance, struct ib_span id)
{
	struct ib_near_id last;
	size_t i;

	if (near->n < IB_NEAREST_IDS)
		near->n++;
	else if (!is_nearer(distance, &near->best[near->n - 1]))
		return;
	last = near->best[near->n - 1]; /* the new id reuses the buffer of this id */
	for (i = near->n - 1; i > 0 && is_nearer(distance, &near->best[i - 1]); i--)
		near->best[i] = near->best[i - 1];
	near->best[i] = (struct ib_near_id){ last.id, distance->reduced, distance->raw };
	near->best[i].id.n = 0;
	ib_bytes_append(&near->best[i].id, id.p, id.n);
	near->failed |= near->best[i].id.failed;
}

/* True if the id is already in the list. A score file and a manifest may have the same ids. */
static bool
is_listed(const struct ib_nearest_ids *near, struct ib_span id)
{
	size_t i;

	for (i = 0; i < near->n; i++)
		if (ib_span_compare(ib_bytes_span(&near->best[i].id), id) == 0)
			return true;
	return false;
}

void
ib_nearest_ids_add(struct ib_nearest_ids *near, struct ib_span id)
{
	unsigned limit = limit_of(near->reduced.n);
	struct ib_near_id distance = { .reduced = 0 };

	if (near->failed)
		return;
	if (near->n == IB_NEAREST_IDS)
		limit = near->best[near->n - 1].reduced;
	ib_id_reduce(id, IB_FORM_ALL, &near->candidate);
	near->failed |= near->candidate.failed;
	distance.reduced = ib_edit_distance(ib_bytes_span(&near->reduced),
					    ib_bytes_span(&near->candidate), limit);
	if (near->failed || distance.reduced > limit || is_listed(near, id))
		return;
	distance.raw = ib_edit_distance(near->wanted, id, DISTANCE_LIMIT_MAX);
	insert_id(near, &distance, id);
}
