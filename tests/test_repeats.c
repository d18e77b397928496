#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "io/repeats.h"

/* A frame of the blocks in `packed`, as RFC 8878 has it, decoded by zstd. */
static void
must_decode(const struct ib_bytes *packed, struct ib_span text)
{
	static const char head[] = { '\x28', '\xb5', '\x2f', '\xfd', 0,
				     (IB_REPEATS_WINDOW_LOG - 10) << 3 };
	struct ib_bytes frame = { 0 };
	char *got = malloc(text.n + 1);
	ZSTD_DCtx *z = ZSTD_createDCtx();
	ZSTD_inBuffer in;
	ZSTD_outBuffer out = { got, text.n + 1, 0 };
	size_t hint = 1;

	ib_bytes_put(&frame, head, sizeof(head));
	ib_bytes_put(&frame, packed->p, packed->n);
	ib_bytes_put(&frame, "\1\0\0", 3);
	in = (ZSTD_inBuffer){ frame.p, frame.n, 0 };
	while (hint != 0 && in.pos < in.size) {
		hint = ZSTD_decompressStream(z, &out, &in);
		cr_assert(not(ZSTD_isError(hint)), "%s",
			  ZSTD_getErrorName(hint));
	}
	cr_assert(eq(sz, hint, 0));
	cr_assert(eq(sz, out.pos, text.n));
	cr_assert(text.n == 0 || memcmp(got, text.p, text.n) == 0);
	ZSTD_freeDCtx(z);
	ib_bytes_release(&frame);
	free(got);
}

static uint64_t
next(uint64_t *x)
{
	*x = *x * 6364136223846793005u + 1442695040888963407u;
	return *x >> 33;
}

/* Lines of some likeness, their repeats looked for at random places. */
static void
fill(struct ib_repeats *r, uint64_t *x, size_t lines, size_t long_one)
{
	size_t i, j, n, at, from, was;

	for (i = 0; i < lines; i++) {
		was = r->text.n;
		ib_bytes_printf(&r->text, "{\"id\":\"a/%llu\",\"kept\":%s}\n",
				(unsigned long long)(next(x) % 100000),
				next(x) % 2 ? "true" : "false");
		n = next(x) % 50 == 0 ? next(x) % (long_one + 1) : 0;
		for (j = 0; j < n; j++)
			ib_bytes_put_char(&r->text,
					  (char)('a' + next(x) % 3 % 2));
		if (next(x) % 3 == 0)
			ib_repeats_go_on(r);
		if (was == 0)
			continue;
		at = was + next(x) % 20;
		from = next(x) % was;
		if (next(x) % 2 || !ib_repeats_again(r, at))
			ib_repeats_at(r, at, from, 0);
		/* as writers do: at the same place of the line before */
		if (was > 40)
			ib_repeats_at(r, was + 10, was - 25 + next(x) % 10, 0);
	}
}

Test(repeats, blocks_decode_to_the_text_whatever_was_found)
{
	static const size_t lines[] = { 0, 1, 2, 50, 3000, 4300, 20000 };
	static const size_t longest[] = { 0, 100, 70000, 400000 };
	struct ib_repeats r = { 0 };
	struct ib_bytes packed = { 0 };
	uint64_t x = 1;
	size_t i, j;

	for (i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		for (j = 0; j < sizeof(longest) / sizeof(*longest); j++) {
			if (lines[i] * longest[j] > 1500000000)
				continue;
			ib_repeats_clear(&r);
			packed.n = 0;
			fill(&r, &x, lines[i], longest[j]);
			cr_assert(ib_repeats_pack(&r, &packed));
			must_decode(&packed, ib_bytes_span(&r.text));
		}
	ib_repeats_release(&r);
	ib_bytes_release(&packed);
}

/*
 * Distances that the block before has left in the decoder are none of the
 * next block's: texts packed apart stand behind each other in one frame.
 */
Test(repeats, texts_packed_apart_are_one_frame)
{
	struct ib_repeats r = { 0 };
	struct ib_bytes packed = { 0 }, all = { 0 };
	uint64_t x = 7;
	size_t i;

	for (i = 0; i < 300; i++) {
		ib_repeats_clear(&r);
		fill(&r, &x, 2 + next(&x) % 30, 60);
		ib_bytes_put(&all, r.text.p, r.text.n);
		cr_assert(ib_repeats_pack(&r, &packed));
	}
	must_decode(&packed, ib_bytes_span(&all));
	ib_repeats_release(&r);
	ib_bytes_release(&packed);
	ib_bytes_release(&all);
}

/* A nearer one could be taken for a distance that the decoder starts with. */
Test(repeats, none_is_nearer_than_the_nearest)
{
	static const char text[] = "abababababababababababababababababababab";
	struct ib_repeats r = { 0 };
	size_t back;

	ib_bytes_put(&r.text, text, sizeof(text) - 1);
	for (back = 1; back < 20; back++)
		cr_assert(eq(int, ib_repeats_at(&r, 20, 20 - back, 0),
			     back == IB_REPEAT_NEAREST), "%zu", back);
	cr_assert(eq(sz, r.covered, r.text.n));
	cr_assert(eq(int, r.of[0].matchLength, r.text.n - IB_REPEAT_NEAREST));
	ib_repeats_release(&r);
}
