/*
 * Read operands that are loss logs, score files or totals files. Threads parse
 * blocks in parallel; a consumer (loss_consumer.h) receives the batches in the order
 * of the input.
 */
#ifndef IB_SCORE_LOSS_LOGS_H
#define IB_SCORE_LOSS_LOGS_H

#include "score/loss_reader.h"
#include "score/loss_consumer.h"

struct ib_loss_logs_options {
	struct ib_list operands;
	const struct ib_log_options *log;
	bool epoch_required; /* true if a record without an epoch is a usage error */
	bool want_skipped;   /* --expect: list the ids of losses removed by --nonfinite skip */
	bool warn_empty;     /* true to warn about operands without a record */
	/*
	 * True if the caller has no options for the names of fields. Messages then refer to the
	 * options of ib-score.
	 */
	bool fixed_fields;
	const char *weight_field; /* field of the weights; NULL if weights are not read */
	char *digest; /* char[33]: receives the XXH3-128 hash of all operands; may be NULL */
};

/*
 * Read all operands. Returns IB_E_DATA if there are more invalid records than
 * --max-bad allows, if a file is truncated or corrupt, or if an operand has
 * only malformed records. Before an error is returned, the consumer receives
 * all data that precede the error.
 */
enum ib_status ib_loss_logs_read(const struct ib_loss_logs_options *options,
				 const struct ib_context *context,
				 const struct ib_loss_logs_consumer *consumer,
				 struct ib_loss_counts *counts, struct ib_error *err);

#endif
