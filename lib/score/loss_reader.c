/* Read the records of one block of a loss log or score file into a batch. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/loss_reader.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/numbers.h"
#include "base/part.h"
#include "record/similar_field.h"

/* State of reading one block. At most one problem is reported for each invalid record. */
struct reading {
	const struct ib_loss_reader *l;
	struct ib_cursor *c;
	struct ib_loss_batch *b;
	bool common; /* true if add_common() may be used */
	bool first;  /* true until the first record without an epoch is found */
	const struct ib_value *id, *epoch, *loss;
};

/* Report an invalid record. Returns false. */
static bool wrong(struct reading *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool
wrong(struct reading *r, const char *format, ...)
{
	const struct ib_record *record = &r->c->record;
	bool delimited = !ib_source_is_json(r->c->source);
	char text[IB_WHY_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	/*
	 * A complete JSON object is not truncated. In other formats, a
	 * truncated record can look complete.
	 */
	ib_loss_batch_add_problem(
		r->b, record->unterminated && delimited ? IB_LAST_LINE_DROPPED : IB_BAD_RECORD,
		record->line, "%s", text);
	return false;
}

static const struct ib_value *
wanted(const struct reading *r, size_t i)
{
	static const struct ib_value absent = { .type = IB_ABSENT };
	int slot = r->c->source->wanted_slot[i];

	return slot < 0 ? &absent : &r->c->v[slot];
}

/* An empty id is invalid because unrelated records would become one sample. */
const char ib_loss_reader_no_id[] = "the id is the empty string";

/* Convert the numbers of a record that belongs to this partition; see `lazy` in struct ib_json. */
static void
convert_numbers(struct reading *r)
{
	struct ib_value *v;
	size_t i;

	for (i = 0; r->c->json.lazy && i < r->l->nwanted; i++) {
		if (!r->l->wanted[i].number || r->c->source->wanted_slot[i] < 0)
			continue;
		v = &r->c->v[r->c->source->wanted_slot[i]];
		if (v->type == IB_INTEGER || v->type == IB_REAL)
			ib_number_json(v->p, &v->number);
	}
}

static bool
not_a_number(struct reading *r, struct ib_span name, const struct ib_value *v)
{
	char say[IB_VALUE_DESCRIPTION_MAX];
	struct ib_cursor *c = r->c;

	if (v->type == IB_TEXT && ib_source_has_column(c->source, ib_value_span(v)))
		return wrong(
			r, "this line is a header, but its columns differ from those of the first "
			   "header: pass files with different columns as separate operands");
	if (v->type != IB_ABSENT)
		return wrong(r, "'%.*s' %s", (int)name.n, name.p, ib_value_describe(say, v));
	snprintf(c->why, sizeof(c->why), "no field '%.*s'", (int)name.n, name.p);
	ib_cursor_explain_missing_field(
		c, name, r->l->nterms == 1 && name.p == r->l->term[0].name.p ? "--loss" : NULL);
	return wrong(r, "%s", c->why);
}

/* Add the terms in double, from left to right. If a term is null, *loss is set to NaN. */
static bool
read_loss(struct reading *r, double *loss)
{
	const struct ib_loss_reader *l = r->l;
	const struct ib_value *v;
	double sum = 0, x;
	size_t i;

	for (i = 0; i < l->nterms; i++) {
		v = wanted(r, IB_LOG_TERM + i);
		if (v->type == IB_NULL)
			x = NAN;
		else if (!ib_value_read_number(v, &x))
			return not_a_number(r, l->term[i].name, v);
		if (l->term[i].scaled)
			x *= l->term[i].coefficient;
		sum = i == 0 ? x : sum + x;
	}
	*loss = sum;
	return true;
}

/* Read the epoch. If the record has no epoch, *epoch is set to IB_NO_EPOCH. */
static bool
read_epoch(struct reading *r, int64_t *epoch)
{
	const struct ib_value *v = wanted(r, IB_LOG_EPOCH);
	struct ib_span name = r->l->wanted[IB_LOG_EPOCH].name;
	char show[IB_SHOW_MAX];
	int32_t whole = -1;
	double number;

	*epoch = IB_NO_EPOCH;
	if (v->type == IB_ABSENT || v->type == IB_NULL)
		return true;
	if (!ib_value_read_number(v, &number))
		return not_a_number(r, name, v);
	if (number >= 0 && number <= INT32_MAX)
		whole = (int32_t)number;
	if (whole < 0 || (double)whole != number)
		return wrong(r, "'%.*s' is not an epoch: %s", (int)name.n, name.p,
			     ib_show(show, ib_value_span(v)));
	*epoch = whole;
	return true;
}

static bool
read_weight(struct reading *r, double *weight)
{
	const struct ib_value *v = wanted(r, IB_LOG_WEIGHT);
	struct ib_span name = r->l->wanted[IB_LOG_WEIGHT].name;
	char show[IB_SHOW_MAX];

	*weight = NAN; /* default if the record has no weight */
	if (v->type == IB_ABSENT || !r->l->want_weight)
		return true;
	if (!ib_value_read_number(v, weight))
		return not_a_number(r, name, v);
	if (!isfinite(*weight) || *weight < 0)
		return wrong(r, "'%.*s' is not a weight: %s", (int)name.n, name.p,
			     ib_show(show, ib_value_span(v)));
	return true;
}

/* ---- one record ---------------------------------------------------------- */

/*
 * Append one loss. The caller has computed the id's hash and has checked that
 * the id belongs to this partition.
 */
static inline void
add_loss(const struct ib_loss_reader *l, struct ib_loss_batch *b, struct ib_id id, int64_t epoch,
	 double loss, double weight)
{
	float f = (float)loss + 0.0f; /* -0 becomes 0 */

	if (!isfinite(f)) {
		b->counts.nonfinite++;
		f = NAN;
		if (l->options->nonfinite == IB_NONFINITE_SKIP) {
			if (l->want_skipped)
				ib_loss_batch_add_skipped(b, id);
			return;
		}
	}
	ib_loss_batch_add(b, id, (int32_t)epoch, f, l->want_weight ? &weight : NULL);
}

void
ib_loss_reader_add(const struct ib_loss_reader *l, struct ib_loss_batch *b, struct ib_span id,
		   int64_t epoch, double loss, double weight)
{
	struct ib_id own = { id.p, XXH3_64bits(id.p, id.n), (uint32_t)id.n };

	b->any = true;
	if (!ib_part_has_hash(&l->options->part, own.hash))
		return;
	b->counts.records++;
	if (l->options->until != IB_NO_EPOCH && epoch > l->options->until)
		b->counts.ignored++;
	else
		add_loss(l, b, own, epoch, loss, weight);
}

/* For the first record without an epoch, suggest a field with a name similar to "epoch". */
static void
note_like_epoch(struct reading *r)
{
	struct ib_span name = r->l->wanted[IB_LOG_EPOCH].name, like;
	char show[IB_SHOW_MAX];

	r->first = false;
	if (wanted(r, IB_LOG_EPOCH)->type != IB_ABSENT)
		return;
	like = ib_cursor_find_similar_field(r->c, name);
	if (like.p)
		ib_loss_batch_add_problem(r->b, IB_PROBLEM_NOTE, r->c->record.line,
					  "no field '%.*s', but %s: did you mean --epoch-field?",
					  (int)name.n, name.p, ib_show(show, like));
}

/*
 * Read the record's epoch. If the record has no epoch, use the default. *ignore
 * is set to true if the epoch is later than --until.
 */
static bool
resolve_epoch(struct reading *r, int64_t *epoch, bool *ignore)
{
	if (!read_epoch(r, epoch))
		return false;
	if (*epoch == IB_NO_EPOCH && r->first)
		note_like_epoch(r);
	if (*epoch == IB_NO_EPOCH)
		*epoch = r->b->epoch;
	if (*epoch == IB_NO_EPOCH && r->l->epoch_required) {
		ib_loss_batch_add_problem(r->b, IB_PROBLEM_USAGE, r->c->record.line,
					  "the record has no epoch: set one with -e");
		return false;
	}
	if (*epoch == IB_NO_EPOCH) {
		r->b->undated = true;
		*epoch = 0;
	}
	*ignore = r->l->options->until != IB_NO_EPOCH && *epoch > r->l->options->until;
	return true;
}

static bool
not_finite(const struct reading *r, double loss)
{
	return r->l->options->nonfinite == IB_NONFINITE_FAIL && !isfinite((float)loss);
}

/* Decide whether add_common() may be used, and find the fields that it needs. */
static void
find_common(struct reading *r)
{
	const struct ib_source *s = r->c->source;
	const struct ib_loss_reader *l = r->l;

	r->common = !r->b->rows && l->nterms == 1 && !l->term[0].scaled && !l->want_weight &&
		    l->options->part.count == 0 && l->options->until == IB_NO_EPOCH &&
		    s->key.kind == IB_KEY_FIELDS && s->key.n == 1;
	if (!r->common)
		return;
	r->id = &r->c->v[s->key_slot[0]];
	r->epoch = wanted(r, IB_LOG_EPOCH);
	r->loss = wanted(r, IB_LOG_TERM);
}

/*
 * Fast path for most logs: the id has no escapes, the epoch is an integer, the
 * record has one finite loss, and no option needs more. Returns false for any
 * other record. In this case nothing was added, and the caller must use
 * add_plain(). For every record that add_common() accepts, add_plain() gives
 * the same result.
 */
static inline bool
add_common(struct reading *r)
{
	const struct ib_value *id = r->id, *epoch = r->epoch, *loss = r->loss;
	int32_t whole;
	float f;

	if ((id->type != IB_STRING && id->type != IB_TEXT) || id->escaped || id->n == 0 ||
	    (epoch->type != IB_INTEGER && epoch->type != IB_REAL) ||
	    (loss->type != IB_INTEGER && loss->type != IB_REAL) ||
	    !(epoch->number >= 0 && epoch->number <= INT32_MAX) || r->c->record.unterminated)
		return false;
	whole = (int32_t)epoch->number;
	f = (float)loss->number + 0.0f; /* -0 becomes 0 */
	if ((double)whole != epoch->number || !isfinite(f))
		return false;
	r->b->any = true;
	r->b->counts.records++;
	ib_loss_batch_add(r->b, (struct ib_id){ id->p, XXH3_64bits(id->p, id->n), id->n }, whole, f,
			  NULL);
	return true;
}

static inline bool
add_plain(struct reading *r)
{
	struct ib_id id;
	struct ib_span own;
	double loss, weight;
	int64_t epoch;
	bool ignore;

	if (!ib_cursor_read_id(r->c, &own))
		return wrong(r, "%s", r->c->why);
	if (!own.p) {
		r->b->failed = true;
		return false;
	}
	if (own.n == 0)
		return wrong(r, "%s", ib_loss_reader_no_id);
	id = (struct ib_id){ own.p, XXH3_64bits(own.p, own.n), (uint32_t)own.n };
	r->b->any = true;
	if (!ib_part_has_hash(&r->l->options->part, id.hash))
		return true;
	convert_numbers(r);
	if (!read_loss(r, &loss) || !resolve_epoch(r, &epoch, &ignore) || !read_weight(r, &weight))
		return false;
	if (ignore) {
		r->b->counts.ignored++;
		return true;
	}
	if (not_finite(r, loss))
		return wrong(r, "the loss is not finite");
	r->b->counts.records++;
	add_loss(r->l, r->b, id, epoch, loss, weight);
	return true;
}

/* ---- several ids per line ------------------------------------------------ */

/* Iterator over a JSON array. The array was validated when its record was read. */
struct elements {
	struct ib_json *json;
	const char *p;
};

static struct elements
elements_of(struct ib_json *json, const struct ib_value *array)
{
	return (struct elements){ json, array->p + 1 };
}

static bool
next_element(struct elements *e, struct ib_value *v)
{
	const char *p = ib_json_skip_space(e->json, e->p);

	if (*p == ']')
		return false;
	p = ib_json_skip_space(e->json, ib_json_read_value(e->json, p, v));
	e->p = *p == ',' ? p + 1 : p;
	return true;
}

static bool
element_id(struct reading *r, const struct ib_value *v, struct ib_span *id)
{
	char show[IB_SHOW_MAX];

	if (v->type != IB_STRING && v->type != IB_INTEGER)
		return wrong(r, "'ids' contains a value that is not an id: %s",
			     ib_show(show, ib_value_span(v)));
	if (!ib_value_text(v, &r->c->arena, id))
		return wrong(r, "'ids' contains a lone surrogate: %s",
			     ib_show(show, ib_value_span(v)));
	r->b->failed |= !id->p;
	if (!r->b->failed && id->n == 0)
		return wrong(r, "'ids' contains the empty string");
	return !r->b->failed;
}

static bool
element_loss(struct reading *r, const struct ib_value *v, double *loss)
{
	char say[IB_VALUE_DESCRIPTION_MAX];

	*loss = NAN;
	if (v->type != IB_NULL && !ib_value_read_number(v, loss))
		return wrong(r, "an element of 'losses' %s", ib_value_describe(say, v));
	if (not_finite(r, *loss))
		return wrong(r, "a loss in 'losses' is not finite");
	return true;
}

/*
 * Append every pair of id and loss of the line. Returns false if a pair is
 * invalid; the caller then removes the pairs that were appended.
 */
static bool
add_pairs(struct reading *r, const struct ib_value *ids, const struct ib_value *losses, double loss,
	  int64_t epoch)
{
	struct elements id = elements_of(&r->c->json, ids);
	struct elements each = { 0 };
	struct ib_value v = { 0 }, w = { 0 };
	struct ib_span own;
	double weight;

	if (losses)
		each = elements_of(&r->c->json, losses);
	if (!read_weight(r, &weight))
		return false;
	while (next_element(&id, &v)) {
		if (!element_id(r, &v, &own))
			return false;
		if (losses && !next_element(&each, &w))
			return wrong(r, "fewer 'losses' than 'ids'");
		if (losses && !element_loss(r, &w, &loss))
			return false;
		ib_loss_reader_add(r->l, r->b, own, epoch, loss, weight);
	}
	if (losses && next_element(&each, &w))
		return wrong(r, "more 'losses' than 'ids'");
	return true;
}

static bool
add_array(struct reading *r, const struct ib_value *ids)
{
	const struct ib_value *losses = wanted(r, IB_LOG_LOSSES);
	struct ib_loss_batch *b = r->b;
	struct ib_loss_batch before = *b;
	double loss = 0;
	int64_t epoch;
	bool ignore;

	convert_numbers(r);
	if (losses->type == IB_ABSENT) {
		losses = NULL;
		if (!read_loss(r, &loss))
			return false;
		if (not_finite(r, loss))
			return wrong(r, "the loss is not finite");
	} else if (losses->type != IB_ARRAY) {
		return wrong(r, "'losses' is not an array");
	}
	if (!resolve_epoch(r, &epoch, &ignore))
		return false;
	if (add_pairs(r, ids, losses, loss, epoch))
		return true;
	/* One invalid pair makes the complete line invalid, so remove all pairs of the line. */
	b->n = before.n;
	b->nskipped = before.nskipped;
	b->counts = before.counts;
	return false;
}

/* ---- rows of score files ------------------------------------------------ */

static bool
row_score(struct reading *r, enum ib_log_field field, float *score)
{
	const struct ib_value *v = wanted(r, field);
	double number;

	*score = NAN;
	if (v->type == IB_NULL || (v->type == IB_ABSENT && field == IB_LOG_PREV))
		return true;
	if (!ib_value_read_number(v, &number))
		return not_a_number(r, r->l->wanted[field].name, v);
	*score = (float)number + 0.0f;
	if (!isfinite(*score))
		*score = NAN;
	return true;
}

static bool
row_visits(struct reading *r, uint32_t *visits)
{
	const struct ib_value *v = wanted(r, IB_LOG_VISITS);
	char show[IB_SHOW_MAX];
	double number;

	if (!ib_value_read_number(v, &number))
		return not_a_number(r, r->l->wanted[IB_LOG_VISITS].name, v);
	if (!(number >= 0 && number <= UINT32_MAX) || number != floor(number))
		return wrong(r, "'visits' is not a count: %s", ib_show(show, ib_value_span(v)));
	*visits = (uint32_t)number;
	return true;
}

static bool
add_row(struct reading *r)
{
	static const struct ib_key key = { .kind = IB_KEY_FIELDS, .n = 1, .name = { { "id", 2 } } };
	struct ib_loss_batch *b = r->b;
	struct ib_merge m;
	struct ib_span id;
	int64_t epoch;

	if (!ib_key_build_id(&key, &r->c->source->wanted_slot[IB_LOG_ROW_ID], r->c->v, &r->c->arena,
			     &id, r->c->why, sizeof(r->c->why)))
		return wrong(r, "%s", r->c->why);
	m.id = (struct ib_id){ id.p, XXH3_64bits(id.p, id.n), (uint32_t)id.n };
	b->has_previous |= wanted(r, IB_LOG_PREV)->type != IB_ABSENT;
	if (!ib_part_has_hash(&r->l->options->part, m.id.hash))
		return true;
	convert_numbers(r);
	if (!row_score(r, IB_LOG_SCORE, &m.score) || !row_score(r, IB_LOG_PREV, &m.previous) ||
	    !row_visits(r, &m.visits) || !read_epoch(r, &epoch))
		return false;
	if (epoch == IB_NO_EPOCH)
		return wrong(r, "no field 'epoch'");
	if (r->l->options->until != IB_NO_EPOCH && epoch > r->l->options->until)
		return wrong(r, "the row's epoch %lld is later than --until", (long long)epoch);
	m.epoch = (int32_t)epoch;
	ib_loss_batch_add_row(b, &m);
	b->counts.records++;
	return !b->failed;
}

enum ib_status
ib_loss_reader_is_rows(const struct ib_loss_reader *l, const struct ib_block *block, bool *is,
		       struct ib_error *err)
{
	struct reading r = { .l = l };
	enum ib_next next = IB_NEXT_END;
	struct ib_cursor *c;
	bool rows = false;
	size_t i;

	*is = false;
	if (block->source->format != IB_FORMAT_JSONL)
		return IB_OK;
	r.c = c = calloc(1, sizeof(*c));
	if (!c)
		return ib_fail_memory(err);
	ib_cursor_start(c, block);
	do
		next = ib_cursor_next(c);
	while (next == IB_NEXT_BAD);
	if (next == IB_NEXT_RECORD)
		rows = wanted(&r, IB_LOG_SCORE)->type != IB_ABSENT &&
		       wanted(&r, IB_LOG_VISITS)->type != IB_ABSENT;
	for (i = 0; rows && i < l->nterms; i++)
		rows = wanted(&r, IB_LOG_TERM + i)->type == IB_ABSENT;
	ib_cursor_release(c);
	free(c);
	*is = rows;
	return IB_OK;
}

/* ---- blocks ------------------------------------------------------------- */

static inline void
add_record(struct reading *r)
{
	const struct ib_source *s = r->c->source;
	const struct ib_value *ids;

	if (r->common && add_common(r))
		return;
	if (r->b->rows) {
		add_row(r);
		return;
	}
	ids = wanted(r, IB_LOG_IDS);
	if (ids->type == IB_ARRAY &&
	    (s->key.kind == IB_KEY_AUTO ||
	     (s->key.kind == IB_KEY_FIELDS && r->c->v[s->key_slot[0]].type == IB_ABSENT)))
		add_array(r, ids);
	else if (add_plain(r) && r->c->record.unterminated && s->format != IB_FORMAT_JSONL)
		ib_loss_batch_add_problem(
			r->b, IB_LAST_LINE_KEPT, r->c->record.line,
			"the last line has no newline: it is used, but may be truncated");
}

/* Return the number of valid records among the n records of the batch. */
static uint64_t
count_read(const struct ib_loss_batch *b, uint64_t n)
{
	size_t i;

	for (i = 0; i < b->nproblems; i++)
		n -= b->problem[i].kind != IB_LAST_LINE_KEPT &&
		     b->problem[i].kind != IB_PROBLEM_NOTE;
	return n;
}

void
ib_loss_reader_read(const struct ib_loss_reader *l, struct ib_cursor *c, bool rows, int64_t epoch,
		    struct ib_loss_batch *b)
{
	struct reading r = { .l = l, .c = c, .b = b, .first = c->block->first };
	enum ib_next next;

	ib_loss_batch_start(b, c->source, rows, epoch);
	find_common(&r);
	c->json.lazy = l->options->part.count > 0 && ib_source_is_json(c->source);
	while ((next = ib_cursor_next(c)) != IB_NEXT_END && !b->failed) {
		if (next == IB_NEXT_RECORD)
			add_record(&r);
		else
			ib_loss_batch_add_problem(b,
						  c->record.unterminated && !rows
							  ? IB_LAST_LINE_DROPPED
							  : IB_BAD_RECORD,
						  c->record.line, "%s", c->why);
		/*
		 * The run will fail because of these problems, and further
		 * problems would not be reported.
		 */
		if (b->nproblems > 3 && b->nproblems - 3 > l->options->max_bad)
			break;
	}
	b->counts.read = count_read(b, c->number + c->unnumbered);
}
