/* Read records from any bytes. Reading ends, and the result does not depend on the block size. */
#ifndef TESTS_FUZZ_RECORDS_H
#define TESTS_FUZZ_RECORDS_H

#include <unistd.h>

#include "fuzz/target.h"
#include "walk.h"

/* The first byte chooses the options, and the second byte the size of the blocks. */
static inline int
fuzz_records(const uint8_t *data, size_t n, const enum ib_format *format, size_t nformats)
{
	static const char *const keys[] = { NULL, "id", "@line", "@hash" };
	struct ib_bytes whole = { 0 }, got = { 0 };
	struct walk w = { 0 };
	char path[32];
	int fd;

	if (n < 2 || n > 4096)
		return 0;
	w.format = format[data[0] % nformats];
	w.key = keys[data[0] >> 3 & 3];
	if (w.format == IB_FORMAT_LIST && w.key == keys[1])
		w.key = "1";
	w.any_value = data[0] >> 5 & 1;
	w.epoch_manifest = data[0] >> 6 & 1;
	w.header_lines = data[0] >> 7;
	fd = fuzz_file(data + 2, n - 2, path);
	walk_file(path, &w, &whole);
	w.block = 1 + data[1];
	walk_file(path, &w, &got);
	if (!ib_span_equal(ib_bytes_span(&whole), ib_bytes_span(&got)))
		abort();
	close(fd);
	ib_bytes_release(&whole);
	ib_bytes_release(&got);
	return 0;
}

#endif
