/*
 * Fold losses into scores: choose which record of an id is used, and compute
 * the score from it. Records are folded in the order of operands and lines, so
 * the result does not depend on the number of threads.
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

/* One row of a score file that is merged in. */
struct ib_merge {
	struct ib_id id;
	float score, previous;
	int32_t epoch;
	uint32_t visits;
};

struct ib_fold_repeat; /* a repeated record of an id in one epoch; see fold.c */

struct ib_fold {
	struct ib_scores *scores;
	enum ib_duplicates duplicates;
	double smooth;
	uint64_t stale; /* records older than the score of their id */
	uint64_t fresh; /* new rows */
	bool folded;	/* the input had losses, not only rows of score files */
	/* Used only by the modes other than `last`, and by smoothing: */
	struct ib_huge_array here; /* uint8_t[n]: 1 if the newest epoch was folded in this run */
	struct ib_huge_array raw;  /* float[n]: loss of the newest epoch, before smoothing */
	struct ib_fold_repeat *repeat; /* the repeats, of mode `mean` only */
	size_t nrepeats, cap;
};

/* Start to fold into scores, which are borrowed until ib_fold_release(). */
enum ib_status ib_fold_start(struct ib_fold *f, struct ib_scores *scores,
			     enum ib_duplicates duplicates, double smooth, struct ib_error *err);

/*
 * Fold n records. Their hashes were computed with `seed`; they are computed
 * again if the table has another seed.
 */
enum ib_status ib_fold_losses(struct ib_fold *f, struct ib_loss *loss, size_t n, uint64_t seed,
			      struct ib_error *err);
/* Merge n rows of a score file. */
enum ib_status ib_fold_rows(struct ib_fold *f, struct ib_merge *row, size_t n, bool has_previous,
			    uint64_t seed, struct ib_error *err);

/*
 * Finish a run: compute the means of repeated records. After a fold without
 * smoothing, drop the previous scores, which only smoothing uses.
 */
void ib_fold_finish(struct ib_fold *f);
void ib_fold_release(struct ib_fold *f);

#endif
