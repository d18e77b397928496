/*
 * An output file that appears complete or not at all, or standard output. The suffix of the name
 * selects the compression (.zst, .gz). The data is written to a temporary file in the
 * folder of the target, which is synced and then renamed. It gets the mode of the file that it
 * replaces, or the default mode. If the target exists and is not a regular file
 * (/dev/null, a FIFO), it is written directly. Symbolic links are followed.
 *
 * A write error is sticky and is returned by the commit, so loops need not check each
 * write. ib_output_status() returns it earlier.
 */
#ifndef IB_IO_OUTPUT_H
#define IB_IO_OUTPUT_H

#include "base/bytes.h"
#include "infobatch.h"

struct ib_output;

enum ib_output_flags {
	IB_OUTPUT_DIGEST = 1,	 /* compute the XXH3-128 of the written data */
	IB_OUTPUT_IF_CHANGED = 2 /* do not replace a target with the same contents */
};

/*
 * Open an output; path "-" or NULL is standard output. Returns IB_E_CREATE if it cannot be created,
 * IB_E_MISUSE if the name ends in .xz, .bz2 or .lz4.
 */
enum ib_status ib_output_open(const char *path, unsigned flags, struct ib_output **out,
			      struct ib_error *err);

/* Write n bytes. Large writes are passed on without a copy, small ones are buffered. */
void ib_output_write(struct ib_output *out, const void *p, size_t n);

/*
 * Write the contents of b and empty it. If b has failed for lack of memory, the output fails too,
 * so that no data can be missing unnoticed.
 */
void ib_output_write_bytes(struct ib_output *out, struct ib_bytes *b);
/* The same for the last contents: release b and return the status. */
enum ib_status ib_output_write_last(struct ib_output *out, struct ib_bytes *b,
				    struct ib_error *err);

/* Returns the sticky error, or IB_OK. IB_E_PIPE: the reader has closed the pipe. */
enum ib_status ib_output_status(struct ib_output *out, struct ib_error *err);

/* Write buffered data to the file or pipe. Data inside the compressor is not flushed. */
enum ib_status ib_output_flush(struct ib_output *out, struct ib_error *err);

/* Store the XXH3-128 of all data before compression as 32 hexadecimal digits and a NUL. */
void ib_output_digest(const struct ib_output *out, char digest[33]);

/*
 * Do everything that a commit does except the rename. A run with very many outputs calls this to
 * free the buffers, and the descriptor if the process has many open. Do not write to the
 * output afterwards; ib_output_digest() still works.
 */
enum ib_status ib_output_finish(struct ib_output *out, struct ib_error *err);

/*
 * An action that is committed together with outputs, such as appending a run to an audit log.
 * `ready` is called when all outputs are finished; it may wait for a lock. `put` is called
 * just before the first rename, with signals blocked. `undo` is called if a rename failed
 * after `put`.
 */
struct ib_output_also {
	enum ib_status (*ready)(void *ctx, struct ib_error *err);
	enum ib_status (*put)(void *ctx, struct ib_error *err);
	void (*undo)(void *ctx);
	void *ctx;
};

/*
 * Finish, sync and rename all outputs, or none of them. Entries of outs, and also, may be NULL. All
 * outputs are finished before the first is renamed. They are renamed in the order of outs,
 * with signals blocked, so if the last output exists, the others are complete. Frees all
 * n outputs and sets them to NULL, whatever the result.
 */
enum ib_status ib_outputs_commit(struct ib_output **outs, size_t n,
				 const struct ib_output_also *also, struct ib_error *err);
enum ib_status ib_output_commit(struct ib_output **out, struct ib_error *err);

/* Remove the temporary and free the output; sets *out to NULL. NULL is allowed. */
void ib_output_discard(struct ib_output **out);

#endif
