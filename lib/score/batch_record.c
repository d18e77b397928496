/* Read a record that has an array of ids. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/batch_record.h"

#include "base/error.h"
#include "base/part.h"

static struct ib_batch_column
column_of(const struct ib_reading *r, struct ib_span name, const struct ib_value *v, bool array)
{
	return (struct ib_batch_column){
		.name = name,
		.v = array ? r->c->json.elements.v + v->elements.first : v,
		.step = array,
	};
}

bool
ib_batch_record_find(const struct ib_reading *r, struct ib_batch_record *batch)
{
	const struct ib_key *key = &r->c->source->key;
	const struct ib_value *v = ib_reading_wanted(r, IB_LOG_IDS);
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

/*
 * True if the ids are in the field 'ids'. Only then may a single loss be the mean loss of all ids.
 */
static bool
has_mean(const struct ib_batch_record *batch)
{
	return ib_span_is(batch->id.name, "ids");
}

/*
 * True if the value is an array of values, one per id. If the ids are in the field 'ids', a single
 * number in brackets, such as [0.5], is the mean loss.
 */
static bool
is_array(const struct ib_batch_record *batch, const struct ib_value *v)
{
	double number;

	return v->type == IB_ARRAY &&
	       !(v->elements.n == 1 && has_mean(batch) && ib_value_unwrap_number(v, &number));
}

/* Set the column to the value v. If v is an array, it must have one value for each id. */
static bool
set_column(struct ib_reading *r, const struct ib_batch_record *batch, struct ib_span name,
	   const struct ib_value *v, bool array, struct ib_batch_column *column)
{
	*column = column_of(r, name, v, array);
	if (!array || v->elements.n == batch->n)
		return true;
	return ib_reading_wrong(
		r, "'%.*s' has %zu value%s, but '%.*s' has %zu: log one value for each id",
		(int)batch->id.name.n, batch->id.name.p, batch->n, batch->n == 1 ? "" : "s",
		(int)name.n, name.p, (size_t)v->elements.n);
}

/* Find the fields of the loss: the field 'losses' if present, or else the terms of --loss. */
static bool
find_losses(struct ib_reading *r, struct ib_batch_record *batch)
{
	static const struct ib_term losses = { .name = { "losses", 6 } };
	const struct ib_value *v = ib_reading_wanted(r, IB_LOG_LOSSES);
	struct ib_span name;
	double number;
	size_t i;

	batch->term = &losses;
	batch->nterms = 1;
	if (v->type != IB_ABSENT && v->type != IB_ARRAY)
		return ib_reading_wrong(
			r, "'losses' is not an array: log a mean loss of all ids as 'loss'");
	if (v->type == IB_ARRAY)
		return set_column(r, batch, losses.name, v, true, &batch->loss[0]);
	batch->term = r->l->term;
	batch->nterms = r->l->nterms;
	for (i = 0; i < batch->nterms; i++) {
		v = ib_reading_wanted(r, IB_LOG_TERM + i);
		name = batch->term[i].name;
		if (!set_column(r, batch, name, v, is_array(batch, v), &batch->loss[i]))
			return false;
		if (batch->loss[i].step == 1)
			continue;
		if (!ib_reading_term(&batch->term[i], v, &number))
			return ib_reading_not_a_number(r, name, v);
		if (!has_mean(batch))
			return ib_reading_wrong(
				r,
				"'%.*s' is an array, but '%.*s' is not: log one loss for "
				"each id, or rename the field of the ids to 'ids' to log their "
				"mean loss",
				(int)batch->id.name.n, batch->id.name.p, (int)name.n, name.p);
	}
	return true;
}

static bool
find_weight(struct ib_reading *r, struct ib_batch_record *batch)
{
	static const struct ib_value absent = { .type = IB_ABSENT };
	const struct ib_value *v =
		r->l->want_weight ? ib_reading_wanted(r, IB_LOG_WEIGHT) : &absent;
	double weight;

	return set_column(r, batch, r->l->wanted[IB_LOG_WEIGHT].name, v, is_array(batch, v),
			  &batch->weight) &&
	       (batch->weight.step == 1 || ib_reading_weight(r, v, &weight));
}

static bool
bad_id(struct ib_reading *r, const struct ib_batch_column *id, const char *what)
{
	char show[IB_SHOW_MAX];

	return ib_reading_wrong(r, "'%.*s' contains %s: %s", (int)id->name.n, id->name.p, what,
				ib_show(show, ib_value_span(id->v)));
}

static inline bool
read_id(struct ib_reading *r, const struct ib_batch_column *id, struct ib_span *text)
{
	const struct ib_value *v = id->v;

	if (v->type == IB_ARRAY)
		return bad_id(r, id, "an array instead of an id (log one flat array of ids)");
	if (v->type != IB_STRING && v->type != IB_INTEGER)
		return bad_id(r, id, "a value that is not an id");
	*text = ib_value_span(v);
	if (v->type == IB_STRING && v->escaped && !ib_value_text(v, &r->c->arena, text))
		return bad_id(r, id, "a lone surrogate");
	r->b->failed |= !text->p;
	if (!r->b->failed && text->n == 0)
		return ib_reading_wrong(r, "'%.*s' contains the empty string", (int)id->name.n,
					id->name.p);
	return !r->b->failed;
}

static bool
bad_element(struct ib_reading *r, const struct ib_batch_column *c)
{
	char say[IB_VALUE_DESCRIPTION_MAX];

	return ib_reading_wrong(r, "an element of '%.*s' %s", (int)c->name.n, c->name.p,
				ib_value_describe(say, c->v));
}

static inline bool
read_losses(struct ib_reading *r, struct ib_batch_record *batch, int64_t epoch, double *loss)
{
	struct ib_batch_column *c = batch->loss;
	double x;
	size_t i;

	*loss = 0;
	for (i = 0; i < batch->nterms; i++, c++) {
		if (!ib_reading_term(&batch->term[i], c->v, &x))
			return bad_element(r, c);
		*loss = i == 0 ? x : *loss + x;
		c->v += c->step;
	}
	if (!ib_loss_reader_refuses(r->l, epoch, *loss))
		return true;
	c = batch->loss;
	return c->step == 0 ? ib_reading_wrong(r, "the loss is not finite")
			    : ib_reading_wrong(r, "a loss in '%.*s' is not finite", (int)c->name.n,
					       c->name.p);
}

/*
 * Append a loss for every id of the record. Returns false if a value is invalid; the caller then
 * removes the losses that were appended.
 */
static bool
add_losses(struct ib_reading *r, struct ib_batch_record *batch, int64_t epoch)
{
	struct ib_span text;
	struct ib_id id;
	double loss, weight;
	size_t i;

	for (i = 0; i < batch->n; i++) {
		if (!read_id(r, &batch->id, &text) || !read_losses(r, batch, epoch, &loss) ||
		    !ib_reading_weight(r, batch->weight.v, &weight))
			return false;
		r->b->has_loss = true;
		id = (struct ib_id){ text.p, XXH3_64bits(text.p, text.n), (uint32_t)text.n };
		if (ib_part_has_hash(&r->l->options->part, id.hash))
			ib_loss_reader_add(r->l, r->b, id, epoch, loss, weight);
		batch->id.v++;
		batch->weight.v += batch->weight.step;
	}
	return true;
}

/* ---- the fast path -------------------------------------------------------------- */

/* True if add_common() may be used: no option needs more than the ids and one loss of each id. */
static bool
is_common(const struct ib_reading *r, const struct ib_batch_record *batch, int64_t epoch)
{
	return batch->nterms == 1 && !batch->term[0].scaled && !r->l->want_weight &&
	       !ib_loss_reader_is_after_until(r->l, epoch);
}

static inline bool
is_common_element(const struct ib_value *id, const struct ib_value *loss)
{
	return ((id->type == IB_STRING && !id->escaped && id->n > 0) || id->type == IB_INTEGER) &&
	       (loss->type == IB_REAL || loss->type == IB_INTEGER) && isfinite((float)loss->number);
}

/*
 * Fast path for most batches: each id is an integer or a string without escapes, and each loss is a
 * finite number. Returns false for any other batch. In this case nothing was added, and the caller
 * must use add_losses(), which gives the same result for every batch that add_common() accepts.
 */
static bool
add_common(struct ib_reading *r, const struct ib_batch_record *batch, int64_t epoch)
{
	const struct ib_value *id = batch->id.v, *loss = batch->loss[0].v, *end = id + batch->n;
	const struct ib_part part = r->l->options->part;
	struct ib_loss_batch *b = r->b;
	size_t before = b->n;
	uint64_t hash;
	float f;

	for (; id < end; id++, loss += batch->loss[0].step) {
		if (!is_common_element(id, loss)) {
			b->n = before;
			return false;
		}
		f = (float)loss->number + 0.0f; /* -0 becomes 0 */
		hash = XXH3_64bits(id->p, id->n);
		if (ib_part_has_hash(&part, hash))
			ib_loss_batch_add(b, (struct ib_id){ id->p, hash, id->n }, (int32_t)epoch,
					  f, NULL);
	}
	b->has_loss |= batch->n > 0;
	b->counts.records += b->n - before;
	return true;
}

bool
ib_batch_record_add(struct ib_reading *r, struct ib_batch_record *batch)
{
	struct ib_loss_batch *b = r->b;
	struct ib_loss_batch before = *b;
	int64_t epoch;

	ib_reading_convert_numbers(r);
	if (!find_losses(r, batch) || !find_weight(r, batch) ||
	    !ib_reading_resolve_epoch(r, &epoch))
		return false;
	if (is_common(r, batch, epoch) && add_common(r, batch, epoch))
		return true;
	if (add_losses(r, batch, epoch))
		return true;
	/* One invalid value makes the record invalid, so remove all its losses. */
	b->n = before.n;
	b->nskipped = before.nskipped;
	b->counts = before.counts;
	return false;
}
