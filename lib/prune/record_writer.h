/*
 * Write one file. To write a file of records, first call ib_record_writer_begin(), which
 * writes what the format of the records needs at the beginning of a file. Without this
 * call, the writer writes text unchanged.
 */
#ifndef IB_PRUNE_RECORD_WRITER_H
#define IB_PRUNE_RECORD_WRITER_H

#include "io/output.h"
#include "prune/annotate.h"
#include "prune/row_arrays.h"
#include "record/tar_writer.h"

struct ib_record_writer {
	/* borrowed; if NULL, only check that one file can hold all operands */
	struct ib_output *out;
	const struct ib_annotate *annotate; /* adds columns to a header; NULL to add no columns */
	/* operand that determines the format; NULL before the first operand */
	const struct ib_source *first;
	bool array;		   /* true if the format is a JSON array */
	bool empty;		   /* true until a record is written */
	struct ib_tar_writer *tar; /* NULL if the format is not tar */
	/* NULL unless the output is an .npz; the text is then rows of arrays */
	struct ib_row_arrays *arrays;
};

/*
 * Begin an operand. The first operand's header is written. Returns IB_E_DATA if
 * a later operand has a different format or header.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t, const struct ib_source *source,
				      struct ib_error *err);

/* Write records, or a piece of a tar. For a JSON array, each record must begin with a comma. */
void ib_record_writer_write(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Complete the file after the last record. */
void ib_record_writer_end(struct ib_record_writer *t);

/*
 * Call after a failure. A tar is ended inside a member, so that readers detect
 * the error. The output is not discarded.
 */
void ib_record_writer_break(struct ib_record_writer *t);

/* Free everything except the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
