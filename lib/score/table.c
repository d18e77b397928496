/* The hash table from ids to rows: look-ups and additions. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/table.h"

void
ib_table_init(struct ib_table *t)
{
	*t = (struct ib_table){ 0 };
}

void
ib_table_release(struct ib_table *t)
{
	ib_huge_array_release(&t->bytes);
	ib_huge_array_release(&t->offset);
	ib_huge_array_release(&t->slots);
	ib_table_init(t);
}

uint64_t
ib_table_hash(struct ib_span id, uint64_t seed)
{
	return XXH3_64bits_withSeed(id.p, id.n, seed);
}

/* Append the id's bytes as a new row. The caller fills the row's slot. */
static inline uint32_t
append(struct ib_table *t, const struct ib_id *id)
{
	uint64_t *offset = t->offset.p, row = t->n;

	if (id->n > 0)
		memcpy((char *)t->bytes.p + t->nbytes, id->p, id->n);
	t->nbytes += id->n;
	offset[row + 1] = t->nbytes;
	t->n++;
	return (uint32_t)row;
}

uint32_t
ib_table_add(struct ib_table *t, const struct ib_id *id)
{
	uint32_t row = append(t, id);

	if (ib_slot_place(t->slots.p, t->nslots, ib_slot_of(id->hash, row)) > IB_CHAIN_MAX)
		t->too_many_collisions = true;
	return row;
}

uint32_t
ib_table_intern(struct ib_table *t, const struct ib_id *id, uint64_t at, bool *fresh)
{
	struct ib_slot *slot = t->slots.p;
	uint32_t row;

	*fresh = true;
	if (slot[at].row1 == 0) { /* no other id has taken the slot since the look-up */
		row = append(t, id);
		slot[at] = ib_slot_of(id->hash, row);
		if (at - ib_table_bucket(t, id->hash) > IB_CHAIN_MAX)
			t->too_many_collisions = true;
		return row;
	}
	row = ib_table_find(t, id);
	*fresh = row == IB_NO_ROW;
	return *fresh ? ib_table_add(t, id) : row;
}

bool
ib_table_range_rows(const struct ib_table *t, const struct ib_id *id, size_t n, uint32_t *row,
		    uint64_t *rows)
{
	uint64_t next = t->n, x;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!ib_row_id_parse(id[i].p, id[i].n, &x) || x > next)
			return false;
		next += x == next;
		row[i] = (uint32_t)x;
	}
	*rows = next;
	return true;
}

static void
range_group(const struct ib_table *t, const struct ib_id *id, size_t n, uint32_t *row)
{
	size_t i;

	for (i = 0; i < n; i++)
		row[i] = ib_table_range_row(t, id[i].p, id[i].n);
}

void
ib_table_group(const struct ib_table *t, const struct ib_id *id, size_t n, const void *const *touch,
	       size_t ntouch, uint32_t *row, uint64_t *at)
{
	const uint64_t *offset = t->offset.p;
	size_t i, k;

	if (t->range) {
		range_group(t, id, n, row);
		return;
	}
	if (!t->slots.p) { /* the table is empty */
		memset(row, 0xff, n * sizeof(*row));
		return;
	}
	for (i = 0; i < n; i++) {
		IB_TABLE_FETCH(t, id[i].hash);
		at[i] = ib_table_bucket(t, id[i].hash);
	}
	for (i = 0; i < n; i++) {
		row[i] = ib_table_probe(t, id[i].hash, &at[i]);
		if (row[i] == IB_NO_ROW)
			continue;
		__builtin_prefetch(&offset[row[i]]);
		for (k = 0; k < ntouch; k++)
			__builtin_prefetch((const char *)touch[k] + (size_t)row[i] * 4);
	}
	for (i = 0; i < n; i++)
		if (row[i] < t->n) /* false for IB_NO_ROW and for invalid rows of a mapped file */
			__builtin_prefetch((const char *)t->bytes.p + offset[row[i]]);
	for (i = 0; i < n; i++)
		while (row[i] != IB_NO_ROW && !ib_table_is(t, row[i], id[i].p, id[i].n)) {
			at[i]++;
			row[i] = ib_table_probe(t, id[i].hash, &at[i]);
		}
}

enum ib_status
ib_table_intern_group(struct ib_table *t, struct ib_id *id, size_t n, uint32_t *row,
		      struct ib_error *err)
{
	enum ib_status st = IB_OK;
	uint64_t at[IB_GROUP], bytes = 0;
	bool fresh;
	size_t i;

	for (i = 0; i < n; i++)
		bytes += id[i].n;
	if (t->too_many_collisions)
		st = ib_table_reseed(t, err);
	if (!st)
		st = ib_table_reserve(t, n, bytes, err);
	if (st)
		return st;
	if (t->seed != 0)
		ib_ids_rehash(id, n, t->seed);
	ib_table_group(t, id, n, NULL, 0, row, at);
	for (i = 0; i < n; i++)
		if (row[i] == IB_NO_ROW)
			row[i] = ib_table_intern(t, &id[i], at[i], &fresh);
	return IB_OK;
}
