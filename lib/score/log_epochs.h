/*
 * The epochs of the losses that a run of ib-score reads. They show whether records got a wrong
 * epoch, and whether the logs are in the wrong order. Of each block, only the first and last loss
 * are looked at.
 */
#ifndef IB_SCORE_LOG_EPOCHS_H
#define IB_SCORE_LOG_EPOCHS_H

#include "score/loss_batch.h"

struct ib_log_epochs {
	const struct ib_log_options *log;
	const struct ib_context *context;
	int64_t operand; /* newest epoch in the current operand; -1 if it has no loss */
	int64_t earlier; /* newest epoch in the earlier operands that were not stale; or -1 */
	int64_t oldest, newest; /* in all operands; newest is -1 if there is no loss */
	bool default_used;	/* true if a record without an epoch got the epoch of -e */
	/* number of operands that have records without an epoch; 0 if -e is given */
	uint64_t undated_operands;
	bool undated;	    /* true if the current operand is such an operand */
	bool field_noted;   /* true if a warning says which field may hold the epoch */
	int64_t name_epoch; /* epoch in the name of an operand with such records; or -1 */
	bool names_differ;  /* true if the names of these operands have different epochs */
};

void ib_log_epochs_init(struct ib_log_epochs *e, const struct ib_log_options *log,
			const struct ib_context *context);

/* Include the epoch of losses of the current operand. */
void ib_log_epochs_add(struct ib_log_epochs *e, int64_t epoch);
void ib_log_epochs_add_batch(struct ib_log_epochs *e, const struct ib_loss_batch *b);

/*
 * End an operand. If all its losses are stale, warn with the likely cause: an old log, or a wrong
 * order of the operands.
 */
void ib_log_epochs_end_operand(struct ib_log_epochs *e, const char *name, bool stale);

/* Warn if several logs without epochs all got epoch 0, or if no record needs the epoch of -e. */
void ib_log_epochs_warn(const struct ib_log_epochs *e);

/* True if the losses have more than one epoch. */
bool ib_log_epochs_differ(const struct ib_log_epochs *e);

#endif
