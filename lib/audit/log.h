/*
 * Reading an audit log (infobatch-formats(5), AUDIT LOG): which runs are in
 * it, which of them count, and a run's lines.
 *
 * A log is gone over once when it is opened: heads and tails are read, lines
 * are only counted, so that it is known which runs finished and which is the
 * last of its epoch. Lines are read from the file again, run by run.
 */
#ifndef IB_AUDIT_LOG_H
#define IB_AUDIT_LOG_H

#include "base/bytes.h"
#include "prune/audit_format.h"
#include "prune/rule.h"

struct ib_audit_group {
	double pi; /* before k/n */
	uint64_t n, k;
};

/* All that pi depends on, as ib-prune had it. */
struct ib_audit_head {
	char *text;			/* the line, without its end */
	struct ib_rule_options options; /* its texts are the head's own */
	double ratio;			/* as solved */
	double threshold;		/* NaN: none */
	struct ib_thresholds cuts;	/* of buckets and rank, resolved */
	double c;			/* of proportional; NaN: none */
	struct ib_audit_group *group;
	size_t ngroups;
	struct ib_part part;
	bool duplicates_keep;
	char scores[33], totals[33]; /* digests; empty: none */
};

struct ib_audit_run {
	struct ib_audit_head head;
	struct ib_audit_tail tail; /* if finished */
	bool finished;
	bool counts;		/* the last finished one of its epoch */
	uint64_t frame, number; /* where its frame begins, which one it is */
	uint64_t skip;		/* bytes of the frame's text before the run */
	uint64_t nlines;
};

struct ib_audit_log;

/* Warnings (a run that did not finish, ...) go to context. */
enum ib_status ib_audit_log_open(const char *path, const struct ib_context *context,
				 struct ib_audit_log **out, struct ib_error *err);
void ib_audit_log_close(struct ib_audit_log *log); /* NULL is fine */

const char *ib_audit_log_name(const struct ib_audit_log *log);

/* All runs, in the order of the log. */
size_t ib_audit_log_count(const struct ib_audit_log *log);
const struct ib_audit_run *ib_audit_log_run(const struct ib_audit_log *log, size_t i);

/* Those that count, by their epochs, ascending. */
size_t ib_audit_log_epochs(const struct ib_audit_log *log);
const struct ib_audit_run *ib_audit_log_epoch(const struct ib_audit_log *log, size_t i);

/* ---- lines ------------------------------------------------------------------ */

struct ib_audit_line {
	struct ib_span id; /* a view, gone at the next call */
	float score;	   /* NaN: unknown */
	double pi;
	bool kept;
};

/*
 * Begin with the lines of a finished run. hash: keep the XXH3-64 of its text.
 */
enum ib_status ib_audit_lines_begin(struct ib_audit_log *log, const struct ib_audit_run *run,
				    bool hash, struct ib_error *err);

/* The next lines, in manifest order; IB_EOF (n = 0) behind the last. */
enum ib_status ib_audit_lines_next(struct ib_audit_log *log, const struct ib_audit_line **line,
				   size_t *n, struct ib_error *err);

/* Tell context's progress where the lines are; `lines`: so many so far. */
void ib_audit_lines_tell(const struct ib_audit_log *log, const struct ib_context *context,
			 uint64_t lines);

/* After IB_EOF: XXH3-64 of the run's text before its tail. */
uint64_t ib_audit_lines_hash(const struct ib_audit_log *log);

/* ---- between the files of audit/ ---------------------------------------------- */

/* head.c: one line of JSON. `where` names it in messages. */
enum ib_status ib_audit_head_parse(struct ib_span line, const char *where,
				   struct ib_audit_head *head, struct ib_error *err);
void ib_audit_head_release(struct ib_audit_head *head);

#endif
