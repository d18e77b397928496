/* The bytes of a file as they lie there, in blocks. */
#ifndef IB_IO_FILE_SOURCE_H
#define IB_IO_FILE_SOURCE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "infobatch.h"

#define IB_FILE_SOURCE_BLOCK ((size_t)1 << 20)

struct ib_file_source {
	char *name; /* as messages have it */
	int fd;
	bool opened; /* fd is ours to close */
	bool regular;
	off_t start;		   /* where a regular file stood when it was handed to us */
	uint64_t size;		   /* from start on; 0: not known */
	_Atomic uint64_t position; /* read so far; progress looks at any time */
	char *block;		   /* IB_FILE_SOURCE_BLOCK; what was read ahead is [pos, n) */
	size_t pos, n;
};

/* "-" is standard input. IB_E_NOINPUT as ib_input_open says. */
enum ib_status ib_file_source_open(struct ib_file_source *raw, const char *path,
				   struct ib_error *err);
void ib_file_source_close(struct ib_file_source *raw);

/* One read(2) past the block: *n = 0 only at the end. */
enum ib_status ib_file_source_read(struct ib_file_source *raw, char *buf, size_t cap, size_t *n,
				   struct ib_error *err);

/*
 * See that the block holds something unread, by a read of up to `want` bytes
 * where it does not. IB_EOF at the end.
 */
enum ib_status ib_file_source_fill(struct ib_file_source *raw, size_t want, struct ib_error *err);

/* Read ahead until the block, yet unused, holds `least` bytes or all. */
enum ib_status ib_file_source_probe(struct ib_file_source *raw, size_t least, struct ib_error *err);

#endif
