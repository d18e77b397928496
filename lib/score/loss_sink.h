/* The consumer of loss logs, score files and totals files that are read. */
#ifndef IB_SCORE_LOSS_SINK_H
#define IB_SCORE_LOSS_SINK_H

#include "score/loss_batch.h"
#include "score/totals_file.h"

struct ib_loss_logs_counts {
	uint64_t records, bad, nonfinite, ignored;
	uint64_t read; /* well-formed records, of any part and epoch */
};

/* Who takes what the operands hold; called one at a time, in order. */
struct ib_loss_logs_sink {
	void *ctx;
	/* The losses or rows of one block. */
	enum ib_status (*batch)(void *ctx, struct ib_loss_batch *b, struct ib_error *err);
	/* A whole score file, .npz; the callee's to change, not to keep. */
	enum ib_status (*scores)(void *ctx, struct ib_scores *s, const char *name,
				 struct ib_error *err);
	/* A totals file; NULL: bad data. */
	enum ib_status (*totals)(void *ctx, struct ib_totals_file *t, const char *name,
				 struct ib_error *err);
	/* An operand was read to its end; may be NULL. */
	enum ib_status (*end)(void *ctx, const char *name, struct ib_error *err);
};

#endif
