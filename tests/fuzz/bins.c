/* Read any bytes as a file of ib-prune --write-bins, and count scores if the file is accepted. */
#include <math.h>
#include <stdlib.h>
#include <unistd.h>

#include "fuzz/target.h"
#include "fuzz/text.h"
#include "score/bin_counts.h"

static const float scores[] = { 0, 0.25f, 0.5f, 0.5f, 2, -1, 1e-40f, NAN };
#define N (sizeof(scores) / sizeof(*scores))

/* Count, and write the counts as JSON. Reading them with the same totals gives the same counts. */
static void
count_and_read(const struct ib_bin_counts *plan)
{
	static struct ib_totals totals; /* large */
	struct ib_bin_counts *counted = NULL, *back = NULL;
	struct ib_error err;
	cJSON *json;
	char *text;

	ib_totals_init(&totals);
	ib_totals_add(&totals, scores, N);
	if (ib_bin_counts_count(plan, scores, N, &counted, &err))
		abort();
	text = fuzz_counts_text(counted);
	json = cJSON_Parse(text);
	if (ib_bin_counts_parse(json, "counts", &totals, &back, &err))
		abort();
	fuzz_same_text(fuzz_counts_text(back), text);
	cJSON_Delete(json);
	ib_bin_counts_free(counted);
	ib_bin_counts_free(back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_bin_counts *plan = NULL;
	struct ib_error err;
	enum ib_status st;
	char path[32];
	int fd = fuzz_file(data, n, path);

	st = ib_second_pass_read(path, &plan, &err);
	if (st && (st != IB_E_DATA || err.code != st))
		abort();
	if (!st) {
		count_and_read(plan);
		ib_bin_counts_free(plan);
	}
	close(fd);
	return 0;
}
