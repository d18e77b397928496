/*
 * Read operands as blocks of complete records.
 *
 *   reader   opens the operands in order, detects their formats and keys, and splits their
 *            bytes into blocks at ends of records. Only one thread at a time may call it.
 *   cursor   walks the records of one block (record/cursor.h). Each thread has its own cursor.
 *
 * A new format needs a struct ib_record_format (record/format.h) and a row in the table in
 * format.c.
 */
#ifndef IB_RECORD_READER_H
#define IB_RECORD_READER_H

#include "record/cursor.h"

/*
 * A block must be large enough to make the cost per block negligible. It must also be small
 * enough for the block, its parsed fields and its output to fit in a core's second-level cache.
 */
#define IB_READER_BLOCK ((size_t)256 << 10)

struct ib_reader;

enum ib_status ib_reader_new(const struct ib_reader_options *options, struct ib_reader **out,
			     struct ib_error *err);
void ib_reader_free(struct ib_reader *r);

/*
 * Read the next block into b, and reuse b's buffer. Returns IB_EOF after the last operand. For an
 * operand that is not a stream of records (npz, npy, totals, tar), returns one special block, which
 * has no records. The input of this block is open, and nothing has been read from it. For an
 * operand without records, returns one block with n = 0, so that the caller gets the header.
 */
enum ib_status ib_reader_next(struct ib_reader *r, struct ib_block *b, struct ib_error *err);

/*
 * Return the operand's file size in bytes, or 0 if the size is unknown or there are several
 * operands. This function and ib_reader_report_progress() may be called while another thread is
 * in ib_reader_next().
 */
uint64_t ib_reader_size(const struct ib_reader *r);

/*
 * Report progress to the caller's context: the bytes read, the total bytes, and the number of
 * records. Does nothing if the context has no progress function.
 */
void ib_reader_report_progress(const struct ib_reader *r, uint64_t records);

/* True if a digest is computed (options.digest). */
bool ib_reader_has_digest(const struct ib_reader *r);
/* Write the XXH3-128 digest of all operands' bytes in hexadecimal. Requires options.digest. */
void ib_reader_write_digest(const struct ib_reader *r, char out[33]);
/*
 * Add n bytes at p to the digest. Use this function for the bytes that the caller itself has read
 * from the input of a special block.
 */
void ib_reader_add_to_digest(struct ib_reader *r, const void *p, size_t n);

#endif
