/*
 * What ib-prune -a leaves behind: a run's decisions as one frame of the audit
 * log (infobatch-formats(5), AUDIT LOG). A frame's text is JSON lines: a head
 * with every parameter, a line for each sample with pi < 1, a tail.
 */
#ifndef IB_PRUNE_TRAIL_H
#define IB_PRUNE_TRAIL_H

#include "io/frames.h"
#include "prune/texts.h"

#define IB_TRAIL_VERSION 1

/* The frames of an audit log, for its readers too. A mark is a run's xxh3. */
extern const struct ib_frame_kind ib_trail_kind;

struct ib_trail;

struct ib_trail_tail {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	const char *manifest; /* digest, 32 hex digits; NULL: none */
};

/*
 * Make ready to append to path, and see that it can be: before any work
 * (IB_E_CREATE, IB_E_DATA). context (for warnings) is borrowed.
 */
enum ib_status ib_trail_open(const char *path, const struct ib_context *context,
			     struct ib_trail **out, struct ib_error *err);

/* The head: one JSON object without line end, {"ib_audit":1,"epoch":... */
enum ib_status ib_trail_head(struct ib_trail *t, const char *json,
			     struct ib_error *err);

/* Lines of ib_trail_line, in manifest order; errors surface at the finish. */
void ib_trail_put(struct ib_trail *t, const void *lines, size_t n);

/*
 * Wait for the lock and make the tail; nothing is written yet. The lock is
 * held until the discard.
 */
enum ib_status ib_trail_lock(struct ib_trail *t,
			     const struct ib_trail_tail *tail,
			     struct ib_error *err);

/*
 * Append the frame, sync; on failure the log is as it was. ib_trail_undo takes
 * the run out again, where its outputs could not be put in their places.
 */
enum ib_status ib_trail_append(struct ib_trail *t, struct ib_error *err);
void ib_trail_undo(struct ib_trail *t);

/* The end, after an append or without one (then nothing is written). */
void ib_trail_discard(struct ib_trail *t); /* NULL is fine */

/* The line of one sample; NaN as score is null. texts: of pi. */
void ib_trail_line(struct ib_bytes *out, struct ib_span id, float score,
		   double pi, bool kept, struct ib_number_texts *texts);

#endif
