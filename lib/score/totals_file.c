/* Totals files: merging, checking, reading and writing. */
#include "score/totals_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "io/json_doc.h"

#define LONGEST ((size_t)1 << 30)

struct ib_totals_file *
ib_totals_file_new(void)
{
	struct ib_totals_file *s = calloc(1, sizeof(*s));

	if (s)
		ib_totals_init(&s->totals);
	return s;
}

void
ib_totals_file_free(struct ib_totals_file *s)
{
	if (!s)
		return;
	ib_part_set_release(&s->parts);
	ib_bin_counts_free(s->bins);
	free(s);
}

/* ---- merging ------------------------------------------------------------------ */

/*
 * Merge the sets of partitions. Totals of partitions cannot be merged with
 * totals of all scores, because samples would be counted twice.
 */
static enum ib_status
merge_parts(struct ib_totals_file *s, const struct ib_totals_file *o, const char *name,
	    struct ib_error *err)
{
	bool partial = s->parts.count > 0, other_partial = o->parts.count > 0;

	if (o->totals.rows == 0 && !other_partial)
		return IB_OK;
	if (s->totals.rows > 0 && partial != other_partial)
		return ib_fail(
			err, IB_E_DATA,
			partial ? "%s: has totals of all samples, but earlier files have "
				  "totals of partitions"
				: "%s: has totals of partitions, but earlier files have totals "
				  "of all samples",
			name);
	return ib_part_set_merge(&s->parts, &o->parts, name, err);
}

static enum ib_status
merge_bins(struct ib_totals_file *s, struct ib_totals_file *o, const char *name,
	   struct ib_error *err)
{
	bool first = s->totals.rows == 0 && !s->bins;

	if (s->bins && o->bins)
		return ib_bin_counts_merge(s->bins, o->bins, name, err);
	if (o->bins && first) {
		s->bins = o->bins;
		o->bins = NULL;
		return IB_OK;
	}
	if (o->bins || (s->bins && o->totals.rows > 0))
		return ib_fail(err, IB_E_DATA,
			       o->bins ? "%s: has counts from --bins, but earlier files have none"
				       : "%s: has no counts from --bins, but "
					 "earlier files have them",
			       name);
	return IB_OK;
}

enum ib_status
ib_totals_file_merge(struct ib_totals_file *s, struct ib_totals_file *o, const char *name,
		     struct ib_error *err)
{
	enum ib_status st = merge_parts(s, o, name, err);

	if (!st)
		st = merge_bins(s, o, name, err);
	if (!st)
		ib_totals_merge(&s->totals, &o->totals);
	return st;
}

enum ib_status
ib_totals_file_check(const struct ib_totals_file *s, const char *name, struct ib_error *err)
{
	enum ib_status st = ib_part_set_check(&s->parts, name, err);
	char digest[33];

	if (st || !s->bins)
		return st;
	st = ib_totals_digest(&s->totals, digest, err);
	if (!st && strcmp(digest, s->bins->of) != 0)
		st = ib_fail(err, IB_E_DATA,
			     "%s: the counts from --bins belong to other totals: a partition is "
			     "missing or repeated, or belongs to another epoch",
			     name);
	return st;
}

/* ---- files ---------------------------------------------------------------------- */

static enum ib_status
parse(const cJSON *json, const char *name, struct ib_totals_file *s, struct ib_error *err)
{
	const cJSON *version = cJSON_GetObjectItemCaseSensitive(json, "ib_totals");
	enum ib_status st;

	if (!cJSON_IsNumber(version))
		return ib_fail(err, IB_E_DATA, "%s: not a totals file", name);
	st = ib_format_version_check(name, "totals file", version->valuedouble, IB_TOTALS_VERSION,
				     err);
	if (!st)
		st = ib_totals_parse(json, name, &s->totals, err);
	if (!st)
		st = ib_part_set_parse(cJSON_GetObjectItemCaseSensitive(json, "parts"), name,
				       &s->parts, err);
	return st ? st
		  : ib_bin_counts_parse(cJSON_GetObjectItemCaseSensitive(json, "refined"), name,
					&s->totals, &s->bins, err);
}

/*
 * Merge the JSON documents of a file. A file that cat made from several totals files has several
 * documents.
 */
static enum ib_status
merge_documents(struct ib_totals_file *s, struct ib_span text, const char *name,
		struct ib_error *err)
{
	struct ib_totals_file *one;
	enum ib_status st;
	cJSON *json;

	do {
		json = NULL;
		one = ib_totals_file_new();
		st = one ? ib_json_doc_parse_first(&text, &json, err) : ib_fail_memory(err);
		if (!st)
			st = parse(json, name, one, err);
		cJSON_Delete(json);
		if (!st)
			st = ib_totals_file_merge(s, one, name, err);
		ib_totals_file_free(one);
	} while (!st && text.n > 0);
	return st;
}

enum ib_status
ib_totals_file_read(struct ib_input *in, struct ib_totals_file **out, struct ib_error *err)
{
	struct ib_totals_file *s = ib_totals_file_new();
	char *text = NULL;
	enum ib_status st;
	size_t n = 0;

	st = s ? ib_input_slurp(in, &text, &n, err) : ib_fail_memory(err);
	if (!st && n > LONGEST)
		n = 0;
	if (!st)
		st = merge_documents(s, (struct ib_span){ text, n }, ib_input_name(in), err);
	free(text);
	if (st) {
		ib_totals_file_free(s);
		return st;
	}
	*out = s;
	return IB_OK;
}

enum ib_status
ib_totals_file_write(const struct ib_totals_file *s, struct ib_output *out, struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "ib_totals", IB_TOTALS_VERSION);
	ib_totals_write(&w, &s->totals);
	if (!ib_part_set_is_complete(&s->parts))
		ib_part_set_write(&w, "parts", &s->parts);
	if (s->bins)
		ib_bin_counts_write(&w, "refined", s->bins);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\n');
	return ib_output_write_last(out, &b, err);
}
