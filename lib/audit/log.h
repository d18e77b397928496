/*
 * Read an audit log (infobatch-formats(5), AUDIT LOG): its runs, and the lines of a run.
 *
 * Opening a log scans the file once. The scan parses headers and footers, and counts the other
 * lines. The scan finds the finished runs, and the latest finished run of each epoch. When a caller
 * needs the lines of a run, these lines are read from the file a second time.
 */
#ifndef IB_AUDIT_LOG_H
#define IB_AUDIT_LOG_H

#include "base/bytes.h"
#include "prune/audit_format.h"
#include "prune/rule.h"

/* The header line of a run: all parameters on which the keep probabilities depend. */
struct ib_run_header {
	char *text;			/* the header line without its newline */
	struct ib_rule_options options; /* options of the run; this struct owns their strings */
	struct ib_solved solved;
	/* the thresholds as scores, not quantiles; set only for the rules buckets and rank */
	struct ib_thresholds thresholds;
	struct ib_fixed_group *group;
	size_t ngroups; /* at most IB_THRESHOLDS_MAX */
	struct ib_part part;
	bool allows_duplicates;
	/* digests of the score file and of the totals; "" for a file that the run did not read */
	char scores[33], totals[33];
};

struct ib_audit_run {
	struct ib_run_header head;
	struct ib_audit_footer footer; /* valid only if `finished` is true */
	bool finished;
	/* byte offset and number of the zstd frame that contains the run */
	uint64_t frame, number;
	uint64_t skip;	 /* number of decompressed bytes before the run in its frame */
	uint64_t nlines; /* number of lines between the header and the footer */
};

struct ib_audit_log;

/* Open and scan a log. Warnings, for example about a run that did not finish, go to context. */
enum ib_status ib_audit_log_open(const char *path, const struct ib_context *context,
				 struct ib_audit_log **out, struct ib_error *err);
void ib_audit_log_close(struct ib_audit_log *log); /* log may be NULL */

const char *ib_audit_log_name(const struct ib_audit_log *log);

/*
 * Return the time of the last append, in seconds since 1970, or -1 if the log is a pipe. This is
 * the time of the last modification of the file, because an audit log contains no times.
 */
int64_t ib_audit_log_time(const struct ib_audit_log *log);

/* Return the number of runs in the log, including runs that did not finish. */
size_t ib_audit_log_count(const struct ib_audit_log *log);
/* Return the i-th run in the order of the log, counted from 0. */
const struct ib_audit_run *ib_audit_log_run(const struct ib_audit_log *log, size_t i);

/* Return the number of epochs that have a finished run. */
size_t ib_audit_log_epochs(const struct ib_audit_log *log);

/* Return the latest finished run of the i-th epoch, counted from 0 in ascending order of epochs. */
const struct ib_audit_run *ib_audit_log_epoch(const struct ib_audit_log *log, size_t i);

/* ---- lines ------------------------------------------------------------------ */

/*
 * The line of a sample whose pi is below 1. Other samples have no line; the footer only counts
 * them.
 */
struct ib_audit_line {
	struct ib_span id; /* valid until the next call of ib_audit_lines_next() */
	float score;	   /* NaN if the score is unknown */
	double pi;
	bool kept;
};

/*
 * Start reading the lines of a finished run. If `hash` is true, also compute the XXH3-64 of the
 * run's text.
 */
enum ib_status ib_audit_lines_begin(struct ib_audit_log *log, const struct ib_audit_run *run,
				    bool hash, struct ib_error *err);

/*
 * Set *line to an array of the next *n lines, in the order of the manifest. If no line is left,
 * returns IB_EOF and sets *n to 0.
 */
enum ib_status ib_audit_lines_next(struct ib_audit_log *log, const struct ib_audit_line **line,
				   size_t *n, struct ib_error *err);

/* Report the file position as progress. `lines` is the number of lines read so far. */
void ib_audit_lines_report(const struct ib_audit_log *log, const struct ib_context *context,
			   uint64_t lines);

/*
 * Return the XXH3-64 of the run's text before its footer. Call this function after
 * ib_audit_lines_next() has returned IB_EOF.
 */
uint64_t ib_audit_lines_hash(const struct ib_audit_log *log);

/* ---- used only in audit/ ------------------------------------------------------- */

/* Parse the header line of a run. `where` names the line in error messages. */
enum ib_status ib_run_header_parse(struct ib_span line, const char *where,
				   struct ib_run_header *head, struct ib_error *err);
void ib_run_header_release(struct ib_run_header *head);

#endif
