/* Read the rows of a score file in JSON lines. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "score/score_rows.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/part.h"

static bool
row_score(struct ib_reading *r, enum ib_log_field field, float *score)
{
	const struct ib_value *v = ib_reading_wanted(r, field);
	double number;

	*score = NAN;
	if (v->type == IB_NULL || (v->type == IB_ABSENT && field == IB_LOG_PREV))
		return true;
	if (!ib_value_read_number(v, &number))
		return ib_reading_not_a_number(r, r->l->wanted[field].name, v);
	*score = (float)number + 0.0f;
	if (!isfinite(*score))
		*score = NAN;
	return true;
}

static bool
row_visits(struct ib_reading *r, uint32_t *visits)
{
	const struct ib_value *v = ib_reading_wanted(r, IB_LOG_VISITS);
	char show[IB_SHOW_MAX];
	double number;

	if (!ib_value_read_number(v, &number))
		return ib_reading_not_a_number(r, r->l->wanted[IB_LOG_VISITS].name, v);
	if (!(number >= 0 && number <= UINT32_MAX) || number != floor(number))
		return ib_reading_wrong(r, "'visits' is not a count: %s",
					ib_show(show, ib_value_span(v)));
	*visits = (uint32_t)number;
	return true;
}

bool
ib_score_rows_add(struct ib_reading *r)
{
	static const struct ib_key key = { .kind = IB_KEY_FIELDS, .n = 1, .name = { { "id", 2 } } };
	struct ib_loss_batch *b = r->b;
	struct ib_merge m;
	struct ib_span id;
	int64_t epoch;

	if (!ib_key_build_id(&key, &r->c->source->wanted_slot[IB_LOG_ROW_ID], r->c->v, &r->c->arena,
			     &id, r->c->why, sizeof(r->c->why)))
		return ib_reading_wrong(r, "%s", r->c->why);
	m.id = (struct ib_id){ id.p, XXH3_64bits(id.p, id.n), (uint32_t)id.n };
	b->has_previous |= ib_reading_wanted(r, IB_LOG_PREV)->type != IB_ABSENT;
	if (!ib_part_has_hash(&r->l->options->part, m.id.hash))
		return true;
	ib_reading_convert_numbers(r);
	if (!row_score(r, IB_LOG_SCORE, &m.score) || !row_score(r, IB_LOG_PREV, &m.previous) ||
	    !row_visits(r, &m.visits) || !ib_reading_epoch(r, &epoch))
		return false;
	if (epoch == IB_NO_EPOCH)
		return ib_reading_wrong(r, "no field 'epoch'");
	if (ib_loss_reader_is_after_until(r->l, epoch))
		return ib_reading_wrong(r, "the row's epoch %lld is later than --until",
					(long long)epoch);
	m.epoch = (int32_t)epoch;
	ib_loss_batch_add_row(b, &m);
	b->counts.records++;
	return !b->failed;
}

enum ib_status
ib_loss_reader_is_rows(const struct ib_loss_reader *l, const struct ib_block *block, bool *is,
		       struct ib_error *err)
{
	struct ib_reading r = { .l = l };
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
		rows = ib_reading_wanted(&r, IB_LOG_SCORE)->type != IB_ABSENT &&
		       ib_reading_wanted(&r, IB_LOG_VISITS)->type != IB_ABSENT;
	for (i = 0; rows && i < l->nterms; i++)
		rows = ib_reading_wanted(&r, IB_LOG_TERM + i)->type == IB_ABSENT;
	ib_cursor_release(c);
	free(c);
	*is = rows;
	return IB_OK;
}
