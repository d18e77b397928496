/*
 * Pieces that have to wait until more is known: in memory while they are few,
 * then in a file without a name, see ib_temp_file_scratch().
 */
#ifndef IB_RECORD_SPILL_FILE_H
#define IB_RECORD_SPILL_FILE_H

#include "io/input.h"
#include "record/tar_member.h"

struct ib_spill_file;

/* beside (borrowed): a name in whose folder the file may be, NULL: none. */
enum ib_status ib_spill_file_new(const char *beside, struct ib_spill_file **out,
				 struct ib_error *err);
void ib_spill_file_free(struct ib_spill_file *s);

/* Append; kind is the caller's. Errors are sticky. */
void ib_spill_file_put(struct ib_spill_file *s, unsigned kind, const struct ib_tar_piece *piece);
enum ib_status ib_spill_file_status(const struct ib_spill_file *s, struct ib_error *err);

/* The place of the next piece that is appended. */
uint64_t ib_spill_file_end(const struct ib_spill_file *s);

/* Read from a place on (0: the first piece), as often as wanted. */
void ib_spill_file_seek(struct ib_spill_file *s, uint64_t place);

/* The next piece; IB_EOF after the last. */
enum ib_status ib_spill_file_get(struct ib_spill_file *s, unsigned *kind,
				 struct ib_tar_piece *piece, struct ib_error *err);

/* Forget all of them. */
void ib_spill_file_empty(struct ib_spill_file *s);

#endif
