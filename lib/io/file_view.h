/*
 * Views of the bytes at any offset of a file. If the file is a pipe, it is first read into
 * memory.
 */
#ifndef IB_IO_FILE_VIEW_H
#define IB_IO_FILE_VIEW_H

#include "base/bytes.h"

#define IB_FILE_VIEW_MAX ((size_t)256 << 10) /* maximum size of a view in bytes */

struct ib_file_view {
	char *path; /* for messages */
	int fd;
	uint64_t size;	  /* file size at the start; data appended later is not read */
	int64_t modified; /* last modification, in seconds since 1970; -1 for a pipe */
	bool piped;	  /* true if the file is a pipe; then `all` holds its bytes */
	struct ib_bytes all;
	/* If piped is false: piece[0..have) holds the bytes of the file from offset `at` on. */
	char *piece;
	uint64_t at;
	size_t have;
};

/* Open a view of an open file. The caller closes fd, and releases the view even after a failure. */
enum ib_status ib_file_view_open(struct ib_file_view *f, int fd, const char *path,
				 struct ib_error *err);
void ib_file_view_release(struct ib_file_view *f);

/*
 * Get a view of at least n bytes at an offset; n is at most IB_FILE_VIEW_MAX. At the end of the
 * file, the view may be shorter. The bytes are valid until the next call.
 */
enum ib_status ib_file_view_get(struct ib_file_view *f, uint64_t at, size_t n, struct ib_span *v,
				struct ib_error *err);

#endif
