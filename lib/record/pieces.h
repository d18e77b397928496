/*
 * Keep pieces of tar members in a spill file until the caller decides what to do with the pieces.
 */
#ifndef IB_RECORD_PIECES_H
#define IB_RECORD_PIECES_H

#include "infobatch_run.h"
#include "record/tar_member.h"

struct ib_pieces;

/*
 * Create an empty spill file for pieces. The spill file may be created in the folder of
 * the file `near`. near is borrowed and may be NULL.
 */
enum ib_status ib_pieces_new(const char *near, struct ib_pieces **out, struct ib_error *err);
void ib_pieces_free(struct ib_pieces *s); /* NULL is allowed */

/*
 * Append a piece. `kind` is a number that the caller chooses. Errors are sticky, and
 * ib_pieces_status() and ib_pieces_get() return them.
 */
void ib_pieces_write(struct ib_pieces *s, unsigned kind, const struct ib_tar_piece *piece);
enum ib_status ib_pieces_status(const struct ib_pieces *s, struct ib_error *err);

/* Return the position that the next appended piece will have. */
uint64_t ib_pieces_end(const struct ib_pieces *s);

/*
 * Continue reading at a position that ib_pieces_end() has returned. Position 0 is the first
 * piece.
 */
void ib_pieces_seek(struct ib_pieces *s, uint64_t position);

/*
 * Read the next piece, which is valid until the next call. Returns IB_EOF after
 * the last piece.
 */
enum ib_status ib_pieces_get(struct ib_pieces *s, unsigned *kind, struct ib_tar_piece *piece,
			     struct ib_error *err);

/* Remove all pieces. */
void ib_pieces_empty(struct ib_pieces *s);

#endif
