/*
 * Write one file. To write a file of records, first call ib_record_writer_begin(), which writes
 * the beginning of the file, such as the header of a CSV file. Without this call, the writer
 * writes text unchanged.
 */
#ifndef IB_PRUNE_RECORD_WRITER_H
#define IB_PRUNE_RECORD_WRITER_H

#include "io/output.h"
#include "prune/annotate.h"
#include "prune/row_arrays.h"
#include "record/tar_writer.h"

struct ib_record_writer {
	/* Borrowed. NULL if the writer only checks that one file can hold all operands. */
	struct ib_output *out;
	const struct ib_annotate *annotate; /* adds columns to a header; NULL to add no columns */
	/* The operand that determines the format of the file. NULL before the first operand. */
	const struct ib_source *first_source;
	bool is_json_array;	   /* true if the format is a JSON array */
	bool empty;		   /* true until a record is written */
	struct ib_tar_writer *tar; /* NULL if the format is not tar */
	/*
	 * Not NULL if the output is an .npz. The writer then receives binary rows (row_arrays.h).
	 */
	struct ib_row_arrays *arrays;
};

/*
 * Begin an operand. If it is the first operand, its header is written. Returns IB_E_DATA if a
 * later operand has a different format or header.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t, const struct ib_source *source,
				      struct ib_error *err);

/*
 * Write records, or a piece of a tar. If the format is a JSON array, each record must begin with
 * a comma.
 */
void ib_record_writer_write(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Complete the file after the last record. */
void ib_record_writer_end(struct ib_record_writer *t);

/*
 * Make a file recognizable as incomplete after a failure: end a tar inside a member, so that
 * readers detect the error. The output is not discarded.
 */
void ib_record_writer_break(struct ib_record_writer *t);

/* Free everything except the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
