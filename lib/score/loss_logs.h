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
	bool epoch_required;	  /* a record without an epoch is a usage error */
	bool want_skipped;	  /* list ids that --nonfinite skip drops */
	bool warn_empty;	  /* warn of operands without a record */
	const char *weight_field; /* NULL: do not read weights */
	char *digest;		  /* 33 bytes for the XXH3-128 of all operands, or NULL */
};

/*
 * Read all operands. Returns IB_E_DATA if there are more invalid records than
 * --max-bad, if a file is truncated or corrupt, or if an operand has records
 * but none is well-formed. The consumer has received everything before the error.
 */
enum ib_status ib_loss_logs_read(const struct ib_loss_logs_options *options,
				 const struct ib_context *context,
				 const struct ib_loss_logs_consumer *consumer,
				 struct ib_loss_counts *counts, struct ib_error *err);

#endif
