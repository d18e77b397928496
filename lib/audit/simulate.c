/*
 * Simulate a rule on the loss logs of a training run without pruning. If the rule prunes a
 * sample in an epoch, the loss of the sample in that epoch is ignored, and the sample keeps
 * its old score. The same happens in a real run.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "audit/by.h"
#include "audit/loss_history.h"
#include "audit/verbs.h"
#include "base/array.h"
#include "base/error.h"
#include "prune/run_stats.h"
#include "prune/rules.h"

struct simulation {
	const struct ib_audit_options *options;
	struct ib_loss_history losses;
	struct ib_scores *scores;
	uint32_t *score_row;	/* [ids] row in scores for each id; IB_NO_ROW: no score yet */
	bool *kept;		/* [ids] for each id: kept in the current epoch */
	struct ib_by *by;	/* NULL: without --by */
	uint8_t *group;		/* [ids] group of each id, for by */
	struct ib_context once; /* the rule's context: prints each warning once */
	const struct ib_context *context;
	char warned[200];	  /* text of the last warning */
	uint64_t samples, pruned; /* sums over the epochs so far */
	double cost_share;	  /* sum of pruned / samples over the epochs so far */
};

static void
warn_once(void *data, const char *sentence)
{
	struct simulation *s = data;

	if (strncmp(s->warned, sentence, sizeof(s->warned) - 1) == 0)
		return;
	strncpy(s->warned, sentence, sizeof(s->warned) - 1);
	ib_warn(s->context, "%s", sentence);
}

/* ---- one epoch ---------------------------------------------------------------- */

static void
decide(struct simulation *s, const struct ib_rule *rule, struct ib_run_stats *t)
{
	struct ib_inclusion c;
	struct ib_decision d;
	uint64_t i;

	for (i = 0; i < s->losses.ids.n; i++) {
		c = ib_rule_inclusion(rule, s->score_row[i]);
		d = ib_rule_draw(rule, ib_table_id(&s->losses.ids, i), s->score_row[i], &c);
		s->kept[i] = d.kept;
		ib_run_stats_add(t, &c, &d);
		if (s->by)
			ib_by_add_visit(s->by, s->group[i], d.kept, d.weight);
	}
}

static struct ib_id
id_of(const struct ib_loss_history *l, uint32_t row, uint64_t seed)
{
	struct ib_span id = ib_table_id(&l->ids, row);

	return (struct ib_id){ id.p, ib_table_hash(id, seed), (uint32_t)id.n };
}

/* Update the scores with the losses of the kept samples. */
static enum ib_status
fold(struct simulation *s, const struct ib_loss_history_epoch *e, struct ib_error *err)
{
	struct ib_loss group[IB_GROUP];
	struct ib_fold f;
	enum ib_status st;
	uint64_t i, seed;
	uint32_t row;
	size_t n = 0;

	st = ib_fold_start(&f, s->scores, s->options->log.duplicates, s->options->smooth, err);
	for (i = 0; i <= e->n && !st; i++) {
		seed = s->scores->table.seed;
		if (i < e->n && s->kept[e->row[i]])
			group[n++] = (struct ib_loss){ id_of(&s->losses, e->row[i], 0),
						       (int32_t)e->epoch, e->loss[i] };
		if (n == IB_GROUP || (i == e->n && n > 0)) {
			st = ib_fold_losses(&f, group, n, 0, err);
			n = 0;
		}
	}
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	seed = s->scores->table.seed;
	for (i = 0; i < e->n && !st; i++) {
		row = e->row[i];
		if (s->kept[row] && s->score_row[row] == IB_NO_ROW) {
			struct ib_id id = id_of(&s->losses, row, seed);

			s->score_row[row] = ib_table_find(&s->scores->table, &id);
		}
	}
	return st;
}

static void
write_epoch(const struct simulation *s, int64_t epoch, const struct ib_rule *rule,
	    const struct ib_prune_result *r, struct ib_text_table *table)
{
	double cost = s->options->cost, share = (double)r->kept / (double)r->samples;

	ib_text_table_row(table, (struct ib_cell[]){
					 IB_COUNT((uint64_t)epoch),
					 IB_COUNT(r->samples),
					 IB_COUNT(r->kept),
					 IB_COUNT(r->pruned),
					 IB_REAL(share),
					 IB_REAL(ib_rule_threshold(rule)),
					 IB_REAL(r->weight_sum),
					 IB_REAL((double)s->pruned / (double)s->samples),
					 IB_REAL(cost * share),
					 IB_REAL(cost * s->cost_share),
				 });
}

/* table: NULL with --by */
static enum ib_status
simulate_epoch(struct simulation *s, int64_t epoch, struct ib_text_table *table,
	       struct ib_error *err)
{
	struct ib_rule_options o = s->options->rule;
	struct ib_prune_result r = { 0 };
	struct ib_loss_history_epoch *e = ib_loss_history_find(&s->losses, epoch);
	struct ib_rule *rule = NULL;
	struct ib_run_stats stats;
	enum ib_status st;

	o.epoch = epoch;
	/* With --full-from, -E is only the number of epochs to simulate. */
	if (o.full_from != IB_NO_EPOCH)
		o.epochs = IB_NO_EPOCH;
	st = ib_rule_prepare(&o, s->scores, NULL, &s->once, &rule, err);
	if (st)
		return st;
	ib_run_stats_init(&stats);
	decide(s, rule, &stats);
	ib_run_stats_result(&stats, rule, &r);
	s->samples += r.samples;
	s->pruned += r.pruned;
	if (r.samples > 0)
		s->cost_share += (double)r.pruned / (double)r.samples;
	if (table)
		write_epoch(s, epoch, rule, &r, table);
	ib_rule_free(rule);
	return e ? fold(s, e, err) : IB_OK;
}

/* ---- the run ------------------------------------------------------------------ */

static enum ib_status
read_losses(struct simulation *s, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	struct ib_loss_history_options l = { .operands = o->operands, .log = &o->log };
	enum ib_status st = ib_loss_history_read(&l, s->context, &s->losses, err);
	uint64_t n = s->losses.ids.n, i;

	if (st)
		return st;
	if (s->losses.nonfinite > 0)
		ib_warn(s->context,
			"%llu losses are not finite, so the scores of their samples are unknown, "
			"and the samples are kept",
			(unsigned long long)s->losses.nonfinite);
	s->score_row = ib_array(n + 1, sizeof(*s->score_row));
	s->kept = ib_array(n + 1, sizeof(*s->kept));
	if (!s->score_row || !s->kept)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		s->score_row[i] = IB_NO_ROW;
	return ib_scores_new(&s->scores, err);
}

/* Read the manifests of --by. */
static enum ib_status
read_values(struct simulation *s, struct ib_error *err)
{
	const struct ib_table *ids = &s->losses.ids;
	enum ib_status st;

	if (!s->options->by)
		return IB_OK;
	s->group = ib_array(ids->n, sizeof(*s->group));
	if (!s->group)
		return ib_fail_memory(err);
	st = ib_by_new(s->options, NULL, s->context, &s->by, err);
	return st ? st : ib_by_find_groups(s->by, ids, s->group, err);
}

/* Append the totals after the table. */
static void
write_totals(const struct simulation *s, struct ib_output *out)
{
	const struct ib_audit_options *o = s->options;
	double epochs = (double)o->rule.epochs;
	struct ib_bytes b = { 0 };

	ib_bytes_printf(&b, "\n%llu of %llu visits saved: %.1f%%", (unsigned long long)s->pruned,
			(unsigned long long)s->samples,
			s->samples ? 100 * (double)s->pruned / (double)s->samples : 0);
	if (o->cost_given)
		ib_bytes_printf(&b, "\nCost %.2f instead of %.2f: %.2f saved",
				o->cost * (epochs - s->cost_share), o->cost * epochs,
				o->cost * s->cost_share);
	ib_bytes_put_char(&b, '\n');
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&b);
}

enum ib_status
ib_audit_simulate(const struct ib_audit_options *o, const struct ib_context *context,
		  struct ib_output *out, struct ib_error *err)
{
	bool cost = o->cost_given;
	const struct ib_column columns[] = {
		{ "epoch", "epoch", .drop = 0 },
		{ "samples", "samples", .drop = 2 },
		{ "kept", "kept", .drop = 0 },
		{ "pruned", "pruned", .drop = 0 },
		{ NULL, "share", IB_STYLE_PERCENT, .drop = 0 },
		{ "threshold", "threshold", .drop = 4 },
		{ "weight_sum", "weights", IB_STYLE_INTEGER, .drop = 3 },
		{ NULL, "saved", IB_STYLE_PERCENT, .drop = 0 },
		{ cost ? "cost" : NULL, cost ? "cost" : NULL, IB_STYLE_MONEY, .drop = 0 },
		{ cost ? "cost_saved" : NULL, cost ? "cost saved" : NULL, IB_STYLE_MONEY,
		  .drop = 0 },
	};
	struct simulation s = { .options = o, .context = context };
	struct ib_table_style style = ib_audit_table_style(o);
	struct ib_text_table *table = NULL;
	enum ib_status st;
	int64_t epoch;

	s.once = (struct ib_context){ .warn = warn_once, .data = &s };
	st = read_losses(&s, err);
	if (!st)
		st = read_values(&s, err);
	if (!st && !o->by)
		st = ib_text_table_new(columns, sizeof(columns) / sizeof(*columns), &style, out,
				       &table, err);
	for (epoch = 0; epoch < o->rule.epochs && !st; epoch++)
		st = simulate_epoch(&s, epoch, table, err);
	if (!st)
		st = o->by ? ib_by_write(s.by, o, context, out, err)
			   : ib_text_table_end(table, err);
	if (!st && !o->json)
		write_totals(&s, out);
	ib_text_table_free(table);
	ib_loss_history_release(&s.losses);
	ib_scores_free(s.scores);
	ib_by_free(s.by);
	free(s.group);
	free(s.score_row);
	free(s.kept);
	return st;
}
