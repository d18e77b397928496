#include "prune/annotate.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"

/* ---- options ------------------------------------------------------------ */

/* a.b.c: the steps, and the objects a and a.b as wanted fields. */
static enum ib_status
split_name(struct ib_annotate *s, struct ib_error *err)
{
	const char *p = s->weight.p, *end = p + s->weight.n, *dot;

	s->names = ib_span_dup(s->weight);
	if (!s->names)
		return ib_fail_memory(err);
	for (;; p = dot + 1) {
		if (s->nsteps == IB_ANNOTATE_DEPTH)
			return ib_fail(err, IB_E_MISUSE, "--weight-field is too deep");
		dot = memchr(p, '.', (size_t)(end - p));
		s->step[s->nsteps].p = p;
		s->step[s->nsteps].n = (size_t)((dot ? dot : end) - p);
		if (s->step[s->nsteps++].n == 0)
			return ib_fail(err, IB_E_MISUSE, "--weight-field: an empty name");
		if (!dot)
			return IB_OK;
		s->wanted[s->nwanted++].name =
			(struct ib_span){ s->names, (size_t)(dot - s->weight.p) };
	}
}

/* --explain adds a member ib: another one of that name would hide in it. */
static bool
clashes(struct ib_span name)
{
	return name.n >= 2 && memcmp(name.p, "ib", 2) == 0 && (name.n == 2 || name.p[2] == '.');
}

enum ib_status
ib_annotate_init(struct ib_annotate *s, const struct ib_prune_options *o, struct ib_error *err)
{
	enum ib_status st;

	*s = (struct ib_annotate){
		.weight = ib_span_of(o->weight_field ? o->weight_field : "weight"),
		.explain = o->explain,
		.bare = o->weights != NULL,
		.base = o->existing_weight,
		.nwanted = IB_ANNOTATE_OBJECT,
	};
	if (o->id_field)
		s->id_field = ib_span_of(o->id_field);
	if (s->explain && !s->bare && clashes(s->weight))
		return ib_fail(err, IB_E_MISUSE,
			       "--weight-field %s: --explain "
			       "writes ib itself",
			       o->weight_field);
	if (s->explain && !s->bare && clashes(s->id_field))
		return ib_fail(err, IB_E_MISUSE,
			       "--id-field %s: --explain "
			       "writes ib itself",
			       o->id_field);
	if (s->bare)
		return IB_OK; /* nothing is looked for, nothing put in */
	s->wanted[IB_ANNOTATE_WEIGHT] = (struct ib_wanted){ s->weight, true };
	s->wanted[IB_ANNOTATE_ID].name = s->id_field;
	st = split_name(s, err);
	if (st || s->nsteps > 1 || s->explain || s->id_field.n > 0)
		return st;
	ib_bytes_put_char(&s->member, ',');
	ib_json_put_string(&s->member, s->weight);
	ib_bytes_put_char(&s->member, ':');
	ib_bytes_reserve(&s->member, IB_COPY_BEYOND);
	return s->member.failed ? ib_fail_memory(err) : IB_OK;
}

void
ib_annotate_release(struct ib_annotate *s)
{
	free(s->names);
	s->names = NULL;
	ib_bytes_release(&s->member);
}

/* ---- shared ------------------------------------------------------------- */

/* Say why, with the name between what comes before and behind it. */
static bool
refuse(struct ib_cursor *c, const char *before, struct ib_span name, const char *behind)
{
	snprintf(c->why, sizeof(c->why), "%s'%.*s'%s", before, (int)name.n, name.p, behind);
	return false;
}

static const struct ib_value *
wanted(const struct ib_cursor *c, size_t i)
{
	int slot = c->source->wanted_slot[i];

	return slot < 0 || c->v[slot].type == IB_ABSENT ? NULL : &c->v[slot];
}

/*
 * The number to be written: the weight, or its product with the one that the
 * record carries (1 where that is null or empty).
 */
static bool
settle_weight(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_value *carried,
	      double *weight)
{
	double before;

	if (!carried)
		return true;
	if (s->base == IB_EXISTING_WEIGHT_FAIL) {
		snprintf(c->why, sizeof(c->why),
			 "already carries a weight: "
			 "prune the full manifest, not an epoch manifest; if "
			 "the field is data, choose another --weight-field");
		return false;
	}
	if (s->base == IB_EXISTING_WEIGHT_REPLACE || carried->type == IB_NULL)
		return true;
	if (!ib_value_number(carried, &before))
		return refuse(c, "the weight ", s->weight, " is no number");
	*weight *= before;
	if (!isfinite(*weight))
		return refuse(c, "the weight ", s->weight, " is not finite");
	return true;
}

static void
put_score(struct ib_bytes *out, float score, const char *unknown)
{
	char text[IB_NUMBER_MAX];

	if (isnan(score))
		ib_bytes_put(out, unknown, strlen(unknown));
	else
		ib_bytes_put(out, text, ib_number_put_float(text, score));
}

static void
put_real(struct ib_bytes *out, double x)
{
	char text[IB_NUMBER_MAX];

	ib_bytes_put(out, text, ib_number_put(text, x));
}

static void
put_text(struct ib_bytes *out, const char *text)
{
	ib_bytes_put(out, text, strlen(text));
}

/* ---- JSON --------------------------------------------------------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* What separates a new last member from the one before, if there is one. */
static void
put_comma(struct ib_bytes *out, const char *close)
{
	if (out->failed) /* what comes before may be missing */
		return;
	while (is_blank(*--close))
		;
	if (*close != '{')
		ib_bytes_put_char(out, ',');
}

static void
put_explained(struct ib_bytes *out, const struct ib_annotation *said)
{
	put_text(out, ",\"ib\":{\"pi\":");
	put_real(out, said->pi);
	put_text(out, ",\"u\":");
	put_real(out, said->u);
	put_text(out, ",\"score\":");
	put_score(out, said->score, "null");
	put_text(out, ",\"reason\":\"");
	put_text(out, ib_reason_name(said->reason));
	put_text(out, "\"}");
}

/* "b":{"c":W} from the given step of the weight's name on. */
static void
put_steps(const struct ib_annotate *s, size_t from, double weight, struct ib_bytes *out,
	  struct ib_number_cache *texts)
{
	size_t i;

	for (i = from; i < s->nsteps; i++) {
		if (i > from)
			ib_bytes_put_char(out, '{');
		ib_json_put_string(out, s->step[i]);
		ib_bytes_put_char(out, ':');
	}
	ib_number_cache_put(out, weight, texts);
	for (i = from + 1; i < s->nsteps; i++)
		ib_bytes_put_char(out, '}');
}

/* The deepest object of the weight's path that the record has. */
static bool
find_object(const struct ib_annotate *s, struct ib_cursor *c, size_t *depth, const char **close)
{
	const struct ib_value *v;
	size_t i;

	*depth = 0;
	*close = c->record.close;
	for (i = 0; i + 1 < s->nsteps; i++) {
		v = wanted(c, IB_ANNOTATE_OBJECT + i);
		if (!v)
			break;
		if (v->type != IB_OBJECT)
			return refuse(c, "", s->wanted[IB_ANNOTATE_OBJECT + i].name,
				      " is there and no object");
		*depth = i + 1;
		*close = v->p + v->n - 1;
	}
	return true;
}

/*
 * What nearly all manifests get: the weight alone, behind the last member of a
 * line. False: nothing was put, put_json does it. (ib-prune of 10^7 lines of
 * 80 bytes, one thread of a 2-core EPYC VM, 2026-11-24, user time, median of 4
 * in turns: 0.69 s without it, 0.61 with it.)
 */
static inline bool
put_alone(const struct ib_annotate *s, const struct ib_cursor *c, double weight,
	  struct ib_bytes *out, struct ib_number_cache *texts)
{
	const struct ib_record *r = &c->record;
	size_t head = (size_t)(r->close - r->p), tail = r->n - head + r->end;
	size_t most = head + s->member.n + IB_NUMBER_MAX + tail + IB_COPY_BEYOND;
	const struct ib_number_cache_entry *w;
	char *to;

	if (s->member.n == 0 || r->end == 0 || r->close[-1] == '{' || is_blank(r->close[-1]) ||
	    wanted(c, IB_ANNOTATE_WEIGHT))
		return false;
	if (out->cap - out->n < most && !ib_bytes_reserve(out, most))
		return true; /* out says so */
	to = out->p + out->n;
	ib_copy_beyond(to, r->p, head);
	to += head;
	ib_copy_beyond(to, s->member.p, s->member.n);
	to += s->member.n;
	w = ib_number_cache_get(texts, weight);
	memcpy(to, w->text, sizeof(w->text));
	to += w->n;
	ib_copy_beyond(to, r->close, tail);
	out->n = (size_t)(to + tail - out->p);
	return true;
}

static bool
put_json(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_annotation *said,
	 struct ib_bytes *out, struct ib_number_cache *texts)
{
	const struct ib_value *carried = wanted(c, IB_ANNOTATE_WEIGHT);
	const char *p = c->record.p, *top = c->record.close, *close = top;
	double weight = said->weight;
	struct ib_span old;
	size_t depth = 0;

	if (s->id_field.n > 0 && wanted(c, IB_ANNOTATE_ID))
		return refuse(c, "already has a field ", s->id_field, "");
	if (!settle_weight(s, c, carried, &weight))
		return false;
	if (carried) {
		old = ib_value_raw(carried);
		ib_bytes_put(out, p, (size_t)(old.p - p));
		ib_number_cache_put(out, weight, texts);
		p = old.p + old.n;
	} else if (s->nsteps > 1) {
		if (!find_object(s, c, &depth, &close))
			return false;
		if (depth > 0) {
			ib_bytes_put(out, p, (size_t)(close - p));
			put_comma(out, close);
			put_steps(s, depth, weight, out, texts);
			p = close;
		}
	}
	ib_bytes_put(out, p, (size_t)(top - p));
	if (s->id_field.n > 0) {
		put_comma(out, out->p + out->n);
		ib_json_put_string(out, s->id_field);
		ib_bytes_put_char(out, ':');
		ib_json_put_string(out, said->id);
	}
	if (!carried && depth == 0) {
		put_comma(out, out->p + out->n);
		put_steps(s, 0, weight, out, texts);
	}
	if (s->explain)
		put_explained(out, said);
	ib_bytes_put(out, top, (size_t)(c->record.p + c->record.n - top));
	return true;
}

/* ---- CSV, TSV ----------------------------------------------------------- */

/* A field of text: quoted in CSV where it must be; false: TSV cannot. */
static bool
put_field(struct ib_bytes *out, char delimiter, struct ib_span text)
{
	bool special = false;
	size_t i;

	for (i = 0; i < text.n; i++)
		special |= text.p[i] == delimiter || text.p[i] == '\n' || text.p[i] == '\r' ||
			   (delimiter == ',' && text.p[i] == '"');
	if (!special) {
		ib_bytes_put(out, text.p, text.n);
		return true;
	}
	if (delimiter != ',')
		return false;
	ib_bytes_put_char(out, '"');
	for (i = 0; i < text.n; i++) {
		if (text.p[i] == '"')
			ib_bytes_put_char(out, '"');
		ib_bytes_put_char(out, text.p[i]);
	}
	ib_bytes_put_char(out, '"');
	return true;
}

static bool
put_row(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_annotation *said,
	struct ib_bytes *out, struct ib_number_cache *texts)
{
	const struct ib_value *carried = wanted(c, IB_ANNOTATE_WEIGHT);
	const char *p = c->record.p, *end = p + c->record.n;
	char delimiter = c->source->delimiter;
	double weight = said->weight;
	struct ib_span old;

	if (s->id_field.n > 0 && wanted(c, IB_ANNOTATE_ID))
		return refuse(c, "already has a column ", s->id_field, "");
	if (!settle_weight(s, c, carried, &weight))
		return false;
	if (carried) {
		old = ib_value_raw(carried);
		ib_bytes_put(out, p, (size_t)(old.p - p));
		ib_number_cache_put(out, weight, texts);
		p = old.p + old.n;
	}
	ib_bytes_put(out, p, (size_t)(end - p));
	if (s->id_field.n > 0) {
		ib_bytes_put_char(out, delimiter);
		if (!put_field(out, delimiter, said->id))
			return refuse(c, "the id for ", s->id_field,
				      " holds a TAB or a line end, which TSV "
				      "cannot");
	}
	if (!carried) {
		ib_bytes_put_char(out, delimiter);
		ib_number_cache_put(out, weight, texts);
	}
	if (s->explain) {
		ib_bytes_put_char(out, delimiter);
		put_real(out, said->pi);
		ib_bytes_put_char(out, delimiter);
		put_real(out, said->u);
		ib_bytes_put_char(out, delimiter);
		put_score(out, said->score, "");
		ib_bytes_put_char(out, delimiter);
		put_text(out, ib_reason_name(said->reason));
	}
	return true;
}

static void
put_column(struct ib_bytes *out, char delimiter, struct ib_span name)
{
	ib_bytes_put_char(out, delimiter);
	put_field(out, delimiter, name);
}

enum ib_status
ib_annotate_header(const struct ib_annotate *s, const struct ib_source *source,
		   struct ib_bytes *out, struct ib_error *err)
{
	static const char *const explained[] = { "ib_pi", "ib_u", "ib_score", "ib_reason" };
	struct ib_span line = ib_bytes_span(&source->header);
	const char *end = "\n";
	size_t i;

	if (line.n > 0 && line.p[line.n - 1] == '\n') {
		line.n--;
		if (line.n > 0 && line.p[line.n - 1] == '\r') {
			line.n--;
			end = "\r\n";
		}
	}
	if (line.n == 0)
		return IB_OK; /* --header-lines took all there is */
	ib_bytes_put(out, line.p, line.n);
	if (!s->bare) {
		if (s->id_field.n > 0)
			put_column(out, source->delimiter, s->id_field);
		if (source->wanted_slot[IB_ANNOTATE_WEIGHT] < 0 ||
		    !ib_source_has_column(source, s->weight))
			put_column(out, source->delimiter, s->weight);
		for (i = 0; s->explain && i < 4; i++)
			put_column(out, source->delimiter, ib_span_of(explained[i]));
	}
	put_text(out, end);
	return out->failed ? ib_fail_memory(err) : IB_OK;
}

/* ---- any record --------------------------------------------------------- */

static void
put_line_end(const struct ib_cursor *c, struct ib_bytes *out)
{
	const struct ib_record *r = &c->record;

	if (c->source->format == IB_FORMAT_JSON)
		return;
	if (r->end > 0)
		ib_bytes_put(out, r->p + r->n, r->end);
	else
		ib_bytes_put_char(out, '\n');
}

void
ib_annotate_pass(const struct ib_cursor *c, struct ib_bytes *out)
{
	if (c->source->format == IB_FORMAT_JSON)
		ib_bytes_put(out, ",\n", 2);
	ib_bytes_put(out, c->record.p, c->record.n);
	put_line_end(c, out);
}

bool
ib_annotate_put(const struct ib_annotate *s, struct ib_cursor *c, const struct ib_annotation *said,
		struct ib_bytes *out, struct ib_number_cache *texts)
{
	bool fine = true;

	if (s->bare) {
		ib_annotate_pass(c, out);
		return true;
	}
	switch (c->source->format) {
	case IB_FORMAT_JSON:
		ib_bytes_put(out, ",\n", 2);
		fine = put_json(s, c, said, out, texts);
		break;
	case IB_FORMAT_JSONL:
		if (put_alone(s, c, said->weight, out, texts))
			return true;
		fine = put_json(s, c, said, out, texts);
		break;
	case IB_FORMAT_CSV:
	case IB_FORMAT_TSV:
		fine = put_row(s, c, said, out, texts);
		break;
	default:
		ib_bytes_put(out, c->record.p, c->record.n);
		ib_bytes_put_char(out, '\t');
		ib_number_cache_put(out, said->weight, texts);
		break;
	}
	put_line_end(c, out);
	return fine;
}

bool
ib_annotate_check(const struct ib_annotate *s, struct ib_cursor *c)
{
	const struct ib_value *carried;
	const char *close = c->record.close;
	double weight = 0;
	size_t depth;

	if (s->bare || c->source->format == IB_FORMAT_LIST)
		return true;
	carried = wanted(c, IB_ANNOTATE_WEIGHT);
	if (s->id_field.n > 0 && wanted(c, IB_ANNOTATE_ID))
		return refuse(c, "already has a field ", s->id_field, "");
	if (carried)
		return settle_weight(s, c, carried, &weight);
	return s->nsteps <= 1 || c->source->format == IB_FORMAT_CSV ||
	       c->source->format == IB_FORMAT_TSV || find_object(s, c, &depth, &close);
}
