/*
 * Loss logs as .npz (numpy.savez): arrays id (integers, fixed-width bytes or
 * unicode) and loss (f2, f4, f8), epoch optional.
 */
#ifndef IB_SCORE_NPZ_LOSS_LOG_H
#define IB_SCORE_NPZ_LOSS_LOG_H

#include "score/loss_reader.h"
#include "score/loss_sink.h"

/* Does the archive hold a loss log, rather than a score file? */
bool ib_npz_loss_log_is_one(const struct ib_npz *z);

/*
 * Hand its records on as batches. epoch: of a log without the array
 * (IB_NO_EPOCH: none). Holds the arrays in memory as they are.
 */
enum ib_status ib_npz_loss_log_read(const struct ib_loss_reader *l, struct ib_npz *z,
				    const struct ib_source *source, int64_t epoch,
				    const struct ib_loss_logs_sink *sink,
				    struct ib_loss_logs_counts *counts, struct ib_error *err);

#endif
