#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/error.h"
#include "score/table.h"

/* At most three slots in four are taken: a miss then probes some 8 slots, a
 * cache line. Doubling leaves three in eight, 21 bytes a row; growing fourfold
 * three in sixteen, 43. */
#define FEWEST_SLOTS 1024

/* No slot stands further behind its home. Slots of homes from here on can
 * therefore move to the new homes without meeting one that has yet to move. */
#define FRONT ((uint64_t)2 * IB_SLOTS_BEHIND)

/*
 * A table of this many slots grows fourfold, others twofold: fewer moves. Of
 * 0.8 to 1.6 million rows it takes 16 MiB more for that; with the columns, 12
 * MiB at most beyond 48 bytes a row. The first fold of 10^7 JSON lines takes 4
 * to 6 % less user time, and no more memory (AMD EPYC Zen 5, 2-core VM, gcc 12
 * -O2, 2026-11-24; medians of 15 in turns, twice).
 */
#define GROWS_FOURFOLD(nslots) ((nslots) >= 2 * FRONT && (nslots) <= (uint64_t)1 << 20)

#define SORTED_AT_ONCE ((size_t)4096)

static uint64_t
slots_bytes(uint64_t nslots)
{
	return (nslots + IB_SLOTS_BEHIND) * sizeof(struct ib_slot);
}

/* ---- sorting ------------------------------------------------------------ */

/* Taken slots on their way to another place, in ascending order. */
struct sorted {
	uint64_t v[SORTED_AT_ONCE + IB_SLOTS_BEHIND]; /* key_of */
	size_t n;
};

/* In the order of tags, then rows. */
static inline uint64_t
key_of(struct ib_slot s)
{
	return (uint64_t)s.tag << 32 | s.row1;
}

static inline struct ib_slot
slot_of(uint64_t key)
{
	return (struct ib_slot){ (uint32_t)(key >> 32), (uint32_t)key };
}

/* v[0..i) is in order: so is v[0..i] then. */
static void
sink(uint64_t *v, size_t i)
{
	uint64_t own = v[i];

	for (; i > 0 && own < v[i - 1]; i--)
		v[i] = v[i - 1];
	v[i] = own;
}

/* *low and *high in order, without a branch. */
static inline void
exchange(uint64_t *low, uint64_t *high)
{
	uint64_t a = *low, b = *high;

	*low = a < b ? a : b;
	*high = a < b ? b : a;
}

/*
 * Sort v, of which the first `sorted` are. They are nearly in order as they
 * come, but which are not nobody can foretell: four go along, and whatever
 * comes finds its place among them without a branch. Few are further off.
 * Settling a table of 10^7 rows takes 3.7 ns a row so, 4.8 by plain insertion;
 * with it growing to 2^24 slots takes 4.6 ns a row, 5.2 before, slot by slot
 * without sorting. Of ib-score's user time, first fold of 10^7 JSON lines on
 * one core, that is 4 to 5 % (AMD EPYC Zen 5, 2-core VM, gcc 12 -O2,
 * 2026-11-24; medians of 21 in turns).
 */
static void
sort(uint64_t *v, size_t sorted, size_t n)
{
	uint64_t a, b, c, d, x, last = 0;
	size_t i;

	for (i = sorted; i < n && i < 5; i++)
		sink(v, i);
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
			sink(v, i - 4);
		last = v[i - 4];
	}
	v[n - 4] = a;
	v[n - 3] = b;
	v[n - 2] = c;
	v[n - 1] = d;
}

/*
 * Take what is in slot[0..n) besides, leave zeros. No branch asks whether a
 * slot is taken: nobody could foretell that either.
 */
static void
take_sorted(struct sorted *s, struct ib_slot *slot, size_t n)
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

/* Move every slot of from[0..n) to its place among nslots. */
static void
move_all(const struct ib_slot *from, uint64_t n, struct ib_slot *to, uint64_t nslots)
{
	uint64_t i;

	for (i = 0; i < n; i++)
		if (from[i].row1 != 0)
			ib_slot_place(to, nslots, from[i]);
}

/*
 * Put all of s down. From slot `border` on others are there already: probe.
 * Returns the border for what comes next, whose homes are before.
 */
static uint64_t
put_apart(const struct sorted *s, struct ib_slot *slot, uint64_t nslots, uint64_t border)
{
	uint64_t home, free_at = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		home = ib_slot_home(slot_of(s->v[i]), nslots);
		free_at = free_at < home ? home : free_at;
		if (free_at < border)
			slot[free_at++] = slot_of(s->v[i]);
		else
			ib_slot_place(slot, nslots, slot_of(s->v[i]));
	}
	if (s->n == 0)
		return border;
	home = ib_slot_home(slot_of(s->v[0]), nslots);
	return home < border ? home : border;
}

/*
 * At least twice as many slots in the same memory, from back to front: a
 * slot's new home lies behind all that have yet to move, but near the front,
 * whose slots are all taken before one is put down. No second table is ever
 * there, and no page is touched that the new one does not need: what is saved
 * is the kernel's clearing of pages. First fold of 10^7 JSON lines, one core
 * of a 2-core EPYC VM, 2026-11-24, medians in turns: 1.57 s and 577 MB by half
 * as much again into new memory with an index built aside, 1.25 s and 479 MB
 * by this.
 */
static enum ib_status
grow_in_place(struct ib_table *t, uint64_t nslots, struct ib_error *err)
{
	struct sorted *s = malloc(sizeof(*s));
	struct ib_slot *slot;
	uint64_t at, end, border = nslots + IB_SLOTS_BEHIND;

	if (!s || !ib_huge_array_grow(&t->slots, slots_bytes(nslots))) {
		free(s);
		return ib_fail_memory(err);
	}
	slot = t->slots.p;
	for (end = t->nslots + IB_SLOTS_BEHIND; end > 0; end = at) {
		at = end <= FRONT ? 0 : end - FRONT < SORTED_AT_ONCE ? FRONT : end - SORTED_AT_ONCE;
		s->n = 0;
		take_sorted(s, slot + at, (size_t)(end - at));
		border = put_apart(s, slot, nslots, border);
	}
	free(s);
	t->nslots = nslots;
	return IB_OK;
}

static enum ib_status
grow_aside(struct ib_table *t, uint64_t nslots, struct ib_error *err)
{
	struct ib_huge_array fresh = { 0 };

	if (!ib_huge_array_grow(&fresh, slots_bytes(nslots)))
		return ib_fail_memory(err);
	if (t->slots.p)
		move_all(t->slots.p, t->nslots + IB_SLOTS_BEHIND, fresh.p, nslots);
	ib_huge_array_release(&t->slots);
	t->slots = fresh;
	t->nslots = nslots;
	return IB_OK;
}

/* Slots for `rows` rows in all. */
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
	return grow_aside(t, nslots, err);
}

enum ib_status
ib_table_reserve(struct ib_table *t, uint64_t rows, uint64_t bytes, struct ib_error *err)
{
	uint64_t want = t->n + rows;

	if (want >= UINT32_MAX - 1)
		return ib_fail(err, IB_E_IO,
			       "more than %u samples: deal them into parts "
			       "(--part)",
			       UINT32_MAX - 2);
	if (!ib_huge_array_grow(&t->bytes, t->nbytes + bytes + 16) ||
	    !ib_huge_array_grow(&t->offset, (want + 1) * sizeof(uint64_t)))
		return ib_fail_memory(err);
	return reserve_slots(t, want, err);
}

/* ---- building ----------------------------------------------------------- */

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
		IB_TABLE_FETCH(t, hash[i]);
	}
	for (i = 0; i < n; i++) {
		id = ib_table_id(t, from + i);
		at = ib_table_home(t, hash[i]);
		while ((row = ib_table_probe(t, hash[i], &at)) != IB_NO_ROW) {
			if (ib_table_is(t, row, id.p, id.n))
				return (uint32_t)(from + i);
			at++;
		}
		if (ib_slot_place(slot, t->nslots, ib_slot_of(hash[i], (uint32_t)(from + i))) >
		    IB_CHAIN_MAX)
			t->crowded = true;
	}
	return IB_NO_ROW;
}

void
ib_table_clear(struct ib_table *t)
{
	t->n = t->nbytes = t->seed = 0;
	t->crowded = false;
	if (t->slots.p)
		memset(t->slots.p, 0, t->slots.cap);
}

static void
draw_seed(struct ib_table *t)
{
	t->crowded = false;
	if (getrandom(&t->seed, sizeof(t->seed), 0) != sizeof(t->seed) || t->seed == 0)
		t->seed = (uint64_t)time(NULL) * 0x9e3779b97f4a7c15u | 1;
}

enum ib_status
ib_table_index(struct ib_table *t, uint64_t *twice, struct ib_error *err)
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
			*twice = found;
			return ib_fail(err, IB_E_DATA, "an id stands twice");
		}
		if (t->crowded) {
			draw_seed(t);
			return ib_table_index(t, twice, err);
		}
	}
	return IB_OK;
}

enum ib_status
ib_table_reseed(struct ib_table *t, struct ib_error *err)
{
	uint64_t twice;

	draw_seed(t);
	return ib_table_index(t, &twice, err);
}

/* ---- the layout of a file ----------------------------------------------- */

/*
 * Put back those whose home, of `had`, is below `below`: nothing that comes
 * later is before them.
 */
static uint64_t
put_sorted(struct sorted *s, uint64_t had, uint64_t below, struct ib_slot *slot, uint64_t nslots,
	   uint64_t free_at)
{
	uint64_t home;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (ib_slot_home(slot_of(s->v[i]), had) >= below)
			break;
		home = ib_slot_home(slot_of(s->v[i]), nslots);
		free_at = free_at < home ? home : free_at;
		slot[free_at++] = slot_of(s->v[i]);
	}
	s->n -= i;
	memmove(s->v, s->v + i, s->n * sizeof(*s->v));
	return free_at;
}

/*
 * Sort the slots and draw them together to fewer homes, from front to back:
 * none moves up, so none is written over before it was taken. False: no empty
 * slot is left behind the last.
 */
static bool
draw_together(struct sorted *s, struct ib_slot *slot, uint64_t had, uint64_t nslots)
{
	uint64_t total = had + IB_SLOTS_BEHIND, at, end, free_at = 0;

	s->n = 0;
	for (at = 0; at < total; at = end) {
		end = total - at < SORTED_AT_ONCE ? total : at + SORTED_AT_ONCE;
		take_sorted(s, slot + at, (size_t)(end - at));
		free_at = put_sorted(s, had,
				     end == total	     ? had
				     : end < IB_SLOTS_BEHIND ? 0
							     : end - IB_SLOTS_BEHIND,
				     slot, nslots, free_at);
	}
	return free_at < nslots + IB_SLOTS_BEHIND;
}

enum ib_status
ib_table_settle(struct ib_table *t, bool *fine, struct ib_error *err)
{
	uint64_t nslots = IB_INDEX_SLOTS(t->n);
	enum ib_status st = IB_OK;
	struct sorted *s;

	*fine = false;
	if (t->seed != 0 || !t->slots.p || nslots > UINT32_MAX)
		return IB_OK;
	s = malloc(sizeof(*s));
	if (!s)
		return ib_fail_memory(err);
	if (t->nslots < nslots)
		st = grow_aside(t, nslots, err);
	if (!st)
		*fine = draw_together(s, t->slots.p, t->nslots, nslots);
	free(s);
	if (st)
		return st;
	if (!*fine)
		return ib_table_reseed(t, err);
	t->nslots = nslots;
	return IB_OK;
}

bool
ib_table_is_settled(const struct ib_table *t)
{
	const struct ib_slot *slot = t->slots.p;
	uint64_t i, free_at = 0, count = 0, home;
	uint64_t n = t->nslots + IB_SLOTS_BEHIND;
	struct ib_slot last = { 0, 0 };
	bool fine = t->nslots == IB_INDEX_SLOTS(t->n) && slot[n - 1].row1 == 0;

	for (i = 0; i < n && fine; i++) {
		if (slot[i].row1 == 0)
			continue;
		home = ib_slot_home(slot[i], t->nslots);
		fine = i == (home > free_at ? home : free_at) && i - home <= IB_CHAIN_MAX &&
		       slot[i].row1 <= t->n && key_of(last) < key_of(slot[i]);
		last = slot[i];
		free_at = i + 1;
		count++;
	}
	return fine && count == t->n;
}
