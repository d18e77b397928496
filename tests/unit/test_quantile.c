#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "score/bin_counts.h"

#define MANY 20000

/* Return a score with random bits, in a narrow range, one of a few values, or in one bin. */
static float
any_score(uint64_t *state, int kind)
{
	uint64_t r = next(state);
	uint32_t bits = (uint32_t)(r >> 32);
	float f;

	if (r % 16 == 0)
		return r & 16 ? NAN : -NAN;
	if (kind == 1)
		return (float)(bits >> 8) * 0x1p-22f;
	if (kind == 2)
		return (float)(bits % 5) - 2;
	if (kind == 3)
		bits = 0x3f800000 | (bits & 0xfffff);
	memcpy(&f, &bits, sizeof(f));
	return isfinite(f) ? f + 0.0f : -1.5f;
}

static int
ascending(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* Find quantiles as a rule does: request the bins of all ranks, and count the values in them. */
static void
find_quantiles(const float *score, uint64_t n, const uint64_t *rank, size_t nranks, float *out)
{
	struct ib_bin_counts *request = ib_bin_counts_new(), *r;
	struct ib_totals totals;
	struct ib_error err;
	size_t i;

	ib_totals_init(&totals);
	ib_totals_add(&totals, score, n);
	for (i = 0; i < nranks; i++)
		ib_bins_select(&request->score, ib_bins_of_rank(totals.bin, rank[i]));
	cr_assert(eq(int, ib_bin_counts_count(request, score, n, &r, &err), IB_OK));
	for (i = 0; i < nranks; i++)
		out[i] = ib_bins_value(&r->score, totals.bin, rank[i]);
	ib_bin_counts_free(request);
	ib_bin_counts_free(r);
}

Test(quantile, quantiles_equal_those_of_sorting)
{
	static float score[MANY], known[MANY], out[12];
	uint64_t state = 1, n, k, i, rank[12];
	int kind;

	for (kind = 0; kind < 4; kind++)
		for (n = 3; n < MANY; n = n * 5 / 3) {
			for (i = k = 0; i < n; i++) {
				score[i] = any_score(&state, kind);
				if (!isnan(score[i]))
					known[k++] = score[i];
			}
			qsort(known, k, sizeof(*known), ascending);
			for (i = 0; k > 0 && i < 12; i++)
				rank[i] = i == 3 ? 1 : i == 7 ? k : 1 + next(&state) % k;
			find_quantiles(score, n, rank, k > 0 ? 12 : 0, out);
			for (i = 0; k > 0 && i < 12; i++)
				cr_assert(eq(int,
					     memcmp(&out[i], &known[rank[i] - 1], sizeof(*out)),
					     0));
		}
}
