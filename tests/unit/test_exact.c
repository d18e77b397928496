#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "base/exact.h"

struct mean {
	double v[4];
	uint64_t n;
	double round, mean; /* sum(v) and sum(v) / n, each rounded once */
	float mean_float;
};
struct product {
	double a, b, c;
	uint64_t times;
	double round, scaled; /* a*b + c and a * times, each rounded once */
};
struct rank {
	char text[40];
	uint64_t n, rank;
};
struct ratio {
	char text[40];
	uint64_t n, low;
	double ratio;
};
struct quotient {
	double x[2], y[2], times;
	double quotient; /* sum(x) / (sum(y) * times); NaN if the divisor is 0 */
};
#include "exact_table.h"
#include "random.h"

#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static struct ib_exact
sum_of(const double *v, size_t n)
{
	struct ib_exact x;

	ib_exact_init(&x);
	while (n-- > 0)
		ib_exact_add(&x, v[n]);
	return x;
}

Test(exact, rounds_sums_and_means_once)
{
	const struct mean *c;
	struct ib_exact x;

	for (c = means_table; c < means_table + COUNT(means_table); c++) {
		x = sum_of(c->v, 4);
		cr_assert(eq(dbl, ib_exact_round(&x), c->round));
		cr_assert(eq(dbl, ib_exact_mean(&x, c->n), c->mean));
		cr_assert(eq(flt, ib_exact_mean_float(&x, c->n), c->mean_float));
	}
}

Test(exact, products_are_exact)
{
	const struct product *c;
	struct ib_exact x;

	for (c = products_table; c < products_table + COUNT(products_table); c++) {
		x = sum_of(&c->c, 1);
		ib_exact_add_product(&x, c->a, c->b);
		cr_assert(eq(dbl, ib_exact_round(&x), c->round));
		ib_exact_init(&x);
		ib_exact_add_times(&x, c->a, c->times);
		cr_assert(eq(dbl, ib_exact_round(&x), c->scaled));
		x = sum_of(&c->a, 1);
		ib_exact_scale(&x, c->times);
		cr_assert(eq(dbl, ib_exact_round(&x), c->scaled));
	}
}

Test(exact, rounds_quotients_once)
{
	const struct quotient *c;
	struct ib_exact x, y;
	double q;

	for (c = quotients_table; c < quotients_table + COUNT(quotients_table); c++) {
		x = sum_of(c->x, 2);
		y = sum_of(c->y, 2);
		q = ib_exact_quotient(&x, &y, c->times);
		cr_assert(q == c->quotient || (isnan(q) && isnan(c->quotient)), "%a, not %a", q,
			  c->quotient);
	}
}

/* Return a finite double with random bits. */
static double
any_double(uint64_t *state)
{
	uint64_t bits;
	double value;

	do {
		bits = next(state);
		memcpy(&value, &bits, sizeof(value));
	} while (!isfinite(value));
	return value;
}

static bool
is_zero(const struct ib_exact *x)
{
	struct ib_exact zero;

	ib_exact_init(&zero);
	return ib_exact_compare(x, &zero) == 0;
}

#define MANY 5000

Test(exact, sums_do_not_depend_on_order_or_merging)
{
	static double v[MANY];
	uint64_t state = 1;
	struct ib_exact forth, back, part[3];
	size_t i;

	for (i = 0; i < MANY; i++)
		v[i] = any_double(&state);
	ib_exact_init(&back);
	for (i = 0; i < 3; i++)
		ib_exact_init(&part[i]);
	forth = sum_of(v, MANY);
	for (i = 0; i < MANY; i++) {
		ib_exact_add(&back, v[i]);
		ib_exact_add(&part[next(&state) % 3], v[i]);
	}
	ib_exact_merge(&part[2], &part[0]);
	ib_exact_merge(&part[1], &part[2]);
	cr_assert(eq(int, ib_exact_compare(&forth, &back), 0));
	cr_assert(eq(int, ib_exact_compare(&forth, &part[1]), 0));
	for (i = 0; i < MANY; i++)
		ib_exact_add(&back, -v[i]);
	cr_assert(is_zero(&back));
	cr_assert(eq(dbl, ib_exact_round(&back), 0));
}

Test(exact, times_is_repeated_addition)
{
	uint64_t state = 2;
	struct ib_exact x, y;
	double value;
	int i, k;

	for (i = 0; i < 200; i++) {
		value = any_double(&state);
		ib_exact_init(&x);
		ib_exact_init(&y);
		for (k = 0; k < i; k++)
			ib_exact_add(&x, value);
		ib_exact_add_times(&y, value, (uint64_t)i);
		cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
	}
}

/* (a+b)*c = a*c + b*c, if a+b is exact. */
Test(exact, products_distribute)
{
	uint64_t state = 3;
	struct ib_exact x, y;
	double a, b, c;
	int i;

	for (i = 0; i < 2000; i++) {
		a = ldexp((double)(next(&state) >> 12), -1074);
		b = ldexp((double)(next(&state) >> 12), -1074);
		c = i % 2 ? any_double(&state) : ldexp((double)(next(&state) >> 11), -1074);
		ib_exact_init(&x);
		ib_exact_init(&y);
		ib_exact_add_product(&x, a + b, c);
		ib_exact_add_product(&y, a, c);
		ib_exact_add_product(&y, c, b);
		cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
		cr_assert(eq(int, is_zero(&x), c == 0));
	}
}

Test(exact, the_longest_carry_is_exact)
{
	struct ib_exact x, y;
	int i;

	ib_exact_init(&x);
	ib_exact_init(&y);
	for (i = 0; i < 100000; i++) {
		ib_exact_add(&x, -0x1.fffffffffffffp+1023);
		ib_exact_add_product(&x, 0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023);
	}
	ib_exact_add_times(&y, -0x1.fffffffffffffp+1023, 100000);
	for (i = 0; i < 100000; i++)
		ib_exact_add_product(&y, -0x1.fffffffffffffp+1023, -0x1.fffffffffffffp+1023);
	cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
	cr_assert(eq(dbl, ib_exact_round(&x), (double)INFINITY));
	for (i = 0; i < 100000; i++)
		ib_exact_add_product(&x, -0x1.fffffffffffffp+1023, 0x1.fffffffffffffp+1023);
	cr_assert(eq(dbl, ib_exact_mean(&x, 100000), -0x1.fffffffffffffp+1023));
	for (i = 0; i < 64; i++)
		ib_exact_merge(&y, &(struct ib_exact){ 0 });
	for (i = 0; i < 40; i++)
		ib_exact_merge(&y, &y);
	cr_assert(eq(int, ib_exact_compare(&y, &x), 1));
}

Test(exact, compares_by_value)
{
	double v[] = { -0x1p+1023, -1, -0x1p-1074, 0, 0x1p-1074, 1, 0x1p+1023 };
	struct ib_exact x, y;
	int i, k;

	for (i = 0; i < 7; i++)
		for (k = 0; k < 7; k++) {
			x = sum_of(v + i, 1);
			y = sum_of(v + k, 1);
			cr_assert(eq(int, ib_exact_compare(&x, &y), (i > k) - (i < k)));
		}
}

Test(exact, floats_add_as_doubles_do)
{
	static float v[MANY];
	uint64_t state = 4;
	uint32_t bits;
	struct ib_exact x, y;
	size_t i, n;

	for (n = 0; n < MANY; n = n < 40 ? n + 1 : n * 3) {
		ib_exact_init(&x);
		ib_exact_init(&y);
		for (i = 0; i < n; i++) {
			bits = (uint32_t)next(&state);
			if (i % 3 == 0)
				bits &= 0x807fffff;
			if ((bits & 0x7fffffff) == 0x7f800000)
				bits++;
			memcpy(v + i, &bits, sizeof(bits));
			if (!isnan(v[i]))
				ib_exact_add(&x, (double)v[i]);
		}
		ib_exact_add_floats(&y, v, n);
		cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
	}
}

Test(exact, many_equal_floats_do_not_overflow)
{
	static float v[3000001];
	struct ib_exact x, y;
	size_t i;

	for (i = 0; i < COUNT(v); i++)
		v[i] = -0x1.fffffep+127f;
	ib_exact_init(&x);
	ib_exact_init(&y);
	ib_exact_add_floats(&x, v, COUNT(v));
	ib_exact_add_times(&y, -0x1.fffffep+127, COUNT(v));
	cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
}

struct text {
	double v[2];
	const char *text;
};

Test(exact, writes_float_sums_in_units_of_the_lowest_bit)
{
	static const struct text cases[] = {
		{ { 0, 0 }, "0" },
		{ { 0x1p-149, 0 }, "1" },
		{ { -0x1.fp-145, 0 }, "-1f" },
		{ { 0x1p-117, -0x1p-149 }, "ffffffff" },
		{ { 0x1p-117, 0 }, "100000000" },
		/* 1.5 + 2^-149: 3 * 2^148 + 1 */
		{ { 1.5, 0x1p-149 }, "30000000000000000000000000000000000001" },
	};
	const struct text *c;
	char out[IB_EXACT_TEXT_MAX];
	struct ib_exact x, y;

	for (c = cases; c < cases + COUNT(cases); c++) {
		x = sum_of(c->v, 2);
		ib_exact_write_float_sum(out, &x);
		cr_assert(eq(str, out, (char *)c->text));
		cr_assert(ib_exact_read_float_sum(&y, out));
		cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
	}
	ib_exact_init(&x);
	ib_exact_add_times(&x, -0x1.fffffep+127, UINT64_MAX);
	ib_exact_write_float_sum(out, &x);
	cr_assert(ib_exact_read_float_sum(&y, out));
	cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
}

Test(exact, reads_back_random_float_sums)
{
	uint64_t state = 5;
	struct ib_exact x, y;
	char out[IB_EXACT_TEXT_MAX];
	int i, k;

	for (i = 0; i < 500; i++) {
		ib_exact_init(&x);
		for (k = 0; k < i; k++)
			ib_exact_add(&x, ldexp((double)(next(&state) >> 40),
					       -149 + (int)(next(&state) % (1 + i / 2))) *
						 (k % 2 ? -1 : 1));
		ib_exact_write_float_sum(out, &x);
		cr_assert(ib_exact_read_float_sum(&y, out));
		cr_assert(eq(int, ib_exact_compare(&x, &y), 0));
	}
}

Test(exact, invalid_texts_are_rejected)
{
	static const char *const bad[] = {
		"",
		"-",
		"-0",
		"00",
		"01",
		"-01",
		"+1",
		"1F",
		"0x1",
		" 1",
		"1 ",
		"1g",
		"1.0",
		"--1",
		"1-",
		"1000000000000000000000000000000000000000000000000000000000000"
		"0000000000000000000000000000",
	};
	struct ib_exact x;
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		cr_assert(not(ib_exact_read_float_sum(&x, bad[i])), "%s", bad[i]);
}

Test(exact, ranks_are_those_of_the_decimal_written)
{
	const struct rank *c;
	uint64_t rank;

	for (c = ranks_table; c < ranks_table + COUNT(ranks_table); c++) {
		cr_assert(ib_decimal_rank(c->text, c->n, &rank), "%s", c->text);
		cr_assert(eq(u64, rank, c->rank), "%s", c->text);
	}
}

Test(exact, drop_ratios_are_rounded_once)
{
	const struct ratio *c;
	double ratio;

	for (c = ratios_table; c < ratios_table + COUNT(ratios_table); c++) {
		cr_assert(ib_decimal_drop_ratio(c->text, c->n, c->low, &ratio));
		cr_assert(eq(dbl, ratio, c->ratio), "%s", c->text);
	}
}

struct percent {
	const char *text;
	uint64_t part, whole;
	bool ok, exceeds;
};

Test(exact, percentages_are_exact)
{
	static const struct percent cases[] = {
		{ "0", 0, 10, true, false },
		{ "0", 1, 10, true, true },
		{ "10", 1, 10, true, false },
		{ "10", 2, 10, true, true },
		{ "0.1", 1, 1000, true, false },
		{ "0.1", 1, 999, true, true },
		{ "33.333333333333333333333333", 1, 3, true, true },
		{ "33.333333333333333333333334", 1, 3, true, false },
		{ "100", UINT64_MAX, UINT64_MAX, true, false },
		{ "99.9999999999999999999999", UINT64_MAX, UINT64_MAX, true, true },
		{ "1e300", UINT64_MAX, 1, true, false },
		{ "1e-400", 0, UINT64_MAX, true, false },
		{ "1e-400", 1, UINT64_MAX, true, true },
		{ "150", 3, 2, true, false },
		{ "5", 0, 0, true, false },
		{ "-0", 0, 0, true, false },
		{ "-1", 1, 1, false, false },
		{ "", 1, 1, false, false },
		{ "ten", 1, 1, false, false },
		{ "nan", 1, 1, false, false },
		{ "inf", 1, 1, false, false },
		{ "1%", 1, 1, false, false },
		{ "0x1", 1, 1, false, false },
		{ "1e-401", 1, 1, false, false },
		{ "1e-18446744073709551617", 1, 1, false, false },
	};
	const struct percent *c;
	bool ok;

	for (c = cases; c < cases + COUNT(cases); c++) {
		cr_assert(eq(int, ib_decimal_exceeds(c->text, c->part, c->whole, &ok), c->exceeds),
			  "%s", c->text);
		cr_assert(eq(int, ok, c->ok), "%s", c->text);
	}
}

Test(exact, shares_are_decimals_from_0_to_1)
{
	static const char *const bad[] = {
		"",	  "-0.1", "1.0000000000000000000000001",
		"2",	  "nan",  "inf",
		"0.5x",	  "0.5 ", "1e1",
		"1e-401", "0x0",
	};
	char text[420];
	uint64_t rank;
	double ratio;
	size_t i;

	for (i = 0; i < COUNT(bad); i++) {
		cr_assert(not(ib_decimal_rank(bad[i], 10, &rank)), "%s", bad[i]);
		cr_assert(not(ib_decimal_drop_ratio(bad[i], 10, 1, &ratio)));
	}
	memset(text, '9', sizeof(text));
	memcpy(text, "0.", 2);
	text[401] = '\0';
	cr_assert(not(ib_decimal_rank(text, 10, &rank)));
	text[396] = '\0';
	cr_assert(ib_decimal_rank(text, UINT64_MAX, &rank));
	cr_assert(eq(u64, rank, UINT64_MAX));
	memcpy(text + 395, "e-400", 6);
	cr_assert(ib_decimal_rank(text, UINT64_MAX, &rank));
	cr_assert(eq(u64, rank, 1));
	cr_assert(ib_decimal_drop_ratio(text, UINT64_MAX, UINT64_MAX, &ratio));
	cr_assert(eq(dbl, ratio, 1));
}
