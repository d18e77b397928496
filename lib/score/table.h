/*
 * Ids -> rows, in the order of first appearance. Open addressing with linear
 * probing; a slot is 8 bytes: the upper half of the id's hash and its row. A
 * slot's home is its tag scaled to the number of slots, so tags stand in
 * ascending order (but for collisions): the table grows by one sequential
 * pass in place, without the ids and without hashing again (slots.c).
 * Chains do not wrap: behind the last home there is room for the longest, and
 * always an empty slot.
 *
 * Look-ups come in groups, in steps that each fetch ahead for the next, so
 * that their cache misses overlap: see ib_table_group.
 */
#ifndef IB_SCORE_TABLE_H
#define IB_SCORE_TABLE_H

#include <string.h>

#include "base/huge_array.h"
#include "score/probe.h"

#define IB_NO_ROW UINT32_MAX
/*
 * Ids looked up side by side. A group waits once for its first slots, so more
 * ids share the wait: in a table of 10^7 ids a known one costs 10.2 ns in
 * groups of 128, 13.4 of 64, 10.0 of 256; a new one 15.5, 18.3, 14.7 (AMD EPYC
 * Zen 5, 2-core VM, gcc 12 -O2, 2026-11-24).
 */
#define IB_GROUP 128

/* A chain that long means that the ids were made to collide. */
#define IB_CHAIN_MAX 1024
/* Slots behind the last home: such a chain, and a group's worth of ids that
 * come before somebody looks at `crowded`. */
#define IB_SLOTS_BEHIND (2 * IB_CHAIN_MAX)

struct ib_id {
	const char *p;
	uint64_t hash; /* ib_table_hash with the table's seed */
	uint32_t n;
};

struct ib_table {
	struct ib_huge_array bytes;  /* the ids, one behind the other */
	struct ib_huge_array offset; /* uint64_t[n + 1]: where each begins */
	struct ib_huge_array slots;  /* struct ib_slot[nslots + IB_SLOTS_BEHIND] */
	uint64_t nslots;	     /* homes */
	uint64_t nbytes;	     /* of ids */
	uint64_t n;		     /* rows */
	uint64_t seed;		     /* of the hash; 0 until ids collide on purpose */
	bool crowded;		     /* a chain grew too long: reseed */
};

void ib_table_init(struct ib_table *t);
void ib_table_release(struct ib_table *t);

uint64_t ib_table_hash(struct ib_span id, uint64_t seed);

/* Room for `rows` more rows and `bytes` more of ids, slots included. */
enum ib_status ib_table_reserve(struct ib_table *t, uint64_t rows, uint64_t bytes,
				struct ib_error *err);

/* Without rows again; its memory is kept for the next ones. */
void ib_table_clear(struct ib_table *t);

/*
 * After rows were put into bytes and offset directly (a score file): build
 * the slots. IB_E_DATA where an id stands twice: *twice is its row then.
 */
enum ib_status ib_table_index(struct ib_table *t, uint64_t *twice, struct ib_error *err);

/* Where a chain grew too long: another seed, all slots anew. */
enum ib_status ib_table_reseed(struct ib_table *t, struct ib_error *err);

/*
 * Lay the slots out as a file can hold them: a function of the ids and their
 * order alone, not of how the table grew. 3 slots for 2 rows, sorted by tag
 * and row, each as near to its home as those before it allow. *fine: so it is
 * now; else the table has a seed of its own, or a chain would be too long.
 * Look-ups and additions go on as before.
 */
#define IB_INDEX_SLOTS(rows) ((rows) + (rows) / 2 + 1)
enum ib_status ib_table_settle(struct ib_table *t, bool *fine, struct ib_error *err);

/* Are the slots, as a stranger's file has them, laid out like that? O(n). */
bool ib_table_is_settled(const struct ib_table *t);

static inline const uint64_t *
ib_table_offsets(const struct ib_table *t)
{
	return t->offset.p;
}

static inline struct ib_span
ib_table_id(const struct ib_table *t, uint64_t row)
{
	const uint64_t *offset = t->offset.p;

	return (struct ib_span){ (const char *)t->bytes.p + offset[row],
				 (size_t)(offset[row + 1] - offset[row]) };
}

static inline uint64_t
ib_table_home(const struct ib_table *t, uint64_t hash)
{
	return ((hash >> 32) * t->nslots) >> 32;
}

/* Do n bytes agree? Reads no byte beyond them. */
static inline bool
ib_same_bytes(const char *a, const char *b, size_t n)
{
	uint64_t x, y, v, w;
	uint32_t s, t, u, z;

	if (n > 16)
		return memcmp(a, b, n) == 0;
	if (n >= 8) {
		memcpy(&x, a, 8);
		memcpy(&y, b, 8);
		memcpy(&v, a + n - 8, 8);
		memcpy(&w, b + n - 8, 8);
		return ((x ^ y) | (v ^ w)) == 0;
	}
	if (n >= 4) {
		memcpy(&s, a, 4);
		memcpy(&t, b, 4);
		memcpy(&u, a + n - 4, 4);
		memcpy(&z, b + n - 4, 4);
		return ((s ^ t) | (u ^ z)) == 0;
	}
	while (n > 0 && a[n - 1] == b[n - 1])
		n--;
	return n == 0;
}

static inline bool
ib_table_is(const struct ib_table *t, uint64_t row, const char *p, size_t n)
{
	const uint64_t *offset = t->offset.p;

	/* Of a mapped file nothing was checked: its rows and offsets may lie. */
	return row < t->n && offset[row + 1] - offset[row] == n && offset[row] <= t->nbytes &&
	       n <= t->nbytes - offset[row] &&
	       ib_same_bytes((const char *)t->bytes.p + offset[row], p, n);
}

/*
 * Fetch what ib_table_probe will see first of a hash. No function: gcc 12
 * holds one that only fetches for one without effect, and drops the calls.
 */
#define IB_TABLE_FETCH(t, hash)                                                                    \
	do {                                                                                       \
		const struct ib_slot *fetch_ = (t)->slots.p;                                       \
                                                                                                   \
		fetch_ += ib_table_home(t, hash);                                                  \
		__builtin_prefetch(fetch_);                                                        \
		__builtin_prefetch(fetch_ + IB_PROBE - 1);                                         \
	} while (0)

/*
 * The first row whose tag is the hash's, from slot *at on; moves *at. An empty
 * slot is there, yet no more need follow it.
 *
 * Eight slots a step: how long a chain is nobody can foretell, but most end
 * within the first eight, and that much is foreseen. With groups of 128, user
 * time on one core against one slot a step and groups of 64, in turns: first
 * fold of 10^7 JSON lines 0.77 s, 0.86 before, of CSV 0.68 and 0.78; ib-prune
 * of a manifest of them in order 0.78 and 0.90, shuffled 1.03 and 1.11; two
 * score files of them merged 0.38 and 0.58 (AMD EPYC Zen 5, 2-core VM, gcc 12
 * -O2, 2026-11-24; medians).
 */
static inline uint32_t
ib_table_probe(const struct ib_table *t, uint64_t hash, uint64_t *at)
{
	const struct ib_slot *slot = t->slots.p;
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t i = *at, end = t->nslots + IB_SLOTS_BEHIND;
	unsigned found = 0;

	while (i + IB_PROBE <= end && !(found = ib_probe(&slot[i], tag)))
		i += IB_PROBE;
	if (found)
		i += (uint64_t)__builtin_ctz(found);
	else
		while (slot[i].row1 != 0 && slot[i].tag != tag)
			i++;
	*at = i;
	return slot[i].row1 - 1; /* IB_NO_ROW where it is empty */
}

/* The row of an id, or IB_NO_ROW. */
static inline uint32_t
ib_table_find(const struct ib_table *t, const struct ib_id *id)
{
	uint64_t at = ib_table_home(t, id->hash);
	uint32_t row;

	if (t->n == 0)
		return IB_NO_ROW;
	while ((row = ib_table_probe(t, id->hash, &at)) != IB_NO_ROW &&
	       !ib_table_is(t, row, id->p, id->n))
		at++;
	return row;
}

/*
 * Look up a group of n <= IB_GROUP ids; row[i] is the i-th one's, or
 * IB_NO_ROW; at[i] is the slot where that showed (empty, if there is no row).
 * touch[0..ntouch) are columns of 4 bytes a row that the caller will read at
 * these rows: fetched ahead too.
 */
void ib_table_group(const struct ib_table *t, const struct ib_id *id, size_t n,
		    const void *const *touch, size_t ntouch, uint32_t *row, uint64_t *at);

/*
 * The row of an id, added if it is new (*fresh). Room was reserved. `at` is
 * where a look-up of the group found an empty slot. O(1); sets crowded.
 */
uint32_t ib_table_intern(struct ib_table *t, const struct ib_id *id, uint64_t at, bool *fresh);

/* Add an id that is not there. Room was reserved. O(1); sets crowded. */
uint32_t ib_table_add(struct ib_table *t, const struct ib_id *id);

#endif
