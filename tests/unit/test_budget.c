#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "prune/solve_scale.h"

#define X_MAX 12

struct budget {
	size_t n;
	float x[X_MAX];
	double keep, floor, c;
};

/* The values of c in this table were computed with exact fractions, and then rounded once. */
#include "budget_table.h"

/* Compute the bounds of c. The values x are the scores. */
static void
bound(struct ib_scale_problem *b, const struct budget *t)
{
	struct ib_totals *totals = malloc(sizeof(*totals));

	*b = (struct ib_scale_problem){ .keep = t->keep, .floor = t->floor, .n = t->n };
	ib_totals_init(totals);
	ib_totals_add(totals, t->x, t->n);
	ib_solve_scale_bound(b, totals, IB_PROXY_LOSS);
	free(totals);
}

/* Count the values x as a second pass does: per bin, and per value in the bins of the bounds. */
static struct ib_bin_counts *
refine(const struct budget *t, struct ib_scale_problem *b)
{
	struct ib_bin_counts *r = ib_bin_counts_new();
	struct ib_error err;

	bound(b, t);
	ib_x_bins_add(&r->x, t->x, t->n);
	ib_solve_scale_select(b, &r->x_values);
	cr_assert(eq(int, ib_bin_counts_pick(&r->x_values, t->x, t->n, true, &err), IB_OK));
	cr_assert(ib_solve_scale_has_bins(b, r));
	return r;
}

/* Allow 2 ulp, because the numerator, the denominator and the quotient are rounded. */
static bool
is_close(double c, double exact)
{
	return fabs(c - exact) <= 2 * (nextafter(exact, INFINITY) - exact);
}

ParameterizedTestParameters(budget, the_scale_equals_that_of_exact_fractions)
{
	return cr_make_param_array(struct budget, budgets, sizeof(budgets) / sizeof(*budgets));
}

ParameterizedTest(struct budget *t, budget, the_scale_equals_that_of_exact_fractions)
{
	struct ib_scale_problem b;
	struct ib_bin_counts *r = refine(t, &b);
	struct ib_error err;
	double c = -1;

	cr_assert(eq(int, ib_solve_scale(&b, r, &c, &err), IB_OK));
	cr_assert(is_close(c, t->c), "%a, not %a", c, t->c);
	ib_bin_counts_free(r);
}

/* The result has the same bits however the samples are divided into partitions. */
ParameterizedTestParameters(budget, the_scale_does_not_depend_on_the_partitions)
{
	return cr_make_param_array(struct budget, budgets, sizeof(budgets) / sizeof(*budgets));
}

ParameterizedTest(struct budget *t, budget, the_scale_does_not_depend_on_the_partitions)
{
	struct ib_scale_problem b, unused;
	struct ib_bin_counts *whole = refine(t, &b), *sum = ib_bin_counts_new(), *part;
	struct ib_error err;
	double c = -1, d = -2;
	size_t i;

	memcpy(sum->x_values.selected, whole->x_values.selected, sizeof(sum->x_values.selected));
	for (i = 0; i < t->n; i++) {
		part = ib_bin_counts_new();
		memcpy(part->x_values.selected, sum->x_values.selected,
		       sizeof(sum->x_values.selected));
		ib_x_bins_add(&part->x, &t->x[i], 1);
		cr_assert(eq(int, ib_bin_counts_pick(&part->x_values, &t->x[i], 1, true, &err),
			     IB_OK));
		cr_assert(eq(int, ib_bin_counts_merge(sum, part, "part", &err), IB_OK));
		ib_bin_counts_free(part);
	}
	unused = b;
	cr_assert(eq(int, ib_solve_scale(&b, whole, &c, &err), IB_OK));
	cr_assert(eq(int, ib_solve_scale(&unused, sum, &d, &err), IB_OK));
	cr_assert(eq(int, memcmp(&c, &d, sizeof(c)), 0));
	ib_bin_counts_free(whole);
	ib_bin_counts_free(sum);
}

Test(budget, samples_without_a_positive_x_are_kept_at_the_floor)
{
	static const float x[] = { 0, -1, 0.5f, 2 };
	struct ib_scale_problem b = { .keep = 0.9, .floor = 0.25, .n = 4 };
	struct ib_bin_counts *r = ib_bin_counts_new();

	ib_x_bins_add(&r->x, x, 4);
	cr_assert(eq(dbl, ib_solve_scale_most(&b, &r->x), (2 + 2 * 0.25) / 4));
	ib_bin_counts_free(r);
}

Test(budget, missing_bins_are_detected)
{
	static struct budget t = { 4, { 1, 1.01f, 1.02f, 1.03f }, 0.99, 0, 0 };
	struct ib_bin_counts *r = ib_bin_counts_new();
	struct ib_scale_problem b;

	bound(&b, &t);
	ib_x_bins_add(&r->x, t.x, t.n);
	cr_assert(not(ib_solve_scale_has_bins(&b, r)));
	ib_solve_scale_select(&b, &r->x_values);
	cr_assert(ib_solve_scale_has_bins(&b, r));
	ib_bin_counts_free(r);
}
