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
	/* the file, borrowed; NULL if the writer only checks that one file can hold all operands */
	struct ib_output *out;
	const struct ib_annotate *annotate; /* adds columns to a CSV header; NULL to add none */
	/* the operand that determines the format of the file; NULL before the first operand */
	const struct ib_source *first_source;
	bool is_json_array;	   /* true if the format is a JSON array */
	bool empty;		   /* true until a record is written */
	struct ib_tar_writer *tar; /* NULL if the format is not tar */
	/*
	 * the arrays of an .npz, for which the writer receives binary rows (row_arrays.h); NULL if
	 * the output is not an .npz
	 */
	struct ib_row_arrays *arrays;
};

/*
 * Begin an operand. If the operand is the first one, write its header. Returns IB_E_DATA if the
 * operand and the first operand differ in format or header.
 */
enum ib_status ib_record_writer_begin(struct ib_record_writer *t, const struct ib_source *source,
				      struct ib_error *err);

/*
 * Write the bytes of a piece, which are records or a part of a tar. If the format is a JSON array,
 * each record must begin with a comma.
 */
void ib_record_writer_write(struct ib_record_writer *t, const struct ib_tar_piece *piece);

/* Complete the file. Call this function after the last record is written. */
void ib_record_writer_end(struct ib_record_writer *t);

/*
 * After a failure, end a tar inside a member, so that readers detect that the tar is incomplete. A
 * file of another format is not changed. The output is not discarded.
 */
void ib_record_writer_break(struct ib_record_writer *t);

/* Free everything except the output. */
void ib_record_writer_release(struct ib_record_writer *t);

enum ib_status ib_record_writer_status(struct ib_record_writer *t, struct ib_error *err);

#endif
