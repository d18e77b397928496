/*
 * Loss logs as .npz archives (numpy.savez). An archive has an array of ids (integers, or bytes or
 * Unicode text of fixed width), an array of losses (f2, f4, f8), and an optional array of epochs.
 */
#ifndef IB_SCORE_NPZ_LOSS_LOG_H
#define IB_SCORE_NPZ_LOSS_LOG_H

#include "score/loss_reader.h"
#include "score/loss_consumer.h"

/* True if the archive is a loss log, not a score file. */
bool ib_npz_is_loss_log(const struct ib_npz *z);

/*
 * Pass the records to the consumer in batches. `epoch` is used if the log has
 * no epoch array; `epoch` is IB_NO_EPOCH if the epoch is unknown. The complete
 * arrays are kept in memory.
 */
enum ib_status ib_npz_loss_log_read(const struct ib_loss_reader *l, struct ib_npz *z,
				    const struct ib_source *source, int64_t epoch,
				    const struct ib_loss_logs_consumer *consumer,
				    struct ib_loss_counts *counts, struct ib_error *err);

#endif
