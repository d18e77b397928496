/*
 * Write one file. Text that ib_record_writer_begin() precedes is records, and
 * their format determines how the file begins and ends. Other text is written
 * unchanged.
 */
#ifndef IB_PRUNE_RECORD_WRITER_H
#define IB_PRUNE_RECORD_WRITER_H

#include "io/output.h"
#include "prune/annotate.h"
#include "record/tar_writer.h"

struct ib_record_writer {
	struct ib_output *out; /* borrowed; NULL: only check that the operands fit one file */
	const struct ib_annotate *annotate; /* adds columns to a header; NULL: none */
	const struct ib_source *first;	    /* operand that determines the format; NULL before it */
	bool array;			    /* the format is a JSON array */
	bool empty;			    /* no record written so far */
	struct ib_tar_writer *tar;	    /* NULL if the format is not tar */
};

/*
 * Begin an operand. The first operand's header is written; a later operand must
 * have the same format and header, otherwise returns IB_E_DATA.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t, const struct ib_source *source,
				      struct ib_error *err);

/* Write records, or a piece of a tar. For a JSON array, each record must begin with a comma. */
void ib_record_writer_put(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Complete the file after the last record. */
void ib_record_writer_end(struct ib_record_writer *t);

/* After a failure: end a tar inside a member, so that readers notice. Does not discard the output.
 */
void ib_record_writer_break(struct ib_record_writer *t);

/* Free everything except the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
