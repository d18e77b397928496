/* Compute the factor of --normalize mean from the pi of each sample with a known score. */
#include "prune/weight_factor.h"

#include <math.h>

#include "prune/run_stats.h"

static void
count_rows(const struct ib_rule *r, struct ib_run_stats *t)
{
	const float *score = r->scores->score.p;
	struct ib_inclusion inclusion[IB_GROUP];
	uint64_t from;
	size_t n, i;

	for (from = 0; from < r->scores->table.n; from += n) {
		n = ib_rule_row_inclusions(r, from, inclusion);
		for (i = 0; i < n; i++)
			if (!isnan(score[from + i]) && inclusion[i].pi > 0)
				ib_run_stats_count(t, inclusion[i].pi, -1, false);
	}
	ib_run_stats_flush(t);
}

double
ib_weight_factor(const struct ib_rule *r)
{
	struct ib_run_stats t;

	if (r->unpruned)
		return 1;
	ib_run_stats_init(&t);
	if (r->scores)
		count_rows(r, &t);
	if (t.samples > 0)
		return ib_exact_mean(&t.expected_kept, t.samples);
	return r->kind->needs_scores ? 1 : ib_rule_inclusion(r, IB_NO_ROW).pi;
}
