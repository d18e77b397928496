/*
 * The files that one run of ib-prune writes: the pruned records, the companions, the weights file
 * and the epoch manifest. The epoch manifest is one file, one file per operand, or K files with
 * --split. Each kind of output is one item of the array `output`. ib_prune_outputs_commit() makes
 * all files appear together; after an error, no file appears.
 */
#ifndef IB_PRUNE_OUTPUTS_H
#define IB_PRUNE_OUTPUTS_H

#include "prune/companion.h"
#include "prune/record_texts.h"
#include "prune/record_writer.h"
#include "prune/split.h"

/* One kind of output of the run. */
struct ib_prune_output {
	const char *path;  /* path as given by the user; with --split, a pattern with %d */
	enum ib_text text; /* the kind of text that the worker threads format for this output */
	const struct ib_annotate *annotate; /* columns to add to a CSV header; NULL to add none */
	/*
	 * The companion whose lines are written instead of `text`; NULL if the output is not a
	 * companion.
	 */
	struct ib_companion *companion;
	/* true if the text consists of records in the format of the manifest */
	bool has_records;
	/* true if the records are distributed over K files (--split) */
	bool is_split;
	/* true if the files are .npz archives; see ib_prune_makes_arrays() */
	bool is_npz;
	bool npz_has_weights;		/* true if the .npz has the weights */
	struct ib_record_writer writer; /* not used if `is_split` is true */
};

/* A list that owns its open files. */
struct ib_prune_files {
	struct ib_output **v;
	size_t n, cap;
};

struct ib_prune_outputs {
	const struct ib_prune_options *options;
	double rate_factor; /* factor for the learning rate; see ib_rule_rate_factor() */
	struct ib_prune_output *output; /* [noutputs]; the last output is the epoch manifest */
	size_t noutputs;
	struct ib_split *split; /* NULL without --split */
	/* the epoch manifests, in the order in which they are opened */
	struct ib_prune_files manifests;
	struct ib_prune_files others;
};

/*
 * True if the run's output `path` is an .npz archive of arrays. Worker threads then format binary
 * rows for this output with ib_row_text_write(). path may be NULL.
 */
bool ib_prune_makes_arrays(const struct ib_prune_options *options, const char *path);

enum ib_status ib_prune_outputs_open(struct ib_prune_outputs *t,
				     const struct ib_prune_options *options,
				     const struct ib_annotate *annotate, double rate_factor,
				     struct ib_error *err);

/* Begin an operand: open its epoch manifest if -o contains %s, and write the headers. */
enum ib_status ib_prune_outputs_begin(struct ib_prune_outputs *t, const struct ib_source *source,
				      struct ib_error *err);

/*
 * Write the texts of a block. `before` is the number of records in the manifest before the block.
 */
enum ib_status ib_prune_outputs_write(struct ib_prune_outputs *t,
				      const struct ib_record_texts *texts, uint64_t before,
				      struct ib_error *err);

/* The outputs to which a piece of a tar can be written. */
enum ib_prune_destination {
	IB_TO_MANIFEST,	 /* the epoch manifest that contains the current sample */
	IB_TO_MANIFESTS, /* all epoch manifests */
	IB_TO_PRUNED	 /* the output of --pruned */
};

/*
 * Write a piece of a tar. Before the pieces of a kept sample are written, the caller must write the
 * sample's texts with ib_prune_outputs_write(). The texts are the sample's id and --weights line,
 * but not the record.
 */
void ib_prune_outputs_write_piece(struct ib_prune_outputs *t, enum ib_prune_destination to,
				  const struct ib_tar_piece *piece);

/* Return the first error of any output. */
enum ib_status ib_prune_outputs_status(struct ib_prune_outputs *t, struct ib_error *err);

/*
 * Complete the files after the last record of the manifest. `records` is the number of records in
 * the manifest.
 */
enum ib_status ib_prune_outputs_end(struct ib_prune_outputs *t, uint64_t records,
				    struct ib_error *err);

/* True if the run can write more than one epoch manifest. */
bool ib_prune_outputs_are_several(const struct ib_prune_outputs *t);

/*
 * Commit all files together with `receipt` and with `also`, which is an action such as appending to
 * a log. `receipt` and `also` may be NULL. The epoch manifests are committed last.
 */
enum ib_status ib_prune_outputs_commit(struct ib_prune_outputs *t, struct ib_output **receipt,
				       const struct ib_output_also *also, struct ib_error *err);
void ib_prune_outputs_discard(struct ib_prune_outputs *t);

#endif
