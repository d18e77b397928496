/* Views of the bytes at any offset of a file. A pipe is first read into memory. */
#ifndef IB_IO_FILE_VIEW_H
#define IB_IO_FILE_VIEW_H

#include "base/bytes.h"

#define IB_FILE_VIEW_MAX ((size_t)256 << 10) /* bytes of a view */

struct ib_file_view {
	char *path; /* for messages */
	int fd;
	uint64_t size; /* data that is appended to the file later is not read */
	bool piped;    /* `all` holds the bytes */
	struct ib_bytes all;
	char *piece; /* else piece[0..have) holds the bytes of the file from offset `at` on */
	uint64_t at;
	size_t have;
};

/* Open a view of an open file; the caller closes fd. On failure, release the view too. */
enum ib_status ib_file_view_open(struct ib_file_view *f, int fd, const char *path,
				 struct ib_error *err);
void ib_file_view_release(struct ib_file_view *f);

/*
 * Get n <= IB_FILE_VIEW_MAX bytes at an offset, or more, or fewer only at the end of the file.
 * They are valid until the next call.
 */
enum ib_status ib_file_view_get(struct ib_file_view *f, uint64_t at, size_t n, struct ib_span *v,
				struct ib_error *err);

#endif
