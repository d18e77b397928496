/*
 * Recompute the decisions of a run from its header, and compare them with the lines of the audit
 * log.
 */
#ifndef IB_AUDIT_REPLAY_H
#define IB_AUDIT_REPLAY_H

#include "audit/log.h"
#include "prune/run_stats.h"

/*
 * Summary of the lines of one group of samples, for --sampling=fixed. In each group, a run keeps
 * the samples with the smallest pairs (u, id). So every kept sample must have a smaller pair than
 * every pruned sample. To check this, it is enough to remember the largest pair of a kept sample
 * and the smallest pair of a pruned sample.
 */
struct ib_replay_group {
	uint64_t kept, pruned;
	/* u as an integer: the largest u of a kept sample, and the smallest u of a pruned sample */
	uint64_t last_kept, first_pruned;
	/*
	 * last_id: id of the kept sample with the largest (u, id); first_id: id of the pruned
	 * sample with the smallest (u, id)
	 */
	struct ib_bytes last_id, first_id;
};

struct ib_replay {
	const struct ib_run_header *head;
	/*
	 * the score file that the run read; NULL if the lines are checked only against the header
	 */
	const struct ib_scores *scores;
	bool prepared;		       /* true if `rule` was prepared from the scores */
	struct ib_rule *rule;	       /* set if prepared is true */
	struct ib_rule bare;	       /* the rule of ib_replay_bare_rule() */
	struct ib_replay_group *group; /* [head->ngroups] */
	struct ib_run_stats stats;     /* statistics of the lines so far */
	uint64_t *id_hash;	       /* [nhashes] hashes of all ids so far, to find duplicates */
	uint64_t nhashes;
	size_t hashes_cap;
};

/*
 * Set *rule to the rule that the header describes. All numbers come from the header, and the rule
 * has no table of scores.
 */
void ib_replay_bare_rule(struct ib_rule *rule, const struct ib_run_header *head);

/*
 * Start checking a run. `scores` is the score file that the run read, or NULL. If `scores` is not
 * NULL, the threshold, the ratio and the groups are computed from the scores. Returns IB_E_CHECK,
 * with a message that shows the difference, if the header has different values.
 */
enum ib_status ib_replay_begin(struct ib_replay *r, const struct ib_run_header *head,
			       const struct ib_scores *scores, struct ib_error *err);

/*
 * Check one line. If the line is wrong, returns IB_E_CHECK with a message that contains the
 * expected value.
 */
enum ib_status ib_replay_line(struct ib_replay *r, const struct ib_audit_line *line,
			      struct ib_error *err);

/*
 * Compare the sums over all lines with the footer. Sets *duplicate to a hash that two ids have in
 * common, or to 0 if all hashes differ. If *duplicate is not 0, the caller must check whether the
 * two ids are equal.
 */
enum ib_status ib_replay_end(struct ib_replay *r, const struct ib_audit_footer *footer,
			     uint64_t *duplicate, struct ib_error *err);
void ib_replay_release(struct ib_replay *r);

#endif
