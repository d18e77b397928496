/*
 * --split: what is kept, dealt to K files of equal length. Which file a record
 * goes to is known only when all of them are, so they wait in a spool.
 */
#ifndef IB_PRUNE_SPLIT_H
#define IB_PRUNE_SPLIT_H

#include "prune/record_writer.h"

/* What is written of a record. */
enum ib_stream {
	IB_STREAM_MAIN,
	IB_STREAM_SIDECAR,
	IB_STREAM_ALSO /* the first of --companion */
};

struct ib_split;

enum ib_status ib_split_new(const struct ib_prune_options *options,
			    const struct ib_annotate *splice, unsigned flags, struct ib_split **out,
			    struct ib_error *err);
void ib_split_free(struct ib_split *s); /* outputs are discarded */

/* A record begins; what is put from here on is its. */
void ib_split_record(struct ib_split *s, struct ib_span id);
void ib_split_put(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece);
/* What goes into each of the files, in its place. */
void ib_split_each(struct ib_split *s, const struct ib_tar_piece *piece);
enum ib_status ib_split_status(const struct ib_split *s, struct ib_error *err);

/*
 * Deal: make and fill all files. first: the operand whose form they have
 * (NULL: there was none).
 */
enum ib_status ib_split_deal(struct ib_split *s, const struct ib_source *first,
			     struct ib_error *err);

/* Afterwards: all files but the manifests; the manifests, in order. */
struct ib_output **ib_split_others(struct ib_split *s, size_t *n);
struct ib_output **ib_split_manifests(struct ib_split *s, size_t *n);

#endif
