/*
 * Simulate a rule on the loss logs of a training run that did not prune. If the rule prunes a
 * sample in an epoch, the loss of the sample in that epoch is ignored, and the sample keeps its old
 * score, as in a real run.
 */
#ifndef IB_AUDIT_SIMULATION_H
#define IB_AUDIT_SIMULATION_H

#include "audit/by.h"
#include "audit/loss_history.h"
#include "prune/run_stats.h"

#define IB_SIMULATION_WARNINGS 4 /* maximum number of kinds of warnings that are remembered */

struct ib_simulation {
	const struct ib_audit_options *options; /* used for --duplicates and --smooth */
	const struct ib_loss_history *losses; /* borrowed; the ids of the losses are the samples */
	const struct ib_context *context;
	struct ib_rule_options rule; /* options of the rule; rule.epoch is not used */
	struct ib_scores *scores;
	/*
	 * [losses->ids.n] score_row[i]: row of id i in `scores`, or IB_NO_ROW if the id has no
	 * score yet
	 */
	uint32_t *score_row;
	bool *kept; /* [losses->ids.n] kept[i]: true if sample i is kept in the current epoch */
	/* [losses->ids.n] missed[i]: number of epochs since the last visit of sample i */
	uint32_t *missed;
	struct ib_by *by;	/* borrowed; if NULL, visits are not counted per value */
	struct ib_context once; /* context for the rule; prints each kind of warning once */
	char warned[IB_SIMULATION_WARNINGS][200]; /* the first warning of each kind */
	size_t nwarned;
	/* the current epoch: */
	struct ib_prune_result result;
	double deff; /* design effect of the weights: n sum w^2 / (sum w)^2 over the kept samples */
	/* sums over the epochs so far: */
	uint64_t visits, pruned;
	double saved_epochs; /* sum of pruned / samples */
	/* largest number of consecutive epochs that pruned the same sample */
	uint32_t longest_missed;
};

/* Start simulating the rule. s borrows all arguments until ib_simulation_release(). */
enum ib_status ib_simulation_start(struct ib_simulation *s, const struct ib_audit_options *options,
				   const struct ib_rule_options *rule,
				   const struct ib_loss_history *losses,
				   const struct ib_context *context, struct ib_error *err);
void ib_simulation_release(struct ib_simulation *s);

/* Simulate an epoch. Call this function for the epochs 0, 1, 2 ... in this order. */
enum ib_status ib_simulation_epoch(struct ib_simulation *s, int64_t epoch, struct ib_error *err);

/* Read the loss logs into *losses, and warn about losses that are not finite. */
enum ib_status ib_simulation_read(const struct ib_audit_options *options,
				  const struct ib_context *context, struct ib_loss_history *losses,
				  struct ib_error *err);

/*
 * Compare the simulated epochs 0 to `epochs` - 1 with the epochs of the loss logs. Append a text
 * that names the simulated epochs without losses, the simulated epochs that are estimated because
 * they follow the last losses, and the epochs of the logs that are not simulated. Appends nothing
 * if these three lists are empty.
 */
void ib_simulation_write_gaps(const struct ib_loss_history *losses, int64_t epochs,
			      struct ib_bytes *out);

#endif
