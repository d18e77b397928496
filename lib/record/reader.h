/*
 * Operands -> blocks of whole records -> records. A block is what one thread
 * works on; a record is a view into it.
 *
 *   reader   walks the operands: what is it, where is its key, cut at record
 *            ends. One thread at a time.
 *   cursor   walks the records of one block. One a thread.
 *
 * A new format of records is a row of the table in detect.c: how to begin an
 * operand, where to cut, how to read one record (struct ib_record_format).
 */
#ifndef IB_RECORD_READER_H
#define IB_RECORD_READER_H

#include "record/cursor.h"

struct ib_reader;

enum ib_status ib_reader_new(const struct ib_reader_options *options, struct ib_reader **out,
			     struct ib_error *err);
void ib_reader_free(struct ib_reader *r);

/*
 * The next block, into b (whose buffer is used again). IB_EOF behind the last
 * operand. An operand that is no stream of records (a zip archive, a totals
 * file, a tar) comes as one special block, with its input open at the start.
 * An operand without records comes as one block of n 0, so that its header is
 * known.
 */
enum ib_status ib_reader_next(struct ib_reader *r, struct ib_block *b, struct ib_error *err);

/*
 * Bytes of the operand as a file, 0: not known, or there are several. This and
 * ib_reader_tell() are safe beside ib_reader_next() in another thread.
 */
uint64_t ib_reader_size(const struct ib_reader *r);

/*
 * Tell the caller of the run how far it is, by bytes of files read and of how
 * many; no-op without progress.
 */
void ib_reader_tell(const struct ib_reader *r, uint64_t records);

/* XXH3-128 of all operands' bytes, where it was asked for. */
void ib_reader_digest(const struct ib_reader *r, char out[33]);
/* A special block's user feeds the bytes that he read himself. */
void ib_reader_digest_add(struct ib_reader *r, const void *p, size_t n);

#endif
