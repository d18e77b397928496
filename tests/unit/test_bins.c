#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <stdlib.h>
#include <string.h>

#include "score/bins.h"

#define BIN 3064u /* the bin of 1.0f: 0xbf800000 >> 20 (the bits of 1.0f with the sign flipped) */

static uint32_t
order(uint32_t bin, uint32_t low)
{
	return bin << 20 | low;
}

static struct ib_bins
count(uint32_t *values, uint64_t n)
{
	struct ib_bins f = { 0 };
	struct ib_error err;

	ib_bins_select(&f, BIN);
	ib_bins_select(&f, BIN + 1);
	cr_assert(eq(int, ib_bins_count(&f, values, n, &err), IB_OK));
	return f;
}

Test(bins, counts_equal_a_simple_count)
{
	uint32_t values[1000], copy[1000], i, k;
	struct ib_bins f;
	uint64_t at, n;

	for (i = 0; i < 1000; i++) /* 37 values in each of two bins, not sorted */
		copy[i] = values[i] = order(BIN + i % 2, i * 7919 % 37 * 28000);
	f = count(values, 1000);
	for (i = 0; i < 1000; i++) {
		for (n = k = 0; k < 1000; k++)
			n += copy[k] == copy[i];
		at = ib_bins_seek(&f, copy[i]);
		cr_assert(eq(u32, f.order[at], copy[i]));
		cr_assert(eq(u64, f.before[at + 1] - f.before[at], n));
	}
	for (i = 1; i < f.n; i++)
		cr_assert(lt(u32, f.order[i - 1], f.order[i]));
	cr_assert(eq(u64, f.n, 74)); /* all pairs of i % 2 and i % 37 occur */
	ib_bins_release(&f);
}

Test(bins, seek_finds_the_first_value_not_below)
{
	uint32_t values[] = { order(BIN, 9), order(BIN, 5), order(BIN, 9) };
	struct ib_bins f = count(values, 3);

	cr_assert(eq(u64, ib_bins_seek(&f, 0), 0));
	cr_assert(eq(u64, ib_bins_seek(&f, order(BIN, 5)), 0));
	cr_assert(eq(u64, ib_bins_seek(&f, order(BIN, 6)), 1));
	cr_assert(eq(u64, ib_bins_seek(&f, order(BIN, 9)), 1));
	cr_assert(eq(u64, ib_bins_seek(&f, order(BIN, 10)), 2));
	cr_assert(eq(u64, ib_bins_seek(&f, (uint64_t)1 << 32), 2));
	ib_bins_release(&f);
}

Test(bins, merged_counts_equal_a_single_count)
{
	uint32_t a[] = { order(BIN, 1), order(BIN, 7), order(BIN, 7) };
	uint32_t b[] = { order(BIN, 0), order(BIN, 7), order(BIN + 1, 0) };
	static const uint64_t before[] = { 0, 1, 2, 5, 6 }; /* counts 1, 1, 3, 1 */
	struct ib_bins f = count(a, 3), g = count(b, 3), none = { 0 };
	struct ib_error err;

	memcpy(none.selected, f.selected, sizeof(f.selected));
	cr_assert(eq(int, ib_bins_merge(&f, &g, &err), IB_OK));
	cr_assert(eq(u64, f.n, 4));
	cr_assert(eq(int, memcmp(f.before, before, sizeof(before)), 0));
	cr_assert(eq(u32, f.order[0], order(BIN, 0)));
	cr_assert(eq(u32, f.order[3], order(BIN + 1, 0)));
	cr_assert(eq(int, ib_bins_merge(&f, &none, &err), IB_OK));
	cr_assert(eq(u64, f.n, 4));
	cr_assert(eq(int, ib_bins_merge(&none, &g, &err), IB_OK));
	cr_assert(eq(u64, none.n, 3));
	ib_bins_release(&f);
	ib_bins_release(&g);
	ib_bins_release(&none);
}

/*
 * The text was encoded by hand. The low 20 bits of the values are 1 (twice), 2 (once) and 40 (33
 * times), so the gaps are 1, 0 and 37. 37 is 5 + 1*32: the first digit is 5, which becomes 5 + 32
 * or 'l', and the last digit is 1 or 'B'. In the same way, the count 33 is 1 + 1*32: 'h', 'B'.
 */
Test(bins, the_text_holds_gaps_and_counts)
{
	uint32_t values[36] = { order(BIN, 1), order(BIN, 2), order(BIN, 1) };
	struct ib_bins f, g = { 0 };
	struct ib_bytes text = { 0 };
	size_t i;

	for (i = 3; i < 36; i++)
		values[i] = order(BIN, 40);
	f = count(values, 36);
	ib_bins_write_text(&text, &f, BIN + 1);
	cr_assert(eq(sz, text.n, 0));
	ib_bins_write_text(&text, &f, BIN);
	ib_bytes_append_char(&text, '\0');
	cr_assert(eq(str, text.p, "BCABlBhB"));
	cr_assert(ib_bins_read(&g, BIN, text.p));
	cr_assert(eq(u64, g.n, 3));
	cr_assert(ib_bins_selects(&g, BIN));
	cr_assert(eq(int, memcmp(g.order, f.order, 3 * sizeof(*f.order)), 0));
	cr_assert(eq(int, memcmp(g.before, f.before, 4 * sizeof(*f.before)), 0));
	ib_bytes_release(&text);
	ib_bins_release(&f);
	ib_bins_release(&g);
}

struct bad {
	char why[40], text[24];
};

ParameterizedTestParameters(bins, invalid_texts_are_rejected)
{
	static struct bad cases[] = {
		{ "a gap without a count", "B" },
		{ "a count of 0", "BA" },
		{ "no digit", "B-" },
		{ "a number that does not end", "Bl" },
		{ "a longer form of 1", "hAB" },
		{ "a value after the bin: 2^20", "ggggBB" },
		{ "the last of the bin, and one more", "///fBAB" },
		{ "more than 60 bits", "B/////////////B" },
	};

	return cr_make_param_array(struct bad, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct bad *c, bins, invalid_texts_are_rejected)
{
	struct ib_bins f = { 0 };

	cr_assert(not(ib_bins_read(&f, BIN, c->text)), "%s", c->why);
	ib_bins_release(&f);
}

Test(bins, the_last_value_of_a_bin_is_read)
{
	struct ib_bins f = { 0 };

	cr_assert(ib_bins_read(&f, BIN, "///fB")); /* all four digits of the gap are 31 */
	cr_assert(eq(u32, f.order[0], order(BIN, IB_BIN_VALUES - 1)));
	ib_bins_release(&f);
}
