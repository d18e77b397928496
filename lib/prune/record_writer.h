/* Write one file of records. The format determines how the file begins and ends. */
#ifndef IB_PRUNE_RECORD_WRITER_H
#define IB_PRUNE_RECORD_WRITER_H

#include "io/output.h"
#include "prune/annotate.h"
#include "record/tar_writer.h"

struct ib_record_writer {
	struct ib_output *out;	       /* NULL if not requested or not yet open */
	const struct ib_source *first; /* operand that determines the format; NULL before it */
	bool array;		       /* the format is a JSON array */
	bool empty;		       /* no record written so far */
	struct ib_tar_writer *tar;     /* NULL if the format is not tar */
};

/*
 * Begin an operand. The first operand's header is written; a later operand must
 * have the same format and header. If annotate is NULL, records are written
 * unchanged, so the header gets no added columns.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t,
				      const struct ib_annotate *annotate,
				      const struct ib_source *source, struct ib_error *err);

/* True for an empty file, which fits any output (not for JSON and tar). */
bool ib_source_is_empty_shard(const struct ib_source *s);

/* Returns IB_E_DATA if two operands differ in format or header, so that one output cannot hold
 * both. */
enum ib_status ib_record_writer_check(const struct ib_source *first, const struct ib_source *s,
				      struct ib_error *err);

/* Write the text of records; in a JSON array each one begins with a comma. */
void ib_record_writer_write(struct ib_record_writer *t, const char *p, size_t n);

/* Write a piece of a tar. */
void ib_record_writer_write_piece(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Complete the file after the last record. */
void ib_record_writer_end(struct ib_record_writer *t);

/* After a failure: end a tar inside a member, so that readers notice. Does not discard the output.
 */
void ib_record_writer_break(struct ib_record_writer *t);

/* Free everything except the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
