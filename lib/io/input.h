/*
 * Read a file or standard input and decompress it: zstd, gzip, xz, bzip2 or lz4, detected from
 * the content, with one or more frames or members. Uncompressed files are read directly.
 */
#ifndef IB_IO_INPUT_H
#define IB_IO_INPUT_H

#include "infobatch.h"

struct ib_input;

/*
 * Open path; "-" is standard input. Returns IB_E_NOINPUT if it cannot be opened or is a directory.
 * Reads the first bytes to detect the compression.
 */
enum ib_status ib_input_open(const char *path, struct ib_input **out, struct ib_error *err);
void ib_input_close(struct ib_input *in); /* NULL is allowed */

/* True for a regular file that is read from its start: it can be opened again. */
bool ib_input_is_file(const struct ib_input *in);

/* Open such a file again, from its start. */
enum ib_status ib_input_open_again(const struct ib_input *in, struct ib_input **out,
				   struct ib_error *err);

/* Returns the name for messages: the path, or "standard input". */
const char *ib_input_name(const struct ib_input *in);

/*
 * Return the next n bytes without consuming them, or fewer if the input is shorter. They are
 * valid until the next call. n <= 1 MiB.
 */
enum ib_status ib_input_peek(struct ib_input *in, size_t n, struct ib_span *head,
			     struct ib_error *err);

/*
 * Read up to cap bytes. *n < cap only at the end; at the end with *n = 0 it returns IB_EOF.
 * Returns IB_E_DATA for truncated or corrupt compressed data, and for invalid data after it.
 * That may be detected only at the end, so do not rely on the data before IB_EOF.
 */
enum ib_status ib_input_read(struct ib_input *in, char *buf, size_t cap, size_t *n,
			     struct ib_error *err);

/* Compute the digest of this input. Call before the first read or peek. */
void ib_input_want_digest(struct ib_input *in);

/* Store the XXH3-128 of all bytes read so far as 32 hexadecimal digits and a NUL. */
void ib_input_digest(const struct ib_input *in, char out[33]);

/*
 * Read to the end to complete the digest; do nothing if no digest is computed. For callers
 * that read the file through its descriptor.
 */
enum ib_status ib_input_drain(struct ib_input *in, struct ib_error *err);

/* Return the compressed bytes read so far, and the file size (0: unknown), for progress. */
uint64_t ib_input_position(const struct ib_input *in);
uint64_t ib_input_size(const struct ib_input *in);

/*
 * Returns the descriptor of a regular, uncompressed file for pread or mmap, or -1 for other
 * inputs. The input keeps it and closes it.
 */
int ib_input_plain_fd(const struct ib_input *in);

/*
 * Read the rest of the input into new memory, which the caller frees. For small documents, and for
 * archives that need random access.
 */
enum ib_status ib_input_slurp(struct ib_input *in, char **p, size_t *n, struct ib_error *err);

/*
 * Returns the file name without its folders and its compression suffix (.zst .gz .xz .bz2
 * .lz4), as a span of path.
 */
struct ib_span ib_input_stem(const char *path);

#endif
