/*
 * Bytes that are written once and read back later: in memory while they are few,
 * then in a temporary file. The file is in $TMPDIR, or if that is not set, in the
 * folder of the output, and has no name if the file system allows that.
 */
#ifndef IB_IO_SPILL_FILE_H
#define IB_IO_SPILL_FILE_H

#include "infobatch.h"

struct ib_spill_file;

/*
 * Create an empty spill file that keeps up to about `memory` bytes in memory.
 * near (borrowed) is a file whose folder may hold the temporary file; if it is
 * NULL or "-", that is /tmp.
 */
enum ib_status ib_spill_file_new(const char *near, size_t memory, struct ib_spill_file **out,
				 struct ib_error *err);
void ib_spill_file_free(struct ib_spill_file *s); /* NULL is allowed */

/*
 * Return space for n bytes at the end of the file, for the caller to fill, and in
 * *room the size of the space. Returns NULL after an error. ib_spill_file_add()
 * appends the first n bytes of this space. Errors are sticky.
 */
char *ib_spill_file_reserve(struct ib_spill_file *s, size_t n, size_t *room);
void ib_spill_file_add(struct ib_spill_file *s, size_t n);

/* Make "out of memory" the sticky error, because the caller ran out of memory. */
void ib_spill_file_fail_memory(struct ib_spill_file *s);

/* Return the sticky error, or IB_OK. */
enum ib_status ib_spill_file_status(const struct ib_spill_file *s, struct ib_error *err);

/* Return the number of bytes, which is the position of the next one. */
uint64_t ib_spill_file_size(const struct ib_spill_file *s);

/*
 * Return the bytes from position `at` < size on: at least n <= 1 MiB, if one call
 * added them. They are valid until the next call. Returns {NULL, 0} after an error.
 */
struct ib_span ib_spill_file_view(struct ib_spill_file *s, uint64_t at, size_t n);

/* Remove all bytes. */
void ib_spill_file_empty(struct ib_spill_file *s);

#endif
