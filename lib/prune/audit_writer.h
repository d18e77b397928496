/*
 * What ib-prune -a leaves behind: a run's decisions as one frame of the audit
 * log (infobatch-formats(5), AUDIT LOG). A frame's text is JSON lines: a head
 * with every parameter, a line for each sample with pi < 1, a tail.
 */
#ifndef IB_PRUNE_AUDIT_WRITER_H
#define IB_PRUNE_AUDIT_WRITER_H

#include "base/numbers.h"
#include "io/zstd_log_writer.h"

#define IB_AUDIT_VERSION 1

/* The frames of an audit log, for its readers too. A mark is a run's xxh3. */
extern const struct ib_zstd_log_kind ib_audit_log_kind;

struct ib_audit_writer;

/* Where the parts of a line are in the text. */
struct ib_audit_text_place {
	size_t id_end;         /* of `","score":` */
	double pi;
	uint8_t to_pi, to_kept; /* of `,"pi":` and `,"kept":`, from there */
	uint8_t pi_to_end;
	uint16_t like;         /* which end, and the fate */
};

#define IB_AUDIT_TEXT_NOTED 1024

/* How lines of one pi and fate end: `,"pi":0.5,"kept":true}` and a line end. */
struct ib_audit_text_end {
	double pi;
	uint8_t n, to_kept; /* n 0: none yet */
	char text[6 + IB_NUMBER_MAX + 18];
};
#define IB_AUDIT_TEXT_ENDS_BITS 8

/*
 * Lines of a part of the run, by one thread. Start from {0}. What a line
 * repeats of lines before it is looked for where it is likely, and for many
 * lines at a time.
 */
struct ib_audit_text {
	struct ib_repeats text;
	struct ib_bytes packed; /* of ib_audit_text_end, if it is worth it */
	struct ib_audit_text_end end[1 << IB_AUDIT_TEXT_ENDS_BITS][2];
	struct ib_audit_text_place noted[IB_AUDIT_TEXT_NOTED];
	size_t nnoted;
	/* Positions in lines before; 0: none. */
	size_t id_end, last;    /* of the last; its pi */
	struct ib_audit_text_like {
		double pi;
		size_t at[2];   /* by fate: `,"pi":` of the last such line */
	} like[1 << IB_AUDIT_TEXT_ENDS_BITS];
	size_t fate[2];         /* `,"kept":` of the last line of each */
};
void ib_audit_text_release(struct ib_audit_text *l);
void ib_audit_text_start(struct ib_audit_text *l); /* forget all lines */

/* The line of one sample; NaN as score is null. */
void ib_audit_text_add(struct ib_audit_text *l, struct ib_span id, float score,
		   double pi, bool kept);

/*
 * That was all: compress them, unless they are so few that they are better
 * compressed with those behind them. False: memory ran out.
 */
bool ib_audit_text_end(struct ib_audit_text *l);

struct ib_audit_writer_tail {
	int64_t epoch;
	uint64_t samples, kept, pruned;
	double weight_sum;
	const char *manifest; /* digest, 32 hex digits; NULL: none */
};

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
void ib_audit_writer_put(struct ib_audit_writer *t, const struct ib_audit_text *lines);

/*
 * Wait for the lock and make the tail; nothing is written yet. The lock is
 * held until the discard.
 */
enum ib_status ib_audit_writer_lock(struct ib_audit_writer *t,
			     const struct ib_audit_writer_tail *tail,
			     struct ib_error *err);

/*
 * Append the frame, sync; on failure the log is as it was. ib_audit_writer_undo takes
 * the run out again, where its outputs could not be put in their places.
 */
enum ib_status ib_audit_writer_append(struct ib_audit_writer *t, struct ib_error *err);
void ib_audit_writer_undo(struct ib_audit_writer *t);

/* The end, after an append or without one (then nothing is written). */
void ib_audit_writer_discard(struct ib_audit_writer *t); /* NULL is fine */

#endif
