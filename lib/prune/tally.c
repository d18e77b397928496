#include "prune/tally.h"

#include <string.h>

void
ib_tally_init(struct ib_tally *t)
{
	memset(t, 0, sizeof(*t));
	ib_exact_init(&t->expected_kept);
	ib_exact_init(&t->weight_sum);
	ib_exact_init(&t->weight_var);
}

void
ib_tally_flush(struct ib_tally *t)
{
	t->kept += t->nkept;
	if (t->n > 0 && t->pi > 0) {
		ib_exact_add_times(&t->expected_kept, t->pi, t->n);
		if (t->pi < 1)
			ib_exact_add_times(&t->weight_var,
					   (1 - t->pi) / t->pi, t->n);
	}
	if (t->nkept > 0) {
		ib_exact_add_times(&t->weight_sum, 1 / t->pi, t->nkept);
		if (1 / t->pi > t->max_weight)
			t->max_weight = 1 / t->pi;
	}
	t->n = t->nkept = 0;
}

void
ib_tally_merge(struct ib_tally *t, struct ib_tally *other)
{
	size_t i;

	ib_tally_flush(other);
	t->samples += other->samples;
	t->kept += other->kept;
	for (i = 0; i < IB_NREASONS; i++)
		t->reasons[i] += other->reasons[i];
	if (other->max_weight > t->max_weight)
		t->max_weight = other->max_weight;
	ib_exact_merge(&t->expected_kept, &other->expected_kept);
	ib_exact_merge(&t->weight_sum, &other->weight_sum);
	ib_exact_merge(&t->weight_var, &other->weight_var);
}

void
ib_tally_result(const struct ib_tally *t, struct ib_prune_result *r)
{
	r->samples = t->samples;
	r->kept = t->kept;
	r->pruned = t->samples - t->kept;
	r->low = t->reasons[IB_REASON_DRAWN] + t->reasons[IB_REASON_PRUNED];
	memcpy(r->reasons, t->reasons, sizeof(r->reasons));
	r->expected_kept = ib_exact_round(&t->expected_kept);
	r->weight_sum = ib_exact_round(&t->weight_sum);
	r->weight_var = ib_exact_round(&t->weight_var);
	r->max_weight = t->max_weight;
}
