#include "io/repeats.h"

#include <stdlib.h>

#define SHORTEST 4                  /* zstd has 3 */
#define LONGEST ((size_t)64 << 10)  /* fits into a block in any case */
#define BLOCK ((size_t)ZSTD_BLOCKSIZE_MAX)
#define BLOCK_HEADER 3

void
ib_repeats_release(struct ib_repeats *r)
{
	ib_bytes_release(&r->text);
	free(r->of);
	ZSTD_freeCCtx(r->zstd);
	*r = (struct ib_repeats){ 0 };
}

void
ib_repeats_clear(struct ib_repeats *r)
{
	r->text.n = 0;
	r->n = r->covered = 0;
}

/* ---- finding ---------------------------------------------------------------- */

/* How many bytes, of max, are the same at a and at b? */
static inline size_t
same(const char *a, const char *b, size_t max)
{
	uint64_t x, y;
	size_t i;

	for (i = 0; i < max; i += 8) {
		if (i + 8 > max) { /* the last eight: some of them again */
			if (max < 8)
				break;
			i = max - 8;
		}
		memcpy(&x, a + i, 8);
		memcpy(&y, b + i, 8);
		if (x != y)
			return i + (size_t)__builtin_ctzll(x ^ y) / 8;
	}
	if (max < 8)
		while (i < max && a[i] == b[i])
			i++;
	return i < max ? i : max;
}

static bool
make_room(struct ib_repeats *r, size_t more)
{
	ZSTD_Sequence *of;
	size_t cap;

	if (r->n + more < r->cap)
		return true;
	cap = 2 * (r->n + more) + 1024;
	of = realloc(r->of, cap * sizeof(*of));
	if (!of)
		return !(r->failed = true);
	r->of = of;
	r->cap = cap;
	return true;
}

void
ib_repeats_go_on(struct ib_repeats *r)
{
	size_t max = r->text.n - r->covered, n;
	ZSTD_Sequence *last;
	const char *p;

	if (r->n == 0)
		return;
	last = &r->of[r->n - 1];
	p = r->text.p + r->covered;
	if (max > LONGEST - last->matchLength)
		max = LONGEST - last->matchLength;
	n = same(p, p - last->offset, max);
	last->matchLength += (unsigned)n;
	r->covered += n;
}

bool
ib_repeats_look(struct ib_repeats *r, size_t at, size_t from, size_t sure)
{
	const char *p = r->text.p;
	size_t back = at - from, max = r->text.n - at, n;

	if (back < IB_REPEAT_NEAREST ||
	    back > (size_t)1 << IB_REPEATS_WINDOW_LOG)
		return false;
	if (max > LONGEST / 2)
		max = LONGEST / 2;
	n = sure + same(p + at + sure, p + from + sure, max - sure);
	for (; at > r->covered && from > 0 && n < LONGEST &&
	       p[at - 1] == p[from - 1]; n++)
		at--, from--;
	if (n < SHORTEST || !make_room(r, 1))
		return false;
	r->of[r->n++] = (ZSTD_Sequence){ (unsigned)back,
					 (unsigned)(at - r->covered),
					 (unsigned)n, 0 };
	r->covered = at + n;
	return true;
}

bool
ib_repeats_again(struct ib_repeats *r, size_t at)
{
	size_t back = r->n > 0 ? r->of[r->n - 1].offset : 0;

	return back > 0 && back <= at && ib_repeats_at(r, at, at - back, 0);
}

/* ---- packing ---------------------------------------------------------------- */

/*
 * Of 400 MB of an audit log's lines, 2-core EPYC Zen 5 VM, 2026-11-24:
 * ZSTD_compressSequences takes 0.14 s, finding the repeats 0.06 s; zstd by
 * itself at level 1, with the best hash log for them, 0.36 s for 0.3 % fewer
 * bytes. The function is not in zstd's stable interface (1.5.4 here); of what
 * it makes, strip() relies on the format of frames alone.
 */

static bool
start_zstd(struct ib_repeats *r)
{
	ZSTD_CCtx *z = r->zstd;

	if (z)
		return true;
	r->zstd = z = ZSTD_createCCtx();
	if (!z)
		return false;
	ZSTD_CCtx_setParameter(z, ZSTD_c_compressionLevel, 1);
	ZSTD_CCtx_setParameter(z, ZSTD_c_hashLog, 6); /* not used: small */
	ZSTD_CCtx_setParameter(z, ZSTD_c_windowLog, IB_REPEATS_WINDOW_LOG);
	ZSTD_CCtx_setParameter(z, ZSTD_c_contentSizeFlag, 0);
	ZSTD_CCtx_setParameter(z, ZSTD_c_blockDelimiters,
			       ZSTD_sf_explicitBlockDelimiters);
	return true;
}

/* A frame becomes the blocks in it, none of which is the last one any more. */
static bool
strip(struct ib_bytes *out, size_t n)
{
	unsigned char *p = (unsigned char *)out->p + out->n, *end = p + n;
	size_t header = ZSTD_frameHeaderSize(p, n), size;
	unsigned bits;

	if (ZSTD_isError(header))
		return false;
	n -= header;
	memmove(p, p + header, n);
	end -= header;
	out->n += n;
	for (;; p += BLOCK_HEADER + size) {
		if (end - p < BLOCK_HEADER)
			return false;
		bits = p[0] | (unsigned)p[1] << 8 | (unsigned)p[2] << 16;
		size = (bits >> 1 & 3) == 1 ? 1 : bits >> 3;
		if (bits & 1)
			break;
	}
	p[0] &= 0xfe;
	return true;
}

/* text[at..at+n): repeats from..to, with what is bare behind them. */
static bool
pack_block(struct ib_repeats *r, struct ib_bytes *out, size_t at, size_t n,
	   size_t from, size_t to, size_t bare)
{
	size_t cap = ZSTD_compressBound(n), packed;
	ZSTD_Sequence next;

	if (!ib_bytes_reserve(out, cap))
		return false;
	next = r->of[to];
	r->of[to] = (ZSTD_Sequence){ .litLength = (unsigned)bare };
	packed = ZSTD_compressSequences(r->zstd, out->p + out->n, cap,
					r->of + from, to - from + 1,
					r->text.p + at, n);
	r->of[to] = next;
	return !ZSTD_isError(packed) && strip(out, packed);
}

/*
 * In as many blocks as there must be, all about as long: one that is short
 * spends more on its tables.
 */
bool
ib_repeats_pack(struct ib_repeats *r, struct ib_bytes *out)
{
	size_t n = r->text.n, share = n / (n / BLOCK + 1) + 1;
	size_t at = 0, start, i = 0, from, len = 0, bare;

	if (r->failed || r->text.failed || !make_room(r, 0) || !start_zstd(r))
		return false;
	while (at < n) {
		start = at;
		for (from = i; i < r->n && at - start < share; i++) {
			len = r->of[i].litLength + r->of[i].matchLength;
			if (at + len - start > BLOCK)
				break;
			at += len;
		}
		bare = i == r->n ? n - at : at == start ? r->of[i].litLength : 0;
		if (bare > BLOCK - (at - start))
			bare = BLOCK - (at - start);
		if (i < r->n)
			r->of[i].litLength -= (unsigned)bare;
		at += bare;
		if (!pack_block(r, out, start, at - start, from, i, bare))
			return false;
	}
	return true;
}
