/*
 * Write the records of the epoch manifest with their weights, for JSON, CSV and
 * TSV.
 */
#include "prune/annotate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/json_writer.h"

#define EXPLANATION "ib" /* name of the object that --explain adds to a record */

/* ---- options ------------------------------------------------------------ */

/*
 * Split the name of the weight field at its dots, for example a.b.c into a, b and c. Make the
 * reader search for the objects around the field: a and a.b.
 */
static enum ib_status
split_name(struct ib_annotate *s, struct ib_error *err)
{
	const char *p = s->weight.p, *end = p + s->weight.n, *dot;

	s->names = ib_span_dup(s->weight);
	if (!s->names)
		return ib_fail_memory(err);
	for (;; p = dot + 1) {
		if (s->nsteps == IB_ANNOTATE_DEPTH)
			return ib_fail(err, IB_E_MISUSE,
				       "--weight-field has more than %d names separated by dots",
				       IB_ANNOTATE_DEPTH);
		dot = memchr(p, '.', (size_t)(end - p));
		s->step[s->nsteps].p = p;
		s->step[s->nsteps].n = (size_t)((dot ? dot : end) - p);
		if (s->step[s->nsteps++].n == 0)
			return ib_fail(err, IB_E_MISUSE,
				       "--weight-field: a name between dots is empty");
		if (!dot)
			return IB_OK;
		s->wanted[s->nwanted++].name =
			(struct ib_span){ s->names, (size_t)(dot - s->weight.p) };
	}
}

/*
 * True if `name` is the name of the object `ib` that --explain adds, or of a member of this object.
 */
static bool
is_explanation_field(struct ib_span name)
{
	return ib_span_is(name, EXPLANATION) || ib_span_begins_with(name, EXPLANATION ".");
}

enum ib_status
ib_annotate_init(struct ib_annotate *s, const struct ib_prune_options *o, struct ib_error *err)
{
	enum ib_status st;

	*s = (struct ib_annotate){
		.weight = ib_span_of(o->weight_field ? o->weight_field : "weight"),
		.explain = o->explain,
		.bare = o->weights != NULL,
		.existing_weight = o->existing_weight,
		.nwanted = IB_ANNOTATE_OBJECT,
	};
	if (o->id_field)
		s->id_field = ib_span_of(o->id_field);
	if (s->explain && !s->bare && is_explanation_field(s->weight))
		return ib_fail(err, IB_E_MISUSE,
			       "--weight-field %s conflicts with --explain, which writes the "
			       "field 'ib'",
			       o->weight_field);
	if (s->explain && !s->bare && is_explanation_field(s->id_field))
		return ib_fail(err, IB_E_MISUSE,
			       "--id-field %s conflicts with --explain, which writes the "
			       "field 'ib'",
			       o->id_field);
	if (s->bare)
		return IB_OK; /* the reader need not search for any field */
	s->wanted[IB_ANNOTATE_WEIGHT] = (struct ib_wanted){ s->weight, true };
	s->wanted[IB_ANNOTATE_ID].name = s->id_field;
	if (s->explain)
		s->wanted[IB_ANNOTATE_EXPLANATION].name = ib_span_of(EXPLANATION);
	st = split_name(s, err);
	if (st || s->nsteps > 1 || s->explain || s->id_field.n > 0)
		return st;
	ib_bytes_append_char(&s->member, ',');
	ib_json_quote(&s->member, s->weight);
	ib_bytes_append_char(&s->member, ':');
	ib_bytes_reserve(&s->member, IB_COPY_STEP);
	return s->member.failed ? ib_fail_memory(err) : IB_OK;
}

void
ib_annotate_release(struct ib_annotate *s)
{
	free(s->names);
	s->names = NULL;
	ib_bytes_release(&s->member);
}

/* ---- helpers for all formats  ------------------------------------------------------------- */

/* Set c->why to `before`, followed by the quoted name and by `after`. Returns false. */
static bool
refuse_field(struct ib_cursor *c, const char *before, struct ib_span name, const char *after)
{
	snprintf(c->why, sizeof(c->why), "%s'%.*s'%s", before, (int)name.n, name.p, after);
	return false;
}

static const struct ib_value *
wanted_value(const struct ib_cursor *c, size_t i)
{
	return ib_cursor_value(c, c->source->wanted_slot[i]);
}

/* Returns false if the record already has the id field or the object that would be added. */
static bool
lacks_added_fields(const struct ib_annotate *s, struct ib_cursor *c)
{
	if (wanted_value(c, IB_ANNOTATE_ID))
		return refuse_field(c, "already has a field ", s->id_field, "");
	if (wanted_value(c, IB_ANNOTATE_EXPLANATION) && !ib_source_is_delimited(c->source))
		return refuse_field(c, "already has a field ", ib_span_of(EXPLANATION), "");
	return true;
}

/*
 * Multiply *weight by the existing weight of the record, if the options request this. A null or
 * empty existing weight counts as 1. Returns false if the options forbid an existing weight, or if
 * the existing weight is not a number.
 */
static bool
apply_existing_weight(const struct ib_annotate *s, struct ib_cursor *c,
		      const struct ib_value *existing, double *weight)
{
	double before;

	if (!existing)
		return true;
	if (s->existing_weight == IB_EXISTING_WEIGHT_FAIL) {
		snprintf(c->why, sizeof(c->why),
			 "already has a weight: prune the full manifest, not an epoch manifest; "
			 "if this field is part of the data, choose another --weight-field");
		return false;
	}
	if (s->existing_weight == IB_EXISTING_WEIGHT_REPLACE || existing->type == IB_NULL)
		return true;
	if (!ib_value_read_number(existing, &before))
		return refuse_field(c, "the weight ", s->weight, " is not a number");
	*weight *= before;
	if (!isfinite(*weight))
		return refuse_field(c, "the existing weight ", s->weight,
				    " times the new weight is not finite");
	return true;
}

static void
write_score(struct ib_bytes *out, float score)
{
	char text[IB_NUMBER_MAX];

	if (!isnan(score))
		ib_bytes_append(out, text, ib_number_write_float(text, score));
}

static void
write_real(struct ib_bytes *out, double x)
{
	char text[IB_NUMBER_MAX];

	ib_bytes_append(out, text, ib_number_write(text, x));
}

static void
write_text(struct ib_bytes *out, const char *text)
{
	ib_bytes_append(out, text, strlen(text));
}

/* ---- JSON --------------------------------------------------------------- */

/* Append a comma if the object whose closing brace is at `close` has a member. */
static void
write_comma(struct ib_bytes *out, const char *close)
{
	if (out->failed) /* if memory ran out, the bytes before `close` may be missing */
		return;
	while (ib_is_space(*--close))
		;
	if (*close != '{')
		ib_bytes_append_char(out, ',');
}

static void
write_explained(struct ib_bytes *out, const struct ib_annotation *annotation)
{
	struct ib_json_writer w = { .out = out, .comma = true };

	ib_json_begin_object(&w, EXPLANATION);
	ib_json_write_real(&w, "pi", annotation->pi);
	ib_json_write_real(&w, "u", annotation->u);
	ib_json_write_float(&w, "score", annotation->score);
	ib_json_write_text(&w, "reason", ib_reason_name(annotation->reason));
	ib_json_end_object(&w);
}

/* Append the weight as nested members such as "b":{"c":W}. The outermost member is step[from]. */
static void
write_steps(const struct ib_annotate *s, size_t from, double weight, struct ib_bytes *out,
	    struct ib_number_cache *cache)
{
	size_t i;

	for (i = from; i < s->nsteps; i++) {
		if (i > from)
			ib_bytes_append_char(out, '{');
		ib_json_quote(out, s->step[i]);
		ib_bytes_append_char(out, ':');
	}
	ib_number_cache_append(out, weight, cache);
	for (i = from + 1; i < s->nsteps; i++)
		ib_bytes_append_char(out, '}');
}

/*
 * Find the object in which to insert the weight a.b.c: `a.b`, or else `a`, or else the record.
 * *close is set to the closing brace of this object, and *depth to 2 for `a.b`, 1 for `a`, and 0
 * for the record. Returns false if `a` or `a.b` exists but is not an object.
 */
static bool
find_object(const struct ib_annotate *s, struct ib_cursor *c, size_t *depth, const char **close)
{
	const struct ib_value *v;
	size_t i;

	*depth = 0;
	*close = c->record.close;
	for (i = 0; i + 1 < s->nsteps; i++) {
		v = wanted_value(c, IB_ANNOTATE_OBJECT + i);
		if (!v)
			break;
		if (v->type != IB_OBJECT)
			return refuse_field(c, "", s->wanted[IB_ANNOTATE_OBJECT + i].name,
					    " exists but is not an object");
		*depth = i + 1;
		*close = v->p + v->n - 1;
	}
	return true;
}

/*
 * Fast path for the common case: only the weight is inserted, after the last member of the record,
 * and the record is one line. In all other cases, this function writes nothing and returns false;
 * the caller must then use write_json(). This fast path saves 11 % of the time of a run
 * (tests/PERFORMANCE.md).
 */
static inline bool
write_weight_only(const struct ib_annotate *s, const struct ib_cursor *c, double weight,
		  struct ib_bytes *out, struct ib_number_cache *cache)
{
	const struct ib_record *r = &c->record;
	size_t before = (size_t)(r->close - r->p), after = r->n - before + r->end;
	size_t most = before + s->member.n + IB_NUMBER_MAX + after + IB_COPY_STEP;
	const struct ib_number_cache_entry *w;
	char *to;

	if (s->member.n == 0 || r->end == 0 || r->close[-1] == '{' || ib_is_space(r->close[-1]) ||
	    wanted_value(c, IB_ANNOTATE_WEIGHT))
		return false;
	if (!ib_bytes_reserve(out, most))
		return true; /* memory ran out, so out->failed is set */
	to = out->p + out->n;
	ib_copy_beyond(to, r->p, before);
	to += before;
	ib_copy_beyond(to, s->member.p, s->member.n);
	to += s->member.n;
	w = ib_number_cache_get(cache, weight);
	memcpy(to, w->text, sizeof(w->text));
	to += w->n;
	ib_copy_beyond(to, r->close, after);
	out->n = (size_t)(to + after - out->p);
	return true;
}

static bool
write_json(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_annotation *annotation,
	   struct ib_bytes *out, struct ib_number_cache *cache)
{
	const struct ib_value *existing = wanted_value(c, IB_ANNOTATE_WEIGHT);
	const char *p = c->record.p, *top = c->record.close, *close = top;
	double weight = annotation->weight;
	struct ib_span old;
	size_t depth = 0;

	if (!lacks_added_fields(s, c) || !apply_existing_weight(s, c, existing, &weight))
		return false;
	if (existing) {
		old = ib_value_raw(existing);
		ib_bytes_append(out, p, (size_t)(old.p - p));
		ib_number_cache_append(out, weight, cache);
		p = old.p + old.n;
	} else if (s->nsteps > 1) {
		if (!find_object(s, c, &depth, &close))
			return false;
		if (depth > 0) {
			ib_bytes_append(out, p, (size_t)(close - p));
			write_comma(out, close);
			write_steps(s, depth, weight, out, cache);
			p = close;
		}
	}
	ib_bytes_append(out, p, (size_t)(top - p));
	if (s->id_field.n > 0) {
		write_comma(out, out->p + out->n);
		ib_json_quote(out, s->id_field);
		ib_bytes_append_char(out, ':');
		ib_json_quote(out, annotation->id);
	}
	if (!existing && depth == 0) {
		write_comma(out, out->p + out->n);
		write_steps(s, 0, weight, out, cache);
	}
	if (s->explain)
		write_explained(out, annotation);
	ib_bytes_append(out, top, (size_t)(c->record.p + c->record.n - top));
	return true;
}

/* ---- CSV, TSV ----------------------------------------------------------- */

/*
 * Append the text of a field to out. In CSV, the text is quoted if necessary. Returns false if TSV
 * cannot represent the text.
 */
static bool
write_field(struct ib_bytes *out, char delimiter, struct ib_span text)
{
	bool special = false;
	size_t i;

	for (i = 0; i < text.n; i++)
		special |= text.p[i] == delimiter || text.p[i] == '\n' || text.p[i] == '\r' ||
			   (delimiter == ',' && text.p[i] == '"');
	if (!special) {
		ib_bytes_append(out, text.p, text.n);
		return true;
	}
	if (delimiter != ',')
		return false;
	ib_bytes_append_char(out, '"');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			ib_bytes_append_char(out, '"');
		ib_bytes_append_char(out, text.p[i]);
	}
	ib_bytes_append_char(out, '"');
	return true;
}

static bool
write_row(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_annotation *annotation,
	  struct ib_bytes *out, struct ib_number_cache *cache)
{
	const struct ib_value *existing = wanted_value(c, IB_ANNOTATE_WEIGHT);
	const char *p = c->record.p, *end = p + c->record.n;
	char delimiter = c->source->delimiter;
	double weight = annotation->weight;
	struct ib_span old;

	if (!lacks_added_fields(s, c) || !apply_existing_weight(s, c, existing, &weight))
		return false;
	if (existing) {
		old = ib_value_raw(existing);
		ib_bytes_append(out, p, (size_t)(old.p - p));
		ib_number_cache_append(out, weight, cache);
		p = old.p + old.n;
	}
	ib_bytes_append(out, p, (size_t)(end - p));
	if (s->id_field.n > 0) {
		ib_bytes_append_char(out, delimiter);
		if (!write_field(out, delimiter, annotation->id))
			return refuse_field(
				c, "the id for ", s->id_field,
				" contains a tab or a newline, which TSV cannot represent");
	}
	if (!existing) {
		ib_bytes_append_char(out, delimiter);
		ib_number_cache_append(out, weight, cache);
	}
	if (s->explain) {
		ib_bytes_append_char(out, delimiter);
		write_real(out, annotation->pi);
		ib_bytes_append_char(out, delimiter);
		write_real(out, annotation->u);
		ib_bytes_append_char(out, delimiter);
		write_score(out, annotation->score);
		ib_bytes_append_char(out, delimiter);
		write_text(out, ib_reason_name(annotation->reason));
	}
	return true;
}

static void
write_column(struct ib_bytes *out, char delimiter, struct ib_span name)
{
	ib_bytes_append_char(out, delimiter);
	write_field(out, delimiter, name);
}

enum ib_status
ib_annotate_header(const struct ib_annotate *s, const struct ib_source *source,
		   struct ib_bytes *out, struct ib_error *err)
{
	static const char *const explained[] = { "ib_pi", "ib_u", "ib_score", "ib_reason" };
	struct ib_span line = ib_bytes_span(&source->header);
	const char *end = "\n";
	struct ib_span name;
	size_t i;

	if (line.n > 0 && line.p[line.n - 1] == '\n') {
		line.n--;
		if (line.n > 0 && line.p[line.n - 1] == '\r') {
			line.n--;
			end = "\r\n";
		}
	}
	if (line.n == 0)
		return IB_OK; /* the file has nothing after the lines of --header-lines */
	ib_bytes_append(out, line.p, line.n);
	if (!s->bare) {
		if (s->id_field.n > 0)
			write_column(out, source->delimiter, s->id_field);
		if (source->wanted_slot[IB_ANNOTATE_WEIGHT] < 0 ||
		    !ib_source_has_column(source, s->weight))
			write_column(out, source->delimiter, s->weight);
		for (i = 0; s->explain && i < 4; i++) {
			name = ib_span_of(explained[i]);
			if (ib_source_has_column(source, name))
				return ib_fail(err, IB_E_DATA, "%s: already has a column '%s'",
					       source->name, explained[i]);
			write_column(out, source->delimiter, name);
		}
	}
	write_text(out, end);
	return out->failed ? ib_fail_memory(err) : IB_OK;
}

/* ---- any record --------------------------------------------------------- */

static void
write_newline(const struct ib_cursor *c, struct ib_bytes *out)
{
	const struct ib_record *r = &c->record;

	if (c->source->format == IB_FORMAT_JSON)
		return;
	if (r->end > 0)
		ib_bytes_append(out, r->p + r->n, r->end);
	else
		ib_bytes_append_char(out, '\n');
}

void
ib_annotate_copy(const struct ib_cursor *c, struct ib_bytes *out)
{
	if (c->source->format == IB_FORMAT_JSON)
		ib_bytes_append(out, ",\n", 2);
	ib_bytes_append(out, c->record.p, c->record.n);
	write_newline(c, out);
}

bool
ib_annotate_write(const struct ib_annotate *s, struct ib_cursor *c,
		  const struct ib_annotation *annotation, struct ib_bytes *out,
		  struct ib_number_cache *cache)
{
	bool ok = true;

	if (s->bare) {
		ib_annotate_copy(c, out);
		return true;
	}
	switch (c->source->format) {
	case IB_FORMAT_JSON:
		ib_bytes_append(out, ",\n", 2);
		ok = write_json(s, c, annotation, out, cache);
		break;
	case IB_FORMAT_JSONL:
		if (write_weight_only(s, c, annotation->weight, out, cache))
			return true;
		ok = write_json(s, c, annotation, out, cache);
		break;
	default:
		if (ib_source_is_delimited(c->source)) {
			ok = write_row(s, c, annotation, out, cache);
			break;
		}
		ib_bytes_append(out, c->record.p, c->record.n);
		ib_bytes_append_char(out, '\t');
		ib_number_cache_append(out, annotation->weight, cache);
		break;
	}
	write_newline(c, out);
	return ok;
}

bool
ib_annotate_check(const struct ib_annotate *s, struct ib_cursor *c)
{
	const struct ib_value *existing;
	const char *close = c->record.close;
	double weight = 0;
	size_t depth;

	if (s->bare || c->source->format == IB_FORMAT_LIST)
		return true;
	existing = wanted_value(c, IB_ANNOTATE_WEIGHT);
	if (!lacks_added_fields(s, c))
		return false;
	if (existing)
		return apply_existing_weight(s, c, existing, &weight);
	return s->nsteps <= 1 || ib_source_is_delimited(c->source) ||
	       find_object(s, c, &depth, &close);
}
