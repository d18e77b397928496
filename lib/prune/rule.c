/* Compute keep probabilities with a prepared rule, and decide which samples to keep. */
#define XXH_INLINE_ALL
#include "prune/rule.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/sized.h"
#include "prune/draw.h"

const char *
ib_reason_name(enum ib_reason reason)
{
	static const char *const names[IB_NREASONS] = { "warmup", "anneal", "unseen", "nonfinite",
							"high",	  "age",    "drawn",  "pruned" };

	return (unsigned)reason < IB_NREASONS ? names[reason] : "?";
}

bool
ib_rule_epoch_is_unpruned(const struct ib_rule_options *o, enum ib_reason *why)
{
	*why = IB_REASON_WARMUP;
	if (o->epoch < o->warmup)
		return true;
	*why = IB_REASON_ANNEAL;
	if (o->full_from != IB_NO_EPOCH)
		return o->epoch >= o->full_from;
	/*
	 * This is the condition in the code of the InfoBatch authors. 1e-9 is added in case delta *
	 * epochs was rounded to just below an integer.
	 */
	return o->epochs != IB_NO_EPOCH &&
	       (double)(o->epoch + 1) > o->delta * (double)o->epochs + 1e-9;
}

/* ---- keep probabilities ---- */

static bool
is_old(const struct ib_rule *r, uint32_t row)
{
	const int32_t *epoch = r->scores->epoch.p;

	return r->options.epoch - epoch[row] >= r->options.max_age;
}

static struct ib_inclusion
certain(enum ib_reason reason)
{
	return (struct ib_inclusion){ 1, 1, reason, -1 };
}

/*
 * If a sample is in a group of --sampling fixed, set its pi to k/n and its weight to n/k. n is the
 * number of rows of the group, and k is the number of rows of the group that are kept.
 */
static void
use_group(const struct ib_rule *r, struct ib_inclusion *c)
{
	const struct ib_fixed_group *g;
	size_t at = ib_fixed_group_seek(r->group, r->ngroups, c->pi);

	if (r->group[at].pi != c->pi)
		return; /* the sample is in no group, because its pi is 1 */
	g = &r->group[at];
	c->group = (int)at;
	c->pi = g->fraction;
	c->weight = g->weight;
}

/*
 * Return the keep probability of a sample and the reason for it. The reason is the first reason
 * that applies, in the order of enum ib_reason.
 */
static struct ib_inclusion
inclusion_of(const struct ib_rule *r, uint32_t row, float score, double pi)
{
	bool known = score == score; /* false for NaN, the score of a sample without a row */
	bool high = pi == IB_PI_HIGH;
	struct ib_inclusion c;

	if (r->kind->needs_scores && !known)
		return certain(row == IB_NO_ROW ? IB_REASON_UNSEEN : IB_REASON_NONFINITE);
	/*
	 * Subtract `high` instead of branching, because a branch would often be mispredicted.
	 * IB_PI_HIGH - 1 is 1, the pi of a sample that is kept without a draw.
	 */
	c.pi = pi - (double)high;
	c.weight = 1 / c.pi;
	c.reason = high ? IB_REASON_HIGH : IB_REASON_DRAWN;
	c.group = -1;
	if (r->options.max_age > 0 && row != IB_NO_ROW && !high && is_old(r, row))
		return certain(IB_REASON_AGE);
	if (r->ngroups > 0 && known)
		use_group(r, &c);
	return c;
}

/*
 * pi is computed for all n samples before any branch depends on pi, so no branch has to wait for
 * the computation. This saves 6 % of the time per sample (tests/PERFORMANCE.md).
 */
void
ib_rule_inclusions(const struct ib_rule *r, const uint32_t *row, size_t n,
		   struct ib_inclusion *inclusion)
{
	const float *scores = r->scores ? r->scores->score.p : NULL;
	float score[IB_GROUP] = { 0 };
	double pi[IB_GROUP];
	size_t i;

	if (r->unpruned) {
		for (i = 0; i < n; i++)
			inclusion[i] = certain(r->why_unpruned);
		return;
	}
	for (i = 0; i < n; i++)
		score[i] = row[i] == IB_NO_ROW ? NAN : scores[row[i]];
	r->kind->pi(r, score, n, pi);
	for (i = 0; i < n; i++)
		inclusion[i] = inclusion_of(r, row[i], score[i], pi[i]);
}

size_t
ib_rule_row_inclusions(const struct ib_rule *r, uint64_t from,
		       struct ib_inclusion inclusion[IB_GROUP])
{
	uint64_t left = r->scores->table.n - from;
	size_t n = left < IB_GROUP ? (size_t)left : IB_GROUP, i;
	uint32_t row[IB_GROUP];

	for (i = 0; i < n; i++)
		row[i] = (uint32_t)(from + i);
	ib_rule_inclusions(r, row, n, inclusion);
	return n;
}

double
ib_rule_threshold(const struct ib_rule *r)
{
	return r->solved.threshold;
}

double
ib_rule_rate_factor(const struct ib_rule *r)
{
	return sqrt(1 / r->solved.weight_factor);
}

static bool
is_kept(const struct ib_rule *r, uint32_t row, const struct ib_inclusion *c, double u)
{
	if (c->group >= 0)
		return r->kept[row / 64] >> row % 64 & 1;
	return u < c->pi;
}

struct ib_decision
ib_rule_draw(const struct ib_rule *r, struct ib_span id, uint32_t row, const struct ib_inclusion *c)
{
	struct ib_decision d = {
		.pi = c->pi,
		.u = NAN,
		.weight = r->solved.weight_factor * c->weight,
		.reason = c->reason,
		.kept = true,
	};

	if (c->reason != IB_REASON_DRAWN)
		return d;
	d.u = ib_draw_from_bits(ib_draw_bits(r->draw_key, id.p, id.n));
	d.kept = is_kept(r, row, c, d.u);
	if (!d.kept) {
		d.reason = IB_REASON_PRUNED;
		d.weight = 0;
	}
	return d;
}

struct ib_decision
ib_rule_decide_id(const struct ib_rule *r, struct ib_span id)
{
	struct ib_inclusion c;
	uint32_t row = IB_NO_ROW;
	uint64_t found;

	if (r->scores && ib_scores_find(r->scores, id, &found))
		row = (uint32_t)found;
	c = ib_rule_inclusion(r, row);
	return ib_rule_draw(r, id, row, &c);
}

static void
write_decision(const struct ib_decisions *to, size_t i, const struct ib_decision *d)
{
	if (to->weight)
		to->weight[i] = d->weight;
	if (to->pi)
		to->pi[i] = d->pi;
	if (to->u)
		to->u[i] = d->u;
	if (to->kept)
		to->kept[i] = d->kept;
	if (to->reason)
		to->reason[i] = (uint8_t)d->reason;
}

/* Decide which of n <= IB_GROUP samples to keep. The score rows of the samples are known. */
static void
decide_rows(const struct ib_rule *r, const struct ib_span *id, const uint32_t *row, size_t n,
	    const struct ib_decisions *to, size_t from)
{
	struct ib_inclusion c[IB_GROUP];
	struct ib_decision d;
	size_t i;

	ib_rule_inclusions(r, row, n, c);
	for (i = 0; i < n; i++) {
		d = ib_rule_draw(r, id[i], row[i], &c[i]);
		write_decision(to, from + i, &d);
	}
}

void
ib_rule_find_rows(const struct ib_rule *r, const struct ib_id *id, size_t n, uint32_t *row)
{
	const struct ib_scores *s = r->scores;
	const void *touch[2];
	uint64_t at[IB_GROUP];

	if (!s) {
		memset(row, 0xff, n * sizeof(*row));
		return;
	}
	touch[0] = s->score.p;
	touch[1] = s->epoch.p;
	ib_table_group(&s->table, id, n, touch, r->options.max_age > 0 ? 2 : 1, row, at);
}

enum ib_status
ib_rule_decide(const struct ib_rule *r, const struct ib_span *id, size_t n,
	       const struct ib_decisions *decisions, struct ib_error *err)
{
	struct ib_decisions to;
	enum ib_status st = ib_sized_read(&to, sizeof(to), decisions, err);
	uint64_t seed = r->scores ? r->scores->table.seed : 0;
	struct ib_id wanted[IB_GROUP];
	uint32_t row[IB_GROUP];
	size_t i, k, group;

	for (i = 0; i < n && !st; i += group) {
		group = n - i < IB_GROUP ? n - i : IB_GROUP;
		for (k = 0; k < group; k++)
			wanted[k] = ib_id_of(id[i + k], seed);
		ib_rule_find_rows(r, wanted, group, row);
		decide_rows(r, id + i, row, group, &to, i);
	}
	return st;
}

void
ib_rule_find_numbers(const struct ib_rule *r, const uint64_t *number, const struct ib_row_id *text,
		     size_t n, uint32_t *row)
{
	struct ib_id id[IB_GROUP];
	size_t i;

	if (r->scores && !r->scores->table.range) {
		for (i = 0; i < n; i++)
			id[i] = ib_id_of(ib_row_id_span(&text[i]), r->scores->table.seed);
		ib_rule_find_rows(r, id, n, row);
		return;
	}
	for (i = 0; i < n; i++)
		row[i] = r->scores && number[i] < r->scores->table.n ? (uint32_t)number[i]
								     : IB_NO_ROW;
}

enum ib_status
ib_rule_decide_rows(const struct ib_rule *r, uint64_t first, size_t n,
		    const struct ib_decisions *decisions, struct ib_error *err)
{
	struct ib_decisions to;
	enum ib_status st = ib_sized_read(&to, sizeof(to), decisions, err);
	struct ib_row_id text[IB_GROUP], next;
	struct ib_span id[IB_GROUP];
	uint64_t number[IB_GROUP];
	uint32_t row[IB_GROUP];
	size_t i, k, at;

	if (!st && (first > IB_RANGE_MAX || n > IB_RANGE_MAX - first))
		return ib_fail(err, IB_E_MISUSE, "the rows are out of range");
	ib_row_id_set(&next, first);
	for (at = 0; at < n && !st; at += k) {
		k = n - at < IB_GROUP ? n - at : IB_GROUP;
		for (i = 0; i < k; i++, ib_row_id_next(&next)) {
			number[i] = first + at + i;
			text[i] = next;
			id[i] = ib_row_id_span(&text[i]);
		}
		ib_rule_find_numbers(r, number, text, k, row);
		decide_rows(r, id, row, k, &to, at);
	}
	return st;
}
