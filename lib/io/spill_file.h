/*
 * Bytes that are written once and read back later. A small number of bytes is kept in memory. A
 * larger number is moved to a temporary file. This file is in $TMPDIR or, if TMPDIR is not set, in
 * the folder of the output. The temporary file has no name, so the kernel deletes it when the
 * process ends.
 */
#ifndef IB_IO_SPILL_FILE_H
#define IB_IO_SPILL_FILE_H

#include "infobatch_run.h"

struct ib_spill_file;

/*
 * Create an empty spill file that keeps up to about `memory` bytes in memory. If TMPDIR is not
 * set, the temporary file is created in the folder of the file `near` (borrowed), or in /tmp if
 * near is NULL or "-".
 */
enum ib_status ib_spill_file_new(const char *near, size_t memory, struct ib_spill_file **out,
				 struct ib_error *err);
void ib_spill_file_free(struct ib_spill_file *s); /* NULL is allowed */

/*
 * Return space for n bytes at the end of the file, and set *room to the size of the space. The
 * caller fills the space and then calls ib_spill_file_add(). Returns NULL after an error. Errors
 * are sticky.
 */
char *ib_spill_file_reserve(struct ib_spill_file *s, size_t n, size_t *room);
/* Append the first n bytes of the space that ib_spill_file_reserve() returned. */
void ib_spill_file_add(struct ib_spill_file *s, size_t n);

/* Set the sticky error to "out of memory". Call this function if the caller is out of memory. */
void ib_spill_file_fail_memory(struct ib_spill_file *s);

/* Return the sticky error, or IB_OK. */
enum ib_status ib_spill_file_status(const struct ib_spill_file *s, struct ib_error *err);

/* Return the number of bytes in the file, which is also the position of the next byte to add. */
uint64_t ib_spill_file_size(const struct ib_spill_file *s);

/*
 * Return bytes from position `at` on. The position must be less than the size. If one call of
 * ib_spill_file_add() added n bytes at this position, and n is at most 1 MiB, at least these n
 * bytes are returned. The bytes are valid until the next call. Returns {NULL, 0} after an error.
 */
struct ib_span ib_spill_file_view(struct ib_spill_file *s, uint64_t at, size_t n);

/* Remove all bytes. */
void ib_spill_file_empty(struct ib_spill_file *s);

#endif
