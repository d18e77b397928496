/*
 * The state of a thread that reads the records of one block, and the functions that read one
 * field of a record. The functions add the problems of a record to the batch.
 */
#ifndef IB_SCORE_READING_H
#define IB_SCORE_READING_H

#include <math.h>

#include "score/loss_batch.h"
#include "score/loss_terms.h"

/* The state of reading one block. At most one problem is reported for each invalid record. */
struct ib_reading {
	const struct ib_loss_reader *l;
	struct ib_cursor *c;
	struct ib_loss_batch *b;
	bool common; /* true if add_common() in loss_reader.c may be used */
	bool first;  /* true in an operand's first block, until the first record without an epoch */
	const struct ib_value *id, *epoch, *loss;
};

/* Report an invalid record. Returns false. */
bool ib_reading_wrong(struct ib_reading *r, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static inline const struct ib_value *
ib_reading_wanted(const struct ib_reading *r, size_t i)
{
	static const struct ib_value absent = { .type = IB_ABSENT };
	int slot = r->c->source->wanted_slot[i];

	return slot < 0 ? &absent : &r->c->v[slot];
}

/*
 * Convert the texts of the numbers in a record to numbers. Called after the id was read and the
 * record was found to belong to this partition; see `lazy` in struct ib_json.
 */
void ib_reading_convert_numbers(struct ib_reading *r);

/* Report a field that is missing or not a number. Returns false. */
bool ib_reading_not_a_number(struct ib_reading *r, struct ib_span name, const struct ib_value *v);

/*
 * Read the value v of a term of the loss. *x is NaN if v is null. Returns false if v is not a
 * number.
 */
static inline bool
ib_reading_term(const struct ib_term *t, const struct ib_value *v, double *x)
{
	*x = NAN;
	if (v->type != IB_NULL && !ib_value_read_number(v, x))
		return false;
	if (t->scaled)
		*x *= t->coefficient;
	return true;
}

/* Read the epoch. If the record has no epoch, *epoch is set to IB_NO_EPOCH. */
bool ib_reading_epoch(struct ib_reading *r, int64_t *epoch);

/*
 * If *epoch is IB_NO_EPOCH, set *epoch to the default epoch of the batch, or to 0. Returns false if
 * the batch has no default epoch and l->epoch_required is true.
 */
bool ib_loss_reader_default_epoch(const struct ib_loss_reader *l, struct ib_loss_batch *b,
				  int64_t *epoch);

/* Read the record's epoch. If the record has no epoch, use the default. */
bool ib_reading_resolve_epoch(struct ib_reading *r, int64_t *epoch);

/* Read the weight if weights were requested. *weight is set to NaN if the record has no weight. */
bool ib_reading_weight(struct ib_reading *r, const struct ib_value *v, double *weight);

/* True if the epoch is later than --until. */
static inline bool
ib_loss_reader_is_after_until(const struct ib_loss_reader *l, int64_t epoch)
{
	return l->options->until != IB_NO_EPOCH && epoch > l->options->until;
}

/*
 * True if a record with this loss is invalid because of --nonfinite fail. A loss whose epoch is
 * later than --until is not checked.
 */
static inline bool
ib_loss_reader_refuses(const struct ib_loss_reader *l, int64_t epoch, double loss)
{
	return l->options->nonfinite == IB_NONFINITE_FAIL && !isfinite((float)loss) &&
	       !ib_loss_reader_is_after_until(l, epoch);
}

/*
 * Count one loss, and append it to the batch. A loss is counted but not appended if its epoch is
 * later than --until, or if it is not finite and --nonfinite is skip. The caller has computed the
 * hash of the id, and has checked that the id belongs to this partition.
 */
static inline void
ib_loss_reader_add(const struct ib_loss_reader *l, struct ib_loss_batch *b, struct ib_id id,
		   int64_t epoch, double loss, double weight)
{
	float f = (float)loss + 0.0f; /* -0 becomes 0 */

	if (ib_loss_reader_is_after_until(l, epoch)) {
		b->counts.ignored++;
		return;
	}
	b->counts.records++;
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

/* Message text: the reason why a record with an empty id is invalid. */
extern const char ib_loss_reader_no_id[];

#endif
