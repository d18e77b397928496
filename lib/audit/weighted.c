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
	d->upto = ib_array(n + 1, sizeof(*d->upto));
	if (!a || !b || !d->loss || !d->upto) {
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
		d->upto[d->n - 1] = (double)sum;
	}
	d->total = (double)sum;
	free(a);
	free(b);
	return IB_OK;
}

void
ib_weighted_release(struct ib_weighted *d)
{
	free(d->loss);
	free(d->upto);
	*d = (struct ib_weighted){ 0 };
}

double
ib_weighted_quantile(const struct ib_weighted *d, int part, int parts)
{
	uint64_t a = 0, b = d->n, m;

	if (!(d->total > 0))
		return NAN;
	/* Compare products instead of quotients: products of integer weights are exact. */
	while (a < b) {
		m = a + (b - a) / 2;
		if (d->upto[m] * parts >= d->total * part)
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

	if (!(a->total > 0) || !(b->total > 0))
		return NAN;
	while (i < a->n || j < b->n) {
		if (j == b->n || (i < a->n && a->loss[i] <= b->loss[j]))
			next = (double)a->loss[i];
		else
			next = (double)b->loss[j];
		f = i > 0 ? a->upto[i - 1] / a->total : 0;
		g = j > 0 ? b->upto[j - 1] / b->total : 0;
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
upto(const struct ib_weighted *d, double x)
{
	uint64_t a = 0, b = d->n, m;

	while (a < b) {
		m = a + (b - a) / 2;
		if ((double)d->loss[m] > x)
			b = m;
		else
			a = m + 1;
	}
	return a > 0 ? d->upto[a - 1] : 0;
}

/* Compute the fraction of the weight in each bin. A fraction below 1e-4 becomes 1e-4. */
static void
compute_fractions(const struct ib_weighted *d, const double *cut, size_t ncuts, double *share)
{
	double before = 0, now;
	size_t i;

	for (i = 0; i <= ncuts; i++) {
		now = i < ncuts ? upto(d, cut[i]) : d->total;
		share[i] = (now - before) / d->total;
		if (share[i] < 1e-4)
			share[i] = 1e-4;
		before = now;
	}
}

double
ib_weighted_psi(const struct ib_weighted *p, const struct ib_weighted *q)
{
	double cut[BINS], a[BINS], b[BINS], x, psi = 0;
	size_t n = 0, i;
	int decile;

	if (!(p->total > 0) || !(q->total > 0))
		return NAN;
	for (decile = 1; decile <= 9; decile++) {
		x = ib_weighted_quantile(q, decile, 10);
		if (n == 0 || x != cut[n - 1])
			cut[n++] = x;
	}
	compute_fractions(p, cut, n, a);
	compute_fractions(q, cut, n, b);
	for (i = 0; i <= n; i++)
		psi += (a[i] - b[i]) * log(a[i] / b[i]);
	return psi;
}

/* ---- Page-Hinkley ------------------------------------------------------------- */

double
ib_page_hinkley_step(struct ib_page_hinkley *p, double mean, double deviation)
{
	if (p->k == 0 || mean < p->level - p->delta * p->unit) {
		p->level = mean;
		p->k = 1;
		p->sum = 0;
		p->unit = deviation > 0 ? deviation : 1;
		return 0;
	}
	p->sum += (mean - p->level) / p->unit - p->delta;
	if (p->sum < 0)
		p->sum = 0;
	p->level = ((double)p->k * p->level + mean) / (double)(p->k + 1);
	p->k++;
	return p->sum;
}
