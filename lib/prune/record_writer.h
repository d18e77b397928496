/* One file of records: how it begins and ends hangs on the format. */
#ifndef IB_PRUNE_RECORD_WRITER_H
#define IB_PRUNE_RECORD_WRITER_H

#include "io/output.h"
#include "prune/annotate.h"
#include "record/tar_writer.h"

struct ib_record_writer {
	struct ib_output *out;	       /* NULL: not asked for, or not yet */
	const struct ib_source *first; /* the operand whose form it has */
	bool array, empty;	       /* JSON array; no element so far */
	struct ib_tar_writer *tar;     /* NULL: it is none */
};

/*
 * An operand begins: what stands before its records. splice NULL: its records
 * come as they were.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t, const struct ib_annotate *splice,
				      const struct ib_source *source, struct ib_error *err);

/* The empty shard of a run that had nothing for it fits any output. */
bool ib_record_writer_is_nothing(const struct ib_source *s);

/* May two operands go into one output? */
enum ib_status ib_record_writer_check(const struct ib_source *first, const struct ib_source *s,
				      struct ib_error *err);

/* Records' text, an array's with a comma before each. */
void ib_record_writer_write(struct ib_record_writer *t, const char *p, size_t n);

/* A piece of a tar. */
void ib_record_writer_put(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Behind the last record. */
void ib_record_writer_end(struct ib_record_writer *t);

/* The run failed: a tar must end inside a member. The output stays. */
void ib_record_writer_spoil(struct ib_record_writer *t);

/* What it holds besides the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
