/*
 * Loss logs in memory, by epoch, for the subcommands that need all losses of a
 * training run. Memory: 8 bytes per record, 16 with weights, and each id once.
 */
#ifndef IB_AUDIT_LOSS_HISTORY_H
#define IB_AUDIT_LOSS_HISTORY_H

#include "audit/log.h"
#include "score/loss_logs.h"

struct ib_loss_history_epoch {
	int64_t epoch;
	uint64_t n;
	size_t cap;
	uint32_t *row;	/* [n] row of the id, in the order of the records */
	float *loss;	/* [n] NaN: not finite */
	double *weight; /* [n] NaN: not set; the array is NULL if weights are not read */
};

struct ib_loss_history {
	struct ib_table ids;		     /* in the order of their first records */
	struct ib_loss_history_epoch *epoch; /* ascending */
	size_t nepochs, cap;
	bool weighted; /* weights are read */
	uint64_t nonfinite;
};

struct ib_loss_history_options {
	struct ib_list operands;
	const struct ib_log_options *log;
	const char *weight_field; /* NULL: do not read weights */
};

/*
 * Read all operands. Returns IB_E_DATA for a score file. Also returns
 * IB_E_DATA if the records of two or more operands have no epoch and the
 * options give none.
 */
enum ib_status ib_loss_history_read(const struct ib_loss_history_options *options,
				    const struct ib_context *context, struct ib_loss_history *l,
				    struct ib_error *err);
void ib_loss_history_release(struct ib_loss_history *l);

/*
 * Set the weights that the records do not have: 1/pi of the id and epoch in
 * the audit log, or 1 if log is NULL or has no such line. A line with pi 0
 * gives weight 0.
 */
enum ib_status ib_loss_history_set_weights(struct ib_loss_history *l, struct ib_audit_log *log,
					   struct ib_error *err);

/*
 * Read the operands as the options say, and set the weights. log: the audit
 * log, borrowed; if it is NULL, the audit log that the options name, if any.
 */
enum ib_status ib_loss_history_load(const struct ib_audit_options *o, struct ib_list operands,
				    struct ib_audit_log *log, const struct ib_context *context,
				    struct ib_loss_history *l, struct ib_error *err);

/*
 * Return the weighted mean of the finite losses of an epoch, computed from
 * exact sums. Weights are 1 if e->weight is NULL. Returns NaN if the sum of
 * the weights is 0.
 */
double ib_loss_history_mean(const struct ib_loss_history_epoch *e, double *weight_sum);

/* Return the records of an epoch, or NULL if there are none. */
struct ib_loss_history_epoch *ib_loss_history_find(const struct ib_loss_history *l, int64_t epoch);

#endif
