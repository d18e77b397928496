/*
 * Appending one frame to a log of zstd frames (io/zstd_log_reader.h): whole or
 * not at all, behind those of other writers, without reading what is there.
 *
 * The frame is compressed as its text comes, by a thread of libzstd's own,
 * into memory or, if it grows large, a temporary file next to the log. The lock
 * (FILE.lock) is held from ib_zstd_log_writer_lock() to the close, so for the
 * append alone. An unfinished run that a killed writer left at the end is cut
 * off by the next append; if anything else is wrong with the file, it is
 * refused and left as it is.
 */
#ifndef IB_IO_ZSTD_LOG_WRITER_H
#define IB_IO_ZSTD_LOG_WRITER_H

#include "io/zstd_log_reader.h"

struct ib_zstd_log_writer;

/*
 * Make ready, and see that the file can be appended to: IB_E_CREATE where it
 * can't be written or is no regular file, IB_E_DATA where it is no log of this
 * kind or corrupt. Changes nothing; a file that is absent stays so.
 */
enum ib_status ib_zstd_log_writer_open(const char *path, const struct ib_zstd_log_kind *kind,
				       const struct ib_context *context,
				       struct ib_zstd_log_writer **out, struct ib_error *err);

/* More of the frame's text. Errors are sticky and surface at the append. */
void ib_zstd_log_writer_put(struct ib_zstd_log_writer *log, const void *p, size_t n);

/*
 * Wait for the lock and look at the file again. *any: there is a finished run
 * in it, and *mark is the last one's.
 */
enum ib_status ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *any, uint64_t *mark,
				       struct ib_error *err);

/*
 * End the frame. This waits for libzstd's thread, which may be the one that a
 * signal interrupts, so signals must not be held back here.
 */
enum ib_status ib_zstd_log_writer_finish(struct ib_zstd_log_writer *log, struct ib_error *err);

/*
 * Write the finished frame and its index, sync. mark: what it is known by. On
 * failure the file is as long as it was.
 */
enum ib_status ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t mark,
					 struct ib_error *err);

/* Take the frame out again: something else of the run failed. */
void ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log);

/* Frees, gives up the lock. Without an append nothing was written. NULL is
 * fine. */
void ib_zstd_log_writer_close(struct ib_zstd_log_writer *log);

#endif
