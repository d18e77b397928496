/* Add up the decisions of blocks, and compute the statistics of a run. */
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

/* Add n samples with the same pi to the sums; `kept` of these samples were kept. */
static void
add_samples(struct ib_run_stats *t, double pi, double weight, uint64_t n, uint64_t kept)
{
	if (pi > 0)
		ib_exact_add_times(&t->expected_kept, pi, n);
	if (kept == 0)
		return;
	ib_exact_add_times(&t->weight_sum, weight, kept);
	if (weight > t->max_weight)
		t->max_weight = weight;
}

void
ib_run_stats_flush_pi(struct ib_run_stats *t, struct ib_repeat *repeat)
{
	double pi = repeat->value;

	if (repeat->n > 0 && pi > 0) {
		add_samples(t, pi, 1 / pi, repeat->n, repeat->kept);
		ib_exact_add_times(&t->weight_var, (1 - pi) / pi, repeat->n);
	}
	repeat->n = repeat->kept = 0;
}

void
ib_run_stats_flush(struct ib_run_stats *t)
{
	size_t i;

	for (i = 0; i < IB_REPEATS_ENTRIES; i++)
		ib_run_stats_flush_pi(t, &t->drawn.entry[i]);
	add_samples(t, 1, 1, t->certain, t->certain);
	t->certain = 0;
}

void
ib_run_stats_merge(struct ib_run_stats *t, const struct ib_run_stats *other)
{
	size_t i;

	t->samples += other->samples;
	t->kept += other->kept;
	for (i = 0; i < IB_NREASONS; i++)
		t->reasons[i] += other->reasons[i];
	for (i = 0; i < IB_THRESHOLDS_MAX; i++) {
		t->group[i].n += other->group[i].n;
		t->group[i].kept += other->group[i].kept;
	}
	if (other->max_weight > t->max_weight)
		t->max_weight = other->max_weight;
	ib_exact_merge(&t->expected_kept, &other->expected_kept);
	ib_exact_merge(&t->weight_sum, &other->weight_sum);
	ib_exact_merge(&t->weight_var, &other->weight_var);
}

/*
 * Return the variance of the sum of the weights of m rows of a group of --sampling fixed. The group
 * has n rows, and k of the n rows are kept. The variance is m (n-m) (n-k) / (k (n-1)), rounded
 * once.
 */
static double
group_variance(uint64_t n, uint64_t k, uint64_t m)
{
	struct ib_exact x;

	if (m == 0 || m >= n || k == 0 || k >= n)
		return 0;
	ib_exact_init(&x);
	ib_exact_add_times(&x, (double)(n - k), m * (n - m));
	return ib_exact_mean(&x, k * (n - 1));
}

void
ib_run_stats_finish(struct ib_run_stats *t, const struct ib_fixed_group *group, size_t ngroups)
{
	const struct ib_fixed_group *g;
	size_t i;

	ib_run_stats_flush(t);
	for (i = 0; i < ngroups; i++) {
		g = &group[i];
		add_samples(t, g->fraction, g->weight, t->group[i].n, t->group[i].kept);
		ib_exact_add(&t->weight_var, group_variance(g->n, g->k, t->group[i].n));
		t->group[i].n = t->group[i].kept = 0;
	}
}

void
ib_run_stats_result(struct ib_run_stats *t, const struct ib_rule *rule, struct ib_prune_result *r)
{
	ib_run_stats_finish(t, rule->group, rule->ngroups);
	r->threshold = rule->solved.threshold;
	r->samples = t->samples;
	r->kept = t->kept;
	r->pruned = t->samples - t->kept;
	r->eligible = t->reasons[IB_REASON_DRAWN] + t->reasons[IB_REASON_PRUNED];
	memcpy(r->reasons, t->reasons, sizeof(r->reasons));
	r->expected_kept = ib_exact_round(&t->expected_kept);
	r->weight_sum = ib_exact_round(&t->weight_sum);
	r->weight_var = ib_exact_round(&t->weight_var);
	r->max_weight = t->max_weight;
	r->weight_factor = rule->solved.weight_factor;
	r->rate_factor = ib_rule_rate_factor(rule);
}
