/*
 * Find the end of a log of zstd frames (io/zstd_log_reader.h). The end is the offset at which the
 * next frame is appended. Unfinished runs after this offset must be removed first. Finished runs
 * are never removed.
 */
#ifndef IB_IO_ZSTD_LOG_END_H
#define IB_IO_ZSTD_LOG_END_H

#include "io/zstd_log_reader.h"

struct ib_zstd_log_end {
	uint64_t at;	       /* offset of the next frame to append */
	bool has_unfinished;   /* true if unfinished runs after `at` must be removed */
	bool has_finished;     /* true if there is a finished run before `at` */
	uint64_t run_checksum; /* checksum of the last finished run */
};

/*
 * Find the end of an open log, without changing the file. Returns IB_E_DATA if the file is not a
 * log of this kind, if it is corrupt, if it has runs with a format version that this library does
 * not know, or if the removal of an unfinished run would also remove a finished run.
 */
enum ib_status ib_zstd_log_end_find(int fd, const char *path, const struct ib_zstd_log_kind *kind,
				    struct ib_zstd_log_end *end, struct ib_error *err);

#endif
