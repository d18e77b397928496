/*
 * Loss logs in memory, by epochs: for what looks at a run's losses as a whole.
 * 8 bytes a record, 16 where weights are read, and the ids once.
 */
#ifndef IB_AUDIT_LOSS_HISTORY_H
#define IB_AUDIT_LOSS_HISTORY_H

#include "audit/log.h"
#include "score/loss_logs.h"

struct ib_loss_history_epoch {
	int64_t epoch;
	uint64_t n, cap;
	uint32_t *row;	/* [n] of the id, in the order of the records */
	float *loss;	/* [n] NaN: not finite */
	double *weight; /* [n] NaN: none; where weights are read */
};

struct ib_loss_history {
	struct ib_table ids;		     /* in the order of their first records */
	struct ib_loss_history_epoch *epoch; /* ascending */
	size_t nepochs, cap;
	bool weighted;
	uint64_t nonfinite;
};

struct ib_loss_history_options {
	struct ib_list operands;
	const struct ib_log_options *log;
	const char *weight_field; /* NULL: weights are not read */
};

/*
 * IB_E_DATA for score files, and where of several operands more than one
 * carries no epoch and none is given.
 */
enum ib_status ib_loss_history_read(const struct ib_loss_history_options *options,
				    const struct ib_context *context, struct ib_loss_history *l,
				    struct ib_error *err);
void ib_loss_history_release(struct ib_loss_history *l);

/*
 * Settle the weights: a record's own, or 1/pi of its epoch in the audit log
 * (NULL: none), or 1. A sample that the log has with pi 0 weighs 0.
 */
enum ib_status ib_loss_history_weigh(struct ib_loss_history *l, struct ib_audit_log *log,
				     struct ib_error *err);

/*
 * Read these operands as o says, and settle the weights: by the log, which is
 * borrowed, or if it is NULL by the one that o names, if any.
 */
enum ib_status ib_loss_history_load(const struct ib_audit_options *o, struct ib_list operands,
				    struct ib_audit_log *log, const struct ib_context *context,
				    struct ib_loss_history *l, struct ib_error *err);

/*
 * The weighted mean of the finite losses, both sums exact (weight NULL: 1
 * each); NaN where they weigh nothing.
 */
double ib_loss_history_mean(const struct ib_loss_history_epoch *e, double *weight_sum);

/* The records of an epoch, or NULL. */
struct ib_loss_history_epoch *ib_loss_history_at(const struct ib_loss_history *l, int64_t epoch);

#endif
