#include "prune/run_stats.h"

#include <string.h>

void
ib_run_stats_init(struct ib_run_stats *t)
{
	memset(t, 0, sizeof(*t));
	ib_exact_init(&t->expected_kept);
	ib_exact_init(&t->weight_sum);
	ib_exact_init(&t->weight_var);
}

/*
 * With some rules pi changes at every record; then a plain addition is cheaper
 * than one with a factor.
 */
static void
add(struct ib_exact *sum, double value, uint64_t times)
{
	if (times == 1)
		ib_exact_add(sum, value);
	else
		ib_exact_add_times(sum, value, times);
}

void
ib_run_stats_next(struct ib_run_stats *t, const struct ib_inclusion *c)
{
	t->kept += t->nkept;
	if (t->n > 0 && t->pi > 0) {
		add(&t->expected_kept, t->pi, t->n);
		if (t->pi < 1 && !t->fixed)
			add(&t->weight_var, (1 - t->pi) / t->pi, t->n);
	}
	if (t->nkept > 0) {
		add(&t->weight_sum, t->weight, t->nkept);
		if (t->weight > t->max_weight)
			t->max_weight = t->weight;
	}
	t->n = t->nkept = 0;
	t->pi = c->pi;
	t->weight = c->weight;
	t->fixed = c->group >= 0;
}

void
ib_run_stats_flush(struct ib_run_stats *t)
{
	const struct ib_inclusion none = { 0, 0, IB_REASON_DRAWN, -1 };

	ib_run_stats_next(t, &none);
	t->kept += t->certain;
	if (t->certain > 0) {
		ib_exact_add_times(&t->expected_kept, 1, t->certain);
		ib_exact_add_times(&t->weight_sum, 1, t->certain);
		if (t->max_weight < 1)
			t->max_weight = 1;
		t->certain = 0;
	}
}

void
ib_run_stats_merge(struct ib_run_stats *t, const struct ib_run_stats *other)
{
	size_t i;

	t->samples += other->samples;
	t->kept += other->kept;
	for (i = 0; i < IB_NREASONS; i++)
		t->reasons[i] += other->reasons[i];
	for (i = 0; i < IB_THRESHOLDS_MAX; i++)
		t->group[i] += other->group[i];
	if (other->max_weight > t->max_weight)
		t->max_weight = other->max_weight;
	ib_exact_merge(&t->expected_kept, &other->expected_kept);
	ib_exact_merge(&t->weight_sum, &other->weight_sum);
	ib_exact_merge(&t->weight_var, &other->weight_var);
}

double
ib_run_stats_group_variance(uint64_t n, uint64_t k, uint64_t m)
{
	struct ib_exact x;

	if (m == 0 || m >= n || k == 0 || k >= n)
		return 0;
	ib_exact_init(&x);
	ib_exact_add_times(&x, (double)(n - k), m * (n - m));
	return ib_exact_mean(&x, k * (n - 1));
}

void
ib_run_stats_result(const struct ib_run_stats *t, const struct ib_rule *rule,
		    struct ib_prune_result *r)
{
	struct ib_exact var = t->weight_var;
	size_t i;

	for (i = 0; i < rule->ngroups; i++)
		ib_exact_add(&var, ib_run_stats_group_variance(rule->group[i].n, rule->group[i].k,
							       t->group[i]));
	r->threshold = rule->threshold;
	r->samples = t->samples;
	r->kept = t->kept;
	r->pruned = t->samples - t->kept;
	r->low = t->reasons[IB_REASON_DRAWN] + t->reasons[IB_REASON_PRUNED];
	memcpy(r->reasons, t->reasons, sizeof(r->reasons));
	r->expected_kept = ib_exact_round(&t->expected_kept);
	r->weight_sum = ib_exact_round(&t->weight_sum);
	r->weight_var = ib_exact_round(&var);
	r->max_weight = t->max_weight;
}
