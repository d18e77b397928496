/* Say in one sentence what happened to a sample, and why. */
#include <math.h>
#include <string.h>

#include "audit/show.h"
#include "audit/text.h"
#include "prune/rules.h"

#define RANGES_MAX 10 /* a list with more ranges of epochs than this is summarized */

/*
 * A set of rows: all rows with the outcome `outcome` and, unless `why` is NULL, the reason `why`.
 */
struct row_set {
	enum ib_outcome outcome;
	const char *why;
};

static bool
is_in_set(const struct ib_show_row *row, struct row_set k)
{
	return row->outcome == k.outcome && (!k.why || !strcmp(row->why, k.why));
}

static size_t
count_rows(const struct ib_show_row *row, size_t n, struct row_set k)
{
	size_t i, found = 0;

	for (i = 0; i < n; i++)
		found += is_in_set(&row[i], k);
	return found;
}

/* ---- lists of epochs -------------------------------------------------------------- */

/*
 * Append the epochs of the rows in the set k as a list such as "2, 5 and 7 to 9". A range such as
 * "7 to 9" consists of rows that follow each other in row[]. Returns the number of list items (3
 * in the example). If `to` is NULL, the items are only counted; otherwise nranges must be their
 * number.
 */
static size_t
write_ranges(struct ib_bytes *to, const struct ib_show_row *row, size_t n, struct row_set k,
	     size_t nranges)
{
	size_t i, end, part = 0;

	for (i = 0; i < n; i = end) {
		for (end = i; end < n && is_in_set(&row[end], k); end++)
			;
		if (end - i < 3) /* "2 and 3" is clearer than "2 to 3" */
			end = i + 1;
		if (!is_in_set(&row[i], k))
			continue;
		if (to)
			ib_bytes_printf(to, "%s%lld", ib_list_separator(part, nranges, " and "),
					(long long)row[i].head->options.epoch);
		part++;
		if (to && end - i > 1)
			ib_bytes_printf(to, " to %lld",
					(long long)row[end - 1].head->options.epoch);
	}
	return part;
}

/* Append " in epoch 4", " in epochs 2, 5 and 9", or " in 96 epochs from 2 to 290". */
static void
write_epochs(struct ib_bytes *to, const struct ib_show_row *row, size_t n, struct row_set k)
{
	size_t all = count_rows(row, n, k), nranges = write_ranges(NULL, row, n, k, 0), first = 0,
	       last = n;

	if (nranges <= RANGES_MAX) {
		ib_bytes_printf(to, " in epoch%s ", all == 1 ? "" : "s");
		write_ranges(to, row, n, k, nranges);
		return;
	}
	while (!is_in_set(&row[first], k))
		first++;
	while (!is_in_set(&row[last - 1], k))
		last--;
	ib_bytes_printf(to, " in %zu epochs from %lld to %lld", all,
			(long long)row[first].head->options.epoch,
			(long long)row[last - 1].head->options.epoch);
}

/* ---- parts of the sentence --------------------------------------------------------- */

/*
 * Append the reason why the rule of a run could prune the sample, such as "its score was below 2".
 */
static void
write_cause(struct ib_bytes *to, const struct ib_rule_options *o)
{
	const char *cause = ib_rule_kind_of(o->rule)->cause, *t = o->threshold;

	if (cause)
		ib_bytes_printf(to, "%s", cause);
	else if (!t || !strcmp(t, "mean") || !strcmp(t, "median"))
		ib_bytes_printf(to, "its score was below the %s of the scores", t ? t : "mean");
	else if (*t == 'q')
		ib_bytes_printf(to, "its score was below the %s quantile of the scores", t + 1);
	else
		ib_bytes_printf(to, "its score was below %s", t + 1);
}

/*
 * If all pruned rows have the same cause (see write_cause()), return the first pruned row. Returns
 * NULL if the causes differ, or if no row is pruned.
 */
static const struct ib_show_row *
common_cause(const struct ib_show_row *row, size_t n)
{
	const struct ib_show_row *first = NULL;
	const struct ib_rule_options *a, *b;
	size_t i;

	for (i = 0; i < n; i++) {
		if (row[i].outcome != IB_OUTCOME_PRUNED)
			continue;
		first = first ? first : &row[i];
		a = &first->head->options;
		b = &row[i].head->options;
		if (a->rule != b->rule || strcmp(a->threshold ? a->threshold : "mean",
						 b->threshold ? b->threshold : "mean") != 0)
			return NULL;
	}
	return first;
}

/* True if a run that pruned the sample used --sampling fixed, which does not compare u with pi. */
static bool
is_pruned_by_group(const struct ib_show_row *row, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (row[i].outcome == IB_OUTCOME_PRUNED &&
		    row[i].head->options.sampling == IB_SAMPLING_FIXED)
			return true;
	return false;
}

static void
write_pruned(struct ib_bytes *to, const struct ib_show_row *row, size_t n)
{
	const struct ib_show_row *cause = common_cause(row, n);

	ib_bytes_printf(to, "was pruned");
	write_epochs(to, row, n, (struct row_set){ IB_OUTCOME_PRUNED, NULL });
	ib_bytes_printf(to, ": ");
	if (cause)
		write_cause(to, &cause->head->options);
	else
		ib_bytes_printf(to, "the rule made the sample eligible");
	ib_bytes_printf(to, "%s",
			is_pruned_by_group(row, n) ? ", and the draw did not keep the sample"
						   : ", and u was not below pi");
}

static void
write_drawn(struct ib_bytes *to, const struct ib_show_row *row, size_t n)
{
	double least = INFINITY, most = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (row[i].outcome != IB_OUTCOME_DRAWN)
			continue;
		least = row[i].weight < least ? row[i].weight : least;
		most = row[i].weight > most ? row[i].weight : most;
	}
	ib_bytes_printf(to, "kept by its draw with ");
	if (most > least)
		ib_bytes_printf(to, "weights %.4g to %.4g", least, most);
	else
		ib_bytes_printf(to, "weight %.4g", most);
	write_epochs(to, row, n, (struct row_set){ IB_OUTCOME_DRAWN, NULL });
}

/*
 * Append the reasons of all rows with the given outcome, for example "unseen in epoch 0, high in
 * epochs 1 to 9".
 */
static void
write_reasons(struct ib_bytes *to, const struct ib_show_row *row, size_t n, enum ib_outcome outcome)
{
	size_t i, j, part = 0;

	for (i = 0; i < n; i++) {
		struct row_set k = { outcome, row[i].why };

		if (row[i].outcome != outcome)
			continue;
		for (j = 0; j < i && !is_in_set(&row[j], k); j++)
			;
		if (j < i) /* this reason is already in the sentence */
			continue;
		ib_bytes_printf(to, "%s%s", part++ > 0 ? ", " : "", k.why);
		write_epochs(to, row, n, k);
	}
}

static void
write_kept(struct ib_bytes *to, const struct ib_show_row *row, size_t n, size_t kept, bool eligible)
{
	if (kept < n && !eligible)
		ib_bytes_printf(to, "was never eligible for pruning: kept in %zu of %zu epochs (",
				kept, n);
	else if (kept < n)
		ib_bytes_printf(to, "not eligible in the other %zu epoch%s (", kept,
				kept == 1 ? "" : "s");
	else if (n > 1)
		ib_bytes_printf(to, "was never eligible for pruning: kept in all %zu epochs (", n);
	else
		ib_bytes_printf(to, "was not eligible for pruning: kept (");
	write_reasons(to, row, n, IB_OUTCOME_KEPT);
	ib_bytes_append_char(to, ')');
}

/* Begin the sentence about an id that the log does not have, and that might not exist. */
static void
write_doubt(const struct ib_show *s, struct ib_bytes *to)
{
	ib_bytes_printf(to, "is not in ");
	if (s->options->epoch != IB_NO_EPOCH)
		ib_bytes_printf(to, "epoch %lld of ", (long long)s->options->epoch);
	ib_bytes_printf(to, "the log; either the sample ");
}

static void
write_current_score(const struct ib_show *s, struct ib_span id, struct ib_bytes *to)
{
	struct ib_row row;
	uint64_t at;

	if (!s->scores || !ib_scores_find(s->scores, id, &at))
		return;
	row = ib_scores_row(s->scores, at);
	if (isnan(row.score))
		ib_bytes_printf(to, "; its score is now unknown");
	else
		ib_bytes_printf(to, "; its score is now %.4g", (double)row.score);
	ib_bytes_printf(to, " (epoch %lld, %llu visit%s)", (long long)row.epoch,
			(unsigned long long)row.visits, row.visits == 1 ? "" : "s");
}

static void
write_no_run(const struct ib_show *s, struct ib_bytes *to)
{
	ib_bytes_printf(to, "has no decision: the log has no finished run");
	if (s->options->epoch != IB_NO_EPOCH)
		ib_bytes_printf(to, " of epoch %lld", (long long)s->options->epoch);
}

/* Append an id, shortened to `width` columns unless width is 0. */
static void
write_id(const struct ib_show *s, struct ib_span id, size_t width, struct ib_bytes *to)
{
	struct ib_bytes name = { 0 };

	ib_write_text(&name, id);
	if (width > 0)
		ib_write_shortened(to, ib_bytes_span(&name), width, s->options->utf8);
	else
		ib_bytes_append(to, name.p, name.n);
	to->failed |= name.failed;
	ib_bytes_release(&name);
}

void
ib_show_write_outcomes(const struct ib_show *s, uint32_t at, const struct ib_show_row *row,
		       size_t n, struct ib_bytes *out)
{
	size_t pruned = count_rows(row, n, (struct row_set){ IB_OUTCOME_PRUNED, NULL });
	size_t drawn = count_rows(row, n, (struct row_set){ IB_OUTCOME_DRAWN, NULL });
	size_t kept = count_rows(row, n, (struct row_set){ IB_OUTCOME_KEPT, NULL });
	bool doubtful = kept > 0 && !s->known[at] && !ib_show_is_checked(s);

	if (pruned > 0)
		write_pruned(out, row, n);
	if (drawn > 0) {
		ib_bytes_printf(out, "%s",
				pruned > 0			   ? "; "
				: s->options->epoch == IB_NO_EPOCH ? "was never pruned: "
								   : "was not pruned: ");
		write_drawn(out, row, n);
	}
	if (doubtful)
		write_doubt(s, out);
	if (kept > 0) {
		ib_bytes_printf(out, pruned + drawn > 0 ? "; " : "");
		write_kept(out, row, n, kept, pruned + drawn > 0);
	}
	if (pruned + drawn + kept < n) {
		ib_bytes_printf(out, pruned + drawn + kept > 0 ? "; " : "was ");
		write_reasons(out, row, n, IB_OUTCOME_NONE);
	}
	if (n == 0)
		write_no_run(s, out);
	if (pruned + drawn == 0)
		write_current_score(s, ib_table_id(&s->ids, at), out);
	if (doubtful)
		ib_bytes_printf(out, ", or the id is not in the manifest (--manifest FILE or -s "
				     "checks this)");
}

void
ib_show_write_sentence(const struct ib_show *s, uint32_t at, const struct ib_show_row *row,
		       size_t n, size_t width, struct ib_bytes *out)
{
	write_id(s, ib_table_id(&s->ids, at), width, out);
	ib_bytes_append_char(out, ' ');
	ib_show_write_outcomes(s, at, row, n, out);
	ib_bytes_append_char(out, '.');
}
