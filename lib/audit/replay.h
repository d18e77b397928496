/* A run's rule made anew from its head, and its lines held against it. */
#ifndef IB_AUDIT_REPLAY_H
#define IB_AUDIT_REPLAY_H

#include "audit/log.h"
#include "base/exact.h"

/* Of --sampling fixed: what the lines of one group came to. */
struct ib_replay_group {
	uint64_t kept, pruned;
	/* the largest (u, id) kept and the smallest pruned; the ids are ours */
	uint64_t last_kept, first_pruned;
	struct ib_bytes last_id, first_id;
};

struct ib_replay {
	const struct ib_audit_head *head;
	const struct ib_scores *scores; /* NULL: by the head alone */
	bool solved;			/* threshold and all were solved anew */
	struct ib_rule *rule;		/* made from the scores, or bare */
	struct ib_rule bare;
	struct ib_replay_group *group; /* [head->ngroups] */
	uint64_t kept, pruned;
	struct ib_exact weights; /* of the lines that are kept */
	double weight;		 /* of the last ones, to be added up */
	uint64_t same;
	uint64_t *seen; /* hashes of the ids: which stands twice */
	uint64_t nseen, seen_cap;
};

/* The rule as the head has it, without a look at any scores. */
void ib_replay_bare_rule(struct ib_rule *rule, const struct ib_audit_head *head);

/*
 * Begin. With scores (the run was decided with them) the threshold and all
 * that was solved is computed again. IB_E_CHECK with the difference.
 */
enum ib_status ib_replay_begin(struct ib_replay *r, const struct ib_audit_head *head,
			       const struct ib_scores *scores, struct ib_error *err);

/* One line. IB_E_CHECK: err says what it should have been. */
enum ib_status ib_replay_line(struct ib_replay *r, const struct ib_audit_line *line,
			      struct ib_error *err);

/* All lines against the tail. *twice: a hash that two ids have; 0: none. */
enum ib_status ib_replay_end(struct ib_replay *r, const struct ib_audit_tail *tail, uint64_t *twice,
			     struct ib_error *err);
void ib_replay_release(struct ib_replay *r);

#endif
