/*
 * The files that one run of ib-prune writes: the pruned records, the companions,
 * the weights file and the epoch manifest (one file, one per operand, or K files
 * with --split). Each is a row of one array. All files appear together in
 * ib_prune_outputs_commit(), or none.
 */
#ifndef IB_PRUNE_OUTPUTS_H
#define IB_PRUNE_OUTPUTS_H

#include "prune/companion.h"
#include "prune/record_texts.h"
#include "prune/record_writer.h"
#include "prune/split.h"

/* One kind of text that the run writes. */
struct ib_prune_output {
	const char *path;		    /* as given; with --split a pattern with %d */
	enum ib_text text;		    /* which text of a block is written */
	const struct ib_annotate *annotate; /* columns to add to headers; or NULL */
	struct ib_companion *companion;	    /* lines to write instead of records; or NULL */
	bool records;			    /* the text is records in the manifest's format */
	bool split;			    /* distributed over K files */
	struct ib_record_writer writer;	    /* with `split` without a file */
};

/* Open files, owned. */
struct ib_prune_files {
	struct ib_output **v;
	size_t n, cap;
};

struct ib_prune_outputs {
	const struct ib_prune_options *options;
	struct ib_prune_output *row; /* the manifest is the last row */
	size_t nrows;
	struct ib_split *split;		 /* NULL without --split */
	struct ib_prune_files manifests; /* in order */
	struct ib_prune_files others;
};

enum ib_status ib_prune_outputs_open(struct ib_prune_outputs *t,
				     const struct ib_prune_options *options,
				     const struct ib_annotate *annotate, struct ib_error *err);

/* Begin an operand: open its file if -o contains %s, and write headers. */
enum ib_status ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
				      struct ib_error *err);

/* Write the texts of a block; `before` is the number of records before it. */
enum ib_status ib_prune_outputs_write(struct ib_prune_outputs *t,
				      const struct ib_record_texts *texts, uint64_t before,
				      struct ib_error *err);

/*
 * Write a piece of a tar. Before the pieces of a kept sample, write its texts
 * with ib_prune_outputs_write(): its id and its weights line, but no record.
 */
enum ib_prune_destination {
	IB_TO_MANIFEST,	 /* to the manifest that holds the current sample */
	IB_TO_MANIFESTS, /* to every manifest */
	IB_TO_PRUNED	 /* to --pruned */
};
void ib_prune_outputs_put(struct ib_prune_outputs *t, enum ib_prune_destination to,
			  const struct ib_tar_piece *piece);

/* Return the first sticky error of any output. */
enum ib_status ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err);

/* Complete the files after the last of `records` records. */
enum ib_status ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records,
				    struct ib_error *err);

/* True if there may be several epoch manifests. */
bool ib_prune_outputs_many(const struct ib_prune_outputs *t);

/*
 * Commit all files together with `receipt` (which may be NULL) and with an action
 * such as appending to a log (may be NULL). The manifests come last.
 */
enum ib_status ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **receipt,
				       const struct ib_output_also *also, struct ib_error *err);
void ib_prune_outputs_discard(struct ib_prune_outputs *t);

#endif
