/*
 * The files that one run of ib-prune writes: the epoch manifest (one, one an
 * operand, or K of --split), the pruned records, the sidecar, the companions.
 */
#ifndef IB_PRUNE_OUTPUTS_H
#define IB_PRUNE_OUTPUTS_H

#include "prune/companion.h"
#include "prune/block.h"
#include "prune/split.h"
#include "prune/record_writer.h"

struct ib_prune_outputs {
	const struct ib_prune_options *options;
	const struct ib_annotate *splice;
	unsigned flags;
	struct ib_record_writer main; /* none with --split */
	struct ib_record_writer unkept;
	struct ib_output *sidecar;
	struct ib_companion **also;
	size_t nalso;
	struct ib_split *split;	       /* NULL: none */
	const struct ib_source *first; /* of --split: whose form they have */
	struct ib_output **done;       /* of %s: the operands before */
	struct ib_list names;	       /* of %s: the files' names, owned */
	size_t ndone, cap;
};

enum ib_status ib_prune_outputs_open(struct ib_prune_outputs *t,
				     const struct ib_prune_options *options,
				     const struct ib_annotate *splice, struct ib_error *err);

/* An operand begins: its file, its header. */
enum ib_status ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
				      struct ib_error *err);

/* A block's records; `before`: how many there were before it. */
enum ib_status ib_prune_outputs_write(struct ib_prune_outputs *t, const struct ib_pruned *b,
				      uint64_t before, struct ib_error *err);

/*
 * Of a tar: a sample that is written begins, the number-th of the manifest;
 * its pieces follow, and such as go into every manifest.
 */
enum ib_status ib_prune_outputs_sample(struct ib_prune_outputs *t, struct ib_span id,
				       struct ib_span sidecar, uint64_t number,
				       struct ib_error *err);
void ib_prune_outputs_put(struct ib_prune_outputs *t, const struct ib_tar_piece *piece);
void ib_prune_outputs_each(struct ib_prune_outputs *t, const struct ib_tar_piece *piece);

/* The sticky error of any of them. */
enum ib_status ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err);

/* Behind the last record, of `records` in all. */
enum ib_status ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records,
				    struct ib_error *err);

/* The epoch manifests, in order, for their digests. */
struct ib_output **ib_prune_outputs_manifests(struct ib_prune_outputs *t, size_t *n);

/*
 * Make all appear, with `more` (a receipt; may be NULL) before the manifest,
 * and what comes to be with them (may be NULL).
 */
enum ib_status ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **more,
				       const struct ib_output_also *also, struct ib_error *err);
void ib_prune_outputs_discard(struct ib_prune_outputs *t);

#endif
