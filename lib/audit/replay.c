/* Recompute the decisions of a run, and compare the decisions with the lines of the audit log. */
#define XXH_INLINE_ALL
#include "audit/replay.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/part.h"
#include "base/sort.h"
#include "prune/draw.h"
#include "prune/params.h"
#include "prune/rules.h"

/* ---- the rule ------------------------------------------------------------------ */

static struct ib_rule_options
options_of(const struct ib_run_header *h)
{
	struct ib_rule_options o = h->options;

	if (!o.keep) { /* --keep: do not copy the ratio, but compute it from the scores */
		o.ratio = h->solved.ratio;
		o.ratio_given = true;
	}
	return o;
}

void
ib_replay_bare_rule(struct ib_rule *r, const struct ib_run_header *h)
{
	*r = (struct ib_rule){ .options = options_of(h), .solved = h->solved };
	r->kind = ib_rule_kind_of(r->options.rule);
	r->draw_key = ib_draw_key(r->options.seed, (uint64_t)r->options.epoch);
	r->unpruned = ib_rule_epoch_is_unpruned(&r->options, &r->why_unpruned);
	if (r->kind->lists_thresholds)
		r->thresholds = h->thresholds;
	else
		ib_thresholds_add(&r->thresholds,
				  r->kind->needs_scores ? h->solved.threshold : INFINITY,
				  r->kind->has_ratio ? h->solved.ratio : 1);
}

static bool
equal_or_nan(double a, double b)
{
	return a == b || (isnan(a) && isnan(b));
}

/*
 * Compare the computed numbers in the header, such as the threshold, with the numbers that the
 * scores give.
 */
static enum ib_status
compare_numbers(const struct ib_rule *r, const struct ib_run_header *h, struct ib_error *err)
{
	size_t n;
	const struct ib_param *p = ib_params(&n);
	double is, should;

	for (; n > 0; n--, p++) {
		if (p->kind != IB_PARAM_SOLVED)
			continue;
		is = *ib_param_solved(p, &h->solved);
		should = *ib_param_solved(p, &r->solved);
		if (!equal_or_nan(is, should))
			return ib_fail(err, IB_E_CHECK, "%s is %.17g, but the scores give %.17g",
				       p->member, is, should);
	}
	return IB_OK;
}

/*
 * Compare all values in the header that depend on the scores with the values computed from the
 * scores.
 */
static enum ib_status
compare_solved(const struct ib_rule *r, const struct ib_run_header *h, struct ib_error *err)
{
	enum ib_status st = compare_numbers(r, h, err);
	size_t i;

	if (st)
		return st;
	for (i = 0; r->kind->lists_thresholds; i++) {
		if (i == h->thresholds.n && i == r->thresholds.n)
			break;
		if (i == h->thresholds.n || i == r->thresholds.n ||
		    h->thresholds.threshold[i] != r->thresholds.threshold[i] ||
		    h->thresholds.prune_fraction[i] != r->thresholds.prune_fraction[i])
			return ib_fail(
				err, IB_E_CHECK,
				"entry %zu of 'cuts' differs from the value that the scores give",
				i + 1);
	}
	for (i = 0; i < h->ngroups || i < r->ngroups; i++)
		if (i >= h->ngroups || i >= r->ngroups || h->group[i].pi != r->group[i].pi ||
		    h->group[i].n != r->group[i].n || h->group[i].k != r->group[i].k)
			return ib_fail(
				err, IB_E_CHECK,
				"entry %zu of 'groups' differs from the value that the scores give",
				i + 1);
	return IB_OK;
}

/* Check that each group in the header keeps k = pi * n samples, rounded, but at least 1. */
static enum ib_status
check_groups(const struct ib_run_header *h, struct ib_error *err)
{
	double k;
	size_t i;

	for (i = 0; i < h->ngroups; i++) {
		k = floor(h->group[i].pi * (double)h->group[i].n + 0.5);
		k = k < 1 ? 1 : k;
		if ((double)h->group[i].k != k)
			return ib_fail(err, IB_E_CHECK,
				       "entry %zu of 'groups' keeps %llu of %llu samples, but "
				       "pi %.17g requires %.0f",
				       i + 1, (unsigned long long)h->group[i].k,
				       (unsigned long long)h->group[i].n, h->group[i].pi, k);
	}
	return IB_OK;
}

enum ib_status
ib_replay_begin(struct ib_replay *r, const struct ib_run_header *head,
		const struct ib_scores *scores, struct ib_error *err)
{
	struct ib_rule_options o = options_of(head);
	enum ib_status st = IB_OK;

	*r = (struct ib_replay){ .head = head, .scores = scores };
	ib_run_stats_init(&r->stats);
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
	if (st == IB_E_MISUSE) /* the header is invalid, because ib-prune refuses this parameter */
		return err->code = IB_E_CHECK;
	r->prepared = !st;
	return st ? st : compare_solved(r->rule, head, err);
}

/* ---- lines ------------------------------------------------------------------ */

/* Return the index of the group that has this pi. Returns -1 if no group has it. */
static int
group_of(const struct ib_run_header *h, double pi)
{
	size_t i;

	for (i = 0; i < h->ngroups; i++)
		if (h->group[i].pi == pi)
			return (int)i;
	return -1;
}

/*
 * Compute pi from the header and the score in the line, and compare the result with pi in the line.
 * With --sampling=fixed, sets *group to the index of the sample's group. Without --sampling=fixed,
 * or if the sample is in no group, sets *group to -1.
 */
static enum ib_status
check_pi(const struct ib_replay *r, const struct ib_audit_line *line, int *group,
	 struct ib_error *err)
{
	const struct ib_run_header *h = r->head;
	const struct ib_rule *rule = &r->bare;
	double pi;

	*group = -1;
	if (rule->unpruned)
		return ib_fail(
			err, IB_E_CHECK,
			"there is a line for this sample, but the epoch keeps every sample (%s)",
			ib_reason_name(rule->why_unpruned));
	if (rule->kind->needs_scores && isnan(line->score))
		return ib_fail(err, IB_E_CHECK,
			       "the score is unknown, so pi is 1; but only samples with pi < 1 "
			       "have a line");
	rule->kind->pi(rule, &line->score, 1, &pi);
	if (pi < 1 && h->options.sampling == IB_SAMPLING_FIXED && !isnan(line->score)) {
		*group = group_of(h, pi);
		if (*group < 0)
			return ib_fail(err, IB_E_CHECK,
				       "no entry of 'groups' in the run header has pi %.17g", pi);
		pi = h->group[*group].fraction;
	}
	if (pi >= 1) /* pi is IB_PI_HIGH, or pi is 1 because the group keeps all samples */
		return ib_fail(err, IB_E_CHECK,
			       "the score %.9g is not below the threshold, so pi is 1, and the log "
			       "should not have a line for this sample",
			       (double)line->score);
	if (line->pi != pi)
		return ib_fail(err, IB_E_CHECK, "pi is %.17g, expected %.17g", line->pi, pi);
	return IB_OK;
}

/* Compare the score, pi and decision of a line with the values from the score file. */
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
		return ib_fail(err, IB_E_CHECK, "the score is %.9g, but the score file has %.9g",
			       (double)line->score, (double)score);
	if (!r->prepared)
		return IB_OK;
	c = ib_rule_inclusion(r->rule, row);
	if (c.reason != IB_REASON_DRAWN || c.pi != line->pi)
		return ib_fail(err, IB_E_CHECK, "pi is %.17g, but the score file gives %.17g (%s)",
			       line->pi, c.pi, ib_reason_name(c.reason));
	if (ib_rule_draw(r->rule, line->id, row, &c).kept != line->kept)
		return ib_fail(err, IB_E_CHECK,
			       "the line says that the sample is %s, but according to the score "
			       "file it is %s",
			       line->kept ? "kept" : "pruned", line->kept ? "pruned" : "kept");
	return IB_OK;
}

static int
compare_draws(uint64_t a, struct ib_span x, uint64_t b, struct ib_span y)
{
	if (a != b)
		return a < b ? -1 : 1;
	return ib_span_compare(x, y);
}

/*
 * Add a line to its group. `bits` is the u of the sample as an integer. Returns false if out of
 * memory.
 */
static bool
add_draw(struct ib_replay_group *g, const struct ib_audit_line *line, uint64_t bits)
{
	struct ib_bytes *id = line->kept ? &g->last_id : &g->first_id;
	uint64_t *edge = line->kept ? &g->last_kept : &g->first_pruned;
	uint64_t *count = line->kept ? &g->kept : &g->pruned;
	int c = *count == 0 ? 0 : compare_draws(bits, line->id, *edge, ib_bytes_span(id));

	if ((*count)++ == 0 || (line->kept ? c > 0 : c < 0)) {
		*edge = bits;
		id->n = 0;
		ib_bytes_append(id, line->id.p, line->id.n);
	}
	return !id->failed;
}

static bool
add_id(struct ib_replay *r, uint64_t hash)
{
	if (r->head->allows_duplicates)
		return true;
	if (!ib_array_reserve(&r->id_hash, &r->hashes_cap, r->nhashes + 1, sizeof(*r->id_hash)))
		return false;
	r->id_hash[r->nhashes++] = hash;
	return true;
}

enum ib_status
ib_replay_line(struct ib_replay *r, const struct ib_audit_line *line, struct ib_error *err)
{
	const struct ib_part *part = &r->head->part;
	uint64_t hash = XXH3_64bits_withSeed(line->id.p, line->id.n, r->bare.draw_key);
	double u = ib_draw_from_bits(hash >> 11);
	char text[IB_PART_TEXT_MAX];
	enum ib_status st;
	int group;

	st = check_pi(r, line, &group, err);
	if (st)
		return st;
	if (group < 0 && line->kept != (u < line->pi))
		return ib_fail(
			err, IB_E_CHECK,
			"the line says that the sample is %s, but u %.17g is %sbelow pi %.17g",
			line->kept ? "kept" : "pruned", u, u < line->pi ? "" : "not ", line->pi);
	if (group >= 0 && !add_draw(&r->group[group], line, hash >> 11))
		return ib_fail_memory(err);
	if (part->count > 0 && ib_part_of(line->id, part->count) != part->index)
		return ib_fail(err, IB_E_CHECK, "the id is not in partition %s",
			       ib_part_text(text, part));
	if (r->scores) {
		st = check_scores(r, line, err);
		if (st)
			return st;
	}
	ib_run_stats_count(&r->stats, line->pi, group, line->kept);
	return add_id(r, hash) ? IB_OK : ib_fail_memory(err);
}

/* ---- the end ---------------------------------------------------------------- */

/* Check that, of the n samples in group i, the run kept the k samples with the smallest (u, id). */
static enum ib_status
check_group(const struct ib_replay *r, size_t i, struct ib_error *err)
{
	const struct ib_fixed_group *h = &r->head->group[i];
	const struct ib_replay_group *g = &r->group[i];
	bool all = g->kept + g->pruned == h->n && !r->head->allows_duplicates;
	char show[IB_SHOW_MAX];

	if (g->kept > 0 && g->pruned > 0 &&
	    compare_draws(g->last_kept, ib_bytes_span(&g->last_id), g->first_pruned,
			  ib_bytes_span(&g->first_id)) > 0)
		return ib_fail(err, IB_E_CHECK,
			       "entry %zu of 'groups': %s is kept, but a sample with a smaller u "
			       "is pruned",
			       i + 1, ib_show(show, ib_bytes_span(&g->last_id)));
	if (r->head->allows_duplicates)
		return IB_OK;
	if (g->kept > h->k || g->pruned > h->n - h->k || (all && g->kept != h->k))
		return ib_fail(err, IB_E_CHECK,
			       "entry %zu of 'groups': the lines have %llu kept and %llu pruned "
			       "samples, but the header says that %llu of %llu are kept",
			       i + 1, (unsigned long long)g->kept, (unsigned long long)g->pruned,
			       (unsigned long long)h->k, (unsigned long long)h->n);
	return IB_OK;
}

static enum ib_status
check_footer(struct ib_replay *r, const struct ib_audit_footer *t, struct ib_error *err)
{
	struct ib_run_stats *s = &r->stats;
	uint64_t pruned = s->samples - s->kept;
	double sum;

	if (t->epoch != r->head->options.epoch)
		return ib_fail(err, IB_E_CHECK,
			       "the run footer has epoch %lld, but the header has %lld",
			       (long long)t->epoch, (long long)r->head->options.epoch);
	if (t->pruned != pruned)
		return ib_fail(err, IB_E_CHECK,
			       "the footer's 'pruned' is %llu, but the lines give %llu",
			       (unsigned long long)t->pruned, (unsigned long long)pruned);
	if (t->samples - t->pruned != t->kept || t->samples < t->pruned)
		return ib_fail(err, IB_E_CHECK,
			       "in the footer, %llu samples minus %llu pruned is not %llu kept",
			       (unsigned long long)t->samples, (unsigned long long)t->pruned,
			       (unsigned long long)t->kept);
	if (t->kept < s->kept)
		return ib_fail(
			err, IB_E_CHECK,
			"the footer's 'kept' is %llu, but the log has %llu lines of kept samples",
			(unsigned long long)t->kept, (unsigned long long)s->kept);
	ib_run_stats_finish(s, r->head->group, r->head->ngroups);
	/* A kept sample without a line has the weight 1. */
	ib_exact_add_times(&s->weight_sum, 1, t->kept - s->kept);
	sum = ib_exact_round(&s->weight_sum);
	if (sum != t->weight_sum)
		return ib_fail(err, IB_E_CHECK,
			       "the footer's 'weight_sum' is %.17g, but the lines give %.17g",
			       t->weight_sum, sum);
	return IB_OK;
}

static enum ib_status
find_duplicate(struct ib_replay *r, uint64_t *duplicate, struct ib_error *err)
{
	uint64_t *room = ib_array(r->nhashes + 1, sizeof(*room)), *v, i;

	*duplicate = 0;
	if (!room)
		return ib_fail_memory(err);
	v = ib_sort_u64(r->id_hash, room, r->nhashes);
	for (i = 1; i < r->nhashes && *duplicate == 0; i++)
		if (v[i] == v[i - 1])
			*duplicate = v[i];
	free(room);
	return IB_OK;
}

enum ib_status
ib_replay_end(struct ib_replay *r, const struct ib_audit_footer *footer, uint64_t *duplicate,
	      struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	*duplicate = 0;
	if (r->nhashes > 1)
		st = find_duplicate(r, duplicate, err);
	if (st || *duplicate)
		return st;
	for (i = 0; i < r->head->ngroups && !st; i++)
		st = check_group(r, i, err);
	return st ? st : check_footer(r, footer, err);
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
	free(r->id_hash);
	ib_rule_free(r->rule);
	*r = (struct ib_replay){ 0 };
}
