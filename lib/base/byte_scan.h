/*
 * Search for bytes, 16 at a time. These are the inner loops of all parsers. The comparisons
 * use the vector types of gcc and clang. Only the conversion of a comparison to a bit mask
 * depends on the processor (SSE2, NEON, or a loop on other processors). Wider vectors,
 * selected at run time, would not make the commands faster, because most fields are shorter
 * than 16 bytes.
 */
#ifndef IB_BASE_BYTE_SCAN_H
#define IB_BASE_BYTE_SCAN_H

#include <string.h>

#include "infobatch_run.h"

#if defined(IB_BYTE_SCAN_PORTABLE) /* defined by a test */
#elif defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__) && defined(__ARM_NEON)
#include <arm_neon.h>
#endif

/* Number of readable bytes that must follow the byte that ends a scan. */
#define IB_BYTE_SCAN_PAD 64

typedef uint8_t ib_byte_scan_vector __attribute__((vector_size(16)));
/* Each byte is -1 for a match, and otherwise 0. */
typedef int8_t ib_byte_scan_matches __attribute__((vector_size(16)));

static inline ib_byte_scan_vector
ib_byte_scan_load(const char *p)
{
	ib_byte_scan_vector v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static inline ib_byte_scan_vector
ib_byte_scan_repeat(char c)
{
	uint8_t b = (uint8_t)c;

	return (ib_byte_scan_vector){ b, b, b, b, b, b, b, b, b, b, b, b, b, b, b, b };
}

/* Convert matches to a bit mask. The lowest bit belongs to the first byte. */
static inline unsigned
ib_byte_scan_mask(ib_byte_scan_matches m)
{
#if defined(IB_BYTE_SCAN_PORTABLE) || !(defined(__SSE2__) || defined(__aarch64__))
	unsigned mask = 0, i;

	for (i = 0; i < 16; i++)
		mask |= (unsigned)(m[i] & 1) << i;
	return mask;
#elif defined(__SSE2__)
	return (unsigned)_mm_movemask_epi8((__m128i)m);
#else
	static const uint8_t weight[16] = {
		1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128
	};
	uint8x16_t bits = vandq_u8((uint8x16_t)m, vld1q_u8(weight));

	/*
	 * `bits` has bit i of byte i in each half, so the sum of the bytes of a half is its mask.
	 */
	return (unsigned)vaddv_u8(vget_low_u8(bits)) | (unsigned)vaddv_u8(vget_high_u8(bits)) << 8;
#endif
}

/* Return which of the 16 bytes at p are quotes, backslashes, or bytes below 0x20. */
static inline ib_byte_scan_matches
ib_byte_scan_string16(const char *p)
{
	ib_byte_scan_vector v = ib_byte_scan_load(p);

	/*
	 * v ^ 2 changes the quote (0x22) to 0x20 and 0x20 to 0x22. Bytes below 0x20 remain
	 * below 0x20.
	 */
	return ((v ^ ib_byte_scan_repeat(2)) <= ib_byte_scan_repeat(0x20)) |
	       (v == ib_byte_scan_repeat('\\'));
}

/* Return which of the 16 bytes at p are delimiters or newlines. */
static inline ib_byte_scan_matches
ib_byte_scan_field16(const char *p, char delimiter)
{
	ib_byte_scan_vector v = ib_byte_scan_load(p);

	return (v == ib_byte_scan_repeat(delimiter)) | (v == ib_byte_scan_repeat('\n'));
}

/* Return a bit mask of the digits in the 16 bytes at p. */
static inline unsigned
ib_byte_scan_digits16(const char *p)
{
	return ib_byte_scan_mask(ib_byte_scan_load(p) - ib_byte_scan_repeat('0') <
				 ib_byte_scan_repeat(10));
}

/* True if the n <= 16 bytes at p and at q are equal. 16 bytes must be readable at p and at q. */
static inline bool
ib_byte_scan_same16(const char *p, const char *q, unsigned n)
{
	return (~ib_byte_scan_mask(ib_byte_scan_load(p) == ib_byte_scan_load(q)) &
		((1u << n) - 1)) == 0;
}

/*
 * Return the address of the first byte from p on that is a quote, a backslash, or below 0x20. The
 * caller guarantees that there is such a byte. The first 16 bytes are searched separately, because
 * most strings are short; the bytes after them are searched 32 at a time.
 */
static inline const char *
ib_byte_scan_string(const char *p)
{
	unsigned m = ib_byte_scan_mask(ib_byte_scan_string16(p));

	if (m)
		return p + __builtin_ctz(m);
	for (p += 16; !ib_byte_scan_mask(ib_byte_scan_string16(p) | ib_byte_scan_string16(p + 16));
	     p += 32)
		continue;
	m = ib_byte_scan_mask(ib_byte_scan_string16(p)) |
	    ib_byte_scan_mask(ib_byte_scan_string16(p + 16)) << 16;
	return p + __builtin_ctz(m);
}

/*
 * Return the address of the first byte from p on that is a delimiter or a newline. The
 * caller guarantees that there is such a byte.
 */
static inline const char *
ib_byte_scan_field(const char *p, char delimiter)
{
	unsigned m = ib_byte_scan_mask(ib_byte_scan_field16(p, delimiter));

	while (!m) {
		p += 16;
		m = ib_byte_scan_mask(ib_byte_scan_field16(p, delimiter));
	}
	return p + __builtin_ctz(m);
}

/* Return the number of newlines in p[0..n). */
static inline size_t
ib_byte_scan_count_lines(const char *p, size_t n)
{
	size_t count = 0, i;
	unsigned m;

	for (i = 0; i + 16 <= n; i += 16)
		for (m = ib_byte_scan_mask(ib_byte_scan_load(p + i) == ib_byte_scan_repeat('\n'));
		     m; m &= m - 1)
			count++;
	for (; i < n; i++)
		count += p[i] == '\n';
	return count;
}

#endif
