/*
 * --split: distribute the kept records over K files. The numbers of records in two files differ by
 * at most 1. The file of a record depends on all kept records, so the records are first written to
 * a spill file and are copied to the K files at the end. A record may have text for several
 * streams, for example for the manifest and for its weights. Each stream has K files.
 */
#ifndef IB_PRUNE_SPLIT_H
#define IB_PRUNE_SPLIT_H

#include "prune/record_writer.h"

struct ib_split;

enum ib_status ib_split_new(const struct ib_prune_options *options, struct ib_split **out,
			    struct ib_error *err);
void ib_split_free(struct ib_split *s); /* NULL is allowed */

/*
 * Begin the record with this id. All pieces that are written before the next call of this function
 * belong to the record.
 */
void ib_split_begin_record(struct ib_split *s, struct ib_span id);

/* Write a piece of the current record to a stream. */
void ib_split_write(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece);
/*
 * Write a piece to all files of a stream. In each file, the piece follows the records that were
 * begun before the call, and precedes the records that are begun later.
 */
void ib_split_write_to_all(struct ib_split *s, unsigned stream, const struct ib_tar_piece *piece);

/* Return the first error of ib_split_write() or ib_split_write_to_all(). */
enum ib_status ib_split_status(const struct ib_split *s, struct ib_error *err);

/* Choose the file of each record. Call this function when all records have been written. */
enum ib_status ib_split_assign(struct ib_split *s, struct ib_error *err);

/*
 * Fill the files whose numbers are in [from, to) with their records, in the order of the manifest.
 * The element writer[(k - from) * nstreams + i] writes stream i of file k.
 */
enum ib_status ib_split_fill(struct ib_split *s, uint64_t from, uint64_t to,
			     struct ib_record_writer *writer, size_t nstreams,
			     struct ib_error *err);

#endif
