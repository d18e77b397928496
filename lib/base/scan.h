/*
 * Search for bytes, 16 or 32 at a time: the inner loops of all parsers. A reader selects the
 * variant for its processor once, when it is created. All variants return the same results.
 */
#ifndef IB_BASE_SCAN_H
#define IB_BASE_SCAN_H

#include "infobatch.h"

/* Number of bytes after the byte that ends a scan that must be readable. */
#define IB_SCAN_PAD 64

struct ib_scan_ops {
	const char *name; /* "avx2", ... */
	/* Returns the first byte from p on that is a quote, a backslash or below 0x20.
	 * The caller guarantees that there is one. */
	const char *(*string)(const char *p);
	/* Returns the first byte from p on that is a, b or a newline. The caller guarantees
	 * that there is one. */
	const char *(*field)(const char *p, char a, char b);
	/* Returns the number of bytes in p[0..n) that are equal to c. */
	size_t (*count)(const char *p, size_t n, char c);
};

/* Returns the fastest variant for this processor. */
const struct ib_scan_ops *ib_scan_best(void);

/* Returns the i-th variant for this processor, or NULL after the last one. For tests. */
const struct ib_scan_ops *ib_scan_variant(size_t i);

/*
 * Each of the following functions looks at 16 bytes at p and returns a mask, with the bit of the
 * first byte lowest: string16 marks quotes, backslashes and bytes below 0x20; field16 marks a, b
 * and newlines; digits16 marks digits; equal16 marks c. same16 returns true if the n <= 16 bytes
 * at p and q are equal; 16 bytes must be readable at both.
 */
#if defined(__SSE2__)
#include <emmintrin.h>

#define IB_SCAN_WIDE "sse2"

static inline __m128i
ib_scan_load16(const char *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline unsigned
ib_scan_string16(const char *p)
{
	__m128i v = ib_scan_load16(p);
	__m128i m = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8('"')),
					      _mm_cmpeq_epi8(v, _mm_set1_epi8('\\'))),
				 _mm_cmpeq_epi8(_mm_min_epu8(v, _mm_set1_epi8(0x1f)), v));

	return (unsigned)_mm_movemask_epi8(m);
}

static inline unsigned
ib_scan_field16(const char *p, char a, char b)
{
	__m128i v = ib_scan_load16(p);
	__m128i m = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(v, _mm_set1_epi8(a)),
					      _mm_cmpeq_epi8(v, _mm_set1_epi8(b))),
				 _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')));

	return (unsigned)_mm_movemask_epi8(m);
}

static inline unsigned
ib_scan_digits16(const char *p)
{
	__m128i d = _mm_sub_epi8(ib_scan_load16(p), _mm_set1_epi8('0'));

	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(d, _mm_set1_epi8(9)), d));
}

static inline unsigned
ib_scan_equal16(const char *p, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(ib_scan_load16(p), _mm_set1_epi8(c)));
}

static inline bool
ib_scan_same16(const char *p, const char *q, unsigned n)
{
	unsigned m =
		(unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(ib_scan_load16(p), ib_scan_load16(q)));

	return (~m & ((1u << n) - 1)) == 0;
}
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>

#define IB_SCAN_WIDE "neon"

static inline uint8x16_t
ib_scan_load16(const char *p)
{
	return vld1q_u8((const uint8_t *)p);
}

/* Convert bytes 0xff and 0 to a mask: give each byte its bit, then add up each half. */
static inline unsigned
ib_scan_mask16(uint8x16_t bytes)
{
	static const uint8_t weight[16] = {
		1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128
	};
	uint8x16_t m = vandq_u8(bytes, vld1q_u8(weight));

	return (unsigned)vaddv_u8(vget_low_u8(m)) | (unsigned)vaddv_u8(vget_high_u8(m)) << 8;
}

static inline unsigned
ib_scan_string16(const char *p)
{
	uint8x16_t v = ib_scan_load16(p);
	uint8x16_t m = vorrq_u8(vceqq_u8(v, vdupq_n_u8('"')), vceqq_u8(v, vdupq_n_u8('\\')));

	return ib_scan_mask16(vorrq_u8(m, vcltq_u8(v, vdupq_n_u8(0x20))));
}

static inline unsigned
ib_scan_field16(const char *p, char a, char b)
{
	uint8x16_t v = ib_scan_load16(p);
	uint8x16_t m =
		vorrq_u8(vceqq_u8(v, vdupq_n_u8((uint8_t)a)), vceqq_u8(v, vdupq_n_u8((uint8_t)b)));

	return ib_scan_mask16(vorrq_u8(m, vceqq_u8(v, vdupq_n_u8('\n'))));
}

static inline unsigned
ib_scan_digits16(const char *p)
{
	uint8x16_t d = vsubq_u8(ib_scan_load16(p), vdupq_n_u8('0'));

	return ib_scan_mask16(vcltq_u8(d, vdupq_n_u8(10)));
}

static inline unsigned
ib_scan_equal16(const char *p, char c)
{
	return ib_scan_mask16(vceqq_u8(ib_scan_load16(p), vdupq_n_u8((uint8_t)c)));
}

static inline bool
ib_scan_same16(const char *p, const char *q, unsigned n)
{
	unsigned m = ib_scan_mask16(vceqq_u8(ib_scan_load16(p), ib_scan_load16(q)));

	return (~m & ((1u << n) - 1)) == 0;
}
#else
#include <string.h>

static inline unsigned
ib_scan_string16(const char *p)
{
	unsigned m = 0, i;

	for (i = 0; i < 16; i++)
		if (p[i] == '"' || p[i] == '\\' || (unsigned char)p[i] < 0x20)
			m |= 1u << i;
	return m;
}

static inline unsigned
ib_scan_field16(const char *p, char a, char b)
{
	unsigned m = 0, i;

	for (i = 0; i < 16; i++)
		if (p[i] == a || p[i] == b || p[i] == '\n')
			m |= 1u << i;
	return m;
}

static inline unsigned
ib_scan_digits16(const char *p)
{
	unsigned m = 0, i;

	for (i = 0; i < 16; i++)
		m |= (unsigned)(p[i] >= '0' && p[i] <= '9') << i;
	return m;
}

static inline bool
ib_scan_same16(const char *p, const char *q, unsigned n)
{
	return memcmp(p, q, n) == 0;
}
#endif

/*
 * Returns the same as ops->string. Most strings are short, so the first 32 bytes are searched
 * inline; ops->string continues with wider instructions.
 */
static inline const char *
ib_scan_string(const struct ib_scan_ops *ops, const char *p)
{
	unsigned m = ib_scan_string16(p);

	if (m)
		return p + __builtin_ctz(m);
	m = ib_scan_string16(p + 16);
	if (m)
		return p + 16 + __builtin_ctz(m);
	return ops->string(p + 32);
}

/* Returns the same as ops->field; searches the first 32 bytes inline. */
static inline const char *
ib_scan_field(const struct ib_scan_ops *ops, const char *p, char a, char b)
{
	unsigned m = ib_scan_field16(p, a, b);

	if (m)
		return p + __builtin_ctz(m);
	m = ib_scan_field16(p + 16, a, b);
	if (m)
		return p + 16 + __builtin_ctz(m);
	return ops->field(p + 32, a, b);
}

#endif
