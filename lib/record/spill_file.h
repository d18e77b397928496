/*
 * Pieces of members that are kept until it is known what to do with them: in
 * memory while they are small, then in a temporary file without a name (see
 * ib_temp_file_scratch()).
 */
#ifndef IB_RECORD_SPILL_FILE_H
#define IB_RECORD_SPILL_FILE_H

#include "io/input.h"
#include "record/tar_member.h"

struct ib_spill_file;

/* beside (borrowed): a file whose folder may hold the temporary file; may be NULL. */
enum ib_status ib_spill_file_new(const char *beside, struct ib_spill_file **out,
				 struct ib_error *err);
void ib_spill_file_free(struct ib_spill_file *s);

/*
 * Append a piece; kind is a number of the caller's choice. An error is kept and
 * returned by ib_spill_file_status() and ib_spill_file_get().
 */
void ib_spill_file_put(struct ib_spill_file *s, unsigned kind, const struct ib_tar_piece *piece);
enum ib_status ib_spill_file_status(const struct ib_spill_file *s, struct ib_error *err);

/* Return the position of the next piece that is appended. */
uint64_t ib_spill_file_end(const struct ib_spill_file *s);

/* Continue reading at a position from ib_spill_file_end(), or at 0, the first piece. */
void ib_spill_file_seek(struct ib_spill_file *s, uint64_t place);

/*
 * Read the next piece, which is valid until the next call. Returns IB_EOF after
 * the last piece.
 */
enum ib_status ib_spill_file_get(struct ib_spill_file *s, unsigned *kind,
				 struct ib_tar_piece *piece, struct ib_error *err);

/* Remove all pieces. */
void ib_spill_file_empty(struct ib_spill_file *s);

#endif
