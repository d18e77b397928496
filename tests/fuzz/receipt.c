/* Read any bytes as a receipt of ib-prune, as ib-weights --check does. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "weigh/check.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct ib_weight_stats sums; /* large */
	struct ib_error err;
	enum ib_status st;
	char path[32];
	double factor;
	int fd = fuzz_file(data, n, path);

	/* Two of three samples were kept, with the weights 1 and 2. */
	ib_weight_stats_init(&sums);
	ib_weight_stats_add(&sums, 1);
	ib_weight_stats_add(&sums, 2);
	ib_weight_stats_finalize(&sums);
	st = ib_check_weights(&sums, 3, "epoch.jsonl", path, &factor, &err);
	if (st && ((st != IB_E_DATA && st != IB_E_CHECK) || err.code != st ||
		   !memchr(err.text, '\0', sizeof(err.text))))
		abort();
	close(fd);
	return 0;
}
