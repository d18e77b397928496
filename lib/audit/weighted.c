/* Compute distributions of weighted losses, distances between them, and a drift test. */
#include "audit/weighted.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/sort.h"
#include "score/totals.h"

#define BINS 11 /* nine deciles make at most ten bins; the last element is spare */

/* ---- distributions ------------------------------------------------------------ */

enum ib_status
ib_weighted_init(struct ib_weighted *d, const float *loss, const double *weight, uint64_t n,
		 struct ib_error *err)
{
	struct ib_sort_item *a = ib_array(n + 1, sizeof(*a)), *v;
	struct ib_sort_item *b = ib_array(n + 1, sizeof(*b));
	long double sum = 0; /* long double, to keep rounding errors out of the results */
	uint64_t i, k = 0;

	*d = (struct ib_weighted){ 0 };
	d->loss = ib_array(n + 1, sizeof(*d->loss));
	d->cumulative_weight = ib_array(n + 1, sizeof(*d->cumulative_weight));
	if (!a || !b || !d->loss || !d->cumulative_weight) {
		free(a);
		free(b);
		ib_weighted_release(d);
		return ib_fail_memory(err);
	}
	for (i = 0; i < n; i++)
		if (!isnan(loss[i]))
			a[k++] = (struct ib_sort_item){ .key = ib_float_order(loss[i]),
							.weight = weight ? weight[i] : 1 };
	v = ib_sort_items(a, b, k);
	for (i = 0; i < k; i++) {
		sum += (long double)v[i].weight;
		if (d->n == 0 || v[i].key != v[i - 1].key)
			d->loss[d->n++] = ib_float_from_order((uint32_t)v[i].key);
		d->cumulative_weight[d->n - 1] = (double)sum;
	}
	d->total_weight = (double)sum;
	free(a);
	free(b);
	return IB_OK;
}

void
ib_weighted_release(struct ib_weighted *d)
{
	free(d->loss);
	free(d->cumulative_weight);
	*d = (struct ib_weighted){ 0 };
}

double
ib_weighted_quantile(const struct ib_weighted *d, int part, int parts)
{
	uint64_t a = 0, b = d->n, m;

	if (!(d->total_weight > 0))
		return NAN;
	/* Compare products instead of quotients, because products of integer weights are exact. */
	while (a < b) {
		m = a + (b - a) / 2;
		if (d->cumulative_weight[m] * parts >= d->total_weight * part)
			b = m;
		else
			a = m + 1;
	}
	return (double)d->loss[a < d->n ? a : d->n - 1];
}

void
ib_weighted_quantiles(const struct ib_weighted *d, double quantile[5])
{
	static const int twentieth[5] = { 1, 5, 10, 15, 19 };
	size_t i;

	for (i = 0; i < 5; i++)
		quantile[i] = ib_weighted_quantile(d, twentieth[i], 20);
}

double
ib_weighted_w1(const struct ib_weighted *a, const struct ib_weighted *b)
{
	double area = 0, previous = 0, next, f, g;
	uint64_t i = 0, j = 0;

	if (!(a->total_weight > 0) || !(b->total_weight > 0))
		return NAN;
	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->loss[i] <= b->loss[j]))
			next = (double)a->loss[i];
		else
			next = (double)b->loss[j];
		f = i > 0 ? a->cumulative_weight[i - 1] / a->total_weight : 0;
		g = j > 0 ? b->cumulative_weight[j - 1] / b->total_weight : 0;
		if (i + j > 0)
			area += fabs(f - g) * (next - previous);
		previous = next;
		while (i < a->n && (double)a->loss[i] == next)
			i++;
		while (j < b->n && (double)b->loss[j] == next)
			j++;
	}
	return area;
}

/* ---- PSI ---------------------------------------------------------------------- */

/* Return the sum of the weights of all losses <= x. */
static double
weight_upto(const struct ib_weighted *d, double x)
{
	uint64_t a = 0, b = d->n, m;

	while (a < b) {
		m = a + (b - a) / 2;
		if ((double)d->loss[m] > x)
			b = m;
		else
			a = m + 1;
	}
	return a > 0 ? d->cumulative_weight[a - 1] : 0;
}

/*
 * Set fraction[i] to the fraction of the total weight in bin i. A fraction below 1e-4 becomes 1e-4.
 * limit[i] is the upper limit of bin i; the last bin has none.
 */
static void
compute_fractions(const struct ib_weighted *d, const double *limit, size_t nlimits,
		  double *fraction)
{
	double before = 0, now;
	size_t i;

	for (i = 0; i <= nlimits; i++) {
		now = i < nlimits ? weight_upto(d, limit[i]) : d->total_weight;
		fraction[i] = (now - before) / d->total_weight;
		if (fraction[i] < 1e-4)
			fraction[i] = 1e-4;
		before = now;
	}
}

double
ib_weighted_psi(const struct ib_weighted *p, const struct ib_weighted *q)
{
	double limit[BINS], a[BINS], b[BINS], x, psi = 0;
	size_t n = 0, i;
	int decile;

	if (!(p->total_weight > 0) || !(q->total_weight > 0))
		return NAN;
	for (decile = 1; decile <= 9; decile++) {
		x = ib_weighted_quantile(q, decile, 10);
		if (n == 0 || x != limit[n - 1])
			limit[n++] = x;
	}
	compute_fractions(p, limit, n, a);
	compute_fractions(q, limit, n, b);
	for (i = 0; i <= n; i++)
		psi += (a[i] - b[i]) * log(a[i] / b[i]);
	return psi;
}

/* ---- Page-Hinkley ------------------------------------------------------------- */

double
ib_page_hinkley_step(struct ib_page_hinkley *p, double mean, double deviation)
{
	if (p->nepochs == 0 || mean < p->mean_since_reset - p->delta * p->deviation_at_reset) {
		p->mean_since_reset = mean;
		p->nepochs = 1;
		p->sum = 0;
		p->deviation_at_reset = deviation > 0 ? deviation : 1;
		return 0;
	}
	p->sum += (mean - p->mean_since_reset) / p->deviation_at_reset - p->delta;
	if (p->sum < 0)
		p->sum = 0;
	p->mean_since_reset =
		((double)p->nepochs * p->mean_since_reset + mean) / (double)(p->nepochs + 1);
	p->nepochs++;
	return p->sum;
}
