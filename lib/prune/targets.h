/*
 * The files that one run of ib-prune writes: the epoch manifest (one, or one
 * an operand), the pruned records, the sidecar; and how they begin and end.
 */
#ifndef IB_PRUNE_TARGETS_H
#define IB_PRUNE_TARGETS_H

#include "io/output.h"
#include "prune/splice.h"

/* One file of records. */
struct ib_target {
	struct ib_output *out;         /* NULL: not asked for, or not yet */
	const struct ib_source *first; /* the operand whose form it has */
	bool array, empty;             /* JSON array; no element so far */
};

struct ib_targets {
	const struct ib_prune_options *options;
	const struct ib_splice *splice;
	unsigned flags;
	struct ib_target main;
	struct ib_target unkept;
	struct ib_output *sidecar;
	struct ib_output **done;       /* of %s: the operands before */
	struct ib_list names;          /* of %s: the files' names, owned */
	size_t ndone, cap;
};

enum ib_status ib_targets_open(struct ib_targets *t,
			       const struct ib_prune_options *options,
			       const struct ib_splice *splice,
			       struct ib_error *err);

/* An operand begins: its file, its header. */
enum ib_status ib_targets_begin(struct ib_targets *t,
				const struct ib_source *source,
				struct ib_error *err);

/* A block's text. */
void ib_target_write(struct ib_target *t, const struct ib_bytes *text);

/* The sticky error of any of them. */
enum ib_status ib_targets_status(struct ib_targets *t, struct ib_error *err);

/* Behind the last record. */
void ib_targets_end(struct ib_targets *t);

/*
 * Make all appear, with `more` (a receipt; may be NULL) before the manifest.
 */
enum ib_status ib_targets_commit(struct ib_targets *t, struct ib_output **more,
				 struct ib_error *err);
void ib_targets_discard(struct ib_targets *t);

#endif
