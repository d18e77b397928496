#define XXH_INLINE_ALL
#include "audit/replay.h"

#include <math.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/array.h"
#include "base/error.h"
#include "base/part.h"
#include "prune/rules.h"

/* ---- the rule ------------------------------------------------------------------ */

static struct ib_rule_options
options_of(const struct ib_audit_head *h)
{
	struct ib_rule_options o = h->options;

	if (!o.keep) { /* else the ratio was solved for it */
		o.ratio = h->ratio;
		o.ratio_given = true;
	}
	return o;
}

void
ib_replay_bare_rule(struct ib_rule *r, const struct ib_audit_head *h)
{
	*r = (struct ib_rule){
		.options = options_of(h), .ratio = h->ratio, .threshold = h->threshold, .c = h->c
	};
	r->kind = ib_rule_kind_of(r->options.rule);
	r->key = ib_draw_key(r->options.seed, (uint64_t)r->options.epoch);
	r->unpruned = ib_rule_is_full(&r->options, &r->why_unpruned);
	if (r->kind->cuts)
		r->thresholds = h->cuts;
	else if (r->options.rule == IB_RULE_RANDOM)
		ib_thresholds_put(&r->thresholds, INFINITY, h->ratio);
	else if (r->options.rule == IB_RULE_HARD)
		ib_thresholds_put(&r->thresholds, h->threshold, 1);
	else if (r->options.rule == IB_RULE_INFOBATCH)
		ib_thresholds_put(&r->thresholds, h->threshold, h->ratio);
}

static bool
same(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

static enum ib_status
differs(const char *what, double is, double should, struct ib_error *err)
{
	return ib_fail(err, IB_E_CHECK, "%s is %.17g, the scores give %.17g", what, is, should);
}

/* Was all that was solved solved so? */
static enum ib_status
compare_solved(const struct ib_rule *r, const struct ib_audit_head *h, struct ib_error *err)
{
	size_t i;

	if (!same(h->threshold, r->threshold))
		return differs("threshold", h->threshold, r->threshold, err);
	if (!same(h->ratio, r->ratio))
		return differs("ratio", h->ratio, r->ratio, err);
	if (!same(h->c, r->c))
		return differs("c", h->c, r->c, err);
	for (i = 0; r->kind->cuts; i++) {
		if (i == h->cuts.n && i == r->thresholds.n)
			break;
		if (i == h->cuts.n || i == r->thresholds.n || h->cuts.cut[i] != r->thresholds.cut[i] ||
		    h->cuts.share[i] != r->thresholds.share[i])
			return ib_fail(err, IB_E_CHECK,
				       "cut %zu of 'cuts' is "
				       "not what the scores give",
				       i + 1);
	}
	for (i = 0; i < h->ngroups || i < r->ngroups; i++)
		if (i >= h->ngroups || i >= r->ngroups || h->group[i].pi != r->group[i].pi ||
		    h->group[i].n != r->group[i].n || h->group[i].k != r->group[i].k)
			return ib_fail(err, IB_E_CHECK,
				       "group %zu of 'groups' "
				       "is not what the scores give",
				       i + 1);
	return IB_OK;
}

/* k of each group follows from its pi and n. */
static enum ib_status
check_groups(const struct ib_audit_head *h, struct ib_error *err)
{
	double k;
	size_t i;

	for (i = 0; i < h->ngroups; i++) {
		k = floor(h->group[i].pi * (double)h->group[i].n + 0.5);
		k = k < 1 ? 1 : k;
		if ((double)h->group[i].k != k)
			return ib_fail(err, IB_E_CHECK,
				       "group %zu keeps %llu "
				       "of %llu, with pi %.17g it is %.0f",
				       i + 1, (unsigned long long)h->group[i].k,
				       (unsigned long long)h->group[i].n, h->group[i].pi, k);
	}
	return IB_OK;
}

enum ib_status
ib_replay_begin(struct ib_replay *r, const struct ib_audit_head *head,
		const struct ib_scores *scores, struct ib_error *err)
{
	struct ib_rule_options o = options_of(head);
	enum ib_status st = IB_OK;

	*r = (struct ib_replay){ .head = head, .scores = scores };
	ib_exact_init(&r->weights);
	r->group = calloc(head->ngroups + 1, sizeof(*r->group));
	if (!r->group)
		return ib_fail_memory(err);
	st = check_groups(head, err);
	if (st)
		return st;
	ib_replay_bare_rule(&r->bare, head);
	if (!scores || head->totals[0]) {
		r->bare.scores = scores;
		return IB_OK;
	}
	st = ib_rule_prepare(&o, scores, NULL, NULL, &r->rule, err);
	if (st == IB_E_MISUSE) /* a parameter that ib-prune would not take */
		return err->code = IB_E_CHECK;
	r->solved = !st;
	return st ? st : compare_solved(r->rule, head, err);
}

/* ---- lines ------------------------------------------------------------------ */

static const struct ib_audit_group *
group_of(const struct ib_audit_head *h, double pi, size_t *at)
{
	size_t i;

	for (i = 0; i < h->ngroups; i++) {
		if (h->group[i].pi == pi) {
			*at = i;
			return &h->group[i];
		}
	}
	return NULL;
}

/* What the head and the line's own score say; *group: of fixed, or none. */
static enum ib_status
chance_of(const struct ib_replay *r, const struct ib_audit_line *line, double *pi, double *weight,
	  size_t *group, struct ib_error *err)
{
	const struct ib_audit_head *h = r->head;
	const struct ib_rule *rule = &r->bare;
	const struct ib_audit_group *g;

	*group = SIZE_MAX;
	if (rule->unpruned)
		return ib_fail(err, IB_E_CHECK,
			       "the epoch keeps everything "
			       "(%s), but there is a line",
			       ib_reason_name(rule->why_unpruned));
	if (rule->kind->needs_scores && isnan(line->score))
		return ib_fail(err, IB_E_CHECK,
			       "the score is unknown: pi is "
			       "1, but there is a line");
	rule->kind->pi(rule, &line->score, 1, pi);
	if (*pi == IB_HIGH)
		*pi = 1;
	*weight = 1 / *pi;
	if (*pi < 1 && h->options.sampling == IB_SAMPLING_FIXED && !isnan(line->score)) {
		g = group_of(h, *pi, group);
		if (!g)
			return ib_fail(err, IB_E_CHECK,
				       "there is no group of "
				       "pi %.17g",
				       *pi);
		*pi = (double)g->k / (double)g->n;
		*weight = (double)g->n / (double)g->k;
	}
	if (*pi >= 1)
		return ib_fail(err, IB_E_CHECK,
			       "score %.9g is not low: pi is "
			       "1, but there is a line",
			       (double)line->score);
	if (line->pi != *pi)
		return ib_fail(err, IB_E_CHECK, "pi is %.17g, should be %.17g", line->pi, *pi);
	return IB_OK;
}

/* The score, the age and the group, by the score file. */
static enum ib_status
check_scores(const struct ib_replay *r, const struct ib_audit_line *line, struct ib_error *err)
{
	const struct ib_scores *s = r->scores;
	float score = NAN;
	struct ib_inclusion c;
	uint64_t at;
	uint32_t row = IB_NO_ROW;

	if (ib_scores_find(s, line->id, &at)) {
		row = (uint32_t)at;
		score = ((const float *)s->score.p)[row];
	}
	if (line->score != score && !(isnan(line->score) && isnan(score)))
		return ib_fail(err, IB_E_CHECK,
			       "score is %.9g, the score file "
			       "has %.9g",
			       (double)line->score, (double)score);
	if (!r->solved)
		return IB_OK;
	c = ib_rule_inclusion(r->rule, row);
	if (c.reason != IB_REASON_DRAWN || c.pi != line->pi)
		return ib_fail(err, IB_E_CHECK,
			       "pi is %.17g, the score file "
			       "gives %.17g (%s)",
			       line->pi, c.pi, ib_reason_name(c.reason));
	if (ib_rule_keeps(r->rule, row, &c, ib_draw_u(r->rule->key, line->id)) != line->kept)
		return ib_fail(err, IB_E_CHECK,
			       "kept is %s, the score file "
			       "gives %s",
			       line->kept ? "true" : "false", line->kept ? "false" : "true");
	return IB_OK;
}

static int
compare_draws(uint64_t a, struct ib_span x, uint64_t b, struct ib_span y)
{
	if (a != b)
		return a < b ? -1 : 1;
	return ib_span_compare(x, y);
}

/* Of a fixed group: the edge between the kept and the pruned. */
static bool
see_draw(struct ib_replay_group *g, const struct ib_audit_line *line, uint64_t bits)
{
	struct ib_bytes *id = line->kept ? &g->last_id : &g->first_id;
	uint64_t *edge = line->kept ? &g->last_kept : &g->first_pruned;
	uint64_t *count = line->kept ? &g->kept : &g->pruned;
	int c = *count == 0 ? 0 : compare_draws(bits, line->id, *edge, ib_bytes_span(id));

	if ((*count)++ == 0 || (line->kept ? c > 0 : c < 0)) {
		*edge = bits;
		id->n = 0;
		ib_bytes_put(id, line->id.p, line->id.n);
	}
	return !id->failed;
}

static bool
see_id(struct ib_replay *r, uint64_t hash)
{
	uint64_t cap, *seen;

	if (r->head->duplicates_keep)
		return true;
	if (r->nseen == r->seen_cap) {
		cap = r->seen_cap ? 2 * r->seen_cap : 1 << 16;
		seen = ib_array_resize(r->seen, cap, sizeof(*seen));
		if (!seen)
			return false;
		r->seen = seen;
		r->seen_cap = cap;
	}
	r->seen[r->nseen++] = hash;
	return true;
}

static void
count(struct ib_replay *r, bool kept, double weight)
{
	if (!kept) {
		r->pruned++;
		return;
	}
	r->kept++;
	if (weight != r->weight && r->same > 0) {
		ib_exact_add_times(&r->weights, r->weight, r->same);
		r->same = 0;
	}
	r->weight = weight;
	r->same++;
}

enum ib_status
ib_replay_line(struct ib_replay *r, const struct ib_audit_line *line, struct ib_error *err)
{
	const struct ib_part *part = &r->head->part;
	uint64_t hash = XXH3_64bits_withSeed(line->id.p, line->id.n, r->bare.key);
	double u = (double)(hash >> 11) * 0x1p-53, pi = 1, weight = 1;
	enum ib_status st;
	size_t group;

	st = chance_of(r, line, &pi, &weight, &group, err);
	if (st)
		return st;
	if (group == SIZE_MAX && line->kept != (u < pi))
		return ib_fail(err, IB_E_CHECK,
			       "kept is %s, but u %.17g is "
			       "%sbelow pi %.17g",
			       line->kept ? "true" : "false", u, u < pi ? "" : "not ", pi);
	if (group != SIZE_MAX && !see_draw(&r->group[group], line, hash >> 11))
		return ib_fail_memory(err);
	if (part->count > 0 && ib_part_of(line->id, part->count) != part->index)
		return ib_fail(err, IB_E_CHECK,
			       "it is of another part than "
			       "%llu/%llu",
			       (unsigned long long)part->index, (unsigned long long)part->count);
	if (r->scores) {
		st = check_scores(r, line, err);
		if (st)
			return st;
	}
	count(r, line->kept, weight);
	return see_id(r, hash) ? IB_OK : ib_fail_memory(err);
}

/* ---- the end ---------------------------------------------------------------- */

/* Just the smallest (u, id) of a group's lines are kept, k of all n. */
static enum ib_status
check_group(const struct ib_replay *r, size_t i, struct ib_error *err)
{
	const struct ib_audit_group *h = &r->head->group[i];
	const struct ib_replay_group *g = &r->group[i];
	bool all = g->kept + g->pruned == h->n && !r->head->duplicates_keep;
	char show[IB_SHOW_MAX];

	if (g->kept > 0 && g->pruned > 0 &&
	    compare_draws(g->last_kept, ib_bytes_span(&g->last_id), g->first_pruned,
			  ib_bytes_span(&g->first_id)) > 0)
		return ib_fail(err, IB_E_CHECK,
			       "group %zu: %s is kept, though "
			       "one with a smaller u is pruned",
			       i + 1, ib_show(show, ib_bytes_span(&g->last_id)));
	if (r->head->duplicates_keep)
		return IB_OK;
	if (g->kept > h->k || g->pruned > h->n - h->k || (all && g->kept != h->k))
		return ib_fail(err, IB_E_CHECK,
			       "group %zu: %llu of its lines "
			       "are kept and %llu pruned, it keeps %llu of %llu",
			       i + 1, (unsigned long long)g->kept, (unsigned long long)g->pruned,
			       (unsigned long long)h->k, (unsigned long long)h->n);
	return IB_OK;
}

static enum ib_status
check_tail(struct ib_replay *r, const struct ib_audit_tail *t, struct ib_error *err)
{
	double sum;

	if (t->epoch != r->head->options.epoch)
		return ib_fail(err, IB_E_CHECK, "the tail is of epoch %lld", (long long)t->epoch);
	if (t->pruned != r->pruned)
		return ib_fail(err, IB_E_CHECK,
			       "pruned is %llu, there are "
			       "%llu such lines",
			       (unsigned long long)t->pruned, (unsigned long long)r->pruned);
	if (t->samples - t->pruned != t->kept || t->samples < t->pruned)
		return ib_fail(err, IB_E_CHECK,
			       "%llu samples less %llu pruned "
			       "are not %llu kept",
			       (unsigned long long)t->samples, (unsigned long long)t->pruned,
			       (unsigned long long)t->kept);
	if (t->kept < r->kept)
		return ib_fail(err, IB_E_CHECK,
			       "kept is %llu, there are %llu "
			       "such lines",
			       (unsigned long long)t->kept, (unsigned long long)r->kept);
	ib_exact_add_times(&r->weights, r->weight, r->same);
	r->same = 0;
	ib_exact_add_times(&r->weights, 1, t->kept - r->kept);
	sum = ib_exact_round(&r->weights);
	if (sum != t->weight_sum)
		return ib_fail(err, IB_E_CHECK,
			       "weight_sum is %.17g, the "
			       "lines give %.17g",
			       t->weight_sum, sum);
	return IB_OK;
}

/* Sort by eleven bits at a time; the result is in a or in b. */
static uint64_t *
sort(uint64_t *a, uint64_t *b, uint64_t n)
{
	uint64_t at[2048], i, sum, c, *swap;
	unsigned shift;
	size_t bin;

	for (shift = 0; shift < 64; shift += 11) {
		memset(at, 0, sizeof(at));
		for (i = 0; i < n; i++)
			at[a[i] >> shift & 2047]++;
		for (sum = bin = 0; bin < 2048; bin++) {
			c = at[bin];
			at[bin] = sum;
			sum += c;
		}
		for (i = 0; i < n; i++)
			b[at[a[i] >> shift & 2047]++] = a[i];
		swap = a;
		a = b;
		b = swap;
	}
	return a;
}

static enum ib_status
find_twice(struct ib_replay *r, uint64_t *twice, struct ib_error *err)
{
	uint64_t *room = ib_array(r->nseen + 1, sizeof(*room)), *v, i;

	*twice = 0;
	if (!room)
		return ib_fail_memory(err);
	v = sort(r->seen, room, r->nseen);
	for (i = 1; i < r->nseen && *twice == 0; i++)
		if (v[i] == v[i - 1])
			*twice = v[i];
	free(room);
	return IB_OK;
}

enum ib_status
ib_replay_end(struct ib_replay *r, const struct ib_audit_tail *tail, uint64_t *twice,
	      struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	*twice = 0;
	if (r->nseen > 1)
		st = find_twice(r, twice, err);
	if (st || *twice)
		return st;
	for (i = 0; i < r->head->ngroups && !st; i++)
		st = check_group(r, i, err);
	return st ? st : check_tail(r, tail, err);
}

void
ib_replay_release(struct ib_replay *r)
{
	size_t i;

	for (i = 0; r->group && i < r->head->ngroups; i++) {
		ib_bytes_release(&r->group[i].last_id);
		ib_bytes_release(&r->group[i].first_id);
	}
	free(r->group);
	free(r->seen);
	ib_rule_free(r->rule);
	*r = (struct ib_replay){ 0 };
}
