/* Read the fields of one record of a loss log, and append one loss to a batch. */
#include "score/reading.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/error.h"
#include "base/numbers.h"
#include "record/similar_field.h"

bool
ib_reading_wrong(struct ib_reading *r, const char *format, ...)
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

/* An empty id is invalid because all records with an empty id would become one sample. */
const char ib_loss_reader_no_id[] = "the id is the empty string";

void
ib_reading_convert_numbers(struct ib_reading *r)
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

bool
ib_reading_not_a_number(struct ib_reading *r, struct ib_span name, const struct ib_value *v)
{
	char say[IB_VALUE_DESCRIPTION_MAX];
	const char *option = NULL, *remedy = "";
	struct ib_cursor *c = r->c;

	if (v->type == IB_TEXT && ib_source_has_column(c->source, ib_value_span(v))) {
		ib_cursor_explain_other_header(c);
		return ib_reading_wrong(r, "%s", c->why);
	}
	if (v->type != IB_ABSENT)
		return ib_reading_wrong(r, "'%.*s' %s", (int)name.n, name.p,
					ib_value_describe(say, v));
	snprintf(c->why, sizeof(c->why), "no field '%.*s'", (int)name.n, name.p);
	if (r->l->nterms == 1 && name.p == r->l->term[0].name.p)
		option = r->l->fixed_fields ? "ib-score --loss" : "--loss";
	if (!ib_cursor_explain_missing_field(c, name, option) && option && !r->l->options->loss)
		remedy = r->l->fixed_fields ? "; expected a score file, or a loss log "
					      "with this field (see ib-score --loss)"
					    : "; name the field of the loss with --loss";
	return ib_reading_wrong(r, "%s%s", c->why, remedy);
}

bool
ib_reading_epoch(struct ib_reading *r, int64_t *epoch)
{
	const struct ib_value *v = ib_reading_wanted(r, IB_LOG_EPOCH);
	struct ib_span name = r->l->wanted[IB_LOG_EPOCH].name;
	char show[IB_SHOW_MAX];
	int32_t whole = -1;
	double number;

	*epoch = IB_NO_EPOCH;
	if (v->type == IB_ABSENT || v->type == IB_NULL)
		return true;
	if (!ib_value_read_number(v, &number))
		return ib_reading_not_a_number(r, name, v);
	if (number >= 0 && number <= INT32_MAX)
		whole = (int32_t)number;
	if (whole < 0 || (double)whole != number)
		return ib_reading_wrong(r, "'%.*s' is not an epoch: %s", (int)name.n, name.p,
					ib_show(show, ib_value_span(v)));
	*epoch = whole;
	return true;
}

bool
ib_reading_weight(struct ib_reading *r, const struct ib_value *v, double *weight)
{
	struct ib_span name = r->l->wanted[IB_LOG_WEIGHT].name;
	char show[IB_SHOW_MAX];

	*weight = NAN; /* default if the record has no weight */
	if (v->type == IB_ABSENT || !r->l->want_weight)
		return true;
	if (!ib_value_read_number(v, weight))
		return ib_reading_not_a_number(r, name, v);
	if (!isfinite(*weight) || *weight < 0)
		return ib_reading_wrong(r, "'%.*s' is not a weight: %s", (int)name.n, name.p,
					ib_show(show, ib_value_span(v)));
	return true;
}

/*
 * For the first record without an epoch, suggest a field with a name similar to "epoch", and say
 * which epoch the record gets without that field. If the first record of the operand lacks the
 * field of --epoch-field, or may have the epoch in another field, list the fields.
 */
static void
note_missing_epoch(struct ib_reading *r)
{
	struct ib_span name = r->l->wanted[IB_LOG_EPOCH].name, like;
	const char *option = r->l->fixed_fields ? "ib-score --epoch-field" : "--epoch-field";
	bool named = !ib_span_is(name, "epoch"), given = r->b->epoch != IB_NO_EPOCH;
	struct ib_cursor *c = r->c;
	char show[IB_SHOW_MAX], gets[60] = "";

	r->first = false;
	if (ib_reading_wanted(r, IB_LOG_EPOCH)->type != IB_ABSENT)
		return;
	if (given || !r->l->epoch_required)
		snprintf(gets, sizeof(gets), ", so the epoch is %lld",
			 given ? (long long)r->b->epoch : 0);
	like = ib_cursor_find_similar_field(c, name);
	if (like.p) {
		ib_loss_batch_add_problem(r->b, IB_PROBLEM_NOTE, c->record.line,
					  "no field '%.*s'%s: did you mean %s %s?", (int)name.n,
					  name.p, gets, option, ib_show(show, like));
		return;
	}
	if (r->b->counts.records + r->b->counts.ignored > 0 ||
	    !(named || (!given && ib_cursor_has_field_containing(c, name))))
		return;
	snprintf(c->why, sizeof(c->why), "no field '%.*s'%s: name the field with %s%s", (int)name.n,
		 name.p, gets, option, given || r->l->fixed_fields ? "" : ", or give -e");
	ib_cursor_list_fields(c, name, option);
	ib_loss_batch_add_problem(r->b, IB_PROBLEM_NOTE, c->record.line, "%s", c->why);
}

bool
ib_loss_reader_default_epoch(const struct ib_loss_reader *l, struct ib_loss_batch *b,
			     int64_t *epoch)
{
	if (*epoch != IB_NO_EPOCH)
		return true;
	if (b->epoch == IB_NO_EPOCH && l->epoch_required)
		return false;
	b->undated = true;
	*epoch = b->epoch != IB_NO_EPOCH ? b->epoch : 0;
	return true;
}

bool
ib_reading_resolve_epoch(struct ib_reading *r, int64_t *epoch)
{
	if (!ib_reading_epoch(r, epoch))
		return false;
	if (*epoch == IB_NO_EPOCH && r->first)
		note_missing_epoch(r);
	if (ib_loss_reader_default_epoch(r->l, r->b, epoch))
		return true;
	ib_loss_batch_add_problem(r->b, IB_PROBLEM_USAGE, r->c->record.line,
				  "the record has no epoch: set one with -e");
	return false;
}
