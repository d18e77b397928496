/*
 * What ib-prune -a leaves behind: a run's decisions as one frame of the audit
 * log (infobatch-formats(5), AUDIT LOG). A frame's text is JSON lines: a head
 * with every parameter, a line for each sample with pi < 1, a tail.
 */
#ifndef IB_PRUNE_AUDIT_WRITER_H
#define IB_PRUNE_AUDIT_WRITER_H

#include "base/numbers.h"
#include "io/zstd_log_writer.h"
#include "prune/audit_format.h"

struct ib_audit_writer;

/* How lines of one pi and fate end: `,"pi":0.5,"kept":true}` and a line end. */
struct ib_audit_text_end {
	double pi;
	uint8_t n; /* 0: none yet */
	char text[6 + IB_NUMBER_MAX + 18];
};
#define IB_AUDIT_TEXT_ENDS_BITS 8

/* The lines of a part of the run, written by one thread. Start from {0}. */
struct ib_audit_text {
	struct ib_bytes text;
	struct ib_audit_text_end end[1 << IB_AUDIT_TEXT_ENDS_BITS][2];
};
void ib_audit_text_release(struct ib_audit_text *t);

/*
 * Add the line of one sample; NaN as score is null. Lack of memory shows in
 * text.failed.
 */
void ib_audit_text_add(struct ib_audit_text *t, struct ib_span id, float score, double pi,
		       bool kept);

/*
 * Make ready to append to path, and see that it can be: before any work
 * (IB_E_CREATE, IB_E_DATA). context (for warnings) is borrowed.
 */
enum ib_status ib_audit_writer_open(const char *path, const struct ib_context *context,
				    struct ib_audit_writer **out, struct ib_error *err);

/* The head: one JSON object without line end, {"ib_audit":1,"epoch":... */
enum ib_status ib_audit_writer_head(struct ib_audit_writer *t, const char *json,
				    struct ib_error *err);

/* More lines, in manifest order; errors surface at the finish. */
void ib_audit_writer_put(struct ib_audit_writer *t, const struct ib_audit_text *text);

/*
 * Wait for the lock and end the frame with the tail, of which the caller fills
 * the counts, the sum and the manifest; nothing is written yet. The lock is
 * held until the discard.
 */
enum ib_status ib_audit_writer_lock(struct ib_audit_writer *t, struct ib_audit_tail *tail,
				    struct ib_error *err);

/*
 * Append the frame, sync; on failure the log is as it was. ib_audit_writer_undo
 * takes the run out again, where its outputs could not be put in their places.
 */
enum ib_status ib_audit_writer_append(struct ib_audit_writer *t, struct ib_error *err);
void ib_audit_writer_undo(struct ib_audit_writer *t);

/* The end, after an append or without one (then nothing is written). */
void ib_audit_writer_discard(struct ib_audit_writer *t); /* NULL is fine */

#endif
