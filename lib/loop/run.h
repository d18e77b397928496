/*
 * A training run in one process (struct ib_run of infobatch.h): draw, record, commit.
 *
 * The run holds the scores in memory, and each commit writes the scores to the score file. An epoch
 * that is not committed changes only the audit log, which then has an entry for the epoch.
 */
#ifndef IB_LOOP_RUN_H
#define IB_LOOP_RUN_H

#include "loop/losses.h"
#include "prune/row_arrays.h"
#include "score/scores.h"

struct ib_run_options {
	struct ib_rule_options *rule;
	struct ib_context context;
	struct ib_limit max_missing, max_unseen;
	unsigned duplicates; /* enum ib_duplicates */
	unsigned nonfinite;  /* enum ib_nonfinite */
	double smooth;
	char *audit;		/* path of the audit log, or NULL */
	char *missing, *unseen; /* texts to which max_missing and max_unseen point */
};

/* The ids of a run are decimal row numbers, or texts that the run owns. */
struct ib_run_ids {
	uint64_t n;
	struct ib_span *text; /* text[row]: the id of a row; NULL if the ids are row numbers */
	char *bytes;	      /* the texts, each followed by a newline */
	char digest[33];      /* XXH3-128 of the ids as a list, one per line */
};

struct ib_run {
	char *path; /* path of the score file */
	int lock;
	const struct ib_run_options *options;
	struct ib_run_ids ids;
	struct ib_scores *scores; /* NULL after a failed commit, until the file is read */
	char digest[33];	  /* digest of the score file; empty if the file does not exist */
	int64_t newest;		  /* newest epoch in the score file, or IB_NO_EPOCH */
	int64_t epoch;		  /* the drawn, uncommitted epoch, or IB_NO_EPOCH */
	double rate_factor;	  /* ib_rule_rate_factor() for the newest drawn epoch, or 1 */
	struct ib_row_arrays *drawn;
	uint8_t *state; /* state[row]: enum ib_sample_state of the row in the drawn epoch */
	/*
	 * recorded: number of drawn rows with a loss; nonfinite: number of losses that are not
	 * finite
	 */
	uint64_t recorded, nonfinite;
	struct ib_losses losses;
};

enum ib_sample_state { IB_SAMPLE_PRUNED, IB_SAMPLE_DRAWN, IB_SAMPLE_RECORDED };

/* Copy the ids and check them. If `text` is NULL, the ids are row numbers. */
enum ib_status ib_run_ids_init(struct ib_run_ids *ids, const struct ib_span *text, uint64_t n,
			       struct ib_error *err);
void ib_run_ids_release(struct ib_run_ids *ids);

/*
 * Check that the id of every score row is in ids. `path` is the name of the score file for
 * messages. If `unseen` is not NULL, also check that the number of ids without a score row is
 * within the limit `unseen`.
 */
enum ib_status ib_run_ids_check(const struct ib_run_ids *ids, const struct ib_scores *s,
				const char *path, const struct ib_limit *unseen,
				struct ib_error *err);

/* Fold the sorted losses of an epoch into the scores. */
enum ib_status ib_run_fold(struct ib_run *run, struct ib_error *err);

#endif
