#include "score/quantile.h"

#include <stdlib.h>

#include "base/error.h"

static int
ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

enum ib_status
ib_quantiles(const float *score, uint64_t n, const uint64_t *rank,
	     size_t nranks, float *out, struct ib_error *err)
{
	float *known = malloc((n + 1) * sizeof(*known));
	uint64_t i, k = 0;

	if (!known)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		if (score[i] == score[i])
			known[k++] = score[i];
	qsort(known, k, sizeof(*known), ascending);
	for (i = 0; i < nranks; i++) {
		if (rank[i] == 0 || rank[i] > k) {
			free(known);
			return ib_fail(err, IB_E_MISUSE, "no such rank");
		}
		out[i] = known[rank[i] - 1];
	}
	free(known);
	return IB_OK;
}
