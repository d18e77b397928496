/*
 * Pieces that have to wait until more is known: in memory while they are few,
 * then in a file without a name, see ib_temp_scratch().
 */
#ifndef IB_RECORD_SPOOL_H
#define IB_RECORD_SPOOL_H

#include "record/tar.h"

struct ib_spool;

/* beside (borrowed): a name in whose folder the file may be, NULL: none. */
enum ib_status ib_spool_new(const char *beside, struct ib_spool **out, struct ib_error *err);
void ib_spool_free(struct ib_spool *s);

/* Append; kind is the caller's. Errors are sticky. */
void ib_spool_put(struct ib_spool *s, unsigned kind, const struct ib_tar_piece *piece);
enum ib_status ib_spool_status(const struct ib_spool *s, struct ib_error *err);

/* The place of the next piece that is appended. */
uint64_t ib_spool_end(const struct ib_spool *s);

/* Read from a place on (0: the first piece), as often as wanted. */
void ib_spool_seek(struct ib_spool *s, uint64_t place);

/* The next piece; IB_EOF after the last. */
enum ib_status ib_spool_get(struct ib_spool *s, unsigned *kind, struct ib_tar_piece *piece,
			    struct ib_error *err);

/* Forget all of them. */
void ib_spool_empty(struct ib_spool *s);

#endif
