/*
 * The slots of a table (table.h): growing, building and sorting them.
 *
 * All functions rely on one invariant: a slot's bucket is the slot's tag scaled to the number of
 * slots. If the number of slots changes, the used slots therefore stay in the order of their
 * buckets, and can be moved block by block, in one pass over the same memory. The pass runs from
 * back to front to grow, and from front to back to shrink. Each block is copied out, sorted by tag
 * and row, and written to its new place.
 */
#include <stdlib.h>

#include "base/error.h"
#include "base/system.h"
#include "score/table.h"

/*
 * At most three of four slots are used, so a look-up of an absent id reads about 8 slots, which is
 * one cache line. After the table has doubled, 3 of 8 slots are used (21 bytes per row). After the
 * table has grown fourfold, 3 of 16 slots are used (43 bytes per row).
 */
#define FEWEST_SLOTS 1024 /* minimum number of slots */

/*
 * A slot is stored at most IB_OVERFLOW_SLOTS places after its bucket, and growing at least doubles
 * the index of the bucket. The new bucket of a slot at index i >= FRONT is therefore at index i or
 * later. So the slot does not overwrite a slot that is stored before i and has not moved yet.
 */
#define FRONT ((uint64_t)2 * IB_OVERFLOW_SLOTS)

/*
 * Tables up to this size grow fourfold, because this needs fewer passes. Larger
 * tables grow twofold. Because of the fourfold growth, tables of 0.8 to 1.6
 * million rows use up to 16 MiB more memory.
 */
#define GROWS_FOURFOLD(nslots) ((nslots) >= 2 * FRONT && (nslots) <= (uint64_t)1 << 20)

#define BLOCK_SLOTS ((size_t)4096)

static uint64_t
slots_bytes(uint64_t nslots)
{
	return (nslots + IB_OVERFLOW_SLOTS) * sizeof(struct ib_slot);
}

/* ---- sorting ------------------------------------------------------------ */

/* Used slots that are being moved, in ascending order of tag and row. */
struct sorted {
	uint64_t v[BLOCK_SLOTS + IB_OVERFLOW_SLOTS]; /* see key_of() */
	size_t n;
};

/* Return an integer that orders the slots by tag, then by row. */
static inline uint64_t
key_of(struct ib_slot s)
{
	return (uint64_t)s.tag << 32 | s.row1;
}

static inline struct ib_slot
slot_of(uint64_t key)
{
	return (struct ib_slot){ .tag = (uint32_t)(key >> 32), .row1 = (uint32_t)key };
}

/* Insert v[i] into the sorted v[0..i). */
static void
insert(uint64_t *v, size_t i)
{
	uint64_t key = v[i];

	for (; i > 0 && key < v[i - 1]; i--)
		v[i] = v[i - 1];
	v[i] = key;
}

/* Exchange *low and *high if *low is larger. This needs no branch. */
static inline void
exchange(uint64_t *low, uint64_t *high)
{
	uint64_t a = *low, b = *high;

	*low = a < b ? a : b;
	*high = a < b ? b : a;
}

/*
 * Sort v[0..n). The first `sorted` items are sorted already. The other items are nearly in order,
 * but a branch per item would often be mispredicted. The four largest items are therefore kept in
 * a, b, c and d, and each new item is merged into these four without a branch. The smallest of the
 * five items is stored in v. If a stored item belongs further to the front, which is rare, it is
 * inserted there. This sort is a quarter faster than plain insertion.
 */
static void
sort(uint64_t *v, size_t sorted, size_t n)
{
	uint64_t a, b, c, d, x, last = 0;
	size_t i;

	for (i = sorted; i < n && i < 5; i++)
		insert(v, i);
	if (i == n)
		return;
	last = v[i - 5];
	a = v[i - 4];
	b = v[i - 3];
	c = v[i - 2];
	d = v[i - 1];
	for (; i < n; i++) {
		x = v[i];
		exchange(&x, &d);
		exchange(&x, &c);
		exchange(&x, &b);
		exchange(&x, &a);
		v[i - 4] = x;
		if (x < last)
			insert(v, i - 4);
		last = v[i - 4];
	}
	v[n - 4] = a;
	v[n - 3] = b;
	v[n - 2] = c;
	v[n - 1] = d;
}

/*
 * Move the used slots of slot[0..n) to s, sort s, and set slot[0..n) to zero. A
 * branch on whether a slot is used would often be mispredicted, so the loop has
 * no such branch.
 */
static void
remove_sorted(struct sorted *s, struct ib_slot *slot, size_t n)
{
	size_t k, end = s->n;

	for (k = 0; k < n; k++) {
		s->v[end] = key_of(slot[k]);
		end += slot[k].row1 != 0;
	}
	memset(slot, 0, n * sizeof(*slot));
	sort(s->v, s->n, end);
	s->n = end;
}

/* ---- growing ------------------------------------------------------------ */

/* Copy every used slot of from[0..n) to its place in a table with nslots buckets. */
static void
copy_all(const struct ib_slot *from, uint64_t n, struct ib_slot *to, uint64_t nslots)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		if (from[i].row1 != 0)
			ib_slot_place(to, nslots, from[i]);
}

/*
 * Store all slots of s. No slot has been stored below index `border` yet, so no search for a free
 * place is needed there. At `border` and above, a place may be in use, so search for a free place.
 * Returns the border for the next call, which stores slots with lower bucket numbers.
 */
static uint64_t
store_above(const struct sorted *s, struct ib_slot *slot, uint64_t nslots, uint64_t border)
{
	uint64_t bucket, free_at = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		bucket = ib_slot_bucket(slot_of(s->v[i]), nslots);
		free_at = free_at < bucket ? bucket : free_at;
		if (free_at < border)
			slot[free_at++] = slot_of(s->v[i]);
		else
			ib_slot_place(slot, nslots, slot_of(s->v[i]));
	}
	if (s->n == 0)
		return border;
	bucket = ib_slot_bucket(slot_of(s->v[0]), nslots);
	return bucket < border ? bucket : border;
}

/*
 * Grow in the same memory to nslots slots, at least twice as many as before. Blocks are moved from
 * back to front, so a slot's new bucket is after all slots that have not moved yet. Near the front
 * this is not true, so the first FRONT slots are moved as one block. Because there is no second
 * table, the kernel has to clear fewer pages. This saves a fifth of the time and of the memory of a
 * fold into an empty table.
 */
static enum ib_status
grow_in_place(struct ib_table *t, uint64_t nslots, struct ib_error *err)
{
	struct sorted *s = malloc(sizeof(*s));
	struct ib_slot *slot;
	uint64_t at, end, border = nslots + IB_OVERFLOW_SLOTS;

	if (!s || !ib_huge_array_grow(&t->slots, slots_bytes(nslots))) {
		free(s);
		return ib_fail_memory(err);
	}
	slot = t->slots.p;
	for (end = t->nslots + IB_OVERFLOW_SLOTS; end > 0; end = at) {
		at = end <= FRONT ? 0 : end - FRONT < BLOCK_SLOTS ? FRONT : end - BLOCK_SLOTS;
		s->n = 0;
		remove_sorted(s, slot + at, (size_t)(end - at));
		border = store_above(s, slot, nslots, border);
	}
	free(s);
	t->nslots = nslots;
	return IB_OK;
}

/* Grow to nslots slots by copying the slots to new memory. */
static enum ib_status
grow_by_copy(struct ib_table *t, uint64_t nslots, struct ib_error *err)
{
	struct ib_huge_array fresh = { 0 };

	if (!ib_huge_array_grow(&fresh, slots_bytes(nslots)))
		return ib_fail_memory(err);
	if (t->slots.p)
		copy_all(t->slots.p, t->nslots + IB_OVERFLOW_SLOTS, fresh.p, nslots);
	ib_huge_array_release(&t->slots);
	t->slots = fresh;
	t->nslots = nslots;
	return IB_OK;
}

/* Reserve slots for a total of `rows` rows. */
static enum ib_status
reserve_slots(struct ib_table *t, uint64_t rows, struct ib_error *err)
{
	uint64_t least = rows / 3 * 4 + 8;
	uint64_t nslots = (GROWS_FOURFOLD(t->nslots) ? 4 : 2) * t->nslots;

	if (rows <= t->nslots / 4 * 3)
		return IB_OK;
	if (nslots >= least && nslots <= UINT32_MAX && t->nslots >= FRONT)
		return grow_in_place(t, nslots, err);
	if (nslots < least)
		nslots = least;
	if (nslots < FEWEST_SLOTS)
		nslots = FEWEST_SLOTS;
	if (nslots > UINT32_MAX && least <= UINT32_MAX)
		nslots = UINT32_MAX;
	if (nslots > UINT32_MAX)
		return ib_fail_memory(err);
	return grow_by_copy(t, nslots, err);
}

enum ib_status
ib_table_reserve(struct ib_table *t, uint64_t rows, uint64_t bytes, struct ib_error *err)
{
	uint64_t total = t->n + rows;

	if (total >= UINT32_MAX - 1)
		return ib_fail(err, IB_E_IO,
			       "more than %u samples: split them into partitions (--part)",
			       UINT32_MAX - 2);
	if (t->range)
		return IB_OK;
	if (!ib_huge_array_grow(&t->bytes, t->nbytes + bytes + 16) ||
	    !ib_huge_array_grow(&t->offset, (total + 1) * sizeof(uint64_t)))
		return ib_fail_memory(err);
	return reserve_slots(t, total, err);
}

/* ---- building ----------------------------------------------------------- */

/*
 * Store one group of rows in the slots. Returns the row of a repeated id, or
 * IB_NO_ROW if no id is repeated.
 */
static uint32_t
index_group(struct ib_table *t, uint64_t from, size_t n)
{
	struct ib_slot *slot = t->slots.p;
	struct ib_span id;
	uint64_t hash[IB_GROUP], at;
	uint32_t row;
	size_t i;

	for (i = 0; i < n; i++) {
		hash[i] = ib_table_hash(ib_table_id(t, from + i), t->seed);
		IB_TABLE_FETCH(t, hash[i]);
	}
	for (i = 0; i < n; i++) {
		id = ib_table_id(t, from + i);
		at = ib_table_bucket(t, hash[i]);
		while ((row = ib_table_probe(t, hash[i], &at)) != IB_NO_ROW) {
			if (ib_table_is(t, row, id.p, id.n))
				return (uint32_t)(from + i);
			at++;
		}
		if (ib_slot_place(slot, t->nslots, ib_slot_of(hash[i], (uint32_t)(from + i))) >
		    IB_CHAIN_MAX)
			t->too_many_collisions = true;
	}
	return IB_NO_ROW;
}

/* ---- ranges ------------------------------------------------------------- */

enum ib_status
ib_table_make_ids(const struct ib_table *t, struct ib_error *err)
{
	struct ib_table *cache = (struct ib_table *)(uintptr_t)t; /* only cached texts change */
	struct ib_row_id id;
	char *to;

	if (!t->range || t->nids >= t->n)
		return IB_OK;
	if (!ib_huge_array_grow(&cache->bytes, t->n * IB_ROW_ID_CELL))
		return ib_fail_memory(err);
	ib_row_id_set(&id, t->nids);
	for (to = (char *)t->bytes.p + t->nids * IB_ROW_ID_CELL; cache->nids < t->n;
	     cache->nids++, to += IB_ROW_ID_CELL) {
		memcpy(to, id.text, IB_ROW_ID_CELL);
		ib_row_id_next(&id);
	}
	return IB_OK;
}

enum ib_status
ib_table_leave_range(struct ib_table *t, struct ib_error *err)
{
	struct ib_table with_ids = { .n = t->n };
	struct ib_row_id id;
	uint64_t *offset, row;

	if (!ib_huge_array_grow(&with_ids.bytes, t->n * IB_ROW_ID_CELL + 16) ||
	    !ib_huge_array_grow(&with_ids.offset, (t->n + 1) * sizeof(*offset))) {
		ib_table_release(&with_ids);
		return ib_fail_memory(err);
	}
	offset = with_ids.offset.p;
	ib_row_id_set(&id, 0);
	for (row = 0; row < t->n; row++) {
		memcpy((char *)with_ids.bytes.p + offset[row], id.text, IB_ROW_ID_CELL);
		offset[row + 1] = offset[row] + id.n;
		ib_row_id_next(&id);
	}
	ib_table_release(t);
	*t = with_ids;
	return ib_table_index(t, &row, err);
}

void
ib_table_clear(struct ib_table *t)
{
	t->range = false;
	t->n = t->nbytes = t->seed = 0;
	t->too_many_collisions = false;
	if (t->slots.p)
		memset(t->slots.p, 0, t->slots.cap);
}

static void
choose_seed(struct ib_table *t)
{
	t->too_many_collisions = false;
	t->seed = ib_system_random();
}

enum ib_status
ib_table_index(struct ib_table *t, uint64_t *duplicate_row, struct ib_error *err)
{
	uint64_t nslots = t->n / 2 * 3 + FEWEST_SLOTS, row;
	uint32_t found;
	size_t n;

	t->nbytes = ib_table_offsets(t)[t->n];
	if (nslots > UINT32_MAX)
		return ib_fail_memory(err);
	if (t->slots.cap >= slots_bytes(nslots))
		memset(t->slots.p, 0, t->slots.cap);
	else
		ib_huge_array_release(&t->slots);
	if (!ib_huge_array_grow(&t->slots, slots_bytes(nslots)))
		return ib_fail_memory(err);
	t->nslots = nslots;
	for (row = 0; row < t->n; row += n) {
		n = t->n - row < IB_GROUP ? (size_t)(t->n - row) : IB_GROUP;
		found = index_group(t, row, n);
		if (found != IB_NO_ROW) {
			*duplicate_row = found;
			return ib_fail(err, IB_E_DATA, "duplicate id");
		}
		if (t->too_many_collisions) {
			choose_seed(t);
			return ib_table_index(t, duplicate_row, err);
		}
	}
	return IB_OK;
}

enum ib_status
ib_table_reseed(struct ib_table *t, struct ib_error *err)
{
	uint64_t duplicate_row;

	choose_seed(t);
	return ib_table_index(t, &duplicate_row, err);
}

/* ---- the order of slots in a file ---------------------------------------- */

/*
 * Move the slots whose old bucket is below `limit` from s to slot[], at index `free_at` or later.
 * The old bucket is the bucket in the old table, which had `old_nslots` buckets. All slots whose
 * old bucket is below `limit` must already be in s. Returns the index of the next free slot.
 */
static uint64_t
store_sorted(struct sorted *s, uint64_t old_nslots, uint64_t limit, struct ib_slot *slot,
	     uint64_t nslots, uint64_t free_at)
{
	uint64_t bucket;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (ib_slot_bucket(slot_of(s->v[i]), old_nslots) >= limit)
			break;
		bucket = ib_slot_bucket(slot_of(s->v[i]), nslots);
		free_at = free_at < bucket ? bucket : free_at;
		slot[free_at++] = slot_of(s->v[i]);
	}
	s->n -= i;
	memmove(s->v, s->v + i, s->n * sizeof(*s->v));
	return free_at;
}

/*
 * Sort the slots and move them to fewer buckets, from front to back. No slot
 * moves to a higher index, so no slot is overwritten before it has been read.
 * Returns false if no empty slot is left at the end of the table.
 */
static bool
shrink(struct sorted *s, struct ib_slot *slot, uint64_t old_nslots, uint64_t nslots)
{
	uint64_t total = old_nslots + IB_OVERFLOW_SLOTS, at, end, free_at = 0;

	s->n = 0;
	for (at = 0; at < total; at = end) {
		end = total - at < BLOCK_SLOTS ? total : at + BLOCK_SLOTS;
		remove_sorted(s, slot + at, (size_t)(end - at));
		free_at = store_sorted(s, old_nslots,
				       end == total		 ? old_nslots
				       : end < IB_OVERFLOW_SLOTS ? 0
								 : end - IB_OVERFLOW_SLOTS,
				       slot, nslots, free_at);
	}
	return free_at < nslots + IB_OVERFLOW_SLOTS;
}

enum ib_status
ib_table_sort_slots(struct ib_table *t, bool *sorted, struct ib_error *err)
{
	uint64_t nslots = IB_INDEX_SLOTS(t->n);
	enum ib_status st = IB_OK;
	struct sorted *s;

	*sorted = false;
	if (t->range || t->seed != 0 || !t->slots.p || nslots > UINT32_MAX)
		return IB_OK;
	s = malloc(sizeof(*s));
	if (!s)
		return ib_fail_memory(err);
	if (t->nslots < nslots)
		st = grow_by_copy(t, nslots, err);
	if (!st)
		*sorted = shrink(s, t->slots.p, t->nslots, nslots);
	free(s);
	if (st)
		return st;
	if (!*sorted)
		return ib_table_reseed(t, err);
	t->nslots = nslots;
	return IB_OK;
}

bool
ib_table_is_sorted(const struct ib_table *t)
{
	const struct ib_slot *slot = t->slots.p;
	uint64_t i, free_at = 0, count = 0, bucket;
	uint64_t n = t->nslots + IB_OVERFLOW_SLOTS;
	struct ib_slot last = { 0, 0 };
	bool valid = t->nslots == IB_INDEX_SLOTS(t->n) && slot[n - 1].row1 == 0;

	for (i = 0; i < n && valid; i++) {
		if (slot[i].row1 == 0)
			continue;
		bucket = ib_slot_bucket(slot[i], t->nslots);
		valid = i == (bucket > free_at ? bucket : free_at) && i - bucket <= IB_CHAIN_MAX &&
			slot[i].row1 <= t->n && key_of(last) < key_of(slot[i]);
		last = slot[i];
		free_at = i + 1;
		count++;
	}
	return valid && count == t->n;
}
