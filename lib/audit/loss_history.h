/*
 * Loss logs in memory, sorted by epoch, for the subcommands that need all losses of a training run.
 * They need 8 bytes of memory per record (16 with weights), plus the text of each different id.
 */
#ifndef IB_AUDIT_LOSS_HISTORY_H
#define IB_AUDIT_LOSS_HISTORY_H

#include "audit/log.h"
#include "score/loss_logs.h"

struct ib_loss_history_epoch {
	int64_t epoch;
	uint64_t n;
	size_t cap;
	/* [n] row[i]: row of the id of record i in the table `ids` of the history */
	uint32_t *row;
	float *loss;	  /* [n] loss[i]: loss of record i; NaN if it is not finite */
	bool pruning_off; /* true if pruning was off in this epoch (ib_audit_pruning_is_off()) */
	/*
	 * [n] weight[i]: weight of record i; NaN if not set. `weight` is NULL if weights are not
	 * read
	 */
	double *weight;
};

struct ib_loss_history {
	struct ib_table ids;		     /* the ids, in the order in which they first occur */
	struct ib_loss_history_epoch *epoch; /* sorted by epoch */
	size_t nepochs, cap;
	bool weighted; /* true if weights are read from the records */
	uint64_t nonfinite;
};

struct ib_loss_history_options {
	struct ib_list operands;
	const struct ib_log_options *log;
	const char *weight_field; /* NULL: do not read weights from the records */
};

/*
 * Read the loss logs that the operands name. Returns IB_E_DATA if an operand is a score file. Also
 * returns IB_E_DATA if the options give no epoch, and two or more operands have records without an
 * epoch.
 */
enum ib_status ib_loss_history_read(const struct ib_loss_history_options *options,
				    const struct ib_context *context, struct ib_loss_history *l,
				    struct ib_error *err);
void ib_loss_history_release(struct ib_loss_history *l);

/*
 * Read the operands with the options *o, and set the weights of their records. A record without a
 * weight gets 1/pi from the audit log `log`, which is borrowed. If log is NULL, the function reads
 * the audit log that o->weigh_by names. Without an audit log, such a record gets the weight 1.
 */
enum ib_status ib_loss_history_load(const struct ib_audit_options *o, struct ib_list operands,
				    struct ib_audit_log *log, const struct ib_context *context,
				    struct ib_loss_history *l, struct ib_error *err);

/*
 * Return the weighted mean of the finite losses of an epoch, computed from exact sums, and set
 * *weight_sum to the sum of the weights. If e->weight is NULL, all weights are 1. Returns NaN if
 * the sum of the weights is 0.
 */
double ib_loss_history_mean(const struct ib_loss_history_epoch *e, double *weight_sum);

/* Return the records of an epoch, or NULL if the epoch has no records. */
struct ib_loss_history_epoch *ib_loss_history_find(const struct ib_loss_history *l, int64_t epoch);

#endif
