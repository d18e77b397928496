/*
 * Read any bytes as a loss log or as a score file in JSON lines. The first byte chooses the
 * options, and the rest is the file.
 */
#include <unistd.h>

#include "fuzz/losses.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_loss_counts counts;
	uint64_t taken;
	char path[32];
	int fd;

	if (n == 0 || n > 4096)
		return 0;
	fd = fuzz_file(data + 1, n - 1, path);
	fuzz_losses(path, data[0], &counts, &taken);
	close(fd);
	return 0;
}
