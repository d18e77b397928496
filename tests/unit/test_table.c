#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "score/table.h"

static struct ib_id
id_of(char text[16], unsigned k)
{
	struct ib_span s = { text, 0 };

	snprintf(text, 16, "s%u", k);
	s.n = strlen(text);
	return (struct ib_id){ s.p, ib_table_hash(s, 0), (uint32_t)s.n };
}

/* Add the ids up to s(n-1) one by one, as a fold does. */
static void
fill(struct ib_table *t, unsigned n)
{
	char text[16];
	struct ib_id id;
	unsigned k;

	for (k = (unsigned)t->n; k < n; k++) {
		id = id_of(text, k);
		cr_assert(ib_table_reserve(t, 1, id.n, NULL) == IB_OK);
		cr_assert(eq(uint, ib_table_add(t, &id), k));
	}
}

static void
expect_all(const struct ib_table *t, unsigned n)
{
	char text[16];
	struct ib_id id;
	unsigned k;

	cr_assert(eq(u64, t->n, n));
	for (k = 0; k < n; k++) {
		id = id_of(text, k);
		cr_assert(eq(uint, ib_table_find(t, &id), k));
	}
	id = id_of(text, n);
	cr_assert(eq(uint, ib_table_find(t, &id), IB_NO_ROW));
}

/* The sizes are smaller and larger than the number of slots that one step of growing moves. */
Test(table, every_id_is_found_after_any_growth)
{
	static const unsigned sizes[] = { 1, 700, 3000, 3100, 6200, 12500, 25000, 100000, 400000 };
	struct ib_table t;
	size_t i;

	ib_table_init(&t);
	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		fill(&t, sizes[i]);
		expect_all(&t, sizes[i]);
	}
	ib_table_release(&t);
}

static int
by_tag_and_row(const void *a, const void *b)
{
	const struct ib_slot *x = a, *y = b;

	if (x->tag != y->tag)
		return x->tag < y->tag ? -1 : 1;
	return x->row1 < y->row1 ? -1 : 1;
}

/* Compute the order of ib_table_sort_slots() in the plainest way: sort all slots, and store them.
 */
static struct ib_slot *
plain_layout(unsigned n)
{
	uint64_t nslots = IB_INDEX_SLOTS((uint64_t)n), bucket, at = 0;
	struct ib_slot *all = calloc(n, sizeof(*all));
	struct ib_slot *out = calloc(nslots + IB_OVERFLOW_SLOTS, sizeof(*out));
	char text[16];
	unsigned k;

	for (k = 0; k < n; k++)
		all[k] = ib_slot_of(id_of(text, k).hash, k);
	qsort(all, n, sizeof(*all), by_tag_and_row);
	for (k = 0; k < n; k++) {
		bucket = ((uint64_t)all[k].tag * nslots) >> 32;
		at = at > bucket ? at : bucket;
		out[at++] = all[k];
	}
	free(all);
	return out;
}

/* Before sorting, these tables have more or fewer slots than in a file. Some have just grown. */
Test(table, sorted_slots_have_the_layout_of_a_file)
{
	static const unsigned sizes[] = { 1,	 2,	700,   767,   769,   3000,  6100,
					  12000, 30000, 45000, 49152, 49160, 98000, 200000 };
	struct ib_slot *plain;
	struct ib_table t;
	bool fine;
	size_t i;

	for (i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		ib_table_init(&t);
		fill(&t, sizes[i] / 2 + 1);
		cr_assert(ib_table_sort_slots(&t, &fine, NULL) == IB_OK && fine);
		fill(&t, sizes[i]);
		cr_assert(ib_table_sort_slots(&t, &fine, NULL) == IB_OK && fine);
		plain = plain_layout((unsigned)t.n);
		cr_assert(eq(u64, t.nslots, IB_INDEX_SLOTS(t.n)));
		cr_expect(memcmp(t.slots.p, plain,
				 (t.nslots + IB_OVERFLOW_SLOTS) * sizeof(*plain)) == 0,
			  "%u ids", sizes[i]);
		cr_expect(ib_table_is_sorted(&t));
		expect_all(&t, (unsigned)t.n);
		fill(&t, sizes[i] + 2000);
		expect_all(&t, sizes[i] + 2000);
		free(plain);
		ib_table_release(&t);
	}
}

/* The index of a file is untrusted. ib_table_is_sorted() finds every slot that is wrong. */
Test(table, a_wrong_slot_is_not_accepted_as_sorted)
{
	struct ib_table t;
	struct ib_slot *slot, own;
	uint64_t i, k, n;
	bool fine;

	ib_table_init(&t);
	fill(&t, 5000);
	cr_assert(ib_table_sort_slots(&t, &fine, NULL) == IB_OK && fine);
	slot = t.slots.p;
	n = t.nslots + IB_OVERFLOW_SLOTS;
	for (i = 0; i < n; i += 37) {
		own = slot[i];
		for (k = 0; k < 3; k++) {
			if (own.row1 == 0)
				slot[i] = (struct ib_slot){ .tag = own.tag, .row1 = 7 };
			else if (k == 0)
				slot[i].row1 = 0;
			else if (k == 1)
				slot[i].row1 = 5001;
			else
				slot[i].tag ^= 0x80000000;
			cr_expect(ib_table_is_sorted(&t) == false, "slot %u, %u", (unsigned)i,
				  (unsigned)k);
			slot[i] = own;
		}
	}
	cr_expect(ib_table_is_sorted(&t));
	ib_table_release(&t);
}

/*
 * The table has 4096 buckets. 100 ids have a bucket each, near the end, and 2040 ids have the last
 * bucket. In a file with 3211 buckets, the 100 ids would have only 79 buckets, so the chain would
 * not fit before the end. So the table gets a seed, and the file gets no index.
 */
Test(table, a_chain_past_the_last_slot_prevents_the_layout)
{
	struct ib_table t;
	char text[16];
	struct ib_id id;
	uint64_t tag;
	unsigned k;
	bool fine = true;

	ib_table_init(&t);
	for (k = 0; k < 2140; k++) {
		id = id_of(text, k);
		tag = k < 100 ? (uint64_t)(3995 + k) << 20 : UINT32_MAX;
		id.hash = tag << 32;
		cr_assert(ib_table_reserve(&t, 1, id.n, NULL) == IB_OK);
		cr_assert(eq(uint, ib_table_add(&t, &id), k));
	}
	cr_assert(eq(u64, t.nslots, 4096));
	cr_assert(ib_table_sort_slots(&t, &fine, NULL) == IB_OK);
	cr_expect(fine == false);
	cr_assert(t.seed != 0);
	for (k = 0; k < 2140; k++) {
		id = id_of(text, k);
		id.hash = ib_table_hash((struct ib_span){ id.p, id.n }, t.seed);
		cr_assert(eq(uint, ib_table_find(&t, &id), k));
	}
	ib_table_release(&t);
}

/* A slot of a mapped file may have an invalid row. Such a row is never the result of a look-up. */
Test(table, row_numbers_out_of_range_are_not_followed)
{
	struct ib_id id[IB_GROUP];
	char text[IB_GROUP][16];
	uint64_t at[IB_GROUP], i;
	uint32_t row[IB_GROUP];
	struct ib_table t;
	struct ib_slot *slot;

	ib_table_init(&t);
	fill(&t, IB_GROUP);
	slot = t.slots.p;
	for (i = 0; i < t.nslots; i++)
		if (slot[i].row1 != 0)
			slot[i].row1 = UINT32_MAX;
	for (i = 0; i < IB_GROUP; i++)
		id[i] = id_of(text[i], (unsigned)i);
	ib_table_group(&t, id, IB_GROUP, NULL, 0, row, at);
	for (i = 0; i < IB_GROUP; i++)
		cr_expect(eq(uint, row[i], IB_NO_ROW));
	ib_table_release(&t);
}

/*
 * There are 1300 ids, all with buckets in the first sixteenth of the table, and the first id is
 * repeated after them. The long chain makes the table choose another seed.
 */
Test(table, a_repeated_id_is_found_after_a_change_of_the_seed)
{
	uint64_t *offset, duplicate_row = UINT64_MAX;
	struct ib_table t;
	char text[16];
	struct ib_id id;
	unsigned k = 0;

	ib_table_init(&t);
	cr_assert(ib_table_reserve(&t, 1301, 1301 * 16, NULL) == IB_OK);
	offset = t.offset.p;
	for (offset[0] = 0; t.n < 1301; k++) {
		id = id_of(text, k);
		if (t.n == 1300)
			id = (struct ib_id){ t.bytes.p, 0, (uint32_t)offset[1] };
		if (id.hash >> 60 != 0)
			continue;
		memmove((char *)t.bytes.p + offset[t.n], id.p, id.n);
		offset[t.n + 1] = offset[t.n] + id.n;
		t.n++;
	}
	cr_expect(ib_table_index(&t, &duplicate_row, NULL) == IB_E_DATA);
	cr_expect(t.seed != 0);
	cr_expect(eq(u64, duplicate_row, 1300));
	ib_table_release(&t);
}

/* ---- probing by eights ---------------------------------------------------- */

static uint64_t
draw(uint64_t *state) /* xorshift64 */
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* There are only a few tags, so that they collide. Empty slots may have tags too. */
Test(table, a_probe_of_eight_slots_equals_a_loop)
{
	static const uint32_t tags[] = { 0, 1, 0x80000000, UINT32_MAX };
	static const uint32_t rows[] = { 0, 1, 0x10000, UINT32_MAX };
	struct ib_slot slot[1 + IB_PROBE];
	uint64_t state = 11;
	unsigned k, i, plain;

	for (k = 0; k < 100000; k++) {
		uint32_t tag = tags[draw(&state) % 4], kinds = 1 + k % 4;

		for (i = 0; i < 1 + IB_PROBE; i++)
			slot[i] = (struct ib_slot){
				.tag = tags[draw(&state) % kinds],
				.row1 = rows[draw(&state) % 4 < k % 3 ? 0 : 1 + draw(&state) % 3]
			};
		for (i = plain = 0; i < IB_PROBE; i++)
			if (slot[1 + i].row1 == 0 || slot[1 + i].tag == tag)
				plain |= 1u << i;
		cr_assert(eq(uint, ib_probe(slot + 1, tag), plain), "%u", k);
	}
}

/*
 * Probe from every slot of a table. `taken` percent of its slots are used. The last slot is empty,
 * as required, and the memory ends after it.
 */
static void
expect_probes(unsigned taken, uint64_t nslots, uint64_t *state)
{
	uint64_t total = nslots + IB_OVERFLOW_SLOTS, i, k, at, plain;
	struct ib_slot *slot = calloc(total, sizeof(*slot));
	struct ib_table t = { .slots = { slot, 0 }, .nslots = nslots, .n = 9 };
	uint64_t hash;

	for (i = 0; i + 1 < total; i++)
		if (draw(state) % 100 < taken)
			slot[i] = (struct ib_slot){ .tag = (uint32_t)(draw(state) % 64),
						    .row1 = (uint32_t)i + 1 };
	for (i = 0; i < total; i++) {
		k = draw(state) % 65; /* no slot has the tag 64 */
		hash = k << 32 | (draw(state) & UINT32_MAX);
		for (plain = i; slot[plain].row1 != 0 && slot[plain].tag != k; plain++)
			;
		at = i;
		cr_assert(eq(uint, ib_table_probe(&t, hash, &at), slot[plain].row1 - 1));
		cr_assert(eq(u64, at, plain), "%u %%, from %u", taken, (unsigned)i);
	}
	free(slot);
}

Test(table, a_probe_ends_at_the_slot_that_a_loop_finds)
{
	static const unsigned taken[] = { 0, 30, 75, 97, 100 };
	uint64_t state = 5, nslots;
	size_t i;

	for (i = 0; i < sizeof(taken) / sizeof(*taken); i++)
		for (nslots = 1; nslots < 20; nslots++)
			expect_probes(taken[i], nslots, &state);
}

/* All ids have the same tag and the last bucket. The chain has the maximum length. */
Test(table, ids_that_collide_in_the_last_bucket_are_found)
{
	struct ib_id id[IB_GROUP];
	char text[IB_GROUP][16];
	uint64_t at[IB_GROUP];
	uint32_t row[IB_GROUP];
	struct ib_table t;
	unsigned k, n;

	ib_table_init(&t);
	for (k = 0; k < IB_CHAIN_MAX; k++) {
		id[0] = id_of(text[0], k);
		id[0].hash = UINT64_MAX - (k & 1);
		cr_assert(ib_table_reserve(&t, 1, id[0].n, NULL) == IB_OK);
		cr_assert(eq(uint, ib_table_add(&t, &id[0]), k));
	}
	for (k = 0; k < IB_CHAIN_MAX + 8; k += n) {
		for (n = 0; n < IB_GROUP && k + n < IB_CHAIN_MAX + 8; n++) {
			id[n] = id_of(text[n], k + n);
			id[n].hash = UINT64_MAX - 2;
		}
		ib_table_group(&t, id, n, NULL, 0, row, at);
		for (n = 0; n < IB_GROUP && k + n < IB_CHAIN_MAX + 8; n++)
			cr_expect(eq(uint, row[n], k + n < IB_CHAIN_MAX ? k + n : IB_NO_ROW));
	}
	cr_expect(t.too_many_collisions == false);
	ib_table_release(&t);
}

/*
 * Return id k. The ids form 97 clumps, each in one or two buckets. Within a clump, later ids have
 * smaller hashes.
 */
static struct ib_id
clumped(char text[16], unsigned k)
{
	struct ib_id id = id_of(text, k);

	id.hash = ((uint64_t)(k % 97) * (UINT32_MAX / 97) + 60000 - k) << 32;
	return id;
}

/* The chains are long, not sorted, and cross the borders of the blocks that are moved at once. */
Test(table, long_chains_in_reverse_order_are_sorted)
{
	struct ib_slot *slot, last = { 0, 0 };
	struct ib_table t;
	char text[16];
	struct ib_id id;
	unsigned k, n;
	uint64_t i;
	bool fine;

	ib_table_init(&t);
	for (n = 0; n < 60000; n++) {
		id = clumped(text, n);
		cr_assert(ib_table_reserve(&t, 1, id.n, NULL) == IB_OK);
		ib_table_add(&t, &id);
		for (k = 0; n % 5000 == 4999 && k <= n; k++) {
			id = clumped(text, k);
			cr_assert(eq(uint, ib_table_find(&t, &id), k));
		}
	}
	cr_expect(t.too_many_collisions == false);
	cr_assert(ib_table_sort_slots(&t, &fine, NULL) == IB_OK);
	cr_expect(fine);
	cr_expect(ib_table_is_sorted(&t));
	slot = t.slots.p;
	for (i = n = 0; i < t.nslots + IB_OVERFLOW_SLOTS; i++) {
		if (slot[i].row1 == 0)
			continue;
		cr_assert(n == 0 || by_tag_and_row(&last, &slot[i]) < 0);
		last = slot[i];
		n++;
	}
	cr_expect(eq(uint, n, 60000));
	ib_table_release(&t);
}
