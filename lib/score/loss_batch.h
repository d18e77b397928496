/*
 * The contents of one block of a loss log: losses, or rows of a score file,
 * and the problems found in it. Worker threads fill batches; one thread folds
 * them in the order of the input. Texts of ids point into the block.
 */
#ifndef IB_SCORE_LOSS_BATCH_H
#define IB_SCORE_LOSS_BATCH_H

#include "record/reader.h"
#include "score/fold.h"

enum ib_problem_kind {
	IB_BAD_RECORD,	      /* an invalid record; counts towards --max-bad */
	IB_LAST_LINE_DROPPED, /* the truncated last line was skipped: a warning */
	IB_LAST_LINE_KEPT,    /* the last line may be truncated but is used: a warning */
	IB_PROBLEM_NOTE,      /* the record is valid: a warning */
	IB_PROBLEM_USAGE      /* a usage error; ends the run whatever --max-bad is */
};

struct ib_problem {
	enum ib_problem_kind kind;
	uint64_t line; /* number of lines of the block before it */
	char text[IB_WHY_MAX];
};

struct ib_loss_counts {
	uint64_t records;   /* records used */
	uint64_t bad;	    /* invalid records */
	uint64_t nonfinite; /* losses that are not finite */
	uint64_t ignored;   /* records later than --until */
	uint64_t read;	    /* well-formed records of any partition and epoch */
};

static inline void
ib_loss_counts_add(struct ib_loss_counts *to, const struct ib_loss_counts *from)
{
	to->records += from->records;
	to->bad += from->bad;
	to->nonfinite += from->nonfinite;
	to->ignored += from->ignored;
	to->read += from->read;
}

/* Initialize with {0}. `failed` is set if an allocation fails, and is checked once at the end. */
struct ib_loss_batch {
	const struct ib_source *source;
	const struct ib_key *key; /* key that the ids were read from; not used for rows */
	bool rows;		  /* the block holds rows of a score file: see merge, not loss */
	bool has_previous;	  /* a row of any partition has prev */
	bool any;		  /* the block has a loss, of any partition */
	bool undated;		  /* a record without an epoch got epoch 0 */
	int64_t epoch;		  /* epoch of records without one */
	struct ib_loss *loss;
	double *weight; /* weight of each loss, if requested; NaN if none */
	size_t n, cap;
	struct ib_merge *merge; /* the rows, if `rows` */
	size_t nmerge, merge_cap;
	struct ib_id *skipped; /* ids of losses that --nonfinite skip dropped */
	size_t nskipped, skipped_cap;
	struct ib_problem *problem;
	size_t nproblems, problem_cap;
	struct ib_loss_counts counts; /* `bad` is counted later */
	bool failed;		      /* out of memory */
};
void ib_loss_batch_release(struct ib_loss_batch *b);

/* Empty the batch for the next block. Its memory is reused. */
void ib_loss_batch_start(struct ib_loss_batch *b, const struct ib_source *source, bool rows,
			 int64_t epoch);

/* Make room for more losses, and for their weights if `weighted`. Returns b->failed negated. */
bool ib_loss_batch_grow(struct ib_loss_batch *b, bool weighted);

/* Append one loss, and its weight unless weight is NULL (not requested). */
static inline void
ib_loss_batch_add(struct ib_loss_batch *b, struct ib_id id, int32_t epoch, float loss,
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

/* Append the id of a skipped loss, or a row of a score file. */
void ib_loss_batch_add_skipped(struct ib_loss_batch *b, struct ib_id id);
void ib_loss_batch_add_row(struct ib_loss_batch *b, const struct ib_merge *row);

/* Add a problem of the record that starts after `line` lines of the block. */
void ib_loss_batch_add_problem(struct ib_loss_batch *b, enum ib_problem_kind kind, uint64_t line,
			       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
