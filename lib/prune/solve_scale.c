/*
 * Solve for the scale c of --rule proportional. x is the number that proportional.c computes from a
 * score. The cost is the sum of pi over all samples with a known score. The target is keep*n.
 */
#include "prune/solve_scale.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

#define ORDER_OF_ZERO 0x80000000u     /* ib_float_order(0) */
#define ORDER_OF_INFINITY 0xff800000u /* ib_float_order(INFINITY) */

/* ---- bounds of c ------------------------------------------------------------- */

/*
 * The samples in one bin: the number of samples, and the interval [low, high] that contains the x
 * of every sample.
 */
struct range {
	uint64_t count;
	double low, high;
};

struct estimate {
	struct range bin[IB_TOTALS_BINS + 1];
	size_t n;
	double floor;
};

static double
estimate_cost(const struct estimate *s, double c, bool high)
{
	double sum = 0, pi;
	size_t i;

	for (i = 0; i < s->n; i++) {
		pi = c * (high ? s->bin[i].high : s->bin[i].low);
		if (!(pi > s->floor))
			pi = s->floor;
		sum += (double)s->bin[i].count * (pi < 1 ? pi : 1);
	}
	return sum;
}

#define C_MAX 0x1p200

/*
 * Set *below and *above to bounds of the smallest c at which the estimated cost reaches the target:
 * *below < c <= *above. If the cost does not reach the target, *above is C_MAX.
 */
static void
bracket_scale(const struct estimate *s, bool high, double target, double *below, double *above)
{
	double c;
	int step;

	*below = 0;
	*above = 1;
	while (*above < C_MAX && estimate_cost(s, *above, high) < target) {
		*below = *above;
		*above *= 2;
	}
	for (step = 0; step < 300 && *above - *below > 1e-7 * *above; step++) {
		c = *below + (*above - *below) / 2;
		if (estimate_cost(s, c, high) < target)
			*below = c;
		else
			*above = c;
	}
}

static uint32_t
order_within(double x)
{
	if (!(x > 0))
		return ORDER_OF_ZERO + 1;
	return x < (double)FLT_MAX ? ib_float_order((float)x) : ORDER_OF_INFINITY - 1;
}

/*
 * The cost may equal the target for every c in an interval. Sums in double have a relative error of
 * about 1e-12. TARGET_TOLERANCE and SCALE_TOLERANCE widen the bounds of c, so that the bounds
 * contain the interval in spite of the error.
 */
#define TARGET_TOLERANCE 1e-9
#define SCALE_TOLERANCE 1e-6

static void
set_bounds(struct ib_scale_problem *b, const struct estimate *s)
{
	double target = b->keep * (double)b->n, least, most, other;

	bracket_scale(s, true, target * (1 - TARGET_TOLERANCE), &least, &other);
	bracket_scale(s, false, target * (1 + TARGET_TOLERANCE), &other, &most);
	least *= 1 - SCALE_TOLERANCE;
	most = most < C_MAX ? most * (1 + SCALE_TOLERANCE) : INFINITY;
	b->low[0] = order_within(b->floor / most) - 1;
	b->low[1] = order_within(b->floor / least) + 1;
	b->high[0] = order_within(1 / most) - 1;
	b->high[1] = order_within(1 / least) + 1;
}

static void
add_bin(struct estimate *s, uint64_t count, double low, double high)
{
	if (count > 0)
		s->bin[s->n++] = (struct range){ count, low, high };
}

static float
bin_low(uint32_t bin)
{
	return ib_float_from_order(bin << 20);
}

static float
bin_high(uint32_t bin)
{
	return ib_float_from_order(bin << 20 | (IB_BIN_VALUES - 1));
}

void
ib_solve_scale_bound(struct ib_scale_problem *b, const struct ib_totals *t, enum ib_proxy proxy)
{
	struct estimate s = { .floor = b->floor };
	float low, high;
	uint32_t bin;

	for (bin = 0; bin < IB_TOTALS_BINS; bin++) {
		if (t->bin[bin] == 0)
			continue;
		low = fmaxf(bin_low(bin), t->min);
		high = fminf(bin_high(bin), t->max);
		add_bin(&s, t->bin[bin], (double)ib_proxy_of(proxy, low),
			(double)ib_proxy_of(proxy, high));
	}
	set_bounds(b, &s);
}

/* ---- the needed bins ---------------------------------------------------------- */

static bool
is_needed(const struct ib_scale_problem *b, uint32_t bin)
{
	return (bin >= b->low[0] >> 20 && bin <= b->low[1] >> 20) ||
	       (bin >= b->high[0] >> 20 && bin <= b->high[1] >> 20);
}

void
ib_solve_scale_select(const struct ib_scale_problem *b, struct ib_bins *x_values)
{
	uint32_t bin;

	for (bin = IB_X_FIRST; bin < IB_TOTALS_BINS; bin++)
		if (is_needed(b, bin))
			ib_bins_select(x_values, bin);
}

bool
ib_solve_scale_has_bins(const struct ib_scale_problem *b, const struct ib_bin_counts *r)
{
	uint32_t bin;

	for (bin = IB_X_FIRST; bin < IB_TOTALS_BINS; bin++)
		if (is_needed(b, bin) && r->x.count[bin] > 0 && !ib_bins_selects(&r->x_values, bin))
			return false;
	return true;
}

/* ---- counts and sums ---------------------------------------------------------------- */

struct search {
	const struct ib_scale_problem *b;
	const struct ib_x_bins *x;
	const struct ib_bins *values;
	/* sum[i], i in [0, n]: the sum of the values before value i, in units of ib_x_unit() */
	struct ib_u128 *sum;
};

static enum ib_status
sum_values(struct search *s, struct ib_error *err)
{
	const struct ib_bins *f = s->values;
	uint64_t i;

	s->sum = ib_array_zeroed(f->n + 1, sizeof(*s->sum));
	if (!s->sum)
		return ib_fail_memory(err);
	for (i = 0; i < f->n; i++)
		s->sum[i + 1] =
			ib_u128_add(s->sum[i], ib_u128_product(ib_x_units(f->order[i]),
							       f->before[i + 1] - f->before[i]));
	return IB_OK;
}

/*
 * Return the number of values x with ib_float_order(x) < order. `order` must be at least
 * ib_float_order(0).
 */
static uint64_t
count_below(const struct search *s, uint64_t order)
{
	return ib_bins_below(s->values, s->x->count, order);
}

/*
 * Return the sum of the values in [from, to), in the unit of the bin that contains the values.
 * `from` and `to` are results of ib_float_order() within one bin.
 */
static struct ib_u128
sum_between(const struct search *s, uint64_t from, uint64_t to)
{
	return ib_u128_subtract(s->sum[ib_bins_seek(s->values, to)],
				s->sum[ib_bins_seek(s->values, from)]);
}

/* acc += factor * units * (the unit of `bin`) */
static void
add_units(struct ib_exact *acc, double factor, struct ib_u128 units, uint32_t bin)
{
	double unit = ib_x_unit(bin);

	ib_exact_add_product(acc, factor, (double)(units.lo & 0xffffffff) * unit);
	ib_exact_add_product(acc, factor, (double)(units.lo >> 32) * unit * 0x1p32);
	ib_exact_add_product(acc, factor, (double)units.hi * unit * 0x1p64);
}

/* acc += factor * (the sum of all x whose ib_float_order() is in [from, to)) */
static void
add_range(const struct search *s, struct ib_exact *acc, double factor, uint64_t from, uint64_t to)
{
	uint64_t bin, a, b;

	for (bin = from >> 20; bin <= to >> 20 && from < to; bin++) {
		a = bin << 20;
		b = (bin + 1) << 20;
		if (s->x->count[bin] == 0)
			continue;
		if (a >= from && b <= to)
			add_units(acc, factor, s->x->sum[bin], (uint32_t)bin);
		else
			add_units(acc, factor, sum_between(s, a > from ? a : from, b < to ? b : to),
				  (uint32_t)bin);
	}
}

/*
 * acc += factor * count * x. x must be a binary32 value. The result is exact if
 * count is below 2^58.
 */
static void
add_count(struct ib_exact *acc, double factor, uint64_t count, double x)
{
	uint64_t low_bits = count & 0x1fffffff;

	ib_exact_add_product(acc, factor, (double)low_bits * x);
	ib_exact_add_product(acc, factor, (double)(count - low_bits) * x);
}

/* ---- the values of x at which pi reaches floor and 1 -------------------------- */

/* True if the exact product y * f is at least x. */
static bool
product_reaches(double y, double f, double x)
{
	double product = y * f;

	return product > x || (product == x && fma(y, f, -product) >= 0);
}

/* Return ib_float_order() of the smallest float >= x / floor. */
static uint32_t
first_certain(double x, double floor)
{
	uint32_t order;

	if (x / floor >= (double)FLT_MAX)
		return ORDER_OF_INFINITY;
	order = ib_float_order((float)(x / floor));
	while (product_reaches((double)ib_float_from_order(order - 1), floor, x))
		order--;
	while (order < ORDER_OF_INFINITY &&
	       !product_reaches((double)ib_float_from_order(order), floor, x))
		order++;
	return order;
}

/* Return ib_float_order() of the largest float <= floor * x. */
static uint32_t
last_at_floor(double x, double floor)
{
	uint32_t order = ib_float_order((float)(floor * x)) + 1;

	/* y <= floor*x is equivalent to product_reaches(x, floor, y). */
	while (order > ORDER_OF_ZERO &&
	       !product_reaches(x, floor, (double)ib_float_from_order(order)))
		order--;
	return order;
}

/*
 * Return the sign of (cost - target) at c = scale/x, where scale is 1 or floor. The difference is
 * multiplied by x, so that it can be computed exactly. Let y be the number that proportional.c
 * computes from the score of a sample. At this c, `nfloor` samples have pi = floor, samples whose
 * ib_float_order(y) is in [from, to) have pi = c*y, and samples with a larger y have pi = 1.
 */
static int
compare_cost(const struct search *s, double x, double scale, uint64_t nfloor, uint64_t from,
	     uint64_t to)
{
	const struct ib_scale_problem *b = s->b;
	struct ib_exact acc, zero;

	ib_exact_init(&zero);
	ib_exact_init(&acc);
	add_count(&acc, b->floor, nfloor, x);
	add_range(s, &acc, scale, from, to);
	add_count(&acc, 1, b->n - count_below(s, to), x);
	add_count(&acc, -b->keep, b->n, x);
	return ib_exact_compare(&acc, &zero);
}

/*
 * True if the solution has pi = floor at the x whose ib_float_order() is `order`: the cost at c =
 * floor/x is at least the target.
 */
static bool
is_at_floor(const struct search *s, uint32_t order)
{
	double x = (double)ib_float_from_order(order);
	uint64_t from = (uint64_t)order + 1, to;

	to = first_certain(x, s->b->floor);
	if (to < from)
		to = from;
	return compare_cost(s, x, s->b->floor, count_below(s, from), from, to) >= 0;
}

/*
 * True if the solution has pi < 1 at the x whose ib_float_order() is `order`: the cost at c = 1/x
 * is above the target.
 */
static bool
is_drawn(const struct search *s, uint32_t order)
{
	double x = (double)ib_float_from_order(order);
	uint64_t from = (uint64_t)last_at_floor(x, s->b->floor) + 1;

	if (from > order)
		from = order;
	return compare_cost(s, x, 1, count_below(s, from), from, order) > 0;
}

/*
 * Return the largest order in [range[0], range[1]) for which is() is true. An order is a result of
 * ib_float_order(). The caller guarantees that is() is true for range[0].
 */
static uint32_t
last_that(const struct search *s, bool (*is)(const struct search *, uint32_t),
	  const uint32_t range[2])
{
	uint32_t yes = range[0], no = range[1], middle;

	while (no - yes > 1) {
		middle = yes + (no - yes) / 2;
		if (is(s, middle))
			yes = middle;
		else
			no = middle;
	}
	return yes;
}

/* Return the smallest x with ib_float_order(x) >= order. Returns 0 if all x are smaller. */
static double
next_x(const struct search *s, uint64_t order)
{
	uint64_t at = ib_bins_seek(s->values, order), bin = order >> 20;

	if (at < s->values->n && s->values->order[at] >> 20 == bin)
		return (double)ib_float_from_order(s->values->order[at]);
	while (++bin < IB_TOTALS_BINS)
		if (s->x->count[bin] > 0)
			return (double)ib_float_from_order(s->x->least[bin]);
	return 0;
}

/*
 * Compute c from the counts, and from the sum of all x whose pi is between
 * floor and 1. The computation rounds three times, always in the same way, so c
 * is reproducible.
 */
static double
compute_scale(const struct search *s, uint32_t last_low, uint32_t last_drawn)
{
	uint64_t from = (uint64_t)last_low + 1, to = (uint64_t)last_drawn + 1;
	uint64_t nfloor = count_below(s, from), certain;
	const struct ib_scale_problem *b = s->b;
	struct ib_exact rest, sum;

	if (to < from || count_below(s, to) == nfloor) {
		/*
		 * The cost equals the target for every c in an interval. Use the lower end of the
		 * interval.
		 */
		double x = next_x(s, to > from ? to : from);

		return x > 0 ? 1 / x : 0;
	}
	certain = b->n - count_below(s, to);
	ib_exact_init(&rest);
	ib_exact_init(&sum);
	add_count(&rest, b->keep, b->n, 1);
	add_count(&rest, -b->floor, nfloor, 1);
	add_count(&rest, -1, certain, 1);
	add_range(s, &sum, 1, from, to);
	return ib_exact_round(&rest) / ib_exact_round(&sum);
}

double
ib_solve_scale_most(const struct ib_scale_problem *b, const struct ib_x_bins *x)
{
	uint64_t at_floor = x->count[0];

	return ((double)(b->n - at_floor) + b->floor * (double)at_floor) / (double)b->n;
}

enum ib_status
ib_solve_scale(const struct ib_scale_problem *b, const struct ib_bin_counts *r, double *c,
	       struct ib_error *err)
{
	struct search s = { .b = b, .x = &r->x, .values = &r->x_values };
	enum ib_status st = sum_values(&s, err);
	double x;

	if (!st && b->keep >= ib_solve_scale_most(b, &r->x)) {
		x = next_x(&s, ORDER_OF_ZERO + 1);
		*c = x > 0 ? 1 / x : 0;
	} else if (!st) {
		*c = compute_scale(&s, last_that(&s, is_at_floor, b->low),
				   last_that(&s, is_drawn, b->high));
	}
	free(s.sum);
	return st;
}
