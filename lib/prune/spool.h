/*
 * Pieces that have to wait until more is known: in memory while they are few,
 * then in a file without a name, see ib_temp_scratch().
 */
#ifndef IB_PRUNE_SPOOL_H
#define IB_PRUNE_SPOOL_H

#include "record/tar.h"

struct ib_spool;

/* beside (borrowed): a name in whose folder the file may be, NULL: none. */
enum ib_status ib_spool_new(const char *beside, struct ib_spool **out,
			    struct ib_error *err);
void ib_spool_free(struct ib_spool *s);

/* Append; kind is the caller's. Errors are sticky. */
void ib_spool_put(struct ib_spool *s, unsigned kind,
		  const struct ib_tar_piece *piece);
enum ib_status ib_spool_status(const struct ib_spool *s,
			       struct ib_error *err);

/* From the first piece on, as often as wanted; IB_EOF behind the last. */
void ib_spool_rewind(struct ib_spool *s);
enum ib_status ib_spool_get(struct ib_spool *s, unsigned *kind,
			    struct ib_tar_piece *piece, struct ib_error *err);

/* Forget all of them. */
void ib_spool_empty(struct ib_spool *s);

#endif
