/*
 * Append one frame to a log of zstd frames (io/zstd_log_reader.h), either completely or not at
 * all. The existing frames are not read if the log ends with an index.
 *
 * A thread of libzstd compresses the frame while the text of the frame is written. The compressed
 * frame is kept in memory or, if it is large, in a temporary file. The lock FILE.lock is held
 * only for the append, from ib_zstd_log_writer_lock() to ib_zstd_log_writer_close(). If a killed
 * writer has left an unfinished run (the lines of one command) at the end of the file, the append
 * removes this run. If the
 * file is invalid in any other way, the append fails and leaves the file unchanged.
 */
#ifndef IB_IO_ZSTD_LOG_WRITER_H
#define IB_IO_ZSTD_LOG_WRITER_H

#include "io/zstd_log_reader.h"

struct ib_zstd_log_writer;

/*
 * Create a writer, and check that a frame can be appended to the log. Returns IB_E_CREATE if the
 * file cannot be written or is not a regular file, or IB_E_DATA if the file is corrupt or is not a
 * log of this kind. This function neither changes nor creates the file.
 */
enum ib_status ib_zstd_log_writer_open(const char *path, const struct ib_zstd_log_kind *kind,
				       const struct ib_context *context,
				       struct ib_zstd_log_writer **out, struct ib_error *err);

/* Add text to the frame. Errors are sticky; ib_zstd_log_writer_finish() returns the error. */
void ib_zstd_log_writer_write(struct ib_zstd_log_writer *log, const void *p, size_t n);

/*
 * Wait for the lock, and check the file a second time if it has changed since the first check. If
 * the file has a finished run, sets *has_finished to true and *run_checksum to the checksum of the
 * last finished run.
 */
enum ib_status ib_zstd_log_writer_lock(struct ib_zstd_log_writer *log, bool *has_finished,
				       uint64_t *run_checksum, struct ib_error *err);

/*
 * End the frame. This function waits for the thread of libzstd. Do not call it in a critical
 * section (io/temp_file.h): the thread of libzstd may then run a signal handler that waits for the
 * end of the critical section, so that both wait forever.
 */
enum ib_status ib_zstd_log_writer_finish(struct ib_zstd_log_writer *log, struct ib_error *err);

/*
 * Write the finished frame and its index, and sync the file. run_checksum is the checksum of the
 * run. On failure, the file is truncated to its old length.
 */
enum ib_status ib_zstd_log_writer_append(struct ib_zstd_log_writer *log, uint64_t run_checksum,
					 struct ib_error *err);

/*
 * Undo the append: truncate the file to its old length, or remove it if the append created it.
 * Call this function if another step of the commit failed.
 */
void ib_zstd_log_writer_undo(struct ib_zstd_log_writer *log);

/* Release the lock and free the writer. NULL is allowed. */
void ib_zstd_log_writer_close(struct ib_zstd_log_writer *log);

#endif
