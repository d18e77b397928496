/* Find duplicate ids with a hash set of id hashes. */
#define XXH_INLINE_ALL
#include "prune/duplicates.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/system.h"

#define SLOTS_MIN 1024	     /* minimum number of slots of the hash set */
#define PREFETCH_DISTANCE 16 /* number of look-ups whose cache misses overlap */

enum ib_status
ib_duplicate_check_init(struct ib_duplicate_check *s, uint64_t rows, struct ib_error *err)
{
	*s = (struct ib_duplicate_check){ 0 };
	s->seed = ib_system_random();
	if (!ib_huge_array_grow(&s->rows, (rows / 64 + 1) * 8))
		return ib_fail_memory(err);
	return IB_OK;
}

void
ib_duplicate_check_release(struct ib_duplicate_check *s)
{
	ib_huge_array_release(&s->rows);
	ib_huge_array_release(&s->unseen);
}

XXH128_hash_t
ib_duplicate_check_hash(const struct ib_duplicate_check *s, struct ib_span id)
{
	XXH128_hash_t h = XXH3_128bits_withSeed(id.p, id.n, s->seed);

	h.low64 |= h.high64 == 0; /* an all-zero hash would mark an empty slot */
	return h;
}

static inline uint64_t
bucket(uint64_t nslots, XXH128_hash_t h)
{
	return ((h.high64 >> 32) * nslots) >> 32;
}

/* Return the slot that contains h. If no slot contains h, return the empty slot for h. */
static inline XXH128_hash_t *
slot_of(XXH128_hash_t *slots, uint64_t nslots, XXH128_hash_t h)
{
	uint64_t i = bucket(nslots, h);

	while ((slots[i].low64 | slots[i].high64) != 0 &&
	       (slots[i].low64 != h.low64 || slots[i].high64 != h.high64))
		if (++i == nslots)
			i = 0;
	return &slots[i];
}

static enum ib_status
grow_set(struct ib_duplicate_check *s, uint64_t more, struct ib_error *err)
{
	struct ib_huge_array fresh = { 0 };
	XXH128_hash_t *old = s->unseen.p;
	uint64_t want = (s->n + more) / 3 * 4 + SLOTS_MIN, i;

	if (s->n + more <= s->nslots / 4 * 3)
		return IB_OK;
	if (want < s->nslots + s->nslots / 2)
		want = s->nslots + s->nslots / 2;
	if (want > UINT32_MAX || !ib_huge_array_grow(&fresh, want * sizeof(*old)))
		return ib_fail_memory(err);
	for (i = 0; i < s->nslots; i++)
		if ((old[i].low64 | old[i].high64) != 0)
			*slot_of(fresh.p, want, old[i]) = old[i];
	ib_huge_array_release(&s->unseen);
	s->unseen = fresh;
	s->nslots = want;
	return IB_OK;
}

enum ib_status
ib_duplicate_check_unseen(struct ib_duplicate_check *s, const XXH128_hash_t *hash, size_t n,
			  size_t *duplicate, struct ib_error *err)
{
	XXH128_hash_t *slots, *slot;
	enum ib_status st = grow_set(s, n, err);
	size_t i;

	*duplicate = SIZE_MAX;
	if (st)
		return st;
	slots = s->unseen.p;
	for (i = 0; i < n; i++) {
		if (i + PREFETCH_DISTANCE < n)
			__builtin_prefetch(&slots[bucket(s->nslots, hash[i + PREFETCH_DISTANCE])]);
		slot = slot_of(slots, s->nslots, hash[i]);
		if ((slot->low64 | slot->high64) != 0) {
			*duplicate = i;
			return IB_OK;
		}
		*slot = hash[i];
		s->n++;
	}
	return IB_OK;
}
