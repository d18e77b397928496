/* The second pass as JSON: the request of ib-prune --write-bins, and the counts. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/error.h"
#include "base/hex.h"
#include "io/json_doc.h"
#include "record/known_formats.h"
#include "score/bin_counts.h"

#define GET(json, name) cJSON_GetObjectItemCaseSensitive(json, name)

/* ---- writing ------------------------------------------------------------------ */

static void
write_sum(struct ib_json_writer *w, struct ib_u128 sum)
{
	char text[40];

	if (sum.hi)
		snprintf(text, sizeof(text), "%llx%016llx", (unsigned long long)sum.hi,
			 (unsigned long long)sum.lo);
	else
		snprintf(text, sizeof(text), "%llx", (unsigned long long)sum.lo);
	ib_json_write_text(w, NULL, text);
}

static void
write_values(struct ib_json_writer *w, const char *name, const struct ib_bins *f)
{
	struct ib_bytes text = { 0 };
	uint32_t bin;

	ib_json_begin_array(w, name);
	for (bin = 0; bin < IB_TOTALS_BINS; bin++) {
		if (!ib_bins_selects(f, bin))
			continue;
		text.n = 0;
		ib_bins_write_text(&text, f, bin);
		ib_json_begin_array(w, NULL);
		ib_json_write_safe(w, NULL, bin);
		ib_json_write_string(w, NULL, ib_bytes_span(&text));
		ib_json_end_array(w);
	}
	ib_json_end_array(w);
	w->out->failed |= text.failed;
	ib_bytes_release(&text);
}

static void
write_x(struct ib_json_writer *w, const struct ib_x_bins *x)
{
	uint32_t bin;

	ib_json_begin_array(w, "x");
	for (bin = IB_X_FIRST; bin < IB_TOTALS_BINS; bin++) {
		if (x->count[bin] == 0)
			continue;
		ib_json_begin_array(w, NULL);
		ib_json_write_safe(w, NULL, bin);
		ib_json_write_safe(w, NULL, x->count[bin]);
		write_sum(w, x->sum[bin]);
		ib_json_write_safe(w, NULL, x->least[bin] % IB_BIN_VALUES);
		ib_json_end_array(w);
	}
	ib_json_end_array(w);
}

static void
write_proxy(struct ib_json_writer *w, const struct ib_bin_counts *r)
{
	const char *proxy = r->proxy == IB_PROXY_LOSS ? "loss" : "bounded";

	ib_json_write_text(w, "proxy", r->has_x ? proxy : NULL);
}

void
ib_bin_counts_write(struct ib_json_writer *w, const char *name, const struct ib_bin_counts *r)
{
	ib_json_begin_object(w, name);
	ib_json_write_text(w, "of", r->of);
	write_values(w, "scores", &r->score);
	write_proxy(w, r);
	if (r->has_x) {
		ib_json_write_safe(w, "flat", r->x.count[0]);
		write_x(w, &r->x);
		write_values(w, "fine", &r->x_values);
	}
	ib_json_end_object(w);
}

static void
write_bins(struct ib_json_writer *w, const char *name, const struct ib_bins *f)
{
	uint32_t bin;

	ib_json_begin_array(w, name);
	for (bin = 0; bin < IB_TOTALS_BINS; bin++)
		if (ib_bins_selects(f, bin))
			ib_json_write_safe(w, NULL, bin);
	ib_json_end_array(w);
}

enum ib_status
ib_second_pass_write(const struct ib_bin_counts *request, struct ib_output *out,
		     struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "ib_refine", IB_SECOND_PASS_VERSION);
	ib_json_write_text(&w, "of", request->of);
	ib_json_write_signed(&w, "newest", request->newest);
	write_bins(&w, "scores", &request->score);
	write_proxy(&w, request);
	write_bins(&w, "x", &request->x_values);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\n');
	return ib_output_write_last(out, &b, err);
}

/* ---- reading -------------------------------------------------------------------- */

/* Read a bin number, which must be in [*next, 4096), and set *next to this number + 1. */
static bool
read_bin(const cJSON *json, uint32_t *next, uint32_t *bin)
{
	uint64_t n;

	if (!ib_json_doc_read_integer(json, &n) || n < *next || n >= IB_TOTALS_BINS)
		return false;
	*bin = (uint32_t)n;
	*next = *bin + 1;
	return true;
}

static bool
read_proxy(const cJSON *json, struct ib_bin_counts *r)
{
	if (cJSON_IsNull(json))
		return true;
	r->has_x = true;
	r->proxy = IB_PROXY_LOSS;
	if (!cJSON_IsString(json) || !strcmp(json->valuestring, "loss"))
		return cJSON_IsString(json);
	r->proxy = IB_PROXY_BOUNDED;
	return !strcmp(json->valuestring, "bounded");
}

static bool
read_of(const cJSON *json, struct ib_bin_counts *r)
{
	if (!cJSON_IsString(json) || strlen(json->valuestring) != 32)
		return false;
	memcpy(r->of, json->valuestring, 33);
	return true;
}

static bool
read_newest(const cJSON *json, struct ib_bin_counts *r)
{
	if (!cJSON_IsNumber(json) || !(json->valuedouble >= IB_NO_EPOCH) ||
	    json->valuedouble > INT32_MAX)
		return false;
	r->newest = (int64_t)json->valuedouble;
	return true;
}

static bool
read_sum(const cJSON *json, struct ib_u128 *sum)
{
	const char *p = cJSON_IsString(json) ? json->valuestring : "";
	size_t n = strlen(p);

	*sum = (struct ib_u128){ 0, 0 };
	if (n == 0 || n > 32 || strspn(p, IB_HEX_DIGITS) != n)
		return false;
	for (; *p; p++) {
		sum->hi = sum->hi << 4 | sum->lo >> 60;
		sum->lo = sum->lo << 4 | (uint64_t)ib_hex_value(*p);
	}
	return true;
}

/* Read [[bin,text],...]. The bin numbers must be ascending. */
static bool
read_values(const cJSON *json, uint32_t from, struct ib_bins *f)
{
	uint32_t next = from, bin;
	const cJSON *pair;

	if (!cJSON_IsArray(json))
		return false;
	cJSON_ArrayForEach(pair, json)
	{
		if (!cJSON_IsArray(pair) || !read_bin(pair->child, &next, &bin) ||
		    !cJSON_IsString(pair->child->next) ||
		    !ib_bins_read(f, bin, pair->child->next->valuestring))
			return false;
	}
	return true;
}

/* Read [bin,count,sum,least]. The count must be at most *left and is subtracted from *left. */
static bool
read_x_bin(const cJSON *it, struct ib_x_bins *x, uint32_t *next, uint64_t *left)
{
	uint64_t least;
	uint32_t bin;

	if (!read_bin(it, next, &bin) || !(it = it->next) ||
	    !ib_json_doc_read_integer(it, &x->count[bin]) || x->count[bin] == 0 ||
	    x->count[bin] > *left || !read_sum(it->next, &x->sum[bin]) ||
	    !ib_json_doc_read_integer(it->next->next, &least) || least >= IB_BIN_VALUES)
		return false;
	x->least[bin] = bin << 20 | (uint32_t)least;
	*left -= x->count[bin];
	return true;
}

/* Read the counts of all bins of x. The sum of the counts must be `known`. */
static bool
read_x(const cJSON *json, struct ib_x_bins *x, uint64_t known)
{
	uint32_t next = IB_X_FIRST;
	const cJSON *row;

	if (!ib_json_doc_read_integer(GET(json, "flat"), &x->count[0]) || x->count[0] > known ||
	    !cJSON_IsArray(GET(json, "x")))
		return false;
	known -= x->count[0];
	cJSON_ArrayForEach(row, GET(json, "x"))
	{
		if (!read_x_bin(cJSON_IsArray(row) ? row->child : NULL, x, &next, &known))
			return false;
	}
	return known == 0;
}

/*
 * True if the values of f in `bin` have the number, the sum and the minimum that x stores for this
 * bin.
 */
static bool
is_sum_of(const struct ib_x_bins *x, uint32_t bin, const struct ib_bins *f)
{
	uint64_t first = ib_bins_seek(f, (uint64_t)bin << 20), i, count, total = 0;
	struct ib_u128 sum = { 0, 0 };

	for (i = first; i < f->n && f->order[i] >> 20 == bin; i++) {
		count = f->before[i + 1] - f->before[i];
		total += count;
		sum = ib_u128_add(sum, ib_u128_product(ib_x_units(f->order[i]), count));
	}
	return total == x->count[bin] && sum.hi == x->sum[bin].hi && sum.lo == x->sum[bin].lo &&
	       (i == first ? 0 : f->order[first]) == x->least[bin];
}

/* True if, in each selected bin, the counts of the values add up to the count of the bin. */
static bool
adds_up(const struct ib_bin_counts *r, const struct ib_totals *t)
{
	uint32_t bin;

	for (bin = 0; bin < IB_TOTALS_BINS; bin++) {
		if (ib_bins_selects(&r->score, bin) &&
		    ib_bins_count_of(&r->score, bin) != t->bin[bin])
			return false;
		if (ib_bins_selects(&r->x_values, bin) && !is_sum_of(&r->x, bin, &r->x_values))
			return false;
	}
	return true;
}

enum ib_status
ib_bin_counts_parse(const cJSON *json, const char *name, const struct ib_totals *t,
		    struct ib_bin_counts **out, struct ib_error *err)
{
	struct ib_bin_counts *r;
	bool ok;

	*out = NULL;
	if (!json)
		return IB_OK;
	r = ib_bin_counts_new();
	if (!r)
		return ib_fail_memory(err);
	ok = read_of(GET(json, "of"), r) && read_values(GET(json, "scores"), 0, &r->score) &&
	     read_proxy(GET(json, "proxy"), r);
	if (ok && r->has_x)
		ok = read_x(json, &r->x, t->known) &&
		     read_values(GET(json, "fine"), IB_X_FIRST, &r->x_values);
	if (!ok || !adds_up(r, t)) {
		ok = r->score.failed || r->x_values.failed;
		ib_bin_counts_free(r);
		if (ok)
			return ib_fail_memory(err);
		return ib_fail(err, IB_E_DATA, "%s: invalid totals: 'refined' is wrong", name);
	}
	*out = r;
	return IB_OK;
}

static bool
read_bins(const cJSON *json, uint32_t from, struct ib_bins *f)
{
	uint32_t next = from, bin;
	const cJSON *it;

	if (!cJSON_IsArray(json))
		return false;
	cJSON_ArrayForEach(it, json)
	{
		if (!read_bin(it, &next, &bin))
			return false;
		ib_bins_select(f, bin);
	}
	return true;
}

static enum ib_status
parse_request(const cJSON *json, const char *name, struct ib_bin_counts *r, struct ib_error *err)
{
	const cJSON *version = GET(json, "ib_refine");

	if (!cJSON_IsNumber(version))
		return ib_fail(err, IB_E_DATA, "%s: not written by ib-prune --write-bins", name);
	if (ib_format_version_check(name, "request", version->valuedouble, IB_SECOND_PASS_VERSION,
				    err))
		return IB_E_DATA;
	if (read_of(GET(json, "of"), r) && read_newest(GET(json, "newest"), r) &&
	    read_bins(GET(json, "scores"), 0, &r->score) && read_proxy(GET(json, "proxy"), r) &&
	    read_bins(GET(json, "x"), IB_X_FIRST, &r->x_values))
		return IB_OK;
	return ib_fail(err, IB_E_DATA, "%s: malformed output of ib-prune --write-bins", name);
}

enum ib_status
ib_second_pass_read(const char *path, struct ib_bin_counts **out, struct ib_error *err)
{
	struct ib_bin_counts *r = ib_bin_counts_new();
	struct ib_input *in = NULL;
	cJSON *json = NULL;
	enum ib_status st;

	st = r ? ib_input_open(path, &in, err) : ib_fail_memory(err);
	if (!st)
		st = ib_known_format_check(in, err);
	if (!st)
		st = ib_json_doc_read(in, SIZE_MAX, &json, err);
	if (!st)
		st = parse_request(json, ib_input_name(in), r, err);
	cJSON_Delete(json);
	ib_input_close(in);
	if (st) {
		ib_bin_counts_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}
