/* Decompress any bytes, as their content determines: this succeeds or returns IB_E_DATA. */
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "io/input.h"

#define MAX_BYTES                                                                                  \
	((size_t)8 << 20) /* stop after this many bytes, because the input may be a bomb */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static const size_t steps[] = { 1, 1000, 65536, 300000 };
	size_t all = 0, got, step = steps[n % 4];
	struct ib_input *in = NULL;
	struct ib_error err;
	struct ib_span head;
	enum ib_status st;
	char path[32], *buf = malloc(step);
	int fd = fuzz_file(data, n, path);

	if (ib_input_open(path, &in, &err))
		abort(); /* a file in memory can always be opened */
	ib_input_want_digest(in);
	st = ib_input_peek(in, 100, &head, &err);
	while (!st && all < MAX_BYTES) {
		st = ib_input_read(in, buf, step, &got, &err);
		all += got;
	}
	if (st && st != IB_EOF && (st != IB_E_DATA || err.code != st))
		abort();
	ib_input_close(in);
	free(buf);
	close(fd);
	return 0;
}
