/* Check the weights of an epoch manifest as a whole. */
#include "weigh/check.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "io/json_doc.h"
#include "prune/receipt.h"
#include "prune/run_stats.h"
#include "record/known_formats.h"

#define RECEIPT_BYTES_MAX ((size_t)16 << 20) /* maximum size of a receipt in bytes */

/* Write x to out as a decimal number. Returns out. */
static const char *
format_number(char out[IB_NUMBER_MAX], double x)
{
	out[ib_number_write(out, x)] = '\0';
	return out;
}

/* Write x to out as a decimal number, rounded to the given number of digits. Returns out. */
static const char *
format_rounded(char out[IB_NUMBER_MAX], double x, int digits)
{
	char text[40];

	snprintf(text, sizeof(text), "%.*g", digits, x);
	return format_number(out, strtod(text, NULL));
}

static enum ib_status
read_receipt(const char *path, cJSON **out, struct ib_error *err)
{
	struct ib_input *in = NULL;
	const cJSON *version;
	enum ib_status st;

	st = ib_input_open(path, &in, err);
	if (!st)
		st = ib_known_format_check(in, err);
	if (!st)
		st = ib_json_doc_read(in, RECEIPT_BYTES_MAX, out, err);
	ib_input_close(in);
	if (!st && !cJSON_IsObject(*out))
		st = ib_fail(err, IB_E_DATA, "%s: not a receipt", path);
	if (st)
		return st;
	version = cJSON_GetObjectItemCaseSensitive(*out, "ib_receipt");
	return ib_format_version_check(path, "receipt",
				       cJSON_IsNumber(version) ? version->valuedouble : 0,
				       IB_RECEIPT_VERSION, err);
}

static enum ib_status
read_number(const cJSON *receipt, const char *path, const char *name, double *value,
	    struct ib_error *err)
{
	const cJSON *x = cJSON_GetObjectItemCaseSensitive(receipt, name);

	if (!cJSON_IsNumber(x))
		return ib_fail(err, IB_E_DATA, "%s: not a receipt: '%s' is missing or not a number",
			       path, name);
	*value = x->valuedouble;
	return IB_OK;
}

/* Set *factor to the factor of ib-prune --normalize, or to 1 if the receipt has no factor. */
static enum ib_status
read_factor(const cJSON *receipt, const char *path, double *factor, struct ib_error *err)
{
	enum ib_status st;

	*factor = 1;
	if (!cJSON_HasObjectItem(receipt, "weight_factor"))
		return IB_OK;
	st = read_number(receipt, path, "weight_factor", factor, err);
	if (st || (*factor > 0 && *factor <= 1))
		return st;
	return ib_fail(err, IB_E_DATA, "%s: not a receipt: 'weight_factor' is not in (0, 1]", path);
}

enum ib_status
ib_receipt_read_factor(const char *path, double *factor, struct ib_error *err)
{
	cJSON *receipt = NULL;
	enum ib_status st = read_receipt(path, &receipt, err);

	if (!st)
		st = read_factor(receipt, path, factor, err);
	cJSON_Delete(receipt);
	return st;
}

/* A member that the receipt must have, with the value computed from the manifest. */
struct expected {
	const char *name;
	double value;
	bool is_integer;    /* true if the value is an integer */
	bool is_weight_sum; /* true if the value is a sum of weights */
	/*
	 * number by which the value in the receipt must be multiplied before it is compared: 1 or
	 * the factor of --normalize
	 */
	double factor;
};

/*
 * --normalize multiplies each weight by the factor and rounds the product. The largest weight of
 * the manifest is therefore equal to the rounded product of the factor and the receipt's largest
 * weight. The sum of the rounded weights may differ slightly from the product of the factor and the
 * receipt's sum.
 */
static bool
is_equal(const struct expected *s, double value)
{
	double rounding = s->factor < 1 && s->is_weight_sum ? 1e-9 * value : 0;

	return fabs(value - s->value) <= rounding;
}

static enum ib_status
compare_with_receipt(const cJSON *receipt, const char *path, const struct expected *s,
		     const char *name, struct ib_error *err)
{
	char a[IB_NUMBER_MAX], b[IB_NUMBER_MAX];
	enum ib_status st;
	double value = 0;

	st = read_number(receipt, path, s->name, &value, err);
	value *= s->factor;
	if (st || is_equal(s, value))
		return st;
	if (s->is_integer)
		return ib_fail(err, IB_E_CHECK, "%s: '%s' is %.0f, but the receipt %s has %.0f",
			       name, s->name, s->value, path, value);
	return ib_fail(err, IB_E_CHECK, "%s: '%s' is %s, but the receipt %s has %s", name, s->name,
		       format_number(a, s->value), path, format_number(b, value));
}

/* Values that are read from the receipt. */
struct receipt {
	double variance, factor;
};

static enum ib_status
check_receipt(const struct ib_weight_stats *t, uint64_t total, const char *name, const char *path,
	      struct receipt *out, struct ib_error *err)
{
	struct expected expected[] = {
		{ "samples", (double)total, true, false, 1 },
		{ "kept", (double)t->n, true, false, 1 },
		{ "pruned", (double)total - (double)t->n, true, false, 1 },
		{ "weight_sum", ib_exact_round(&t->sum), false, true, 1 },
		{ "max_weight", t->max, false, false, 1 },
	};
	cJSON *receipt = NULL;
	enum ib_status st = read_receipt(path, &receipt, err);
	size_t i;

	if (!st)
		st = read_factor(receipt, path, &out->factor, err);
	for (i = 0; i < sizeof(expected) / sizeof(*expected) && !st; i++) {
		if (!expected[i].is_integer)
			expected[i].factor = out->factor;
		st = compare_with_receipt(receipt, path, &expected[i], name, err);
	}
	if (!st)
		st = read_number(receipt, path, "weight_var", &out->variance, err);
	cJSON_Delete(receipt);
	return st;
}

/* Return the distance between `total` and the sum of the weights before --normalize. */
static double
weight_sum_distance(const struct ib_weight_stats *t, uint64_t total, double factor)
{
	struct ib_exact x = t->sum;

	if (factor < 1)
		return fabs(ib_exact_round(&x) / factor - (double)total);
	ib_exact_add_times(&x, -1, total);
	return fabs(ib_exact_round(&x));
}

enum ib_status
ib_check_weights(const struct ib_weight_stats *t, uint64_t total, const char *name,
		 const char *receipt, double *factor, struct ib_error *err)
{
	struct receipt r = { ib_weight_stats_variance(t), 1 };
	bool scaled = !receipt && t->n > 0 && t->n < total && t->min < 1;
	char a[IB_NUMBER_MAX], b[IB_NUMBER_MAX], c[IB_NUMBER_MAX];
	enum ib_status st = IB_OK;
	double allowed, distance;

	if (receipt)
		st = check_receipt(t, total, name, receipt, &r, err);
	if (st)
		return st;
	*factor = r.factor;
	allowed = r.variance > 0 ? IB_WEIGHT_SUM_LIMIT * sqrt(r.variance) : 1e-9 * (double)total;
	distance = weight_sum_distance(t, total, r.factor);
	if (distance <= allowed)
		return IB_OK;
	return ib_fail(err, IB_E_CHECK,
		       "%s: the weights sum to %s, but the full manifest has %llu records: the "
		       "difference of %s is more than %s (%s)%s",
		       name, format_rounded(a, ib_exact_round(&t->sum) / r.factor, 12),
		       (unsigned long long)total, format_rounded(b, distance, 4),
		       format_rounded(c, allowed, 4),
		       r.variance > 0 ? "4 standard errors" : "the standard error is 0",
		       scaled ? "; if ib-prune --normalize scaled the weights, give the receipt "
				"of that run with --receipt"
			      : "");
}
