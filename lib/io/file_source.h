/* Read the bytes of a file, without decompression, in blocks. */
#ifndef IB_IO_FILE_SOURCE_H
#define IB_IO_FILE_SOURCE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "infobatch_run.h"

#define IB_FILE_SOURCE_BLOCK ((size_t)1 << 20)

struct ib_file_source {
	char *name; /* name for messages */
	int fd;
	bool opened; /* true if the file source must close fd */
	bool regular;
	off_t start;   /* file offset at which reading began; not always 0 for standard input */
	uint64_t size; /* bytes from start to the end of the file; 0 if unknown */
	_Atomic uint64_t position; /* number of bytes read so far; used by several threads */
	char *block; /* IB_FILE_SOURCE_BLOCK bytes; block[pos..n) is not consumed yet */
	size_t pos, n;
};

/* Open a file; "-" is standard input. Returns the same errors as ib_input_open(). */
enum ib_status ib_file_source_open(struct ib_file_source *source, const char *path,
				   struct ib_error *err);
void ib_file_source_close(struct ib_file_source *source);

/* Read with one read(2) directly into buf. *n is 0 only at the end of the file. */
enum ib_status ib_file_source_read(struct ib_file_source *source, char *buf, size_t cap, size_t *n,
				   struct ib_error *err);

/*
 * If all bytes of the block have been consumed, read up to max bytes into the block. Returns IB_EOF
 * at the end of the file.
 */
enum ib_status ib_file_source_fill(struct ib_file_source *source, size_t max, struct ib_error *err);

/*
 * Read until the block holds at least `least` bytes or the complete file. Call this function
 * before any other function that reads.
 */
enum ib_status ib_file_source_probe(struct ib_file_source *source, size_t least,
				    struct ib_error *err);

#endif
