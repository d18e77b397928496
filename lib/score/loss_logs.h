/*
 * Operands that are loss logs or score files, through threads and in order,
 * to somebody who wants their batches: the fold, the drift of losses.
 */
#ifndef IB_SCORE_LOSS_LOGS_H
#define IB_SCORE_LOSS_LOGS_H

#include "score/loss_reader.h"
#include "score/loss_sink.h"

struct ib_loss_logs_options {
	struct ib_list operands;
	const struct ib_log_options *log;
	bool epoch_required; /* misuse where a record's is not known */
	bool want_skipped;
	bool warn_empty;	  /* of each operand without a record */
	const char *weight_field; /* NULL: weights are not read */
	char *digest;		  /* 33 bytes for the operands' XXH3-128 */
};

/*
 * Read them all. Bad records beyond --max-bad, cut or corrupt files: IB_E_DATA,
 * after everything before was handed on. So is an operand that has records but
 * none that is well-formed.
 */
enum ib_status ib_loss_logs_read(const struct ib_loss_logs_options *options,
				 const struct ib_context *context,
				 const struct ib_loss_logs_sink *sink,
				 struct ib_loss_logs_counts *counts, struct ib_error *err);

#endif
