/*
 * --split: distribute the kept records over K files of equal length. The file of
 * a record depends on all kept records, so they are first written to a spill
 * file, and copied from there at the end.
 */
#ifndef IB_PRUNE_SPLIT_H
#define IB_PRUNE_SPLIT_H

#include "prune/record_writer.h"

/* The outputs that a record has text for. */
enum ib_stream {
	IB_STREAM_MAIN,
	IB_STREAM_WEIGHTS,
	IB_STREAM_COMPANION /* the first of --companion */
};

struct ib_split;

enum ib_status ib_split_new(const struct ib_prune_options *options,
			    const struct ib_annotate *annotate, unsigned flags,
			    struct ib_split **out, struct ib_error *err);
void ib_split_free(struct ib_split *s); /* discards the outputs */

/* Begin a record. The following pieces belong to it. */
void ib_split_begin_record(struct ib_split *s, struct ib_span id);
void ib_split_write(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece);
/* Write a piece to every file, between the records before and after it. */
void ib_split_write_to_all(struct ib_split *s, const struct ib_tar_piece *piece);
enum ib_status ib_split_status(const struct ib_split *s, struct ib_error *err);

/*
 * Create and fill all files. first is the operand that determines the format;
 * NULL if there was none.
 */
enum ib_status ib_split_distribute(struct ib_split *s, const struct ib_source *first,
				   struct ib_error *err);

/* After that, return the weights and companion files; the manifests, in order. */
struct ib_output **ib_split_others(struct ib_split *s, size_t *n);
struct ib_output **ib_split_manifests(struct ib_split *s, size_t *n);

#endif
