/*
 * Appending one frame to a log of zstd frames (io/zstd_log_reader.h): whole or not at
 * all, after those of others, without reading what is there.
 *
 * The frame is compressed as its text comes, into memory or, where it grows
 * large, a temporary file beside the log. The lock (FILE.lock) is held from
 * ib_zstd_log_writer_lock() to the close, for the append alone. A rest that a killed
 * writer left is cut off by the next append; anything else that is wrong with
 * the file is left as it is, and refused.
 */
#ifndef IB_IO_ZSTD_LOG_WRITER_H
#define IB_IO_ZSTD_LOG_WRITER_H

#include "io/zstd_log_reader.h"
#include "io/repeats.h"

struct ib_zstd_log_writer;

/*
 * Make ready, and see that the file can be appended to: IB_E_CREATE where it
 * can't be written or is no regular file, IB_E_DATA where it is no log of this
 * kind or corrupt. Changes nothing; a file that is absent stays so.
 */
enum ib_status ib_zstd_log_writer_open(const char *path,
				const struct ib_zstd_log_kind *kind,
				const struct ib_context *context,
				struct ib_zstd_log_writer **out,
				struct ib_error *err);

/* More of the frame's text. Errors are sticky and surface at the append. */
void ib_zstd_log_writer_put(struct ib_zstd_log_writer *log, const void *p, size_t n);

/* The same of text of which ib_repeats_pack has made what is packed. */
void ib_zstd_log_writer_add(struct ib_zstd_log_writer *log, const struct ib_repeats *text,
		     const struct ib_bytes *packed);

/*
 * Wait for the lock and look at the file again. *any: there is a whole frame
 * in it, and *mark is the last one's.
 */
enum ib_status ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *any,
				uint64_t *mark, struct ib_error *err);

/*
 * End the frame, write it and its index, sync. mark: what it is known by. On
 * failure the file is as long as it was.
 */
enum ib_status ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t mark,
				  struct ib_error *err);

/* Take the frame out again: something else of the run failed. */
void ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log);

/* Frees, gives up the lock. Without an append nothing was written. NULL is fine. */
void ib_zstd_log_writer_close(struct ib_zstd_log_writer *log);

#endif
