#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "score/totals.h"

/* Return a score: 4 of 8 have a usual size, 3 have random bits, and 1 is unknown. */
static float
any_score(uint64_t *state)
{
	uint64_t r = next(state);
	uint32_t bits = (uint32_t)(r >> 32);
	float f;

	if (r % 8 == 0)
		return NAN;
	if (r % 8 < 5)
		return (float)(bits >> 8) * 0x1p-21f;
	memcpy(&f, &bits, sizeof(f));
	return isfinite(f) ? f + 0.0f : 1.5f;
}

static struct ib_totals *
totals_of(const float *score, uint64_t n)
{
	struct ib_totals *t = malloc(sizeof(*t));

	ib_totals_init(t);
	ib_totals_add(t, score, n);
	return t;
}

static bool
equal(const struct ib_totals *a, const struct ib_totals *b)
{
	return a->rows == b->rows && a->known == b->known &&
	       ib_exact_compare(&a->sum, &b->sum) == 0 && a->newest == b->newest &&
	       memcmp(&a->min, &b->min, sizeof(a->min)) == 0 &&
	       memcmp(&a->max, &b->max, sizeof(a->max)) == 0 &&
	       memcmp(a->bin, b->bin, sizeof(a->bin)) == 0;
}

Test(totals, the_keys_of_floats_have_their_order)
{
	static const float v[] = { -INFINITY, -0x1.fffffep+127f, -1.5f,
				   -1.0f,     -0x1p-149f,	 0.0f,
				   0x1p-149f, 0x1p-126f,	 0.1f,
				   1.0f,      0x1.fffffep+127f,	 INFINITY };
	size_t i;

	for (i = 0; i < sizeof(v) / sizeof(*v); i++) {
		cr_assert(eq(flt, ib_float_from_order(ib_float_order(v[i])), v[i]));
		if (i > 0)
			cr_assert(lt(u32, ib_float_order(v[i - 1]), ib_float_order(v[i])));
	}
}

Test(totals, only_known_scores_are_counted)
{
	static const float score[] = { 0.25f, NAN, 0.75f, -0x1p-149f, NAN };
	struct ib_totals *t = totals_of(score, 5);

	cr_assert(eq(u64, t->rows, 5));
	cr_assert(eq(u64, t->known, 3));
	cr_assert(eq(flt, t->min, -0x1p-149f));
	cr_assert(eq(flt, t->max, 0.75f));
	/* The double nearest to (1 - 2^-149) / 3 is 1.0 / 3. */
	cr_assert(eq(dbl, ib_totals_mean(t), 1.0 / 3));
	cr_assert(eq(u64, t->bin[ib_float_order(0.25f) >> 20], 1));
	cr_assert(eq(u64, t->bin[ib_float_order(0.75f) >> 20], 1));
	cr_assert(eq(u64, t->bin[0x7ff], 1));
	free(t);
}

Test(totals, totals_without_known_scores_are_nan)
{
	static const float unknown[] = { NAN, -NAN };
	struct ib_totals *t = totals_of(unknown, 2);

	cr_assert(eq(u64, t->rows, 2));
	cr_assert(eq(u64, t->known, 0));
	cr_assert(isnan(t->min) && isnan(t->max) && isnan(ib_totals_mean(t)));
	cr_assert(eq(int, t->newest, IB_NO_EPOCH));
	free(t);
}

#define MANY 150000

Test(totals, totals_do_not_depend_on_order_or_merging)
{
	static float score[MANY], swapped[MANY];
	uint64_t state = 1, i, k;
	struct ib_totals *whole, *other, *part;
	float f;

	for (i = 0; i < MANY; i++)
		score[i] = swapped[i] = any_score(&state);
	for (i = MANY - 1; i > 0; i--) {
		k = next(&state) % (i + 1);
		f = swapped[i], swapped[i] = swapped[k], swapped[k] = f;
	}
	whole = totals_of(score, MANY);
	other = totals_of(swapped, MANY);
	cr_assert(equal(whole, other));
	ib_totals_init(other);
	for (i = 0; i < MANY; i += k) {
		k = 1 + next(&state) % 40000;
		k = k < MANY - i ? k : MANY - i;
		part = totals_of(swapped + i, k);
		part->newest = (int64_t)(i % 7);
		if (part->newest > whole->newest)
			whole->newest = part->newest;
		if (i % 2) {
			ib_totals_merge(part, other);
			*other = *part;
		} else {
			ib_totals_merge(other, part);
		}
		free(part);
	}
	cr_assert(equal(whole, other));
	free(whole);
	free(other);
}

/* Return the totals as text, which the caller frees. */
static char *
text_of(const struct ib_totals *t)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_totals_write(&w, t);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\0');
	cr_assert(not(b.failed));
	return b.p;
}

/* Write the totals as text and parse this text. */
static enum ib_status
reread(const struct ib_totals *t, struct ib_totals *back, struct ib_error *err)
{
	char *text = text_of(t);
	cJSON *read = cJSON_Parse(text);
	enum ib_status st;

	cr_assert(read != NULL, "%s", text);
	st = ib_totals_parse(read, "t.json", back, err);
	cJSON_Delete(read);
	free(text);
	return st;
}

Test(totals, written_totals_are_read_back)
{
	static const uint64_t times[] = { 1,
					  3,
					  (uint64_t)1 << 31,
					  ((uint64_t)1 << 53) - 1,
					  (uint64_t)1 << 53,
					  ((uint64_t)1 << 53) + 1 };
	static const float once = 0.7f; /* a literal could have more precision */
	static float score[1000];
	uint64_t state = 2, i, k;
	struct ib_totals *t, back;
	struct ib_error err;

	for (i = 0; i < 60; i++) {
		for (k = 0; k < i * 10; k++)
			score[k] = any_score(&state);
		t = totals_of(score, k);
		t->newest = i > 0 ? (int64_t)i : IB_NO_EPOCH;
		cr_assert(eq(int, reread(t, &back, &err), IB_OK), "%s", err.text);
		cr_assert(equal(t, &back));
		free(t);
	}
	for (i = 0; i < 6; i++) {
		t = totals_of(&once, 1);
		t->rows = t->known = times[i];
		t->bin[ib_float_order(once) >> 20] = times[i];
		ib_exact_init(&t->sum);
		ib_exact_add_times(&t->sum, (double)once, times[i]);
		cr_assert(eq(int, reread(t, &back, &err), IB_OK), "%s", err.text);
		cr_assert(equal(t, &back));
		free(t);
	}
}

Test(totals, totals_are_written_as_documented)
{
	/*
	 * The sum is 0.25 + 0.75 = 1, which is 2^149 units. The number of a bin consists of the
	 * sign and the next 11 bits.
	 */
	static const char *const expected = "{\"rows\":3,\"known\":2,"
					    "\"sum\":\"20000000000000000000000000000000000000\","
					    "\"mean\":0.5,\"min\":0.25,\"max\":0.75,\"newest\":7,"
					    "\"histogram\":[[3048,1],[3060,1]]}";
	static const float score[] = { 0.75f, NAN, 0.25f };
	struct ib_totals *t = totals_of(score, 3);
	char *text;

	t->newest = 7;
	text = text_of(t);
	cr_assert(eq(str, text, (char *)expected));
	free(text);
	free(t);
}

struct bad {
	char member[16]; /* the only member that is wrong */
	char value[80];
};

ParameterizedTestParameters(totals, invalid_totals_are_rejected)
{
	static struct bad cases[] = {
		{ "rows", "1" },
		{ "rows", "-3" },
		{ "rows", "3.5" },
		{ "rows", "\"3\"" },
		{ "rows", "1e300" },
		{ "rows", "9007199254740993" },
		{ "rows", "\"99999999999999999999\"" },
		{ "rows", "\"144115188075855872\"" },
		{ "rows", "\"+9007199254740993\"" },
		{ "rows", "null" },
		{ "known", "3" },
		{ "known", "4" },
		{ "known", "1" },
		{ "known", "true" },
		{ "sum", "1" },
		{ "sum", "\"\"" },
		{ "sum", "\"1\"" },
		{ "sum", "\"-20000000000000000000000000000000000000\"" },
		{ "sum", "\"50000000000000000000000000000000000000\"" },
		{ "mean", "0.25" },
		{ "mean", "null" },
		{ "mean", "\"0.5\"" },
		{ "min", "0.5" },
		{ "min", "null" },
		{ "min", "1e400" },
		{ "min", "-1e300" },
		{ "max", "0.5" },
		{ "max", "1e39" },
		{ "newest", "-1" },
		{ "newest", "2147483648" },
		{ "newest", "1.5" },
		{ "newest", "\"7\"" },
		{ "histogram", "{}" },
		{ "histogram", "[]" },
		{ "histogram", "[[3048,2]]" },
		{ "histogram", "[[3060,1],[3048,1]]" },
		{ "histogram", "[[3048,1],[3048,1]]" },
		{ "histogram", "[[3048,1],[3060,0],[3061,1]]" },
		{ "histogram", "[[3048,1],[3060,-1],[3061,2]]" },
		{ "histogram", "[[3048,1],[3060,1,1]]" },
		{ "histogram", "[[3048,1],[3060]]" },
		{ "histogram", "[[3048,1],3060]" },
		{ "histogram", "[[3048,1],[4090,1]]" },
		{ "histogram", "[[3048,1],[4096,1]]" },
		{ "histogram", "[[7,1],[3060,1]]" },
		{ "histogram", "[[3048,1],[18446744073709551616,1]]" },
	};
	return cr_make_param_array(struct bad, cases, sizeof(cases) / sizeof(*cases));
}

ParameterizedTest(struct bad *c, totals, invalid_totals_are_rejected)
{
	static const float score[] = { 0.75f, NAN, 0.25f };
	struct ib_totals *t = totals_of(score, 3), back;
	cJSON *json, *read;
	struct ib_error err;
	char *text;

	t->newest = 7;
	text = text_of(t);
	json = cJSON_Parse(text);
	free(text);
	cr_assert(
		cJSON_ReplaceItemInObjectCaseSensitive(json, c->member, cJSON_CreateRaw(c->value)));
	text = cJSON_PrintUnformatted(json);
	read = cJSON_Parse(text);
	cr_assert(read != NULL);
	cr_assert(eq(int, ib_totals_parse(read, "t.json", &back, &err), IB_E_DATA), "%s", text);
	cr_assert(eq(int, strncmp(err.text, "t.json: ", 8), 0));
	cJSON_Delete(read);
	cJSON_DeleteItemFromObjectCaseSensitive(json, c->member);
	cJSON_free(text);
	text = cJSON_PrintUnformatted(json);
	read = cJSON_Parse(text);
	cr_assert(eq(int, ib_totals_parse(read, "t.json", &back, &err), IB_E_DATA), "%s", text);
	cJSON_free(text);
	cJSON_Delete(json);
	cJSON_Delete(read);
	free(t);
}
