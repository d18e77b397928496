/*
 * The end of a log of zstd frames (io/zstd_log_reader.h): where the next frame
 * goes, and what of an unfinished run is cut off there. A finished run is
 * never cut off.
 */
#ifndef IB_IO_ZSTD_LOG_END_H
#define IB_IO_ZSTD_LOG_END_H

#include "io/zstd_log_reader.h"

struct ib_zstd_log_end {
	uint64_t at;   /* where the next frame goes */
	bool cuts;     /* only unfinished runs are behind `at` */
	bool any;      /* a finished run is before it */
	uint64_t mark; /* of the last finished one */
};

/*
 * Find the end of an open log; changes nothing. IB_E_DATA if it is no such
 * log, is corrupt, has runs of a later version, or if an unfinished run cannot
 * be cut off without a finished one.
 */
enum ib_status ib_zstd_log_end_find(int fd, const char *path, const struct ib_zstd_log_kind *kind,
				    struct ib_zstd_log_end *end, struct ib_error *err);

#endif
