/*
 * Read a file or standard input, and decompress it if it is compressed by zstd, gzip, xz, bzip2
 * or lz4. The compression is detected from the content, which may have several frames or members.
 * Uncompressed files are read directly.
 */
#ifndef IB_IO_INPUT_H
#define IB_IO_INPUT_H

#include "infobatch_run.h"

struct ib_input;

/*
 * Open an input. Path "-" is standard input. Returns IB_E_NOINPUT if the file cannot be opened or
 * is a directory. This function reads the first bytes to detect the compression.
 */
enum ib_status ib_input_open(const char *path, struct ib_input **out, struct ib_error *err);

/*
 * Create an input whose bytes a function generates. generate() writes up to cap bytes to buf and
 * returns their number, which is less than cap only at the end. The input frees ctx with free(),
 * also after an error.
 */
enum ib_status ib_input_generate(const char *name,
				 size_t (*generate)(void *ctx, char *buf, size_t cap), void *ctx,
				 struct ib_input **out, struct ib_error *err);
void ib_input_close(struct ib_input *in); /* NULL is allowed */

/*
 * True if the input is a regular file that is read from its start. Only such a file can be opened
 * again.
 */
bool ib_input_is_file(const struct ib_input *in);

/* Open the file of `in` again, at its start. ib_input_is_file() must be true for `in`. */
enum ib_status ib_input_open_again(const struct ib_input *in, struct ib_input **out,
				   struct ib_error *err);

/* Return the name of the input for messages: the path, or "standard input". */
const char *ib_input_name(const struct ib_input *in);

/*
 * Return the next n bytes without consuming them; n is at most 1 MiB. If fewer than n bytes are
 * left, return all of them. The returned bytes are valid until the next call of a function that
 * reads from `in`.
 */
enum ib_status ib_input_peek(struct ib_input *in, size_t n, struct ib_span *head,
			     struct ib_error *err);

/*
 * Read up to cap bytes. *n < cap only at the end of the input. Returns IB_EOF if no bytes are
 * left. Returns IB_E_DATA if compressed data is truncated or corrupt, or if invalid data follows
 * the compressed data. Such an error may be detected only at the end of the input, so do not rely
 * on the data before IB_EOF.
 */
enum ib_status ib_input_read(struct ib_input *in, char *buf, size_t cap, size_t *n,
			     struct ib_error *err);

/* Request the digest of this input. Call this function before the first read or peek. */
void ib_input_want_digest(struct ib_input *in);

/* Store the XXH3-128 of all bytes read so far as 32 hexadecimal digits and a NUL. */
void ib_input_digest(const struct ib_input *in, char out[33]);

/*
 * Read to the end of the input to complete its digest. Does nothing if no digest is computed.
 * Functions that read the file through its descriptor call this function.
 */
enum ib_status ib_input_drain(struct ib_input *in, struct ib_error *err);

/* Return the number of bytes read so far, before decompression. Used to show progress. */
uint64_t ib_input_position(const struct ib_input *in);
/* Return the file size, or 0 if the size is unknown. Used to show progress. */
uint64_t ib_input_size(const struct ib_input *in);

/*
 * Return the descriptor of a regular, uncompressed file for pread() or mmap(), or -1 for other
 * inputs. The input still owns the descriptor and closes it.
 */
int ib_input_plain_fd(const struct ib_input *in);

/*
 * Read the rest of the input into new memory, which the caller frees. Use this function only
 * for small documents, and for archives that need random access.
 */
enum ib_status ib_input_slurp(struct ib_input *in, char **p, size_t *n, struct ib_error *err);

/*
 * Return the file name without its folders and without its compression suffix (.zst .gz .xz .bz2
 * .lz4). The result is a span of path.
 */
struct ib_span ib_input_stem(const char *path);

#endif
