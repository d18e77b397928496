/* Read the records of one block of a loss log or score file into a batch. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/loss_reader.h"

#include <math.h>

#include "base/part.h"
#include "score/batch_record.h"
#include "score/score_rows.h"

/*
 * Report a loss that is not a number. If the loss is an array, the message says that the id is not
 * an array. Returns false.
 */
static bool
bad_loss(struct ib_reading *r, struct ib_span name, const struct ib_value *v)
{
	if (v->type != IB_ARRAY || v->elements.n < 2)
		return ib_reading_not_a_number(r, name, v);
	return ib_reading_wrong(r, "'%.*s' is an array of length %u, but the id is not an array",
				(int)name.n, name.p, v->elements.n);
}

/* Add the terms from left to right, in double precision. If a term is null, *loss is set to NaN. */
static bool
read_loss(struct ib_reading *r, double *loss)
{
	const struct ib_loss_reader *l = r->l;
	const struct ib_value *v;
	double x;
	size_t i;

	*loss = 0;
	for (i = 0; i < l->nterms; i++) {
		v = ib_reading_wanted(r, IB_LOG_TERM + i);
		if (!ib_reading_term(&l->term[i], v, &x))
			return bad_loss(r, l->term[i].name, v);
		*loss = i == 0 ? x : *loss + x;
	}
	return true;
}

/* ---- one record ---------------------------------------------------------- */

/* Decide whether add_common() may be used, and find the fields that it needs. */
static void
find_common(struct ib_reading *r)
{
	const struct ib_source *s = r->c->source;
	const struct ib_loss_reader *l = r->l;

	r->common = !r->b->rows && l->nterms == 1 && !l->term[0].scaled && !l->want_weight &&
		    l->options->part.count == 0 && l->options->until == IB_NO_EPOCH &&
		    s->key.kind == IB_KEY_FIELDS && s->key.n == 1;
	if (!r->common)
		return;
	r->id = &r->c->v[s->key_slot[0]];
	r->epoch = ib_reading_wanted(r, IB_LOG_EPOCH);
	r->loss = ib_reading_wanted(r, IB_LOG_TERM);
}

/*
 * Fast path for most logs: the id has no escapes, the epoch is an integer, the record has one
 * finite loss, and no option requires add_plain(). Returns false for any other record. In this
 * case nothing was added, and the caller must use add_plain(). For every record that add_common()
 * accepts, add_plain() gives the same result.
 */
static inline bool
add_common(struct ib_reading *r)
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
	r->b->has_loss = true;
	r->b->counts.records++;
	ib_loss_batch_add(r->b, (struct ib_id){ id->p, XXH3_64bits(id->p, id->n), id->n }, whole, f,
			  NULL);
	return true;
}

static inline bool
add_plain(struct ib_reading *r)
{
	struct ib_id id;
	struct ib_span id_text;
	double loss, weight;
	int64_t epoch;

	if (!ib_cursor_read_id(r->c, &id_text))
		return ib_reading_wrong(r, "%s", r->c->why);
	if (!id_text.p) {
		r->b->failed = true;
		return false;
	}
	if (id_text.n == 0)
		return ib_reading_wrong(r, "%s", ib_loss_reader_no_id);
	id = (struct ib_id){ id_text.p, XXH3_64bits(id_text.p, id_text.n), (uint32_t)id_text.n };
	r->b->has_loss = true;
	if (!ib_part_has_hash(&r->l->options->part, id.hash))
		return true;
	ib_reading_convert_numbers(r);
	if (!read_loss(r, &loss) || !ib_reading_resolve_epoch(r, &epoch) ||
	    !ib_reading_weight(r, ib_reading_wanted(r, IB_LOG_WEIGHT), &weight))
		return false;
	if (ib_loss_reader_refuses(r->l, epoch, loss))
		return ib_reading_wrong(r, "the loss is not finite");
	ib_loss_reader_add(r->l, r->b, id, epoch, loss, weight);
	return true;
}

/* ---- blocks ------------------------------------------------------------- */

static inline void
add_record(struct ib_reading *r)
{
	struct ib_batch_record batch;

	if (r->common && add_common(r))
		return;
	if (r->b->rows) {
		ib_score_rows_add(r);
		return;
	}
	if (ib_batch_record_find(r, &batch))
		ib_batch_record_add(r, &batch);
	else if (add_plain(r) && r->c->record.unterminated &&
		 r->c->source->format != IB_FORMAT_JSONL)
		ib_loss_batch_add_problem(
			r->b, IB_LAST_LINE_KEPT, r->c->record.line,
			"the last line has no newline: it is used, but may be truncated");
}

void
ib_loss_reader_read(const struct ib_loss_reader *l, struct ib_cursor *c, bool rows, int64_t epoch,
		    struct ib_loss_batch *b)
{
	struct ib_reading r = { .l = l, .c = c, .b = b, .first = c->block->first };
	enum ib_next next;

	ib_loss_batch_start(b, c->source, rows, epoch);
	find_common(&r);
	c->json.lazy = l->options->part.count > 0 && ib_source_is_json(c->source);
	while ((next = ib_cursor_next(c)) != IB_NEXT_END) {
		b->failed |= c->json.elements.failed;
		if (b->failed)
			break;
		if (next == IB_NEXT_RECORD)
			add_record(&r);
		else
			ib_loss_batch_add_problem(b,
						  c->record.unterminated && !rows
							  ? IB_LAST_LINE_DROPPED
							  : IB_BAD_RECORD,
						  c->record.line, "%s", c->why);
		/*
		 * Stop: these problems make the run fail, and further problems would not be
		 * reported.
		 */
		if (b->problems.n > 3 && b->problems.n - 3 > l->options->max_bad)
			break;
	}
	b->counts.read = c->number + c->unnumbered - ib_problems_excluded(&b->problems);
}
