#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include <math.h>
#include <stdlib.h>

#include "weigh/weight_formats.h"

TestSuite(weigh, .timeout = 1200);

static struct ib_exact
exact(double high, double low)
{
	struct ib_exact x;

	ib_exact_init(&x);
	ib_exact_add(&x, high);
	ib_exact_add(&x, low);
	return x;
}

static double
ratio(struct ib_exact a, struct ib_exact b)
{
	return ib_exact_quotient(&a, &b, 1);
}

/* ---- quotients ------------------------------------------------------------ */

/* The division of the processor gives the double nearest to the quotient of two doubles. */
Test(weigh, quotients_of_doubles_are_those_of_the_processor)
{
	static const double a[] = { 1,
				    3,
				    0.1,
				    7e15,
				    9007199254740991.0,
				    1e-200,
				    5e-324,
				    1.7976931348623157e308,
				    2.2250738585072014e-308 };
	static const double b[] = { 1, 3, 0.1, 7, 9007199254740991.0, 1e100 };
	size_t i, j;

	for (i = 0; i < sizeof(a) / sizeof(*a); i++)
		for (j = 0; j < sizeof(b) / sizeof(*b); j++)
			cr_assert(eq(dbl, ratio(exact(a[i], 0), exact(b[j], 0)), a[i] / b[j]));
}

Test(weigh, quotients_are_rounded_half_to_even)
{
	double two53 = 9007199254740992.0;

	cr_assert(eq(dbl, ratio(exact(two53, 1), exact(1, 0)), two53));
	cr_assert(eq(dbl, ratio(exact(two53, 3), exact(1, 0)), two53 + 4));
	cr_assert(eq(dbl, ratio(exact(two53, 1), exact(3, 0)), 3002399751580331.0));
	/* These quotients are just above or below the middle between two doubles. */
	cr_assert(eq(dbl, ratio(exact(two53, 1 + 0x1p-50), exact(1, 0)), two53 + 2));
	cr_assert(eq(dbl, ratio(exact(two53, 1), exact(1, 0x1p-70)), two53));
	cr_assert(eq(dbl, ratio(exact(two53, 3), exact(1, 0x1p-70)), two53 + 2));
}

Test(weigh, quotients_use_every_bit_of_the_divisor)
{
	/* 3 * (2^60 + 1) / (2^60 + 1) */
	cr_assert(eq(dbl, ratio(exact(0x3p60, 3), exact(0x1p60, 1)), 3.0));
	cr_assert(eq(dbl, ratio(exact(1, 0x1p-52), exact(1, 0x1p-400)), 1 + 0x1p-52));
}

/* ---- statistics --------------------------------------------------------------- */

static struct ib_weight_stats
sums_of(const double *w, size_t n)
{
	struct ib_weight_stats s;
	size_t i;

	ib_weight_stats_init(&s);
	for (i = 0; i < n; i++)
		ib_weight_stats_add(&s, w[i]);
	ib_weight_stats_finalize(&s);
	return s;
}

/* The two weights of the default rule: n samples have weight 1, and m samples have weight w. */
static void
expect_formulas(int n, int m, double w)
{
	static double all[2000];
	double s = n + m * w, q = n + m * w * w;
	struct ib_weight_stats x;
	int i;

	for (i = 0; i < n + m; i++)
		all[i] = i < n ? 1 : w;
	x = sums_of(all, (size_t)(n + m));
	cr_assert(eq(u64, x.n, (uint64_t)(n + m)));
	cr_assert(eq(dbl, x.min, 1.0));
	cr_assert(eq(dbl, x.max, w));
	cr_assert(eq(dbl, ib_exact_round(&x.sum), s));
	cr_assert(eq(dbl, ib_weight_stats_ess(&x), s * s / q));
	cr_assert(eq(dbl, ib_weight_stats_deff(&x), (n + m) * q / (s * s)));
	cr_assert(eq(dbl, ib_weight_stats_variance(&x), q - s));
}

Test(weigh, statistics_of_two_weights_follow_the_formulas)
{
	static const int n[] = { 1, 7, 1000 }, m[] = { 1, 3, 500 };
	static const double w[] = { 2, 4, 1.25 };
	unsigned k;

	for (k = 0; k < 27; k++)
		expect_formulas(n[k / 9], m[k / 3 % 3], w[k % 3]);
}

/* The statistics do not depend on the order of the weights, nor on the contents of the cache. */
Test(weigh, statistics_do_not_depend_on_the_order)
{
	static double w[5000];
	struct ib_weight_stats a, b;
	double swap;
	size_t i, k;

	srand(11);
	for (i = 0; i < 5000; i++)
		w[i] = ldexp(1 + rand() / (double)RAND_MAX, rand() % 400 - 200);
	a = sums_of(w, 5000);
	for (i = 5000; i-- > 1;) {
		k = (size_t)rand() % (i + 1);
		swap = w[i];
		w[i] = w[k];
		w[k] = swap;
	}
	b = sums_of(w, 5000);
	cr_assert(eq(dbl, ib_exact_round(&a.sum), ib_exact_round(&b.sum)));
	cr_assert(eq(dbl, ib_weight_stats_ess(&a), ib_weight_stats_ess(&b)));
	cr_assert(eq(dbl, ib_weight_stats_deff(&a), ib_weight_stats_deff(&b)));
	cr_assert(eq(dbl, ib_weight_stats_variance(&a), ib_weight_stats_variance(&b)));
}

/* The squares of these weights are too small or too large for a double. */
Test(weigh, statistics_of_extreme_weights_are_exact)
{
	double tiny[] = { 1e-160, 3e-161, 2e-160 }, huge[] = { 1e200, 1e200 };
	struct ib_weight_stats s = sums_of(tiny, 3);

	cr_assert(lt(dbl, fabs(ib_weight_stats_ess(&s) - 3.3 * 3.3 / 5.09), 0.1));
	cr_assert(lt(dbl, fabs(ib_weight_stats_deff(&s) * ib_weight_stats_ess(&s) - 3), 0.1));
	s = sums_of(huge, 2);
	cr_assert(eq(dbl, ib_weight_stats_ess(&s), 2.0));
	cr_assert(eq(dbl, ib_weight_stats_deff(&s), 1.0));
}

/* ---- normalised weights ------------------------------------------------------ */

/* The fast computation of q = w * goal / sum gives the same result as the exact one. */
Test(weigh, scaled_weights_are_the_nearest_quotients)
{
	struct ib_exact product;
	struct ib_scale s;
	struct ib_weight_stats sums;
	double w[64];
	int i, k;

	srand(3);
	for (k = 0; k < 300; k++) {
		for (i = 0; i < 64; i++)
			w[i] = 1 / (0.1 + 0.9 * rand() / (double)RAND_MAX);
		sums = sums_of(w, 64);
		ib_scale_init(&s, &sums.sum, k % 3 ? 64 : 0.1 * k);
		for (i = 0; i < 64; i++) {
			ib_exact_init(&product);
			ib_exact_add_product(&product, w[i], s.goal);
			cr_assert(eq(dbl, ib_scale_apply(&s, w[i]),
				     ib_exact_quotient(&product, &sums.sum, 1)));
		}
	}
	cr_assert(eq(dbl, ib_scale_apply(&s, 0), 0.0));
}

Test(weigh, a_scale_of_weights_0_keeps_0)
{
	struct ib_exact none;
	struct ib_scale s;

	ib_exact_init(&none);
	ib_scale_init(&s, &none, 0);
	cr_assert(eq(dbl, ib_scale_apply(&s, 0), 0.0));
}

/* ---- rows -------------------------------------------------------------------- */

Test(weigh, rows_have_the_location_of_their_record)
{
	static const char a[] = "a.jsonl", b[] = "b.jsonl";
	struct ib_id_weights r = { 0 };
	struct ib_location p;
	struct ib_error err;
	uint64_t row;

	/* Rows 0 to 299 are consecutive lines of a, then come every second line of a, then b. */
	for (row = 0; row < 1000; row++) {
		p = (struct ib_location){ row, row < 600 ? a : b,
					  row < 300   ? 1 + row
					  : row < 600 ? 1 + 2 * row
						      : row - 597,
					  false };
		cr_assert(eq(int, ib_id_weights_add_location(&r, p, &err), IB_OK));
	}
	cr_assert(eq(sz, r.nlocations, 302));
	for (row = 0; row < 1000; row++) {
		p = ib_id_weights_location(&r, row);
		cr_assert(eq(str, (char *)p.name, (char *)(row < 600 ? a : b)));
		cr_assert(eq(u64, p.line,
			     row < 300	 ? 1 + row
			     : row < 600 ? 1 + 2 * row
					 : row - 597));
	}
	ib_id_weights_release(&r);
}

Test(weigh, a_repeated_id_is_named_at_its_second_location)
{
	struct ib_id id[] = {
		{ "a", 0, 1 }, { "", 0, 0 }, { "b", 0, 1 }, { "", 0, 0 }, { "a", 0, 1 }
	};
	struct ib_id_weights r = { 0 };
	struct ib_error err;
	uint64_t duplicate = 0;

	cr_assert(eq(int, ib_id_weights_append(&r, id, NULL, 3, &err), IB_OK));
	cr_assert(eq(int, ib_id_weights_index(&r, &duplicate, &err), IB_OK));
	cr_assert(eq(int, ib_id_weights_append(&r, id + 3, NULL, 2, &err), IB_OK));
	cr_assert(eq(int, ib_id_weights_index(&r, &duplicate, &err), IB_E_DATA));
	cr_assert(eq(u64, duplicate, 3));
	ib_id_weights_release(&r);
	cr_assert(eq(int, ib_id_weights_index(&r, &duplicate, &err), IB_OK));
	ib_id_weights_release(&r);
}

/* ---- forms ------------------------------------------------------------------- */

Test(weigh, weights_that_share_a_cache_slot_keep_their_texts)
{
	struct ib_number_cache numbers = { 0 };
	struct ib_span id = { "x", 1 };
	struct ib_bytes got = { 0 }, want = { 0 };
	char text[IB_NUMBER_MAX];
	double w;
	int i;

	srand(7);
	for (i = 0; i < 20000; i++) {
		w = i % 3 ? 1 + rand() % 300 / 8.0 : rand() / (double)RAND_MAX;
		ib_weight_format_append(&got, IB_WEIGHTS_TSV, id, w, &numbers);
		ib_bytes_append(&want, "x\t", 2);
		ib_bytes_append(&want, text, ib_number_write(text, w));
		ib_bytes_append_char(&want, '\n');
	}
	cr_assert(ib_span_equal(ib_bytes_span(&got), ib_bytes_span(&want)));
	ib_bytes_release(&got);
	ib_bytes_release(&want);
}
