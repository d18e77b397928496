#include "base/scan.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* ---- byte by byte ---------------------------------------------------------- */

static const char *
find_string_end(const char *p)
{
	while (*p != '"' && *p != '\\' && (unsigned char)*p >= 0x20)
		p++;
	return p;
}

static const char *
find_field_end(const char *p, char a, char b)
{
	while (*p != a && *p != b && *p != '\n')
		p++;
	return p;
}

static size_t
count_bytes(const char *p, size_t n, char c)
{
	size_t i, count = 0;

	for (i = 0; i < n; i++)
		count += p[i] == c;
	return count;
}

static const struct ib_scan_ops portable = { "portable", find_string_end, find_field_end,
					     count_bytes };

#ifdef IB_SCAN_WIDE
/* ---- 16 bytes: SSE2 (every x86-64), NEON (every arm64) -------------------- */

static const char *
find_string_end16(const char *p)
{
	unsigned m;

	while ((m = ib_scan_string16(p)) == 0)
		p += 16;
	return p + __builtin_ctz(m);
}

static const char *
find_field_end16(const char *p, char a, char b)
{
	unsigned m;

	while ((m = ib_scan_field16(p, a, b)) == 0)
		p += 16;
	return p + __builtin_ctz(m);
}

static size_t
count_bytes16(const char *p, size_t n, char c)
{
	size_t i, count = 0;

	for (i = 0; i + 16 <= n; i += 16)
		count += (size_t)__builtin_popcount(ib_scan_equal16(p + i, c));
	return count + count_bytes(p + i, n - i, c);
}

static const struct ib_scan_ops vector16 = { IB_SCAN_WIDE, find_string_end16, find_field_end16,
					     count_bytes16 };
#endif

#if defined(__x86_64__)
/* ---- AVX2 --------------------------------------------------------------- */

__attribute__((target("avx2"))) static const char *
find_string_end_avx2(const char *p)
{
	const __m256i quote = _mm256_set1_epi8('"');
	const __m256i slash = _mm256_set1_epi8('\\');
	const __m256i low = _mm256_set1_epi8(0x1f);

	for (;; p += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
		__m256i m = _mm256_or_si256(
			_mm256_or_si256(_mm256_cmpeq_epi8(v, quote), _mm256_cmpeq_epi8(v, slash)),
			_mm256_cmpeq_epi8(_mm256_min_epu8(v, low), v));
		unsigned bits = (unsigned)_mm256_movemask_epi8(m);

		if (bits)
			return p + __builtin_ctz(bits);
	}
}

__attribute__((target("avx2"))) static const char *
find_field_end_avx2(const char *p, char a, char b)
{
	const __m256i va = _mm256_set1_epi8(a), vb = _mm256_set1_epi8(b);
	const __m256i line = _mm256_set1_epi8('\n');

	for (;; p += 32) {
		__m256i v = _mm256_loadu_si256((const __m256i *)(const void *)p);
		__m256i m = _mm256_or_si256(
			_mm256_or_si256(_mm256_cmpeq_epi8(v, va), _mm256_cmpeq_epi8(v, vb)),
			_mm256_cmpeq_epi8(v, line));
		unsigned bits = (unsigned)_mm256_movemask_epi8(m);

		if (bits)
			return p + __builtin_ctz(bits);
	}
}

__attribute__((target("avx2,popcnt"))) static size_t
count_bytes_avx2(const char *p, size_t n, char c)
{
	const __m256i pattern = _mm256_set1_epi8(c);
	size_t i, count = 0;

	for (i = 0; i + 32 <= n; i += 32)
		count +=
			(size_t)__builtin_popcount((unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(
				_mm256_loadu_si256((const __m256i *)(const void *)(p + i)),
				pattern)));
	return count + count_bytes(p + i, n - i, c);
}

static const struct ib_scan_ops avx2 = { "avx2", find_string_end_avx2, find_field_end_avx2,
					 count_bytes_avx2 };
#endif

const struct ib_scan_ops *
ib_scan_variant(size_t i)
{
	const struct ib_scan_ops *all[4] = { NULL };
	size_t n = 0;

#if defined(__x86_64__)
	if (__builtin_cpu_supports("avx2"))
		all[n++] = &avx2;
#endif
#ifdef IB_SCAN_WIDE
	all[n++] = &vector16;
#endif
	all[n] = &portable;
	return i < 4 ? all[i] : NULL;
}

const struct ib_scan_ops *
ib_scan_best(void)
{
	return ib_scan_variant(0);
}
