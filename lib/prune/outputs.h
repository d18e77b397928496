/*
 * The files that one run of ib-prune writes: the epoch manifest (one file, one
 * per operand, or the K files of --split), the pruned records, the weights file
 * and the companions. All of them appear together in ib_prune_outputs_commit(),
 * or none.
 */
#ifndef IB_PRUNE_OUTPUTS_H
#define IB_PRUNE_OUTPUTS_H

#include "prune/companion.h"
#include "prune/record_texts.h"
#include "prune/split.h"
#include "prune/record_writer.h"

struct ib_prune_outputs {
	const struct ib_prune_options *options;
	const struct ib_annotate *annotate;
	unsigned flags;
	struct ib_record_writer main; /* the epoch manifest; unused with --split */
	struct ib_record_writer pruned;
	struct ib_output *weights;
	struct ib_companion **companions;
	size_t ncompanions;
	struct ib_split *split;	       /* NULL without --split */
	const struct ib_source *first; /* with --split: operand that determines the format */
	struct ib_output **done;       /* with %s in -o: one output per operand so far */
	struct ib_list names;	       /* with %s in -o: their names, owned */
	size_t ndone, cap;
};

enum ib_status ib_prune_outputs_open(struct ib_prune_outputs *t,
				     const struct ib_prune_options *options,
				     const struct ib_annotate *annotate, struct ib_error *err);

/* Begin an operand: open its file if -o contains %s, and write headers. */
enum ib_status ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
				      struct ib_error *err);

/* Write the records of a block; `before` is the number of records before it. */
enum ib_status ib_prune_outputs_write(struct ib_prune_outputs *t,
				      const struct ib_record_texts *texts, uint64_t before,
				      struct ib_error *err);

/*
 * Begin a sample of a tar, which is sample `number` of the manifest, and write
 * its line to the weights file and the companions. Pieces of its members follow
 * with write_piece(). write_to_all() writes a piece to every manifest.
 */
enum ib_status ib_prune_outputs_begin_sample(struct ib_prune_outputs *t, struct ib_span id,
					     struct ib_span weights, uint64_t number,
					     struct ib_error *err);
void ib_prune_outputs_write_piece(struct ib_prune_outputs *t, const struct ib_tar_piece *piece);
void ib_prune_outputs_write_to_all(struct ib_prune_outputs *t, const struct ib_tar_piece *piece);

/* Return the first sticky error of any output. */
enum ib_status ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err);

/* Complete the files after the last of `records` records. */
enum ib_status ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records,
				    struct ib_error *err);

/* Return the epoch manifests, in order. */
struct ib_output **ib_prune_outputs_manifests(struct ib_prune_outputs *t, size_t *n);

/*
 * Commit all outputs together with `more` (the receipt, may be NULL) and with an
 * action such as appending to a log (may be NULL). The manifest comes last.
 */
enum ib_status ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **more,
				       const struct ib_output_also *companions,
				       struct ib_error *err);
void ib_prune_outputs_discard(struct ib_prune_outputs *t);

#endif
