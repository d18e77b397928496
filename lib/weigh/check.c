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

#define LONGEST ((size_t)16 << 20) /* maximum size of a receipt in bytes */

/* Write the decimal of a number and a NUL to out. Returns out. */
static const char *
format_number(char out[IB_NUMBER_MAX], double x)
{
	out[ib_number_put(out, x)] = '\0';
	return out;
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
		st = ib_json_doc_read(in, LONGEST, out, err);
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

/* A member that the receipt must have, with the value computed from the manifest. */
struct expected {
	const char *name;
	double value;
	bool count; /* true if the value is an integer */
};

static enum ib_status
compare(const cJSON *receipt, const char *path, const struct expected *s, const char *name,
	struct ib_error *err)
{
	char a[IB_NUMBER_MAX], b[IB_NUMBER_MAX];
	enum ib_status st;
	double value = 0;

	st = read_number(receipt, path, s->name, &value, err);
	if (st || value == s->value)
		return st;
	if (s->count)
		return ib_fail(err, IB_E_CHECK, "%s: %s is %.0f, but the receipt %s has %.0f", name,
			       s->name, s->value, path, value);
	return ib_fail(err, IB_E_CHECK, "%s: %s is %s, but the receipt %s has %s", name, s->name,
		       format_number(a, s->value), path, format_number(b, value));
}

static enum ib_status
check_receipt(const struct ib_weight_stats *t, uint64_t total, const char *name, const char *path,
	      double *variance, struct ib_error *err)
{
	const struct expected expected[] = {
		{ "samples", (double)total, true },
		{ "kept", (double)t->n, true },
		{ "pruned", (double)total - (double)t->n, true },
		{ "weight_sum", ib_exact_round(&t->sum), false },
		{ "max_weight", t->max, false },
	};
	cJSON *receipt = NULL;
	enum ib_status st = read_receipt(path, &receipt, err);
	size_t i;

	for (i = 0; i < sizeof(expected) / sizeof(*expected) && !st; i++)
		st = compare(receipt, path, &expected[i], name, err);
	if (!st)
		st = read_number(receipt, path, "weight_var", variance, err);
	cJSON_Delete(receipt);
	return st;
}

enum ib_status
ib_check_weights(const struct ib_weight_stats *t, uint64_t total, const char *name,
		 const char *receipt, struct ib_error *err)
{
	double variance = ib_weight_stats_variance(t), allowed, off;
	struct ib_exact x = t->sum;
	char a[IB_NUMBER_MAX], b[IB_NUMBER_MAX];
	enum ib_status st = IB_OK;

	if (receipt)
		st = check_receipt(t, total, name, receipt, &variance, err);
	if (st)
		return st;
	ib_exact_add_times(&x, -1, total);
	off = fabs(ib_exact_round(&x));
	allowed = variance > 0 ? IB_WEIGHT_SUM_LIMIT * sqrt(variance) : 1e-9 * (double)total;
	if (off <= allowed)
		return IB_OK;
	return ib_fail(err, IB_E_CHECK,
		       "%s: the weights sum to %s, but the full manifest has %llu records: the "
		       "difference is more than %s (%s)",
		       name, format_number(a, ib_exact_round(&t->sum)), (unsigned long long)total,
		       format_number(b, allowed),
		       variance > 0 ? "4 standard errors" : "the standard error is 0");
}
