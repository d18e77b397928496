/* What one block of a loss log held: losses or rows, and what was wrong. */
#ifndef IB_SCORE_LOSS_BATCH_H
#define IB_SCORE_LOSS_BATCH_H

#include "record/reader.h"
#include "score/fold.h"

enum ib_bad_kind {
	IB_BAD_RECORD,	      /* counts towards --max-bad */
	IB_LAST_LINE_DROPPED, /* the last line, cut short: a warning */
	IB_LAST_LINE_KEPT,    /* likewise, but it counts: a warning */
	IB_BAD_NOTE,	      /* not bad: a warning */
	IB_BAD_MISUSE	      /* ends the run whatever --max-bad says */
};

struct ib_bad {
	enum ib_bad_kind kind;
	uint64_t line; /* lines of the block before it */
	char text[IB_WHY_MAX];
};

/* Start from {0}. Where memory runs out `failed` says so, once for all. */
struct ib_loss_batch {
	const struct ib_source *source;
	const struct ib_key *key; /* where its ids are; of rows not used */
	bool rows;		  /* rows of a score file: merge, not loss */
	bool has_previous;	  /* a row, of this part or not, has prev */
	bool any;		  /* a loss, of this part or not, came by */
	bool undated;		  /* an epoch was neither told nor given: 0 */
	int64_t epoch;		  /* of records that carry none */
	struct ib_loss *loss;
	double *weight; /* beside loss, where asked for; NaN: none */
	size_t n, cap;
	struct ib_merge *merge;
	size_t nmerge, merge_cap;
	struct ib_id *skipped;
	size_t nskipped, skipped_cap;
	struct ib_bad *bad;
	size_t nbad, bad_cap;
	uint64_t records, nonfinite, ignored, lines;
	uint64_t read; /* well-formed records, of any part and epoch */
	bool failed;   /* memory ran out */
};
void ib_loss_batch_release(struct ib_loss_batch *b);

/* Empty it for the next block. */
void ib_loss_batch_start(struct ib_loss_batch *b, const struct ib_source *source, bool rows,
			 int64_t epoch);

/* Room for more losses, and for weights beside them. False: see failed. */
bool ib_loss_batch_grow(struct ib_loss_batch *b, bool weighted);

/* Append one loss; weight (NULL: none is asked for) goes beside it. */
static inline void
ib_loss_batch_put(struct ib_loss_batch *b, struct ib_id id, int32_t epoch, float loss,
		  const double *weight)
{
	struct ib_loss *l;

	if (b->n == b->cap && !ib_loss_batch_grow(b, weight != NULL))
		return;
	l = &b->loss[b->n];
	l->id.p = id.p;
	l->id.hash = id.hash;
	l->id.n = id.n;
	l->epoch = epoch;
	l->loss = loss;
	if (weight)
		b->weight[b->n] = *weight;
	b->n++;
}

/* Append an id that was passed over, or a row of a score file. */
void ib_loss_batch_put_skipped(struct ib_loss_batch *b, struct ib_id id);
void ib_loss_batch_put_row(struct ib_loss_batch *b, const struct ib_merge *row);

/* Note what is wrong with a record. */
void ib_loss_batch_bad(struct ib_loss_batch *b, enum ib_bad_kind kind, uint64_t line,
		       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
