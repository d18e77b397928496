/*
 * Bytes of a file or of standard input, decompressed by content: zstd, gzip,
 * xz, bzip2, lz4, several frames or members in a row. The only place that
 * knows of decompressors; plain files are read directly.
 */
#ifndef IB_IO_INPUT_H
#define IB_IO_INPUT_H

#include "infobatch.h"

struct ib_input;

/*
 * Open path; "-" is standard input. IB_E_NOINPUT if it cannot be opened or is
 * a directory. Reads ahead a little to see what it is.
 */
enum ib_status ib_input_open(const char *path, struct ib_input **out, struct ib_error *err);
void ib_input_close(struct ib_input *in); /* NULL is fine */

/* A regular file, to be had from its beginning: it can be opened again. */
bool ib_input_is_file(const struct ib_input *in);

/* Open such a file once more, at its beginning. */
enum ib_status ib_input_open_again(const struct ib_input *in, struct ib_input **out,
				   struct ib_error *err);

/* The path, or "standard input": as messages name it. */
const char *ib_input_name(const struct ib_input *in);

/*
 * The first bytes, up to `want` of them, without consuming them: fewer only
 * where the input is shorter. Valid until the next call. want <= 1 MiB.
 */
enum ib_status ib_input_peek(struct ib_input *in, size_t want, struct ib_span *head,
			     struct ib_error *err);

/*
 * Read up to cap bytes, as many as there are: *n < cap only at the end. IB_EOF
 * where there is nothing left (*n = 0). Truncated or corrupt compressed data,
 * trailing garbage included, is IB_E_DATA, at the latest where IB_EOF would
 * have been: nothing is final before that.
 */
enum ib_status ib_input_read(struct ib_input *in, char *buf, size_t cap, size_t *n,
			     struct ib_error *err);

/* Ask for the digest before the first read or peek. */
void ib_input_want_digest(struct ib_input *in);

/* XXH3-128 of all bytes read so far, canonical, 32 hex digits and a NUL. */
void ib_input_digest(const struct ib_input *in, char out[33]);

/*
 * Read to the end for the digest's sake; nothing where none was asked for. For
 * whoever reads the file by its descriptor.
 */
enum ib_status ib_input_drain(struct ib_input *in, struct ib_error *err);

/* Progress: bytes of the file itself read so far, and its size (0: unknown). */
uint64_t ib_input_position(const struct ib_input *in);
uint64_t ib_input_size(const struct ib_input *in);

/*
 * The descriptor of a regular, uncompressed file for pread or mmap, else -1.
 * It stays the input's.
 */
int ib_input_plain_fd(const struct ib_input *in);

/*
 * All that is left, into memory of its own (free() it). For small documents
 * and for archives that need random access.
 */
enum ib_status ib_input_slurp(struct ib_input *in, char **p, size_t *n, struct ib_error *err);

/*
 * A name less its folders and its compression suffix (.zst .gz .xz .bz2
 * .lz4): a view into path.
 */
struct ib_span ib_input_stem(const char *path);

#endif
