/*
 * An output: standard output, or a file that appears either complete or not at all. The suffix of
 * the file name (.zst, .gz) selects the compression. The data is written to a temporary file in
 * the folder of the target. The commit syncs the temporary file and renames it to the target. The
 * new file gets the mode of the file that it replaces, or the default mode. If the target exists
 * and is not a regular file (/dev/null, a FIFO), data is written to it directly. Symbolic links
 * are followed.
 *
 * The first write error is kept in the output, and the commit returns it, so loops need not check
 * each write. ib_output_status() returns the error before the commit.
 */
#ifndef IB_IO_OUTPUT_H
#define IB_IO_OUTPUT_H

#include "base/bytes.h"
#include "infobatch_run.h"

struct ib_output;

enum ib_output_flags {
	IB_OUTPUT_DIGEST = 1,	 /* compute the XXH3-128 of the written data */
	IB_OUTPUT_IF_CHANGED = 2 /* do not replace a target with the same contents */
};

/*
 * Open an output. Path "-" or NULL is standard output. Returns IB_E_CREATE if the output cannot
 * be created, or IB_E_MISUSE if the name ends in .xz, .bz2 or .lz4.
 */
enum ib_status ib_output_open(const char *path, unsigned flags, struct ib_output **out,
			      struct ib_error *err);

/* Write n bytes. Large writes are passed on without a copy. Small writes are buffered. */
void ib_output_write(struct ib_output *out, const void *p, size_t n);

/*
 * Write the contents of b, and then empty b. If data could not be added to b for lack of memory,
 * the output fails too, so that missing data cannot go unnoticed.
 */
void ib_output_write_bytes(struct ib_output *out, struct ib_bytes *b);
/*
 * Do the work of ib_output_write_bytes(), and free the memory of b. Returns the status of the
 * output.
 */
enum ib_status ib_output_write_last(struct ib_output *out, struct ib_bytes *b,
				    struct ib_error *err);

/*
 * Return the first error of the output, or IB_OK. IB_E_PIPE means that the reader has closed the
 * pipe.
 */
enum ib_status ib_output_status(struct ib_output *out, struct ib_error *err);

/* Write buffered data to the file or pipe. Data inside the compressor is not flushed. */
enum ib_status ib_output_flush(struct ib_output *out, struct ib_error *err);

/* Store the XXH3-128 of all data before compression as 32 hexadecimal digits and a NUL. */
void ib_output_digest(const struct ib_output *out, char digest[33]);

/*
 * Do all steps of a commit except the rename, and free the buffers. Used by a run with very many
 * outputs, to save memory. If the process has many open descriptors, the descriptor of the output
 * is closed too. Do not write to the output after this call. ib_output_digest() still works.
 */
enum ib_status ib_output_finish(struct ib_output *out, struct ib_error *err);

/*
 * An action that is committed together with outputs, such as appending a run to an audit log.
 * `ready` is called when all outputs are finished, and may wait for a lock. `append` is called just
 * before the first rename, while signals are blocked. `undo` is called if a rename fails after
 * `append` was called.
 */
struct ib_output_also {
	enum ib_status (*ready)(void *ctx, struct ib_error *err);
	enum ib_status (*append)(void *ctx, struct ib_error *err);
	void (*undo)(void *ctx);
	void *ctx;
};

/*
 * Finish, sync and rename all outputs, or none of them. Entries of outs may be NULL, and `also` may
 * be NULL. All outputs are finished before the first one is renamed. They are renamed in the order
 * of outs, with signals blocked. So once the last output has its new contents, all other outputs
 * have theirs. Frees all n outputs and sets their entries to NULL, even after an error.
 */
enum ib_status ib_outputs_commit(struct ib_output **outs, size_t n,
				 const struct ib_output_also *also, struct ib_error *err);
/* Commit one output, like ib_outputs_commit(). */
enum ib_status ib_output_commit(struct ib_output **out, struct ib_error *err);

/* Remove the temporary file, free the output, and set *out to NULL. *out may be NULL. */
void ib_output_discard(struct ib_output **out);

#endif
