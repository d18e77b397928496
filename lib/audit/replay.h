/*
 * Recompute the decisions of a run from its header, and compare each line of
 * the audit log with them.
 */
#ifndef IB_AUDIT_REPLAY_H
#define IB_AUDIT_REPLAY_H

#include "audit/log.h"
#include "prune/run_stats.h"

/*
 * For --sampling=fixed: the lines of one group. Such a run keeps the samples
 * with the smallest (u, id) of each group. So every kept (u, id) must be
 * smaller than every pruned one, and it is enough to remember the boundary.
 */
struct ib_replay_group {
	uint64_t kept, pruned;
	uint64_t last_kept, first_pruned;  /* u bits of the largest kept, the smallest pruned */
	struct ib_bytes last_id, first_id; /* ids of these two, copied */
};

struct ib_replay {
	const struct ib_run_header *head;
	const struct ib_scores *scores; /* NULL: use only the header */
	bool solved;			/* rule was prepared from the scores again */
	struct ib_rule *rule;		/* if solved */
	struct ib_rule bare;		/* the rule with the threshold etc. of the header */
	struct ib_replay_group *group;	/* [head->ngroups] */
	struct ib_run_stats stats;	/* of the lines */
	uint64_t *id_hash;		/* hashes of all ids, to find duplicates */
	uint64_t nhashes;
	size_t hashes_cap;
};

/* Make the rule that the header describes. Needs no scores. */
void ib_replay_bare_rule(struct ib_rule *rule, const struct ib_run_header *head);

/*
 * Start. scores: the score file that the run read, or NULL. With it, threshold,
 * ratio and groups are computed again. Returns IB_E_CHECK, with the
 * difference, if the header has other values.
 */
enum ib_status ib_replay_begin(struct ib_replay *r, const struct ib_run_header *head,
			       const struct ib_scores *scores, struct ib_error *err);

/* Check one line. Returns IB_E_CHECK, with the expected value, if it differs. */
enum ib_status ib_replay_line(struct ib_replay *r, const struct ib_audit_line *line,
			      struct ib_error *err);

/*
 * Compare all lines with the footer. *duplicate: a hash that two lines have in
 * common, or 0; the caller must check whether their ids are equal.
 */
enum ib_status ib_replay_end(struct ib_replay *r, const struct ib_audit_tail *tail,
			     uint64_t *duplicate, struct ib_error *err);
void ib_replay_release(struct ib_replay *r);

#endif
