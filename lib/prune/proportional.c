/*
 * pi in proportion to a bound on the gradient's norm: pi = min(1, max(floor,
 * c*x)), x = 1-exp(-score) or the score. Of all rules of one expected cost the
 * one of least variance, were x the norm (Katharopoulos and Fleuret 2018,
 * arXiv 1803.00942, and the Neyman allocation before them).
 */
#include "prune/rule.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"

#define GRID 0x1p-24 /* pi is rounded up to a multiple of it */

float
ib_proxy_of(enum ib_proxy proxy, float score)
{
	if (proxy == IB_PROXY_LOSS)
		return score;
	/* Rounded to binary32, so that bytes do not hang on a machine's exp. */
	return (float)(1 - exp(-(double)score));
}

static double
plain_pi(const struct ib_rule *r, double x)
{
	double pi = r->c * x;

	if (pi < r->options.floor)
		pi = r->options.floor;
	return pi < 1 ? pi : 1;
}

bool
ib_proportional_pi(const struct ib_rule *r, float score, double *pi)
{
	double x = (double)ib_proxy_of(r->options.proxy, score);
	double p = ceil(plain_pi(r, x) / GRID) * GRID;

	*pi = p < 1 ? p : 1;
	return *pi < 1;
}

/* ---- the budget -------------------------------------------------------------- */

static void
sort_pass(const uint32_t *from, uint32_t *to, uint64_t n, unsigned shift)
{
	uint64_t at[2048] = { 0 }, i, sum = 0, count;
	size_t bin;

	for (i = 0; i < n; i++)
		at[from[i] >> shift & 2047]++;
	for (bin = 0; bin < 2048; bin++) {
		count = at[bin];
		at[bin] = sum;
		sum += count;
	}
	for (i = 0; i < n; i++)
		to[at[from[i] >> shift & 2047]++] = from[i];
}

/*
 * x of all known scores, ascending; NULL: memory ran out. By the bits in three
 * passes: linear.
 */
static float *
sorted_proxies(const struct ib_rule *r, uint64_t *count)
{
	const float *score = r->scores->score.p;
	uint64_t n = r->scores->table.n, i, k = 0;
	uint32_t *a = calloc(n + 1, sizeof(*a));
	uint32_t *b = malloc((n + 1) * sizeof(*b));
	float *x;

	if (!a || !b) {
		free(a);
		free(b);
		return NULL;
	}
	for (i = 0; i < n; i++)
		if (score[i] == score[i])
			a[k++] = ib_float_order(
				ib_proxy_of(r->options.proxy, score[i]));
	sort_pass(a, b, k, 0);
	sort_pass(b, a, k, 11);
	sort_pass(a, b, k, 22);
	free(a);
	x = (float *)(void *)b;
	for (i = 0; i < k; i++)
		x[i] = ib_float_from_order(b[i]);
	*count = k;
	return x;
}

/* sum of pi at c over ascending x, without rounding errors that matter. */
static double
cost(const struct ib_rule *r, const float *x, const double *prefix, uint64_t n,
     double c, uint64_t *low, uint64_t *high)
{
	uint64_t a = 0, b = n, m;

	while (a < b) { /* the first that is above the floor */
		m = a + (b - a) / 2;
		if (c * (double)x[m] > r->options.floor)
			b = m;
		else
			a = m + 1;
	}
	*low = a;
	for (b = n; a < b;) { /* the first that is kept for certain */
		m = a + (b - a) / 2;
		if (c * (double)x[m] >= 1)
			b = m;
		else
			a = m + 1;
	}
	*high = a;
	return r->options.floor * (double)*low +
	       c * (prefix[*high] - prefix[*low]) + (double)(n - *high);
}

/*
 * The c at which the cost is the target: halve until low and high stand still,
 * then solve the line between them exactly.
 */
static double
solve(const struct ib_rule *r, const float *x, const double *prefix,
      uint64_t n, double target)
{
	double below = 0, above = 1, c;
	uint64_t low, high, i;
	struct ib_exact sum;
	int step;

	while (cost(r, x, prefix, n, above, &low, &high) < target &&
	       above < 0x1p200)
		above *= 2;
	for (step = 0; step < 200; step++) {
		c = below + (above - below) / 2;
		if (c <= below || c >= above)
			break;
		if (cost(r, x, prefix, n, c, &low, &high) < target)
			below = c;
		else
			above = c;
	}
	cost(r, x, prefix, n, above, &low, &high);
	if (low == high)
		return above;
	ib_exact_init(&sum);
	for (i = low; i < high; i++)
		ib_exact_add(&sum, (double)x[i]);
	c = (target - r->options.floor * (double)low - (double)(n - high)) /
	    ib_exact_round(&sum);
	/* Where rounding put it outside of its piece, the bound is as good. */
	return c > 0 && fabs(c - above) <= 1e-6 * above ? c : above;
}

static enum ib_status
solve_budget(struct ib_rule *r, double keep, const struct ib_context *context,
	     struct ib_error *err)
{
	char share[IB_NUMBER_MAX + 1];
	double *prefix = NULL, most, floor_share = r->options.floor;
	uint64_t n = 0, i, positive;
	float *x = sorted_proxies(r, &n);

	if (x)
		prefix = malloc((n + 1) * sizeof(*prefix));
	if (!prefix) {
		free(x);
		return ib_fail_memory(err);
	}
	prefix[0] = 0;
	for (i = 0; i < n; i++)
		prefix[i + 1] = prefix[i] + (x[i] > 0 ? (double)x[i] : 0);
	for (positive = n; positive > 0 && x[positive - 1] > 0; positive--)
		;
	positive = n - positive;
	most = ((double)positive + floor_share * (double)(n - positive)) /
	       (double)n;
	if (keep < floor_share || keep > most) {
		keep = keep < floor_share ? floor_share : most;
		share[ib_number_put(share, keep)] = '\0';
		ib_warn(context, "--keep %s is out of reach: the nearest share "
			"that can be kept is %s", r->options.keep, share);
	}
	if (keep <= floor_share)
		r->c = 0;
	else if (keep >= most)
		r->c = positive > 0 ? 1 / (double)x[n - positive] : 0;
	else
		r->c = solve(r, x, prefix, n, keep * (double)n);
	free(prefix);
	free(x);
	return IB_OK;
}

enum ib_status
ib_rule_prepare_proportional(struct ib_rule *r,
			     const struct ib_context *context,
			     struct ib_error *err)
{
	const struct ib_rule_options *o = &r->options;
	double keep;

	if (!o->keep == !o->scale)
		return ib_fail(err, IB_E_MISUSE, "--rule proportional needs "
			       "one of --keep and --scale");
	if (o->scale) {
		if (!ib_number_text(ib_span_of(o->scale), &r->c) ||
		    !(r->c > 0) || isinf(r->c))
			return ib_fail(err, IB_E_MISUSE,
				       "--scale: '%s' is no number above 0",
				       o->scale);
		return IB_OK;
	}
	if (!ib_number_text(ib_span_of(o->keep), &keep) ||
	    !(keep >= 0 && keep <= 1))
		return ib_fail(err, IB_E_MISUSE,
			       "--keep: '%s' is no share in [0, 1]", o->keep);
	if (r->foreign_totals)
		return ib_fail(err, IB_E_MISUSE,
			       "--keep needs the scores themselves, which "
			       "--totals does not hold: give all of them with "
			       "-s");
	if (!r->scores)
		return IB_OK;
	return solve_budget(r, keep, context, err);
}
