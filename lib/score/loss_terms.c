/* The list of fields to read from a loss log's records: --loss and the field names. */
#include "score/loss_terms.h"

#include <math.h>
#include <string.h>

#include "base/error.h"
#include "base/numbers.h"

/* Parse one term: "name" or "0.5*name". */
static enum ib_status
parse_term(struct ib_loss_reader *l, struct ib_span text, struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	const char *star = memchr(text.p, '*', text.n);
	struct ib_term *t = &l->term[l->nterms];

	if (l->nterms == IB_TERMS_MAX)
		return ib_fail(err, IB_E_MISUSE, "--loss: more than %d terms", IB_TERMS_MAX);
	*t = (struct ib_term){ .name = text };
	if (star) {
		t->scaled = true;
		t->name.p = star + 1;
		t->name.n = (size_t)(text.p + text.n - star - 1);
		if (!ib_number_text((struct ib_span){ text.p, (size_t)(star - text.p) },
				    &t->coefficient) ||
		    !isfinite(t->coefficient))
			return ib_fail(err, IB_E_MISUSE,
				       "--loss: the text before '*' is not a number: %s",
				       ib_show(show, text));
	}
	if (t->name.n == 0)
		return ib_fail(err, IB_E_MISUSE, "--loss: a term has no field name");
	l->nterms++;
	return IB_OK;
}

static enum ib_status
parse_terms(struct ib_loss_reader *l, const char *text, struct ib_error *err)
{
	enum ib_status st;
	const char *plus;

	for (;; text = plus + 1) {
		plus = strchr(text, '+');
		st = parse_term(
			l, (struct ib_span){ text, plus ? (size_t)(plus - text) : strlen(text) },
			err);
		if (st || !plus)
			return st;
	}
}

enum ib_status
ib_loss_reader_init(struct ib_loss_reader *l, const struct ib_log_options *o,
		    const char *weight_field, struct ib_error *err)
{
	const char *epoch = o->epoch_field ? o->epoch_field : "epoch";
	enum ib_status st;
	size_t i;

	*l = (struct ib_loss_reader){ .options = o, .want_weight = weight_field != NULL };
	st = parse_terms(l, o->loss ? o->loss : "loss", err);
	if (st)
		return st;
	l->wanted[IB_LOG_EPOCH] = (struct ib_wanted){ ib_span_of(epoch), true };
	l->wanted[IB_LOG_IDS].name = ib_span_of("ids");
	l->wanted[IB_LOG_LOSSES].name = ib_span_of("losses");
	l->wanted[IB_LOG_ROW_ID].name = ib_span_of("id");
	l->wanted[IB_LOG_SCORE] = (struct ib_wanted){ ib_span_of("score"), true };
	l->wanted[IB_LOG_VISITS] = (struct ib_wanted){ ib_span_of("visits"), true };
	l->wanted[IB_LOG_PREV] = (struct ib_wanted){ ib_span_of("prev"), true };
	if (weight_field)
		l->wanted[IB_LOG_WEIGHT] = (struct ib_wanted){ ib_span_of(weight_field), true };
	for (i = 0; i < l->nterms; i++)
		l->wanted[IB_LOG_TERM + i] = (struct ib_wanted){ l->term[i].name, true };
	l->nwanted = IB_LOG_TERM + l->nterms;
	return IB_OK;
}
