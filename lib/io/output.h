/*
 * A file that appears whole or not at all, or standard output. Compressed by
 * its name's suffix (.zst by libzstd, .gz). Written beside the target as a
 * temporary (mode as umask says, or as the old file had it), which has no name
 * if the file system allows it; synced, linked, renamed.
 * An existing target that is no regular file (/dev/null, a FIFO) is written
 * directly; a symbolic link is followed.
 *
 * A writer's error is sticky and surfaces at commit, so that loops need not
 * test each write; ib_output_status() tells it early.
 */
#ifndef IB_IO_OUTPUT_H
#define IB_IO_OUTPUT_H

#include "base/bytes.h"
#include "infobatch.h"

struct ib_output;

enum ib_output_flags {
	IB_OUTPUT_DIGEST = 1,	 /* keep the XXH3-128 of what is written */
	IB_OUTPUT_IF_CHANGED = 2 /* an equal target keeps its mtime */
};

/*
 * path "-" or NULL is standard output. IB_E_CREATE if it cannot be created,
 * IB_E_MISUSE for a name that ends in .xz, .bz2 or .lz4.
 */
enum ib_status ib_output_open(const char *path, unsigned flags, struct ib_output **out,
			      struct ib_error *err);

/* Big pieces pass through without a copy, small ones are gathered. */
void ib_output_write(struct ib_output *out, const void *p, size_t n);

/*
 * Write what was gathered in b, and empty it. Memory that ran out while it was
 * gathered is this output's error too, so no part can be missing in silence.
 */
void ib_output_write_bytes(struct ib_output *out, struct ib_bytes *b);

/* The sticky error so far. IB_E_PIPE where the reader went away. */
enum ib_status ib_output_status(struct ib_output *out, struct ib_error *err);

/* Hand everything written so far to the system (a pipe's reader). */
enum ib_status ib_output_flush(struct ib_output *out, struct ib_error *err);

/* XXH3-128 of all bytes before compression: 32 hex digits and a NUL. */
void ib_output_digest(const struct ib_output *out, char digest[33]);

/*
 * Everything of a commit but the rename, for runs of very many outputs:
 * buffers go, and the descriptor where the process has many. Nothing may be written afterwards;
 * the digest can still be had.
 */
enum ib_status ib_output_finish(struct ib_output *out, struct ib_error *err);

/*
 * What comes to be together with outputs, but is not one itself: a line in
 * somebody's log. `ready` is called when all outputs are finished and may wait
 * for a lock; `put` with signals held back, just before the first rename;
 * `undo` after it, where a rename failed.
 */
struct ib_output_also {
	enum ib_status (*ready)(void *ctx, struct ib_error *err);
	enum ib_status (*put)(void *ctx, struct ib_error *err);
	void (*undo)(void *ctx);
	void *ctx;
};

/*
 * Finish, sync and rename: all of them or none. NULLs among them are fine, and
 * so is no `also`. All are finished before the first is renamed; they appear
 * in the order given, with signals held back, so the last one vouches for the
 * others. Frees all n whatever the result (the pointers are set to NULL).
 */
enum ib_status ib_outputs_commit(struct ib_output **outs, size_t n,
				 const struct ib_output_also *also, struct ib_error *err);
enum ib_status ib_output_commit(struct ib_output **out, struct ib_error *err);

/* Leave no trace (of standard output: stop). Frees; sets to NULL. */
void ib_output_discard(struct ib_output **out);

/* ---- locks ------------------------------------------------------------ */

/*
 * Hold FILE.lock for FILE (made if absent, left in place); of a device or a
 * pipe there is none, and *lock is -1. Waits, or with
 * no_wait returns IB_E_AGAIN. On a file system without locks: IB_OK with a
 * warning, or with no_wait IB_E_IO. *lock is a descriptor for ib_unlock.
 */
enum ib_status ib_lock(const char *file, bool no_wait, const struct ib_context *context, int *lock,
		       struct ib_error *err);
void ib_unlock(int lock); /* -1 is fine */

#endif
