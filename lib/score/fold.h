/*
 * Fold losses into scores: for each id, choose the record to use, and compute
 * the score from that record. Records are folded in the order of operands and
 * lines, so the result does not depend on the number of threads.
 */
#ifndef IB_SCORE_FOLD_H
#define IB_SCORE_FOLD_H

#include "score/scores.h"

/* One record of a loss log. */
struct ib_loss {
	struct ib_id id;
	int32_t epoch;
	float loss; /* NaN if not finite */
};

/* One row of a score file to merge into the scores. */
struct ib_merge {
	struct ib_id id;
	float score, previous;
	int32_t epoch;
	uint32_t visits;
};

struct ib_fold_repeat; /* an id's second or later loss in one epoch; see fold.c */

struct ib_fold {
	struct ib_scores *scores;
	enum ib_duplicates duplicates;
	double smooth;
	uint64_t stale; /* number of records from an epoch before the epoch of the sample's score */
	uint64_t fresh; /* number of rows that were added to the table */
	bool folded;	/* true if the input had losses, not only rows of score files */
	/*
	 * The members below are used only for smoothing and for --duplicates
	 * modes other than `last`.
	 */
	/* uint8_t[n]: 1 if the row's newest epoch was folded in this run */
	struct ib_huge_array in_run;
	struct ib_huge_array raw; /* float[n]: loss of the row's newest epoch, before smoothing */
	/* The members below are used only if --duplicates is `mean`. */
	/*
	 * uint32_t[n]: number of the first entry of the row's list in repeat[], or 0 if the row has
	 * no list
	 */
	struct ib_huge_array repeats;
	struct ib_fold_repeat *repeat; /* entry i has the number i + 1 */
	size_t nrepeats, cap;
	uint32_t unused; /* number of the first entry of the list of unused entries, or 0 */
};

/* Start to fold into `scores`. f borrows `scores` until ib_fold_release(). */
enum ib_status ib_fold_start(struct ib_fold *f, struct ib_scores *scores,
			     enum ib_duplicates duplicates, double smooth, struct ib_error *err);

/* Fold n records. The hashes of their ids must be computed with seed 0. */
enum ib_status ib_fold_losses(struct ib_fold *f, struct ib_loss *loss, size_t n,
			      struct ib_error *err);
/*
 * True if row numbers can be folded without ids. This requires an empty table or a range (the id of
 * row i is the digits of i). Each of the n rows must be in the table or be the next new row.
 * Smoothing must be off, and --duplicates must be `last`.
 */
bool ib_fold_takes_rows(const struct ib_fold *f, const uint32_t *row, size_t n);

/*
 * Fold n losses of one epoch, whose ids are row numbers. A loss is NaN if it is not finite. Before
 * the call, ib_fold_takes_rows() must return true for these rows.
 */
enum ib_status ib_fold_row_losses(struct ib_fold *f, const uint32_t *row, const float *loss,
				  size_t n, int32_t epoch, struct ib_error *err);

/* Merge n rows of a score file. The hashes of their ids must be computed with seed 0. */
enum ib_status ib_fold_rows(struct ib_fold *f, struct ib_merge *row, size_t n, bool has_previous,
			    struct ib_error *err);

/*
 * Finish a run: if --duplicates is `mean`, compute the means that are not computed yet. After a
 * fold without smoothing, remove the column of previous scores, because only smoothing uses that
 * column.
 */
void ib_fold_finish(struct ib_fold *f);
void ib_fold_release(struct ib_fold *f);

#endif
