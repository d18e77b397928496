#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/table.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"

/* At most three slots in four are taken: a miss then probes some 8 slots, a
 * cache line. Growing by half keeps the memory below 27 bytes a row even
 * while old and new slots are there together. */
#define FEWEST_SLOTS 1024
/* Below it the table doubles: what that takes more is then a few MB. */
#define FEW_SLOTS ((uint64_t)4 << 20)

void
ib_table_init(struct ib_table *t)
{
	*t = (struct ib_table){ 0 };
}

void
ib_table_release(struct ib_table *t)
{
	ib_pages_release(&t->bytes);
	ib_pages_release(&t->offset);
	ib_pages_release(&t->slots);
	ib_table_init(t);
}

uint64_t
ib_table_hash(struct ib_span id, uint64_t seed)
{
	return XXH3_64bits_withSeed(id.p, id.n, seed);
}

static size_t
slots_bytes(uint64_t nslots)
{
	return (size_t)(nslots + IB_SLOTS_BEHIND) * sizeof(struct ib_slot);
}

/* Put a slot into the first free place from its home on: how far that was. */
static inline uint64_t
place(struct ib_slot *slots, uint64_t nslots, struct ib_slot s)
{
	uint64_t home = ((uint64_t)s.tag * nslots) >> 32, i = home;

	while (slots[i].row1 != 0)
		i++;
	slots[i] = s;
	return i - home;
}

/*
 * More slots: the old ones in order go to places in order, so both tables are
 * walked from front to back.
 */
static enum ib_status
grow_slots(struct ib_table *t, uint64_t nslots, struct ib_error *err)
{
	struct ib_pages fresh = { 0 };
	const struct ib_slot *old = t->slots.p;
	uint64_t i;

	if (nslots > UINT32_MAX || !ib_pages_grow(&fresh, slots_bytes(nslots)))
		return ib_fail_memory(err);
	for (i = 0; old && i < t->nslots + IB_SLOTS_BEHIND; i++)
		if (old[i].row1 != 0)
			place(fresh.p, nslots, old[i]);
	ib_pages_release(&t->slots);
	t->slots = fresh;
	t->nslots = nslots;
	return IB_OK;
}

enum ib_status
ib_table_reserve(struct ib_table *t, uint64_t rows, uint64_t bytes,
		 struct ib_error *err)
{
	uint64_t want = t->n + rows, nslots;

	if (want >= UINT32_MAX - 1)
		return ib_fail(err, IB_E_IO,
			       "more than %u samples: deal them into parts "
			       "(--part)", UINT32_MAX - 2);
	if (!ib_pages_grow(&t->bytes, t->nbytes + bytes + 16) ||
	    !ib_pages_grow(&t->offset, (want + 1) * sizeof(uint64_t)))
		return ib_fail_memory(err);
	if (want <= t->nslots / 4 * 3)
		return IB_OK;
	nslots = t->nslots + (t->nslots < FEW_SLOTS ? t->nslots
						    : t->nslots / 2);
	if (nslots < want / 3 * 4 + 8)
		nslots = want / 3 * 4 + 8;
	if (nslots < FEWEST_SLOTS)
		nslots = FEWEST_SLOTS;
	return grow_slots(t, nslots, err);
}

/* Append the id's bytes; the slot is the caller's to fill. */
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

static inline struct ib_slot
slot_of(const struct ib_id *id, uint32_t row)
{
	return (struct ib_slot){ (uint32_t)(id->hash >> 32), row + 1 };
}

uint32_t
ib_table_add(struct ib_table *t, const struct ib_id *id)
{
	uint32_t row = append(t, id);

	if (place(t->slots.p, t->nslots, slot_of(id, row)) > IB_CHAIN_MAX)
		t->crowded = true;
	return row;
}

uint32_t
ib_table_intern(struct ib_table *t, const struct ib_id *id, uint64_t at,
		bool *fresh)
{
	struct ib_slot *slot = t->slots.p;
	uint32_t row;

	*fresh = true;
	if (slot[at].row1 == 0) { /* still: nothing came between */
		row = append(t, id);
		slot[at] = slot_of(id, row);
		if (at - ib_table_home(t, id->hash) > IB_CHAIN_MAX)
			t->crowded = true;
		return row;
	}
	row = ib_table_find(t, id);
	*fresh = row == IB_NO_ROW;
	return *fresh ? ib_table_add(t, id) : row;
}

void
ib_table_group(const struct ib_table *t, const struct ib_id *id, size_t n,
	       const void *const *touch, size_t ntouch, uint32_t *row,
	       uint64_t *at)
{
	const struct ib_slot *slot = t->slots.p;
	const uint64_t *offset = t->offset.p;
	size_t i, k;

	if (!slot) { /* nothing was ever added */
		memset(row, 0xff, n * sizeof(*row));
		return;
	}
	for (i = 0; i < n; i++) {
		at[i] = ib_table_home(t, id[i].hash);
		__builtin_prefetch(&slot[at[i]]);
	}
	for (i = 0; i < n; i++) {
		row[i] = ib_table_probe(t, id[i].hash, &at[i]);
		if (row[i] == IB_NO_ROW)
			continue;
		__builtin_prefetch(&offset[row[i]]);
		for (k = 0; k < ntouch; k++)
			__builtin_prefetch((const char *)touch[k] +
					   (size_t)row[i] * 4);
	}
	for (i = 0; i < n; i++)
		if (row[i] != IB_NO_ROW)
			__builtin_prefetch((const char *)t->bytes.p +
					   offset[row[i]]);
	for (i = 0; i < n; i++)
		while (row[i] != IB_NO_ROW &&
		       !ib_table_is(t, row[i], id[i].p, id[i].n)) {
			at[i]++;
			row[i] = ib_table_probe(t, id[i].hash, &at[i]);
		}
}

/* One group of rows into the slots; the row that stands twice, or IB_NO_ROW. */
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
		__builtin_prefetch(&slot[ib_table_home(t, hash[i])]);
	}
	for (i = 0; i < n; i++) {
		id = ib_table_id(t, from + i);
		at = ib_table_home(t, hash[i]);
		while ((row = ib_table_probe(t, hash[i], &at)) != IB_NO_ROW) {
			if (ib_table_is(t, row, id.p, id.n))
				return (uint32_t)(from + i);
			at++;
		}
		if (place(slot, t->nslots,
			  (struct ib_slot){ (uint32_t)(hash[i] >> 32),
					    (uint32_t)(from + i) + 1 }) >
		    IB_CHAIN_MAX)
			t->crowded = true;
	}
	return IB_NO_ROW;
}

enum ib_status
ib_table_index(struct ib_table *t, uint64_t *twice, struct ib_error *err)
{
	uint64_t nslots = t->n / 2 * 3 + FEWEST_SLOTS, row;
	uint32_t found;
	size_t n;

	t->nbytes = ib_table_offsets(t)[t->n];
	ib_pages_release(&t->slots);
	if (nslots > UINT32_MAX ||
	    !ib_pages_grow(&t->slots, slots_bytes(nslots)))
		return ib_fail_memory(err);
	t->nslots = nslots;
	for (row = 0; row < t->n; row += n) {
		n = t->n - row < IB_GROUP ? t->n - row : IB_GROUP;
		found = index_group(t, row, n);
		if (found != IB_NO_ROW) {
			*twice = found;
			return ib_fail(err, IB_E_DATA, "an id stands twice");
		}
		if (t->crowded)
			return ib_table_reseed(t, err);
	}
	return IB_OK;
}

enum ib_status
ib_table_reseed(struct ib_table *t, struct ib_error *err)
{
	uint64_t twice;

	t->crowded = false;
	if (getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed) ||
	    t->seed == 0)
		t->seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u | 1;
	return ib_table_index(t, &twice, err);
}

/* ---- the index of a file ---------------------------------------------------- */

static inline bool
before(struct ib_slot a, struct ib_slot b)
{
	return a.tag != b.tag ? a.tag < b.tag : a.row1 < b.row1;
}

/*
 * Put a slot where the order of tags and rows has it: what comes behind it up
 * to the next free slot moves up by one. Slots come nearly in order, so most
 * are appended. False where there is no room left.
 */
static bool
insert(struct ib_slot *to, uint64_t nslots, struct ib_slot s)
{
	uint64_t i = ((uint64_t)s.tag * nslots) >> 32, free_at;

	if (to[i].row1 == 0) {
		to[i] = s;
		return true;
	}
	while (to[i].row1 != 0 && before(to[i], s))
		i++;
	for (free_at = i; to[free_at].row1 != 0; free_at++)
		;
	if (free_at + 1 >= nslots + IB_SLOTS_BEHIND)
		return false;
	memmove(&to[i + 1], &to[i], (free_at - i) * sizeof(*to));
	to[i] = s;
	return true;
}

enum ib_status
ib_table_index_make(const struct ib_table *t, struct ib_pages *index,
		    struct ib_error *err)
{
	uint64_t nslots = IB_INDEX_SLOTS(t->n), i;
	const struct ib_slot *slot = t->slots.p;
	bool fine = t->seed == 0 && slot != NULL;

	if (!fine)
		return IB_OK;
	if (!ib_pages_grow(index, slots_bytes(nslots)))
		return ib_fail_memory(err);
	for (i = 0; i < t->nslots + IB_SLOTS_BEHIND && fine; i++)
		if (slot[i].row1 != 0)
			fine = insert(index->p, nslots, slot[i]);
	if (!fine)
		ib_pages_release(index);
	return IB_OK;
}
