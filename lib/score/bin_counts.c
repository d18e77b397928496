/*
 * Collect the results of a second pass: the values in the requested bins and, for --rule
 * proportional, the number and the sum of the proxies x in each bin (see bin_counts.h).
 */
#include "score/bin_counts.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "base/hash.h"

float
ib_proxy_of(enum ib_proxy proxy, float score)
{
	float x;

	ib_proxies(proxy, &score, 1, &x);
	return x;
}

/*
 * x is rounded to binary32, so that small differences between the exp() of two platforms have no
 * effect.
 */
void
ib_proxies(enum ib_proxy proxy, const float *score, size_t n, float *x)
{
	size_t i;

	if (proxy == IB_PROXY_LOSS)
		memcpy(x, score, n * sizeof(*x));
	else
		for (i = 0; i < n; i++)
			x[i] = (float)(1 - exp(-(double)score[i]));
}

double
ib_x_unit(uint32_t bin)
{
	int exponent = (int)(bin >> 3 & 0xff);

	return ldexp(1, (exponent ? exponent : 1) - 150);
}

struct ib_bin_counts *
ib_bin_counts_new(void)
{
	return calloc(1, sizeof(struct ib_bin_counts));
}

void
ib_bin_counts_free(struct ib_bin_counts *r)
{
	if (!r)
		return;
	ib_bins_release(&r->score);
	ib_bins_release(&r->x_values);
	free(r);
}

/* ---- counting ------------------------------------------------------------------ */

static void
lower_least(struct ib_x_bins *b, uint32_t bin, uint32_t order)
{
	if (b->least[bin] == 0 || order < b->least[bin])
		b->least[bin] = order;
}

void
ib_x_bins_add(struct ib_x_bins *b, const float *x, uint64_t n)
{
	uint32_t order, bin;
	uint64_t i;

	for (i = 0; i < n; i++) {
		if (!(x[i] > 0)) {
			b->count[0] += x[i] == x[i];
			continue;
		}
		order = ib_float_order(x[i]);
		bin = order >> 20;
		b->count[bin]++;
		b->sum[bin] = ib_u128_add(b->sum[bin], (struct ib_u128){ 0, ib_x_units(order) });
		lower_least(b, bin, order);
	}
}

static void
merge_x(struct ib_x_bins *b, const struct ib_x_bins *other)
{
	uint32_t bin;

	for (bin = 0; bin < IB_TOTALS_BINS; bin++) {
		if (other->count[bin] == 0)
			continue;
		b->count[bin] += other->count[bin];
		b->sum[bin] = ib_u128_add(b->sum[bin], other->sum[bin]);
		lower_least(b, bin, other->least[bin]);
	}
}

/* The values in the selected bins, converted by ib_float_order(). */
struct picked {
	uint32_t *order;
	uint64_t n;
	size_t cap;
};

#define CHUNK ((size_t)4096)

/*
 * Collect the values that are in the selected bins of f. n must be at most
 * CHUNK. The loop has no branch that depends on a value.
 */
static bool
pick(const struct ib_bins *f, const float *value, size_t n, bool above, struct picked *p)
{
	uint32_t *to;
	bool counted;
	size_t i;

	if (!ib_array_reserve(&p->order, &p->cap, p->n + CHUNK, sizeof(*to)))
		return false;
	to = p->order + p->n;
	for (i = 0; i < n; i++) {
		counted = above ? value[i] > 0 : value[i] == value[i];
		*to = ib_float_order(value[i]);
		to += counted & ib_bins_selects(f, *to >> 20);
	}
	p->n = (uint64_t)(to - p->order);
	return true;
}

static enum ib_status
count_picked(struct ib_bins *f, struct picked *p, bool ok, struct ib_error *err)
{
	enum ib_status st = ok ? ib_bins_count(f, p->order, p->n, err) : ib_fail_memory(err);

	free(p->order);
	return st;
}

enum ib_status
ib_bin_counts_pick(struct ib_bins *f, const float *value, uint64_t n, bool above,
		   struct ib_error *err)
{
	struct picked p = { 0 };
	bool ok = pick(f, value, 0, above, &p);
	size_t k;

	for (; n > 0 && ok; value += k, n -= k) {
		k = n < CHUNK ? (size_t)n : CHUNK;
		ok = pick(f, value, k, above, &p);
	}
	return count_picked(f, &p, ok, err);
}

/* Compute the proxy x of each score, and count the proxies, in chunks that fit into the cache. */
static enum ib_status
count_x(struct ib_bin_counts *r, const float *score, uint64_t n, struct ib_error *err)
{
	struct picked p = { 0 };
	bool ok = pick(&r->x_values, score, 0, true, &p);
	float x[CHUNK];
	size_t k;

	for (; n > 0 && ok; score += k, n -= k) {
		k = n < CHUNK ? (size_t)n : CHUNK;
		ib_proxies(r->proxy, score, k, x);
		ib_x_bins_add(&r->x, x, k);
		ok = pick(&r->x_values, x, k, true, &p);
	}
	return count_picked(&r->x_values, &p, ok, err);
}

enum ib_status
ib_bin_counts_count(const struct ib_bin_counts *request, const float *score, uint64_t n,
		    struct ib_bin_counts **out, struct ib_error *err)
{
	struct ib_bin_counts *r = ib_bin_counts_new();
	enum ib_status st = IB_OK;

	if (!r)
		return ib_fail_memory(err);
	memcpy(r->of, request->of, sizeof(r->of));
	memcpy(r->score.selected, request->score.selected, sizeof(r->score.selected));
	memcpy(r->x_values.selected, request->x_values.selected, sizeof(r->x_values.selected));
	r->has_x = request->has_x;
	r->proxy = request->proxy;
	if (ib_bins_selects_any(&r->score))
		st = ib_bin_counts_pick(&r->score, score, n, false, err);
	if (!st && r->has_x)
		st = count_x(r, score, n, err);
	if (st) {
		ib_bin_counts_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

enum ib_status
ib_bin_counts_merge(struct ib_bin_counts *r, const struct ib_bin_counts *o, const char *name,
		    struct ib_error *err)
{
	enum ib_status st;

	if (strcmp(r->of, o->of) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: the counts from --bins belong to other totals than the counts "
			       "in earlier files: is this file from another epoch?",
			       name);
	if (r->has_x != o->has_x || r->proxy != o->proxy ||
	    memcmp(r->score.selected, o->score.selected, sizeof(r->score.selected)) != 0 ||
	    memcmp(r->x_values.selected, o->x_values.selected, sizeof(r->x_values.selected)) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: the counts from --bins were made for a different rule than the "
			       "counts in earlier files",
			       name);
	merge_x(&r->x, &o->x);
	st = ib_bins_merge(&r->score, &o->score, err);
	return st ? st : ib_bins_merge(&r->x_values, &o->x_values, err);
}

enum ib_status
ib_totals_digest(const struct ib_totals *t, char out[33], struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };
	enum ib_status st = IB_OK;

	ib_json_begin_object(&w, NULL);
	ib_totals_write(&w, t);
	ib_json_end_object(&w);
	if (b.failed)
		st = ib_fail_memory(err);
	else
		ib_hex_xxh128(out, XXH3_128bits(b.p, b.n));
	ib_bytes_release(&b);
	return st;
}
