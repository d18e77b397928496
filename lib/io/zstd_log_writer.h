/*
 * Append one frame to a log of zstd frames (io/zstd_log_reader.h), completely or not at all,
 * without reading the existing frames.
 *
 * The frame is compressed while its text is written, by a thread of libzstd, into memory
 * or, if it is large, into a temporary file. The lock FILE.lock is held only for the append: from
 * ib_zstd_log_writer_lock() to the close. If a killed writer has left an unfinished run at the
 * end of the file, the append removes it. If the file is invalid in any other way, the append
 * fails and leaves the file unchanged.
 */
#ifndef IB_IO_ZSTD_LOG_WRITER_H
#define IB_IO_ZSTD_LOG_WRITER_H

#include "io/zstd_log_reader.h"

struct ib_zstd_log_writer;

/*
 * Create a writer and check that the log can be appended to. Returns IB_E_CREATE if the file cannot
 * be written or is not a regular file, IB_E_DATA if it is corrupt or not a log of this kind.
 * Neither changes nor creates the file.
 */
enum ib_status ib_zstd_log_writer_open(const char *path, const struct ib_zstd_log_kind *kind,
				       const struct ib_context *context,
				       struct ib_zstd_log_writer **out, struct ib_error *err);

/* Add text to the frame. Errors are sticky and are returned by the append. */
void ib_zstd_log_writer_put(struct ib_zstd_log_writer *log, const void *p, size_t n);

/*
 * Wait for the lock and check the file again. Sets *any to true if the file has a finished run, and
 * then *mark to the checksum of the last one.
 */
enum ib_status ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *any, uint64_t *mark,
				       struct ib_error *err);

/*
 * End the frame. This waits for libzstd's thread. Do not block signals meanwhile, because
 * a signal handler may run in that thread.
 */
enum ib_status ib_zstd_log_writer_finish(struct ib_zstd_log_writer *log, struct ib_error *err);

/*
 * Write the finished frame and its index, and sync. mark is the checksum of the run. On failure,
 * the old length of the file is restored.
 */
enum ib_status ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t mark,
					 struct ib_error *err);

/* Remove the appended frame, because another step of the commit failed. */
void ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log);

/* Release the lock and free the writer. NULL is allowed. */
void ib_zstd_log_writer_close(struct ib_zstd_log_writer *log);

#endif
