/* Store ids and weights in memory, with the locations of their records. */
#include "weigh/id_weights.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

void
ib_id_weights_release(struct ib_id_weights *r)
{
	ib_table_release(&r->table);
	ib_huge_array_release(&r->weight);
	free(r->location);
	*r = (struct ib_id_weights){ 0 };
}

/* Append ids to the table, but do not index them. */
static enum ib_status
append_ids(struct ib_table *t, const struct ib_id *id, size_t n, struct ib_error *err)
{
	uint64_t *offset, used, bytes = 0;
	size_t i;

	if (t->n + n >= UINT32_MAX - 1)
		return ib_fail(err, IB_E_IO, "the manifest has more than %u samples",
			       UINT32_MAX - 2);
	for (i = 0; i < n; i++)
		bytes += id[i].n;
	used = t->n > 0 ? ib_table_offsets(t)[t->n] : 0;
	if (!ib_huge_array_grow(&t->bytes, used + bytes + 16) ||
	    !ib_huge_array_grow(&t->offset, (t->n + n + 1) * sizeof(*offset)))
		return ib_fail_memory(err);
	offset = t->offset.p;
	for (i = 0; i < n; i++) {
		if (id[i].n > 0)
			memcpy((char *)t->bytes.p + used, id[i].p, id[i].n);
		used += id[i].n;
		offset[++t->n] = used;
	}
	return IB_OK;
}

enum ib_status
ib_id_weights_append(struct ib_id_weights *r, const struct ib_id *id, const double *weight,
		     size_t n, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (id)
		st = append_ids(&r->table, id, n, err);
	if (st)
		return st;
	if (!ib_huge_array_grow(&r->weight, (r->n + n) * sizeof(*weight)))
		return ib_fail_memory(err);
	if (weight && n > 0)
		memcpy((double *)r->weight.p + r->n, weight, n * sizeof(*weight));
	r->n += n;
	return IB_OK;
}

enum ib_status
ib_location_fail(const struct ib_location *p, enum ib_status code, const char *text,
		 struct ib_error *err)
{
	return ib_fail(err, code, p->is_sample ? "%s: sample %llu: %s" : "%s:%llu: %s", p->name,
		       (unsigned long long)p->line, text);
}

enum ib_status
ib_id_weights_add_location(struct ib_id_weights *r, struct ib_location p, struct ib_error *err)
{
	struct ib_location *last = r->nlocations ? r->location + r->nlocations - 1 : NULL;

	if (last && last->name == p.name && p.line - last->line == p.row - last->row)
		return IB_OK;
	if (!ib_array_reserve(&r->location, &r->locations_cap, r->nlocations + 1, sizeof(p)))
		return ib_fail_memory(err);
	r->location[r->nlocations++] = p;
	return IB_OK;
}

struct ib_location
ib_id_weights_location(const struct ib_id_weights *r, uint64_t row)
{
	size_t low = 0, high = r->nlocations, mid;
	struct ib_location p;

	/* Binary search for the last location whose row is at most `row`. */
	while (high - low > 1) {
		mid = low + (high - low) / 2;
		if (r->location[mid].row <= row)
			low = mid;
		else
			high = mid;
	}
	p = r->location[low];
	p.line += row - p.row;
	p.row = row;
	return p;
}

enum ib_status
ib_id_weights_index(struct ib_id_weights *r, uint64_t *duplicate, struct ib_error *err)
{
	/* Even a table without rows needs the array `offset` with one element, 0. */
	if (!ib_huge_array_grow(&r->table.offset, sizeof(uint64_t)))
		return ib_fail_memory(err);
	return ib_table_index(&r->table, duplicate, err);
}

enum ib_status
ib_id_weights_fail_duplicate(const struct ib_id_weights *r, uint64_t row, enum ib_status code,
			     struct ib_error *err)
{
	struct ib_location location = ib_id_weights_location(r, row);
	const char *hint = code != IB_E_DATA	? ""
			   : location.is_sample ? " (if several shards have the same keys, use -k "
						  "@shard)"
						: " (if several records are segments "
						  "of one file, use a composite key such as "
						  "-k path,offset)";
	char text[IB_SHOW_MAX + 120], show[IB_SHOW_MAX];

	snprintf(text, sizeof(text), "the id %s appears twice%s",
		 ib_show(show, ib_table_id(&r->table, row)), hint);
	return ib_location_fail(&location, code, text, err);
}
