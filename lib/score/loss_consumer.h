/* The receiver of the contents of loss logs, score files and totals files. */
#ifndef IB_SCORE_LOSS_CONSUMER_H
#define IB_SCORE_LOSS_CONSUMER_H

#include "score/loss_batch.h"
#include "score/totals_file.h"

/* Losses of one epoch whose ids are row numbers. A loss is NaN if it is not finite. */
struct ib_row_batch {
	const struct ib_source *source;
	const struct ib_key *key; /* the field that has the row numbers */
	const uint32_t *row;
	const float *loss;
	size_t n;
	int32_t epoch;
};

/*
 * Call-backs that receive the contents of the operands in order. Only one
 * call-back runs at a time.
 */
struct ib_loss_logs_consumer {
	void *ctx;
	/* Receive the losses or the score rows of one block. */
	enum ib_status (*batch)(void *ctx, struct ib_loss_batch *b, struct ib_error *err);
	/*
	 * Receive losses whose ids are row numbers. If the consumer cannot use row numbers, it
	 * sets *taken to false. Then `batch` receives the same losses with their ids. May be
	 * NULL.
	 */
	enum ib_status (*rows)(void *ctx, const struct ib_row_batch *b, bool *taken,
			       struct ib_error *err);
	/*
	 * Receive a complete .npz score file. The callee may change s, but must
	 * not keep a pointer to s.
	 */
	enum ib_status (*scores)(void *ctx, struct ib_scores *s, const char *name,
				 struct ib_error *err);
	/* Receive a totals file. If NULL, totals files are invalid input. */
	enum ib_status (*totals)(void *ctx, struct ib_totals_file *t, const char *name,
				 struct ib_error *err);
	/* Called at the end of each operand. May be NULL. */
	enum ib_status (*end)(void *ctx, const char *name, struct ib_error *err);
};

#endif
