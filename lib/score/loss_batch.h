/*
 * A batch: the contents of one block of a loss log or score file. A batch has the losses or score
 * rows, and the problems found in the block. Worker threads fill batches. One thread folds the
 * batches in the order of the input, and each batch is then reused for a later block. The batch
 * owns its arrays. The texts of ids point into the block.
 */
#ifndef IB_SCORE_LOSS_BATCH_H
#define IB_SCORE_LOSS_BATCH_H

#include "record/reader.h"
#include "score/fold.h"
#include "score/problems.h"

struct ib_loss_counts {
	uint64_t records;   /* number of records used */
	uint64_t bad;	    /* number of invalid records */
	uint64_t nonfinite; /* number of losses that are not finite */
	uint64_t ignored;   /* number of records whose epoch is later than --until */
	uint64_t read;	    /* number of well-formed records of any partition and epoch */
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

/*
 * Initialize with {0}. `failed` is set if an allocation fails; callers check it once, at the end.
 */
struct ib_loss_batch {
	const struct ib_source *source;
	/* the fields from which the ids were built (-k); not used if `rows` is true */
	const struct ib_key *key;
	/*
	 * true if the block has rows of a score file, which are stored in `merge` instead of `loss`
	 */
	bool rows;
	bool has_previous; /* true if a row of any partition has a previous score */
	bool has_loss;	   /* true if the block has a loss, of any partition */
	bool undated;	   /* true if a record without an epoch got the default epoch, or epoch 0 */
	bool ids_are_rows; /* true if the ids are row numbers, which a table can store as a range */
	int64_t epoch;	   /* default epoch for records that have no epoch */
	struct ib_loss *loss;
	double *weight; /* weight of each loss, if requested; NaN if the record has no weight */
	size_t n, cap;
	struct ib_merge *merge; /* the rows of the score file, if `rows` is true */
	size_t nmerge, merge_cap;
	struct ib_id *skipped; /* ids of the losses removed by --nonfinite skip */
	size_t nskipped, skipped_cap;
	struct ib_problems problems;
	struct ib_loss_counts counts; /* `bad` stays 0; `problems` has the invalid records */
	bool failed;		      /* true if out of memory */
};
void ib_loss_batch_release(struct ib_loss_batch *b);

/* Empty the batch for the next block. The batch keeps its memory. */
void ib_loss_batch_start(struct ib_loss_batch *b, const struct ib_source *source, bool rows,
			 int64_t epoch);

/* Make room for more losses and, if `weighted` is true, for their weights. Returns !b->failed. */
bool ib_loss_batch_grow(struct ib_loss_batch *b, bool weighted);

/* Append one loss and its weight. `weight` is NULL if weights were not requested. */
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

/* Append the id of a loss removed by --nonfinite skip. */
void ib_loss_batch_add_skipped(struct ib_loss_batch *b, struct ib_id id);

/* Append a row of a score file. */
void ib_loss_batch_add_row(struct ib_loss_batch *b, const struct ib_merge *row);

/* Add a problem with the record that starts after the first `line` lines of the block. */
void ib_loss_batch_add_problem(struct ib_loss_batch *b, enum ib_problem_kind kind, uint64_t line,
			       const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
