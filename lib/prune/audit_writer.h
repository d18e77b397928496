/*
 * Append the decisions of one ib-prune run to an audit log
 * (infobatch-formats(5), AUDIT LOG). Each run is stored as one zstd frame of
 * JSON lines: a header with every parameter, one line per sample with pi < 1,
 * and a footer.
 *
 * Worker threads format lines into struct ib_audit_text. One thread passes
 * these texts to the writer in manifest order, so the log does not depend on
 * the number of threads. The log is unchanged until ib_outputs_commit() appends
 * the run to it.
 */
#ifndef IB_PRUNE_AUDIT_WRITER_H
#define IB_PRUNE_AUDIT_WRITER_H

#include "base/numbers.h"
#include "io/output.h"
#include "io/zstd_log_writer.h"
#include "prune/audit_format.h"

struct ib_audit_writer;

/*
 * The end of an audit line, for example `,"pi":0.5,"kept":true}` and a newline. The end is cached,
 * because all lines with the same pi and the same outcome have the same end.
 */
struct ib_audit_suffix {
	double pi;
	uint8_t n; /* length of text; 0 if the cache entry is empty */
	char text[6 + IB_NUMBER_MAX + 18];
};
#define IB_AUDIT_SUFFIX_BITS 8

/* The audit lines of one block, formatted by one thread. Initialize with {0}. */
struct ib_audit_text {
	struct ib_bytes text;
	struct ib_audit_suffix end[1 << IB_AUDIT_SUFFIX_BITS][2];
};
void ib_audit_text_release(struct ib_audit_text *t);

/*
 * Append the audit line of one sample to t. A NaN score is written as null. If memory runs out,
 * sets t->text.failed.
 */
void ib_audit_text_add(struct ib_audit_text *t, struct ib_span id, float score, double pi,
		       bool kept);

/*
 * Open a writer, and check that a run can be appended to the log `path`. Call this function before
 * the run does any work. Returns IB_E_CREATE or IB_E_DATA if no run can be appended to the log. The
 * writer borrows context, for warnings.
 */
enum ib_status ib_audit_writer_open(const char *path, const struct ib_context *context,
				    struct ib_audit_writer **out, struct ib_error *err);

/* Add the header line of the run. `json` is a JSON object without a newline: {"ib_audit":1,... */
enum ib_status ib_audit_writer_head(struct ib_audit_writer *t, struct ib_span json,
				    struct ib_error *err);

/*
 * Add the audit lines of one block. Blocks must be added in manifest order. An error is returned
 * only later, when the run is appended to the log.
 */
void ib_audit_writer_write(struct ib_audit_writer *t, const struct ib_audit_text *text);

/*
 * Return the action that appends the run when ib_outputs_commit() commits the outputs. The writer
 * borrows *footer, in which the caller has set the counts, the weight sum and the manifest digest.
 * The action's function ready() waits for the lock of the log, locks the log, and sets the members
 * prev and xxh3 of *footer. The log stays locked until ib_audit_writer_discard() is called. The
 * action's function append() appends the run and syncs the log. If the commit fails, the log is
 * unchanged.
 */
struct ib_output_also ib_audit_writer_also(struct ib_audit_writer *t,
					   struct ib_audit_footer *footer);

/* Unlock the log and free the writer. If the run was not appended, the log is unchanged. */
void ib_audit_writer_discard(struct ib_audit_writer *t); /* NULL is allowed */

#endif
