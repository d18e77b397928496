/* Find the reason why a sample has no line in a run. */
#define XXH_INLINE_ALL
#include <math.h>
#include <string.h>
#include <xxhash.h>

#include "audit/replay.h"
#include "audit/show.h"
#include "base/part.h"

/*
 * Return the reason why a sample with this score was kept without a draw. Returns NULL if the score
 * makes the sample eligible. An eligible sample that has no line was not in the manifest.
 */
static const char *
explain_score(const struct ib_rule *rule, const struct ib_row *row)
{
	const struct ib_rule_options *o = &rule->options;
	double pi;

	if (isnan(row->score))
		return ib_reason_name(IB_REASON_NONFINITE);
	rule->kind->pi(rule, &row->score, 1, &pi);
	if (pi == IB_PI_HIGH)
		return ib_reason_name(IB_REASON_HIGH);
	if (o->max_age > 0 && o->epoch - row->epoch >= o->max_age)
		return ib_reason_name(IB_REASON_AGE);
	return pi == 1 ? "pi 1" : NULL;
}

/* True if `run` is followed in the log by a finished run of the same or an earlier epoch. */
static bool
is_rolled_back(const struct ib_audit_log *log, const struct ib_audit_run *run)
{
	const struct ib_audit_run *last;

	last = ib_audit_log_run(log, ib_audit_log_count(log) - 1);
	for (; last > run; last--)
		if (last->finished && last->head.options.epoch <= run->head.options.epoch)
			return true;
	return false;
}

/*
 * Find the reason from the number of visits, because the score file no longer has the score that
 * the run used. The function counts the epochs in which the sample was not pruned. If this count
 * equals the number of visits, the sample was new in the first of these epochs, and had a score in
 * the others. With -e the count is unknown, because not every epoch is read.
 */
static const char *
explain_by_visits(const struct ib_show *s, const struct ib_audit_run *run, uint32_t at,
		  const struct ib_row *row)
{
	const struct ib_audit_run *r, *first = NULL;
	const struct ib_show_line *f;
	uint64_t kept = 0;
	size_t i;

	for (i = 0; i < s->nepochs; i++) {
		r = ib_audit_log_epoch(s->log, i);
		f = &s->line[i * s->ids.n + at];
		if (r->head.options.epoch > row->epoch || (f->exists && !f->kept))
			continue;
		kept++;
		first = first ? first : r;
	}
	if (s->options->epoch != IB_NO_EPOCH || row->visits != kept)
		return "high or unseen";
	if (run == first)
		return ib_reason_name(IB_REASON_UNSEEN);
	return run->head.options.max_age > 0 ? "high or age" : ib_reason_name(IB_REASON_HIGH);
}

/*
 * Find the reason from the score file. If the run read this same file, the file contains the score
 * that the run used. If the run read an earlier version of the file, the file still contains this
 * score, unless the sample was visited in or after the epoch of the run. After a rollback of the
 * training to an earlier epoch, the score that the run used is unknown.
 */
static const char *
explain_by_scores(const struct ib_show *s, const struct ib_rule *rule,
		  const struct ib_audit_run *run, uint32_t at)
{
	const struct ib_run_header *h = &run->head;
	const char *unseen = ib_reason_name(IB_REASON_UNSEEN);
	struct ib_row row;
	uint64_t found;

	if (!ib_scores_find(s->scores, ib_table_id(&s->ids, at), &found))
		return unseen;
	row = ib_scores_row(s->scores, found);
	if (strcmp(h->scores, s->digest) == 0)
		return explain_score(rule, &row);
	if (is_rolled_back(s->log, run))
		return "high or unseen";
	if (row.epoch < h->options.epoch)
		return explain_score(rule, &row);
	return row.visits == 1 ? unseen : explain_by_visits(s, run, at, &row);
}

const char *
ib_show_explain(const struct ib_show *s, const struct ib_audit_run *run, uint32_t at, bool *kept)
{
	struct ib_span id = ib_table_id(&s->ids, at);
	const struct ib_run_header *h = &run->head;
	const char *why = NULL;
	struct ib_rule rule;

	*kept = false;
	if (!ib_part_has_hash(&h->part, XXH3_64bits(id.p, id.n)))
		return "in another partition";
	ib_replay_bare_rule(&rule, h);
	if (rule.unpruned)
		why = ib_reason_name(rule.why_unpruned);
	else if (!rule.kind->needs_scores)
		why = h->solved.ratio == 0 ? "pi 1" : NULL;
	else if (!h->scores[0])
		why = ib_reason_name(IB_REASON_UNSEEN);
	else if (s->scores)
		why = explain_by_scores(s, &rule, run, at);
	else
		why = "high or unseen";
	*kept = why != NULL;
	return why ? why : "not in the manifest";
}
