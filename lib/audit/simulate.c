/*
 * What a rule would have pruned, given the losses of a run on full data. A
 * sample that it would have pruned was not seen: its loss of that epoch is
 * left out, and its score goes stale as it would have.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

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
	uint32_t *place;	/* [ids] row in scores, IB_NO_ROW: unseen */
	bool *kept;		/* [ids] in this epoch */
	struct ib_context once; /* says a warning once, not each epoch */
	const struct ib_context *context;
	char said[200];
	uint64_t samples, pruned; /* of all epochs so far */
	double cost_share;	  /* sum of pruned/samples */
};

static void
warn_once(void *data, const char *sentence)
{
	struct simulation *s = data;

	if (strncmp(s->said, sentence, sizeof(s->said) - 1) == 0)
		return;
	strncpy(s->said, sentence, sizeof(s->said) - 1);
	ib_warn(s->context, "%s", sentence);
}

/* ---- one epoch ---------------------------------------------------------------- */

static void
decide(struct simulation *s, const struct ib_rule *rule, struct ib_run_stats *t)
{
	struct ib_inclusion c;
	uint64_t i;
	double u;

	for (i = 0; i < s->losses.ids.n; i++) {
		c = ib_rule_inclusion(rule, s->place[i]);
		s->kept[i] = true;
		if (c.reason == IB_REASON_DRAWN) {
			u = ib_draw_u(rule->key, ib_table_id(&s->losses.ids, i));
			s->kept[i] = ib_rule_keeps(rule, s->place[i], &c, u);
			if (!s->kept[i])
				c.reason = IB_REASON_PRUNED;
		}
		ib_run_stats_add(t, &c, s->kept[i]);
	}
	ib_run_stats_flush(t);
}

static struct ib_id
id_of(const struct ib_loss_history *l, uint32_t row, uint64_t seed)
{
	struct ib_span id = ib_table_id(&l->ids, row);

	return (struct ib_id){ id.p, ib_table_hash(id, seed), (uint32_t)id.n };
}

/* Fold what the kept samples were seen with. */
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
		if (s->kept[row] && s->place[row] == IB_NO_ROW) {
			struct ib_id id = id_of(&s->losses, row, seed);

			s->place[row] = ib_table_find(&s->scores->table, &id);
		}
	}
	return st;
}

static enum ib_status
simulate_epoch(struct simulation *s, int64_t epoch, struct ib_text_table *sheet,
	       struct ib_error *err)
{
	struct ib_rule_options o = s->options->rule;
	struct ib_prune_result r = { 0 };
	struct ib_loss_history_epoch *e = ib_loss_history_at(&s->losses, epoch);
	double cost = s->options->cost;
	struct ib_rule *rule = NULL;
	struct ib_run_stats tally;
	enum ib_status st;

	o.epoch = epoch;
	if (o.full_from != IB_NO_EPOCH) /* -E is the number of epochs alone */
		o.epochs = IB_NO_EPOCH;
	st = ib_rule_prepare(&o, s->scores, NULL, &s->once, &rule, err);
	if (st)
		return st;
	ib_run_stats_init(&tally);
	decide(s, rule, &tally);
	ib_run_stats_result(&tally, rule, &r);
	s->samples += r.samples;
	s->pruned += r.pruned;
	if (r.samples > 0)
		s->cost_share += (double)r.pruned / (double)r.samples;
	ib_text_table_row(sheet, (struct ib_cell[]){
					 IB_COUNT((uint64_t)epoch),
					 IB_COUNT(r.samples),
					 IB_COUNT(r.kept),
					 IB_COUNT(r.pruned),
					 IB_REAL((double)r.kept / (double)r.samples),
					 IB_REAL(ib_rule_threshold(rule)),
					 IB_REAL(r.weight_sum),
					 IB_REAL((double)s->pruned / (double)s->samples),
					 IB_REAL(cost * (double)r.kept / (double)r.samples),
					 IB_REAL(cost * s->cost_share),
				 });
	ib_rule_free(rule);
	return e ? fold(s, e, err) : IB_OK;
}

/* ---- the run ------------------------------------------------------------------ */

static enum ib_status
begin(struct simulation *s, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	struct ib_loss_history_options l = { .operands = o->operands, .log = &o->log };
	enum ib_status st = ib_loss_history_read(&l, s->context, &s->losses, err);
	uint64_t n = s->losses.ids.n, i;

	if (st)
		return st;
	if (s->losses.nonfinite > 0)
		ib_warn(s->context,
			"%llu losses are not finite: these scores "
			"are unknown",
			(unsigned long long)s->losses.nonfinite);
	s->place = ib_array(n + 1, sizeof(*s->place));
	s->kept = ib_array(n + 1, sizeof(*s->kept));
	if (!s->place || !s->kept)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		s->place[i] = IB_NO_ROW;
	return ib_scores_new(&s->scores, err);
}

/* What it comes to, for a reader in a hurry. */
static void
conclude(const struct simulation *s, struct ib_output *out)
{
	const struct ib_audit_options *o = s->options;
	double epochs = (double)o->rule.epochs;
	struct ib_bytes b = { 0 };

	ib_bytes_printf(&b, "\n%llu of %llu visits saved: %.1f%%", (unsigned long long)s->pruned,
			(unsigned long long)s->samples,
			s->samples ? 100 * (double)s->pruned / (double)s->samples : 0);
	if (o->cost_given)
		ib_bytes_printf(&b, "\nCost %.2f in place of %.2f: %.2f saved",
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
		{ "weight_sum", "weights", IB_STYLE_WHOLE, .drop = 3 },
		{ NULL, "saved", IB_STYLE_PERCENT, .drop = 0 },
		{ cost ? "cost" : NULL, cost ? "cost" : NULL, IB_STYLE_MONEY, .drop = 0 },
		{ cost ? "cost_saved" : NULL, cost ? "cost saved" : NULL, IB_STYLE_MONEY,
		  .drop = 0 },
	};
	struct simulation s = { .options = o, .context = context };
	struct ib_table_style look = ib_audit_table_style(o);
	struct ib_text_table *sheet = NULL;
	enum ib_status st;
	int64_t epoch;

	s.once = (struct ib_context){ .warn = warn_once, .data = &s };
	st = begin(&s, err);
	if (!st)
		st = ib_text_table_new(columns, sizeof(columns) / sizeof(*columns), &look, out,
				       &sheet, err);
	for (epoch = 0; epoch < o->rule.epochs && !st; epoch++)
		st = simulate_epoch(&s, epoch, sheet, err);
	if (!st)
		st = ib_text_table_end(sheet, err);
	if (!st && !o->json)
		conclude(&s, out);
	ib_text_table_free(sheet);
	ib_loss_history_release(&s.losses);
	ib_scores_free(s.scores);
	free(s.place);
	free(s.kept);
	return st;
}
