#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "random.h"
#include "score/quantile.h"

#define MANY 20000

/* Of any bits, of a narrow range, of a few values, or all in one bin. */
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

Test(quantile, is_what_sorting_finds)
{
	static float score[MANY], known[MANY], out[12];
	uint64_t state = 1, n, k, i, rank[12];
	struct ib_error err;
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
			cr_assert(eq(int, ib_quantiles(score, n, rank, k > 0 ? 12 : 0, out, &err),
				     IB_OK));
			for (i = 0; k > 0 && i < 12; i++)
				cr_assert(eq(int,
					     memcmp(&out[i], &known[rank[i] - 1], sizeof(*out)),
					     0));
		}
}

Test(quantile, has_no_rank_beyond_the_known)
{
	static const float score[] = { 0.5f, NAN, 0.25f };
	struct ib_error err;
	uint64_t rank;
	float out;

	for (rank = 0; rank < 5; rank++)
		cr_assert(eq(int, ib_quantiles(score, 3, &rank, 1, &out, &err),
			     rank == 1 || rank == 2 ? IB_OK : IB_E_MISUSE));
	rank = 1;
	cr_assert(eq(int, ib_quantiles(NULL, 0, &rank, 1, &out, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_quantiles(NULL, 0, NULL, 0, NULL, &err), IB_OK));
}
