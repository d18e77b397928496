/*
 * What ib-prune -a leaves behind: a run's decisions as one frame of the audit
 * log (infobatch-formats(5), AUDIT LOG). A frame's text is JSON lines: a head
 * with every parameter, a line for each sample with pi < 1, a tail.
 */
#ifndef IB_PRUNE_TRAIL_H
#define IB_PRUNE_TRAIL_H

#include "base/numbers.h"
#include "io/framelog.h"

#define IB_TRAIL_VERSION 1

/* The frames of an audit log, for its readers too. A mark is a run's xxh3. */
extern const struct ib_frame_kind ib_trail_kind;

struct ib_trail;

/* Where the parts of a line are in the text. */
struct ib_trail_place {
	size_t id_end;         /* of `","score":` */
	double pi;
	uint8_t to_pi, to_kept; /* of `,"pi":` and `,"kept":`, from there */
	uint8_t pi_to_end;
	uint16_t like;         /* which end, and the fate */
};

#define IB_TRAIL_NOTED 1024

/* How lines of one pi and fate end: `,"pi":0.5,"kept":true}` and a line end. */
struct ib_trail_end {
	double pi;
	uint8_t n, to_kept; /* n 0: none yet */
	char text[6 + IB_NUMBER_MAX + 18];
};
#define IB_TRAIL_ENDS_BITS 8

/*
 * Lines of a part of the run, by one thread. Start from {0}. What a line
 * repeats of lines before it is looked for where it is likely, and for many
 * lines at a time.
 */
struct ib_trail_lines {
	struct ib_repeats text;
	struct ib_bytes packed; /* of ib_trail_lines_end, if it is worth it */
	struct ib_trail_end end[1 << IB_TRAIL_ENDS_BITS][2];
	struct ib_trail_place noted[IB_TRAIL_NOTED];
	size_t nnoted;
	/* Positions in lines before; 0: none. */
	size_t id_end, last;    /* of the last; its pi */
	struct ib_trail_like {
		double pi;
		size_t at[2];   /* by fate: `,"pi":` of the last such line */
	} like[1 << IB_TRAIL_ENDS_BITS];
	size_t fate[2];         /* `,"kept":` of the last line of each */
};
void ib_trail_lines_release(struct ib_trail_lines *l);
void ib_trail_lines_start(struct ib_trail_lines *l); /* forget all lines */

/* The line of one sample; NaN as score is null. */
void ib_trail_line(struct ib_trail_lines *l, struct ib_span id, float score,
		   double pi, bool kept);

/*
 * That was all: compress them, unless they are so few that they are better
 * compressed with those behind them. False: memory ran out.
 */
bool ib_trail_lines_end(struct ib_trail_lines *l);

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

/* More lines, in manifest order; errors surface at the finish. */
void ib_trail_put(struct ib_trail *t, const struct ib_trail_lines *lines);

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

#endif
