/* Totals of scores: add and merge scores, and write and read totals as JSON. */
#include "score/totals.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "io/json_doc.h"

void
ib_totals_init(struct ib_totals *t)
{
	memset(t, 0, sizeof(*t));
	ib_exact_init(&t->sum);
	t->min = t->max = NAN;
	t->newest = IB_NO_EPOCH;
}

/* Number of scores per block. Several passes read a block, so it must fit into the cache. */
#define BLOCK ((uint64_t)1 << 16)

static void
add_block(struct ib_totals *t, const float *score, uint64_t n)
{
	/* fmin() and fmax() also skip NaN, but these are function calls, which are slower. */
	float min = isnan(t->min) ? INFINITY : t->min;
	float max = isnan(t->max) ? -INFINITY : t->max;
	uint64_t unknown = 0, i;

	for (i = 0; i < n; i++) {
		min = score[i] < min ? score[i] : min;
		max = score[i] > max ? score[i] : max;
		unknown += score[i] != score[i];
		t->bin[ib_float_order(score[i]) >> 20]++;
	}
	ib_exact_add_floats(&t->sum, score, n);
	t->rows += n;
	t->known += n - unknown;
	if (n > unknown) {
		t->min = min;
		t->max = max;
	}
}

void
ib_totals_add(struct ib_totals *t, const float *score, uint64_t n)
{
	uint64_t block, b;

	for (; n > 0; score += block, n -= block) {
		block = n < BLOCK ? n : BLOCK;
		add_block(t, score, block);
	}
	for (b = 0; b < IB_TOTALS_BINS; b++)
		if (ib_totals_bin_is_edge(b))
			t->bin[b] = 0;
}

void
ib_totals_merge(struct ib_totals *t, const struct ib_totals *other)
{
	size_t b;

	t->rows += other->rows;
	t->known += other->known;
	ib_exact_merge(&t->sum, &other->sum);
	/* If other->min is NaN, the comparison is false. */
	if (isnan(t->min) || other->min < t->min)
		t->min = other->min;
	if (isnan(t->max) || other->max > t->max)
		t->max = other->max;
	if (other->newest > t->newest)
		t->newest = other->newest;
	for (b = 0; b < IB_TOTALS_BINS; b++)
		t->bin[b] += other->bin[b];
}

double
ib_totals_mean(const struct ib_totals *t)
{
	return t->known ? ib_exact_mean(&t->sum, t->known) : (double)NAN;
}

/* ---- writing ------------------------------------------------------------- */

void
ib_totals_write(struct ib_json_writer *w, const struct ib_totals *t)
{
	char sum[IB_EXACT_TEXT_MAX];
	uint64_t b;

	ib_json_write_safe(w, "rows", t->rows);
	ib_json_write_safe(w, "known", t->known);
	ib_exact_write_float_sum(sum, &t->sum);
	ib_json_write_text(w, "sum", sum);
	ib_json_write_real(w, "mean", ib_totals_mean(t));
	ib_json_write_float(w, "min", t->min);
	ib_json_write_float(w, "max", t->max);
	ib_json_write_epoch(w, "newest", t->newest);
	ib_json_begin_array(w, "histogram");
	for (b = 0; b < IB_TOTALS_BINS; b++) {
		if (t->bin[b] == 0)
			continue;
		ib_json_begin_array(w, NULL);
		ib_json_write_safe(w, NULL, b);
		ib_json_write_safe(w, NULL, t->bin[b]);
		ib_json_end_array(w);
	}
	ib_json_end_array(w);
}

/* ---- reading ------------------------------------------------------------- */

/* Limit of `rows` in a file. With this limit, merging up to 255 files cannot overflow. */
#define ROWS_MAX ((uint64_t)1 << 56)

/* Read a finite number. null is read as NaN. */
static bool
read_real(const cJSON *json, double *value)
{
	if (cJSON_IsNull(json)) {
		*value = (double)NAN;
		return true;
	}
	if (!cJSON_IsNumber(json))
		return false;
	*value = json->valuedouble;
	return isfinite(*value);
}

static bool
read_float(const cJSON *json, float *value)
{
	double real;

	/* The limit is halfway between the largest binary32 and 2^128. */
	if (!read_real(json, &real) || fabs(real) >= 0x1.ffffffp+127)
		return false;
	*value = (float)real;
	return true;
}

static bool
read_newest(const cJSON *json, int64_t *newest)
{
	uint64_t epoch;

	*newest = IB_NO_EPOCH;
	if (cJSON_IsNull(json))
		return true;
	if (!ib_json_doc_read_integer(json, &epoch) || epoch > INT32_MAX)
		return false;
	*newest = (int64_t)epoch;
	return true;
}

/*
 * Read the histogram. The bins must be ascending. No bin may be empty, and no bin may be one of
 * the bins that contain only NaNs and infinities. The sum of the counts must be `known`.
 */
static bool
read_histogram(const cJSON *json, struct ib_totals *t)
{
	uint64_t left = t->known, next = 0, b, count;
	const cJSON *pair, *first;

	if (!cJSON_IsArray(json))
		return false;
	cJSON_ArrayForEach(pair, json)
	{
		first = cJSON_IsArray(pair) ? pair->child : NULL;
		if (!first || !first->next || first->next->next ||
		    !ib_json_doc_read_integer(first, &b) ||
		    !ib_json_doc_read_integer(first->next, &count))
			return false;
		if (b < next || ib_totals_bin_is_edge(b) || count == 0 || count > left)
			return false;
		t->bin[b] = count;
		next = b + 1;
		left -= count;
	}
	return left == 0;
}

/*
 * True if min is in the first bin that has scores, max is in the last bin that has scores, and the
 * sum is between known * min and known * max.
 */
static bool
range_fits(const struct ib_totals *t)
{
	uint32_t low = 0, high = IB_TOTALS_BINS - 1;
	struct ib_exact bound;

	if (t->known == 0)
		return isnan(t->min) && isnan(t->max);
	if (!(t->min <= t->max))
		return false;
	while (t->bin[low] == 0)
		low++;
	while (t->bin[high] == 0)
		high--;
	if (ib_float_order(t->min) >> 20 != low || ib_float_order(t->max) >> 20 != high)
		return false;
	ib_exact_init(&bound);
	ib_exact_add_times(&bound, (double)t->min, t->known);
	if (ib_exact_compare(&t->sum, &bound) < 0)
		return false;
	ib_exact_init(&bound);
	ib_exact_add_times(&bound, (double)t->max, t->known);
	return ib_exact_compare(&t->sum, &bound) <= 0;
}

static bool
sum_fits(const struct ib_totals *t, double mean)
{
	struct ib_exact zero;

	if (t->known > 0)
		return ib_totals_mean(t) == mean;
	ib_exact_init(&zero);
	return isnan(mean) && ib_exact_compare(&t->sum, &zero) == 0;
}

#define GET(json, name) cJSON_GetObjectItemCaseSensitive(json, name)

/* Read all members. Returns the name of an invalid member, or NULL if all members are valid. */
static const char *
read_members(const cJSON *json, struct ib_totals *t)
{
	const cJSON *sum = GET(json, "sum");
	double mean;

	if (!ib_json_doc_read_integer(GET(json, "rows"), &t->rows) || t->rows > ROWS_MAX)
		return "rows";
	if (!ib_json_doc_read_integer(GET(json, "known"), &t->known) || t->known > t->rows)
		return "known";
	if (!read_histogram(GET(json, "histogram"), t))
		return "histogram";
	if (!read_float(GET(json, "min"), &t->min))
		return "min";
	if (!read_float(GET(json, "max"), &t->max))
		return "max";
	if (!cJSON_IsString(sum) || !ib_exact_read_float_sum(&t->sum, sum->valuestring))
		return "sum";
	if (!range_fits(t))
		return "the range of the scores";
	if (!read_real(GET(json, "mean"), &mean) || !sum_fits(t, mean))
		return "mean";
	if (!read_newest(GET(json, "newest"), &t->newest) ||
	    (t->rows == 0 && t->newest != IB_NO_EPOCH))
		return "newest";
	return NULL;
}

enum ib_status
ib_totals_parse(const cJSON *json, const char *name, struct ib_totals *t, struct ib_error *err)
{
	const char *what;

	ib_totals_init(t);
	if (!cJSON_IsObject(json))
		return ib_fail(err, IB_E_DATA, "%s: totals are not a JSON object", name);
	what = read_members(json, t);
	if (what)
		return ib_fail(err, IB_E_DATA, "%s: invalid totals: %s is missing or wrong", name,
			       what);
	return IB_OK;
}
