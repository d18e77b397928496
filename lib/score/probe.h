/*
 * The slots of a hash table (table.h), and a function that searches eight slots
 * at once. The variants for x86-64 and aarch64 use vector instructions that
 * every processor of that architecture supports. All variants give the same
 * results.
 */
#ifndef IB_SCORE_PROBE_H
#define IB_SCORE_PROBE_H

#include <stdint.h>

#include "base/little_endian.h"

/*
 * A slot is stored in score files as one integer of eight bytes, row1 << 32 | tag. The order of
 * the members is the order in which this machine stores the two halves of the integer.
 */
struct ib_slot {
#if IB_HOST_IS_BIG_ENDIAN
	uint32_t row1, tag;
#else
	uint32_t tag;
	uint32_t row1; /* row + 1; 0 if the slot is empty */
#endif
};

#define IB_PROBE 8 /* number of slots searched together */

#if defined(__SSE2__)
#include <emmintrin.h>

/*
 * Compare four slots with the tag. In the result, all bits are set in the lane
 * of a slot that is empty or has the tag.
 */
static inline __m128i
ib_probe4(const struct ib_slot *s, __m128i tag)
{
	__m128 a = _mm_loadu_ps((const float *)(const void *)s);
	__m128 b = _mm_loadu_ps((const float *)(const void *)(s + 2));
	__m128i tags = _mm_castps_si128(_mm_shuffle_ps(a, b, 0x88));
	__m128i rows = _mm_castps_si128(_mm_shuffle_ps(a, b, 0xdd));

	return _mm_or_si128(_mm_cmpeq_epi32(tags, tag), _mm_cmpeq_epi32(rows, _mm_setzero_si128()));
}

/* Return a bit mask: bit i is set if slot s[i], i < IB_PROBE, is empty or has the tag. */
static inline unsigned
ib_probe(const struct ib_slot *s, uint32_t tag)
{
	__m128i t = _mm_set1_epi32((int)tag);
	__m128i m = _mm_packs_epi32(ib_probe4(s, t), ib_probe4(s + 4, t));

	return (unsigned)_mm_movemask_epi8(_mm_packs_epi16(m, _mm_setzero_si128()));
}
#elif defined(__aarch64__) && defined(__ARM_NEON) && !IB_HOST_IS_BIG_ENDIAN
#include <arm_neon.h>

static inline uint16x4_t
ib_probe4(const struct ib_slot *s, uint32x4_t tag)
{
	uint32x4x2_t v = vld2q_u32((const uint32_t *)(const void *)s);

	return vmovn_u32(vorrq_u32(vceqq_u32(v.val[0], tag), vceqzq_u32(v.val[1])));
}

static inline unsigned
ib_probe(const struct ib_slot *s, uint32_t tag)
{
	static const uint16_t weight[8] = { 1, 2, 4, 8, 16, 32, 64, 128 };
	uint32x4_t t = vdupq_n_u32(tag);
	uint16x8_t m = vcombine_u16(ib_probe4(s, t), ib_probe4(s + 4, t));

	return vaddvq_u16(vandq_u16(m, vld1q_u16(weight)));
}
#else
static inline unsigned
ib_probe(const struct ib_slot *s, uint32_t tag)
{
	unsigned m = 0, i;

	for (i = 0; i < IB_PROBE; i++)
		m |= (unsigned)((s[i].row1 == 0) | (s[i].tag == tag)) << i;
	return m;
}
#endif

static inline struct ib_slot
ib_slot_of(uint64_t hash, uint32_t row)
{
	return (struct ib_slot){ .tag = (uint32_t)(hash >> 32), .row1 = row + 1 };
}

/* Return the index of the slot's bucket, which is the first place where the slot may be stored. */
static inline uint64_t
ib_slot_bucket(struct ib_slot s, uint64_t nslots)
{
	return ((uint64_t)s.tag * nslots) >> 32;
}

/*
 * Store a slot at the first free place, searching forward from the slot's
 * bucket. Returns the distance between the bucket and this place.
 */
static inline uint64_t
ib_slot_place(struct ib_slot *slots, uint64_t nslots, struct ib_slot s)
{
	uint64_t bucket = ib_slot_bucket(s, nslots), i = bucket;

	while (slots[i].row1 != 0)
		i++;
	slots[i] = s;
	return i - bucket;
}

#endif
