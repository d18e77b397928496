/*
 * Losses into scores: which record of an id counts, what becomes of its
 * score. The order of the records is the order of the operands and lines.
 */
#ifndef IB_SCORE_FOLD_H
#define IB_SCORE_FOLD_H

#include "score/scores.h"

/* One record of a loss log. */
struct ib_loss {
	struct ib_id id;
	int32_t epoch;
	float loss; /* NaN: not finite */
};

/* One row of another score file. */
struct ib_merge {
	struct ib_id id;
	float score, previous;
	int32_t epoch;
	uint32_t visits;
};

struct ib_fold_repeat; /* a second record of an id in one epoch; fold.c */

struct ib_fold {
	struct ib_scores *scores;
	enum ib_duplicates duplicates;
	double smooth;
	uint64_t stale, fresh;
	bool folded; /* a loss came in, not rows of score files alone */
	/* of the modes other than last: */
	struct ib_huge_array here;     /* uint8_t[n]: its newest epoch is of this run */
	struct ib_huge_array raw;      /* float[n]: the epoch's loss before smoothing */
	struct ib_fold_repeat *repeat; /* of mean */
	size_t nrepeats, cap;
};

/* Begin a run that folds into scores (borrowed). */
enum ib_status ib_fold_start(struct ib_fold *f, struct ib_scores *scores,
			     enum ib_duplicates duplicates, double smooth, struct ib_error *err);

/* Fold n records; the hashes are made with seed (made anew if it changed). */
enum ib_status ib_fold_losses(struct ib_fold *f, struct ib_loss *loss, size_t n, uint64_t seed,
			      struct ib_error *err);
enum ib_status ib_fold_rows(struct ib_fold *f, struct ib_merge *row, size_t n, bool has_previous,
			    uint64_t seed, struct ib_error *err);

/*
 * What can be settled only at the end of a run: means; and a fold without
 * smoothing drops what only smoothing needs.
 */
void ib_fold_finish(struct ib_fold *f);
void ib_fold_release(struct ib_fold *f);

#endif
