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

/* Read a term of the loss. *x is NaN if the term is null. Returns false if it is not a number. */
static inline bool
read_term(const struct ib_term *t, const struct ib_value *v, double *x)
{
	*x = NAN;
	if (v->type != IB_NULL && !ib_value_read_number(v, x))
		return false;
	if (t->scaled)
		*x *= t->coefficient;
	return true;
}

/*
 * Report a loss that is not a number. If the loss is an array, the message says that the id is not
 * an array. Returns false.
 */
static bool
bad_loss(struct reading *r, struct ib_span name, const struct ib_value *v)
{
	if (v->type != IB_ARRAY || v->elements.n < 2)
		return not_a_number(r, name, v);
	return wrong(r, "'%.*s' is an array of length %u, but the id is not an array", (int)name.n,
		     name.p, v->elements.n);
}

/* Add the terms in double, from left to right. If a term is null, *loss is set to NaN. */
static bool
read_loss(struct reading *r, double *loss)
{
	const struct ib_loss_reader *l = r->l;
	const struct ib_value *v;
	double x;
	size_t i;

	*loss = 0;
	for (i = 0; i < l->nterms; i++) {
		v = wanted(r, IB_LOG_TERM + i);
		if (!read_term(&l->term[i], v, &x))
			return bad_loss(r, l->term[i].name, v);
		*loss = i == 0 ? x : *loss + x;
	}
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
read_weight(struct reading *r, const struct ib_value *v, double *weight)
{
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
	if (!read_loss(r, &loss) || !resolve_epoch(r, &epoch, &ignore) ||
	    !read_weight(r, wanted(r, IB_LOG_WEIGHT), &weight))
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

/* ---- batches: several ids per record ------------------------------------- */

/* A field of a batch: an array with one value for each id, or one value for all ids. */
struct column {
	struct ib_span name;
	const struct ib_value *v; /* the value for the current id */
	size_t step;		  /* 1 for an array, 0 for one value */
};

/* A record with an array of ids. */
struct batch_record {
	struct column id;
	size_t n;		    /* number of ids */
	const struct ib_term *term; /* [nterms] */
	size_t nterms;
	struct column loss[IB_TERMS_MAX], weight;
};

static struct column
column_of(const struct reading *r, struct ib_span name, const struct ib_value *v, bool array)
{
	return (struct column){
		.name = name,
		.v = array ? r->c->json.element + v->elements.first : v,
		.step = array,
	};
}

/*
 * Find the ids. Returns false if neither the field of the key nor 'ids' has an array of ids. A
 * record with the field of the key does not need 'ids'.
 */
static bool
find_ids(const struct reading *r, struct batch_record *batch)
{
	const struct ib_key *key = &r->c->source->key;
	const struct ib_value *v = wanted(r, IB_LOG_IDS);
	struct ib_span name = r->l->wanted[IB_LOG_IDS].name;

	if (key->kind != IB_KEY_FIELDS && key->kind != IB_KEY_AUTO)
		return false;
	if (key->kind == IB_KEY_FIELDS && r->c->v[r->c->source->key_slot[0]].type != IB_ABSENT) {
		if (key->n > 1)
			return false;
		v = &r->c->v[r->c->source->key_slot[0]];
		name = key->name[0];
	}
	if (v->type != IB_ARRAY)
		return false;
	batch->id = column_of(r, name, v, true);
	batch->n = v->elements.n;
	return true;
}

/* True if the ids are in 'ids', so that one loss may be the mean loss of all ids. */
static bool
has_mean(const struct batch_record *batch)
{
	return ib_span_is(batch->id.name, "ids");
}

/* True if the value is an array with one value per id. False for one number in brackets. */
static bool
is_array(const struct batch_record *batch, const struct ib_value *v)
{
	double number;

	return v->type == IB_ARRAY &&
	       !(v->elements.n == 1 && has_mean(batch) && ib_value_unwrap_number(v, &number));
}

/* Set the column. If it is an array, it must have as many values as there are ids. */
static bool
set_column(struct reading *r, const struct batch_record *batch, struct ib_span name,
	   const struct ib_value *v, bool array, struct column *column)
{
	*column = column_of(r, name, v, array);
	if (!array || v->elements.n == batch->n)
		return true;
	return wrong(r, "'%.*s' has %zu value%s, but '%.*s' has %zu: log one value for each id",
		     (int)batch->id.name.n, batch->id.name.p, batch->n, batch->n == 1 ? "" : "s",
		     (int)name.n, name.p, (size_t)v->elements.n);
}

/* Find the columns of the loss: 'losses', or else the terms of --loss. */
static bool
find_losses(struct reading *r, struct batch_record *batch)
{
	static const struct ib_term losses = { .name = { "losses", 6 } };
	const struct ib_value *v = wanted(r, IB_LOG_LOSSES);
	struct ib_span name;
	double number;
	size_t i;

	batch->term = &losses;
	batch->nterms = 1;
	if (v->type != IB_ABSENT && v->type != IB_ARRAY)
		return wrong(r, "'losses' is not an array: log a mean loss of all ids as 'loss'");
	if (v->type == IB_ARRAY)
		return set_column(r, batch, losses.name, v, true, &batch->loss[0]);
	batch->term = r->l->term;
	batch->nterms = r->l->nterms;
	for (i = 0; i < batch->nterms; i++) {
		v = wanted(r, IB_LOG_TERM + i);
		name = batch->term[i].name;
		if (!set_column(r, batch, name, v, is_array(batch, v), &batch->loss[i]))
			return false;
		if (batch->loss[i].step == 1)
			continue;
		if (!read_term(&batch->term[i], v, &number))
			return not_a_number(r, name, v);
		if (!has_mean(batch))
			return wrong(r,
				     "'%.*s' is an array, but '%.*s' is not: log one loss for "
				     "each id, or name the ids 'ids' to log their mean loss",
				     (int)batch->id.name.n, batch->id.name.p, (int)name.n, name.p);
	}
	return true;
}

static bool
find_weight(struct reading *r, struct batch_record *batch)
{
	static const struct ib_value absent = { .type = IB_ABSENT };
	const struct ib_value *v = r->l->want_weight ? wanted(r, IB_LOG_WEIGHT) : &absent;
	double weight;

	return set_column(r, batch, r->l->wanted[IB_LOG_WEIGHT].name, v, is_array(batch, v),
			  &batch->weight) &&
	       (batch->weight.step == 1 || read_weight(r, v, &weight));
}

static bool
bad_id(struct reading *r, const struct column *id, const char *what)
{
	char show[IB_SHOW_MAX];

	return wrong(r, "'%.*s' contains %s: %s", (int)id->name.n, id->name.p, what,
		     ib_show(show, ib_value_span(id->v)));
}

static inline bool
read_id(struct reading *r, const struct column *id, struct ib_span *text)
{
	const struct ib_value *v = id->v;

	if (v->type == IB_ARRAY)
		return bad_id(r, id, "an array instead of an id (log one flat array of ids)");
	if (v->type != IB_STRING && v->type != IB_INTEGER)
		return bad_id(r, id, "a value that is not an id");
	*text = ib_value_span(v);
	if (v->escaped && !ib_value_text(v, &r->c->arena, text))
		return bad_id(r, id, "a lone surrogate");
	r->b->failed |= !text->p;
	if (!r->b->failed && text->n == 0)
		return wrong(r, "'%.*s' contains the empty string", (int)id->name.n, id->name.p);
	return !r->b->failed;
}

static bool
bad_element(struct reading *r, const struct column *c)
{
	char say[IB_VALUE_DESCRIPTION_MAX];

	return wrong(r, "an element of '%.*s' %s", (int)c->name.n, c->name.p,
		     ib_value_describe(say, c->v));
}

static inline bool
read_losses(struct reading *r, struct batch_record *batch, double *loss)
{
	struct column *c = batch->loss;
	double x;
	size_t i;

	*loss = 0;
	for (i = 0; i < batch->nterms; i++, c++) {
		if (!read_term(&batch->term[i], c->v, &x))
			return bad_element(r, c);
		*loss = i == 0 ? x : *loss + x;
		c->v += c->step;
	}
	if (!not_finite(r, *loss))
		return true;
	c = batch->loss;
	return c->step == 0 ? wrong(r, "the loss is not finite")
			    : wrong(r, "a loss in '%.*s' is not finite", (int)c->name.n, c->name.p);
}

/*
 * Append a loss for every id of the record. Returns false if a value is invalid; the caller then
 * removes the losses that were appended.
 */
static bool
add_losses(struct reading *r, struct batch_record *batch, int64_t epoch)
{
	struct ib_span id;
	double loss, weight;
	size_t i;

	for (i = 0; i < batch->n; i++) {
		if (!read_id(r, &batch->id, &id) || !read_losses(r, batch, &loss) ||
		    !read_weight(r, batch->weight.v, &weight))
			return false;
		ib_loss_reader_add(r->l, r->b, id, epoch, loss, weight);
		batch->id.v++;
		batch->weight.v += batch->weight.step;
	}
	return true;
}

static bool
add_batch(struct reading *r, struct batch_record *batch)
{
	struct ib_loss_batch *b = r->b;
	struct ib_loss_batch before = *b;
	int64_t epoch;
	bool ignore;

	convert_numbers(r);
	if (!find_losses(r, batch) || !find_weight(r, batch) || !resolve_epoch(r, &epoch, &ignore))
		return false;
	if (add_losses(r, batch, epoch))
		return true;
	/* One invalid value makes the record invalid, so remove all its losses. */
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
	struct batch_record batch;

	if (r->common && add_common(r))
		return;
	if (r->b->rows) {
		add_row(r);
		return;
	}
	if (find_ids(r, &batch))
		add_batch(r, &batch);
	else if (add_plain(r) && r->c->record.unterminated &&
		 r->c->source->format != IB_FORMAT_JSONL)
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
