/*
 * Read an audit log (infobatch-formats(5), AUDIT LOG): its runs, and the lines
 * of a run.
 *
 * Opening a log scans it once. The scan parses headers and footers and counts
 * the other lines. It shows which runs finished, and which finished run is the
 * last one of its epoch. The lines of a run are read from the file again when
 * they are needed.
 */
#ifndef IB_AUDIT_LOG_H
#define IB_AUDIT_LOG_H

#include "base/bytes.h"
#include "prune/audit_format.h"
#include "prune/rule.h"

/* The header line of a run: all parameters on which the keep probabilities depend. */
struct ib_run_header {
	char *text;			/* the line, without its newline */
	struct ib_rule_options options; /* strings are owned by the header */
	struct ib_solved solved;
	struct ib_thresholds cuts; /* for the rules buckets and rank: thresholds as scores */
	struct ib_fixed_group *group;
	size_t ngroups; /* <= IB_THRESHOLDS_MAX */
	struct ib_part part;
	bool allows_duplicates;
	char scores[33], totals[33]; /* digests of the files; empty: none */
};

struct ib_audit_run {
	struct ib_run_header head;
	struct ib_audit_tail tail; /* the footer; valid if finished */
	bool finished;
	uint64_t frame, number; /* offset and number of its zstd frame */
	uint64_t skip;		/* bytes of text in the frame before the run */
	uint64_t nlines;
};

struct ib_audit_log;

/* Open and scan a log. Warnings, for example of a run that did not finish, go to context. */
enum ib_status ib_audit_log_open(const char *path, const struct ib_context *context,
				 struct ib_audit_log **out, struct ib_error *err);
void ib_audit_log_close(struct ib_audit_log *log); /* log may be NULL */

const char *ib_audit_log_name(const struct ib_audit_log *log);

/* All runs, in the order of the log. Includes runs that did not finish. */
size_t ib_audit_log_count(const struct ib_audit_log *log);
const struct ib_audit_run *ib_audit_log_run(const struct ib_audit_log *log, size_t i);

/* The latest finished run of each epoch, by ascending epoch. */
size_t ib_audit_log_epochs(const struct ib_audit_log *log);
const struct ib_audit_run *ib_audit_log_epoch(const struct ib_audit_log *log, size_t i);

/* ---- lines ------------------------------------------------------------------ */

struct ib_audit_line {
	struct ib_span id; /* valid until the next call */
	float score;	   /* NaN: unknown */
	double pi;
	bool kept;
};

/* Start reading the lines of a finished run. hash: compute the XXH3-64 of its text. */
enum ib_status ib_audit_lines_begin(struct ib_audit_log *log, const struct ib_audit_run *run,
				    bool hash, struct ib_error *err);

/* Get the next lines, in manifest order. Returns IB_EOF, with *n = 0, after the last line. */
enum ib_status ib_audit_lines_next(struct ib_audit_log *log, const struct ib_audit_line **line,
				   size_t *n, struct ib_error *err);

/* Report the position in the file as progress. lines: lines read so far. */
void ib_audit_lines_report(const struct ib_audit_log *log, const struct ib_context *context,
			   uint64_t lines);

/* Return the XXH3-64 of the run's text before its footer. Call it after IB_EOF. */
uint64_t ib_audit_lines_hash(const struct ib_audit_log *log);

/* ---- internal to audit/ -------------------------------------------------------- */

/* Parse the header line of a run. where: names the line in messages. */
enum ib_status ib_run_header_parse(struct ib_span line, const char *where,
				   struct ib_run_header *head, struct ib_error *err);
void ib_run_header_release(struct ib_run_header *head);

#endif
