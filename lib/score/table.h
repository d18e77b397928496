/*
 * A hash table from ids to rows. Rows are numbered in the order of first
 * appearance. The table uses open addressing with linear probing.
 *
 * - A slot has 8 bytes: 4 bytes for the tag, which is the upper half of the
 *   id's hash, and 4 bytes for the row.
 * - A slot's bucket is its tag scaled to the number of slots. The tags of the
 *   used slots are therefore in ascending order, except within chains of
 *   collisions. The table grows in place, by one sequential pass that neither
 *   reads nor hashes the ids (slots.c).
 * - Chains do not wrap around. After the last bucket there are
 *   IB_OVERFLOW_SLOTS more slots, and the last slot is always empty, so a
 *   probe ends without a bounds check.
 * - A table may be a range: the id of row i is the decimal digits of i. Then
 *   there are no slots and no offsets, a look-up parses the id, and `bytes` has
 *   the texts of the ids only after ib_table_make_ids().
 * - Ids are looked up in groups. Each step of a group look-up prefetches the
 *   memory that the next step reads, so that cache misses overlap
 *   (ib_table_group).
 */
#ifndef IB_SCORE_TABLE_H
#define IB_SCORE_TABLE_H

#include <string.h>

#include "base/huge_array.h"
#include "base/row_id.h"
#include "score/probe.h"

#define IB_NO_ROW UINT32_MAX
/* Number of ids per group look-up. Larger groups are hardly faster; see tests/PERFORMANCE.md. */
#define IB_GROUP 128

/* Limit of a chain's length. A longer chain means that the ids were chosen to collide. */
#define IB_CHAIN_MAX 1024
/*
 * Number of slots after the last bucket. These slots are room for the longest chain, and for a
 * group of ids that is added before the caller checks too_many_collisions.
 */
#define IB_OVERFLOW_SLOTS (2 * IB_CHAIN_MAX)

struct ib_id {
	const char *p;
	uint64_t hash; /* result of ib_table_hash() with the table's seed */
	uint32_t n;
};

struct ib_table {
	struct ib_huge_array bytes;  /* texts of all ids, concatenated */
	struct ib_huge_array offset; /* uint64_t[n + 1]: start of each id in `bytes` */
	struct ib_huge_array slots;  /* struct ib_slot[nslots + IB_OVERFLOW_SLOTS] */
	uint64_t nslots;	     /* number of buckets; there are IB_OVERFLOW_SLOTS more slots */
	uint64_t nbytes;	     /* total length of all ids */
	uint64_t n;		     /* number of rows */
	uint64_t seed;		     /* seed of the hash; 0 unless ids were chosen to collide */
	bool too_many_collisions;    /* true if a chain is too long; then call ib_table_reseed() */
	bool range;		     /* true if the id of row i is the digits of i */
	/* if `range` is true: number of ids in `bytes`, each in IB_ROW_ID_CELL bytes */
	uint64_t nids;
};

#define IB_ROW_ID_CELL 12

void ib_table_init(struct ib_table *t);
void ib_table_release(struct ib_table *t);

uint64_t ib_table_hash(struct ib_span id, uint64_t seed);

/* Return the id together with its hash, which is computed with `seed`. */
static inline struct ib_id
ib_id_of(struct ib_span id, uint64_t seed)
{
	return (struct ib_id){ id.p, ib_table_hash(id, seed), (uint32_t)id.n };
}

static inline struct ib_span
ib_id_span(const struct ib_id *id)
{
	return (struct ib_span){ id->p, id->n };
}

/* Replace the hashes of n ids by hashes with another seed. */
static inline void
ib_ids_rehash(struct ib_id *id, size_t n, uint64_t seed)
{
	size_t i;

	for (i = 0; i < n; i++)
		id[i].hash = ib_table_hash(ib_id_span(&id[i]), seed);
}

/* Reserve room for `rows` more rows, their slots, and `bytes` more bytes of ids. */
enum ib_status ib_table_reserve(struct ib_table *t, uint64_t rows, uint64_t bytes,
				struct ib_error *err);

/* Remove all rows. The memory is kept for new rows. */
void ib_table_clear(struct ib_table *t);

/*
 * Build the slots after the caller has written rows directly to `bytes` and `offset`. The reader of
 * score files uses this function. Returns IB_E_DATA if an id is repeated; *duplicate_row is then
 * set to the row in which the id is repeated.
 */
enum ib_status ib_table_index(struct ib_table *t, uint64_t *duplicate_row, struct ib_error *err);

/* Choose a random seed and rebuild all slots. Call this function if a chain is too long. */
enum ib_status ib_table_reseed(struct ib_table *t, struct ib_error *err);

/*
 * Put the slots into the order that score files use. This order depends only on the ids and their
 * order, not on how the table grew. There are 3 slots per 2 rows, sorted by tag and row. Each slot
 * is as near to its bucket as the preceding slots allow. *sorted is set to false if sorting is
 * impossible because the seed is not 0 or a chain would be too long. Ids can still be looked up and
 * added afterwards.
 */
#define IB_INDEX_SLOTS(rows) ((rows) + (rows) / 2 + 1)
enum ib_status ib_table_sort_slots(struct ib_table *t, bool *sorted, struct ib_error *err);

/*
 * True if the slots are in the order of ib_table_sort_slots(). Used for slots
 * that were read from an untrusted file. O(n).
 */
bool ib_table_is_sorted(const struct ib_table *t);

static inline const uint64_t *
ib_table_offsets(const struct ib_table *t)
{
	return t->offset.p;
}

/*
 * If the ids of the table are row numbers (a range), make the texts of the ids, for ib_table_id().
 * Otherwise do nothing. No other thread may use the table during the call.
 */
enum ib_status ib_table_make_ids(const struct ib_table *t, struct ib_error *err);

/*
 * Turn a range into a table with ids and slots. Call this before adding an id that is not the
 * number of the next row.
 */
enum ib_status ib_table_leave_range(struct ib_table *t, struct ib_error *err);

/*
 * If the ids of the table are row numbers: set row[i] to the row number that id[i] is. Returns
 * false if an id is neither an existing row nor the next new row. *rows is set to the number of
 * rows, including the new rows.
 */
bool ib_table_range_rows(const struct ib_table *t, const struct ib_id *id, size_t n, uint32_t *row,
			 uint64_t *rows);

static inline uint32_t
ib_table_range_row(const struct ib_table *t, const char *p, size_t n)
{
	uint64_t row;

	return ib_row_id_parse(p, n, &row) && row < t->n ? (uint32_t)row : IB_NO_ROW;
}

/* Return the id of a row. For a range, call ib_table_make_ids() first. */
static inline struct ib_span
ib_table_id(const struct ib_table *t, uint64_t row)
{
	const uint64_t *offset = t->offset.p;

	if (t->range)
		return (struct ib_span){ (const char *)t->bytes.p + row * IB_ROW_ID_CELL,
					 ib_row_id_length(row) };
	return (struct ib_span){ (const char *)t->bytes.p + offset[row],
				 (size_t)(offset[row + 1] - offset[row]) };
}

static inline uint64_t
ib_table_bucket(const struct ib_table *t, uint64_t hash)
{
	return ((hash >> 32) * t->nslots) >> 32;
}

/* True if a[0..n) equals b[0..n). Does not read beyond these n bytes. */
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

	/* A mapped file is not checked in advance, so its rows and offsets may be wrong. */
	return row < t->n && offset[row + 1] - offset[row] == n && offset[row] <= t->nbytes &&
	       n <= t->nbytes - offset[row] &&
	       ib_same_bytes((const char *)t->bytes.p + offset[row], p, n);
}

/*
 * Prefetch the slots that ib_table_probe() reads first. This is a macro because
 * gcc 12 removes calls to a function that only prefetches.
 */
#define IB_TABLE_FETCH(t, hash)                                                                    \
	do {                                                                                       \
		const struct ib_slot *fetch_ = (t)->slots.p;                                       \
                                                                                                   \
		fetch_ += ib_table_bucket(t, hash);                                                \
		__builtin_prefetch(fetch_);                                                        \
		__builtin_prefetch(fetch_ + IB_PROBE - 1);                                         \
	} while (0)

/*
 * Search forward from slot *at for a slot that has the tag of `hash` or is
 * empty, and set *at to that slot. Returns the slot's row, or IB_NO_ROW if the
 * slot is empty. The table must have an empty slot after *at.
 *
 * Each step searches IB_PROBE slots. Most searches end in the first step, so
 * the branch after a step is predicted well. A branch per slot would be
 * predicted badly.
 */
static inline uint32_t
ib_table_probe(const struct ib_table *t, uint64_t hash, uint64_t *at)
{
	const struct ib_slot *slot = t->slots.p;
	uint32_t tag = (uint32_t)(hash >> 32);
	uint64_t i = *at, end = t->nslots + IB_OVERFLOW_SLOTS;
	unsigned found = 0;

	while (i + IB_PROBE <= end && !(found = ib_probe(&slot[i], tag)))
		i += IB_PROBE;
	if (found)
		i += (uint64_t)__builtin_ctz(found);
	else
		while (slot[i].row1 != 0 && slot[i].tag != tag)
			i++;
	*at = i;
	return slot[i].row1 - 1; /* IB_NO_ROW if the slot is empty */
}

/* Return the row of an id, or IB_NO_ROW if the table does not have the id. */
static inline uint32_t
ib_table_find(const struct ib_table *t, const struct ib_id *id)
{
	uint64_t at = ib_table_bucket(t, id->hash);
	uint32_t row;

	if (t->n == 0)
		return IB_NO_ROW;
	if (t->range)
		return ib_table_range_row(t, id->p, id->n);
	while ((row = ib_table_probe(t, id->hash, &at)) != IB_NO_ROW &&
	       !ib_table_is(t, row, id->p, id->n))
		at++;
	return row;
}

/*
 * Look up a group of n <= IB_GROUP ids. row[i] is set to the row of id[i], or to IB_NO_ROW. at[i]
 * is set to the slot where the search for id[i] ended. touch[0..ntouch) are columns with 4 bytes
 * per row. The items of these columns are prefetched for each row that is found.
 */
void ib_table_group(const struct ib_table *t, const struct ib_id *id, size_t n,
		    const void *const *touch, size_t ntouch, uint32_t *row, uint64_t *at);

/*
 * Return the row of an id. If the id is new, add it and set *fresh to true.
 * `at` is the empty slot that the group look-up found; another id may have
 * taken this slot since then. The caller must have reserved room. O(1). May set
 * too_many_collisions.
 */
uint32_t ib_table_intern(struct ib_table *t, const struct ib_id *id, uint64_t at, bool *fresh);

/*
 * Look up n <= IB_GROUP ids, add the new ids, and set row[i] to the row of id[i]. The hashes of the
 * ids must be computed with seed 0; they are replaced if the table has another seed. Reserves room,
 * and chooses another seed if necessary. The table must not be a range.
 */
enum ib_status ib_table_intern_group(struct ib_table *t, struct ib_id *id, size_t n, uint32_t *row,
				     struct ib_error *err);

/*
 * Add an id that is not in the table. The caller must have reserved room. O(1).
 * May set too_many_collisions.
 */
uint32_t ib_table_add(struct ib_table *t, const struct ib_id *id);

#endif
