#include "score/refined.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/hex.h"

float
ib_proxy_of(enum ib_proxy proxy, float score)
{
	if (proxy == IB_PROXY_LOSS)
		return score;
	/* Rounded to binary32, so that bytes do not hang on a machine's exp. */
	return (float)(1 - exp(-(double)score));
}

double
ib_spread_unit(uint32_t bin)
{
	int exponent = (int)(bin >> 3 & 0xff);

	return ldexp(1, (exponent ? exponent : 1) - 150);
}

struct ib_refined *
ib_refined_new(void)
{
	struct ib_refined *r = calloc(1, sizeof(*r));
	size_t b;

	for (b = 0; r && b < IB_SPREAD_BINS; b++)
		r->x[b].least = UINT32_MAX;
	return r;
}

void
ib_refined_free(struct ib_refined *r)
{
	if (!r)
		return;
	ib_fine_release(&r->score);
	ib_fine_release(&r->fine);
	free(r);
}

/* ---- counting ------------------------------------------------------------------ */

#define ZERO 0x80000000u /* 0 as ib_float_order */

void
ib_refined_spread(struct ib_refined *r, const float *x, uint64_t n)
{
	struct ib_spread_bin *b;
	uint32_t order;
	uint64_t i;

	for (i = 0; i < n; i++) {
		if (!(x[i] > 0)) {
			r->flat += x[i] == x[i];
			continue;
		}
		order = ib_float_order(x[i]);
		b = &r->x[(order >> 20) - IB_SPREAD_FIRST];
		b->count++;
		b->sum = ib_wide_add(b->sum, (struct ib_wide){
						     0, ib_spread_units(order) });
		if (order < b->least)
			b->least = order;
	}
}

static inline bool
is_picked(const struct ib_fine *f, float value, bool above)
{
	return above ? value > 0 && ib_fine_holds(f, ib_float_order(value) >> 20)
		     : value == value &&
			       ib_fine_holds(f, ib_float_order(value) >> 20);
}

enum ib_status
ib_refined_pick(struct ib_fine *f, const float *value, uint64_t n, bool above,
		struct ib_error *err)
{
	uint64_t k = 0, i;
	uint32_t *order;
	enum ib_status st;

	for (i = 0; i < n; i++)
		k += is_picked(f, value[i], above);
	order = malloc((k + 1) * sizeof(*order));
	if (!order)
		return ib_fail_memory(err);
	for (i = k = 0; i < n; i++)
		if (is_picked(f, value[i], above))
			order[k++] = ib_float_order(value[i]);
	st = ib_fine_count(f, order, k, err);
	free(order);
	return st;
}

static enum ib_status
count_x(struct ib_refined *r, const float *score, uint64_t n,
	struct ib_error *err)
{
	float *x = malloc((n + 1) * sizeof(*x));
	enum ib_status st;
	uint64_t i;

	if (!x)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		x[i] = ib_proxy_of(r->proxy, score[i]);
	ib_refined_spread(r, x, n);
	st = ib_refined_pick(&r->fine, x, n, true, err);
	free(x);
	return st;
}

enum ib_status
ib_refined_count(const struct ib_refined *plan, const float *score, uint64_t n,
		 struct ib_refined **out, struct ib_error *err)
{
	struct ib_refined *r = ib_refined_new();
	enum ib_status st;

	if (!r)
		return ib_fail_memory(err);
	memcpy(r->of, plan->of, sizeof(r->of));
	memcpy(r->score.held, plan->score.held, sizeof(r->score.held));
	memcpy(r->fine.held, plan->fine.held, sizeof(r->fine.held));
	r->spread = plan->spread;
	r->proxy = plan->proxy;
	st = ib_refined_pick(&r->score, score, n, false, err);
	if (!st && r->spread)
		st = count_x(r, score, n, err);
	if (st) {
		ib_refined_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

enum ib_status
ib_refined_merge(struct ib_refined *r, const struct ib_refined *o,
		 const char *name, struct ib_error *err)
{
	enum ib_status st;
	size_t b;

	if (strcmp(r->of, o->of) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: refines other totals than the files before: "
			       "those of another epoch?", name);
	if (r->spread != o->spread || r->proxy != o->proxy ||
	    memcmp(r->score.held, o->score.held, sizeof(r->score.held)) != 0 ||
	    memcmp(r->fine.held, o->fine.held, sizeof(r->fine.held)) != 0)
		return ib_fail(err, IB_E_DATA,
			       "%s: refined for another rule than the files "
			       "before", name);
	st = ib_fine_merge(&r->score, &o->score, err);
	if (!st)
		st = ib_fine_merge(&r->fine, &o->fine, err);
	r->flat += o->flat;
	for (b = 0; b < IB_SPREAD_BINS; b++) {
		r->x[b].count += o->x[b].count;
		r->x[b].sum = ib_wide_add(r->x[b].sum, o->x[b].sum);
		if (o->x[b].least < r->x[b].least)
			r->x[b].least = o->x[b].least;
	}
	return st;
}

enum ib_status
ib_totals_digest(const struct ib_totals *t, char out[33], struct ib_error *err)
{
	cJSON *json = ib_totals_json(t);
	char *text = json ? cJSON_PrintUnformatted(json) : NULL;

	cJSON_Delete(json);
	if (!text)
		return ib_fail_memory(err);
	ib_hex_xxh128(out, XXH3_128bits(text, strlen(text)));
	free(text);
	return IB_OK;
}
