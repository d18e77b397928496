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

struct ib_simulation {
	const struct ib_audit_options *options; /* used for --duplicates and --smooth */
	const struct ib_loss_history *losses; /* borrowed; the ids of the losses are the samples */
	const struct ib_context *context;
	struct ib_rule_options rule; /* options of the rule; rule.epoch is not used */
	struct ib_scores *scores;
	uint32_t *score_row;	/* [ids] row in scores for each id; IB_NO_ROW: no score yet */
	bool *kept;		/* [ids] true if the sample is kept in the current epoch */
	uint32_t *missed;	/* [ids] number of epochs since the last visit of each id */
	struct ib_by *by;	/* borrowed; if NULL, visits are not counted per value */
	struct ib_context once; /* the context of the rule: prints each warning once */
	char warned[200];	/* text of the most recent warning */
	/* the current epoch: */
	struct ib_prune_result result;
	double deff; /* design effect of the weights: n sum w^2 / (sum w)^2 over the kept samples */
	/* sums over the epochs so far: */
	uint64_t visits, pruned;
	double saved_epochs;	 /* sum over the epochs of pruned / samples */
	uint32_t longest_missed; /* largest number of consecutive epochs that pruned one sample */
};

/* Start to simulate the rule. s borrows all arguments until ib_simulation_release(). */
enum ib_status ib_simulation_start(struct ib_simulation *s, const struct ib_audit_options *options,
				   const struct ib_rule_options *rule,
				   const struct ib_loss_history *losses,
				   const struct ib_context *context, struct ib_error *err);
void ib_simulation_release(struct ib_simulation *s);

/* Simulate an epoch. Call this function for the epochs in ascending order, from 0. */
enum ib_status ib_simulation_epoch(struct ib_simulation *s, int64_t epoch, struct ib_error *err);

/* Read the losses, and warn about losses that are not finite. */
enum ib_status ib_simulation_read(const struct ib_audit_options *options,
				  const struct ib_context *context, struct ib_loss_history *losses,
				  struct ib_error *err);

/*
 * Append a text that names three kinds of epochs: epochs without losses between or before the
 * epochs of the logs, epochs after the logs, which are estimated from the last losses, and epochs
 * of the logs that are not simulated. Appends nothing if there are none.
 */
void ib_simulation_write_gaps(const struct ib_loss_history *losses, int64_t epochs,
			      struct ib_bytes *out);

#endif
