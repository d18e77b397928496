/* Write a table with one row per epoch: how many samples a rule would have kept and pruned. */
#include <stdlib.h>

#include "audit/saved.h"
#include "audit/simulation.h"
#include "audit/text.h"
#include "audit/subcommands.h"
#include "audit/visits_budget.h"

struct simulate {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_loss_history losses;
	struct ib_simulation simulation;
	struct ib_by *by;	     /* NULL without --by */
	struct ib_text_table *table; /* NULL with --by */
};

static double
share_saved(const struct ib_simulation *s)
{
	return (double)s->pruned / (double)s->visits;
}

/*
 * Return how many epochs fit into the budget of --visits, if these epochs keep the same share of
 * samples as the epochs simulated so far.
 */
static uint64_t
epochs_that_fit(const struct simulate *s)
{
	const struct ib_audit_options *o = s->options;
	const struct ib_simulation *m = &s->simulation;

	return ib_visits_budget_epochs(o->visits, o->rule.epochs, m->visits, m->visits - m->pruned);
}

static void
write_epoch(const struct simulate *s, int64_t epoch)
{
	const struct ib_simulation *m = &s->simulation;
	const struct ib_prune_result *r = &m->result;
	double cost = s->options->cost, share_kept = (double)r->kept / (double)r->samples;

	ib_text_table_row(s->table, (struct ib_cell[]){
					    IB_COUNT((uint64_t)epoch),
					    IB_COUNT(r->samples),
					    IB_COUNT(r->kept),
					    IB_COUNT(r->pruned),
					    IB_REAL(share_kept),
					    IB_REAL(r->threshold),
					    IB_REAL(r->weight_sum),
					    IB_REAL(share_saved(m)),
					    IB_REAL(cost * share_kept),
					    IB_REAL(cost * m->saved_epochs),
					    IB_COUNT(epochs_that_fit(s)),
				    });
}

/*
 * Write the lines after the table: the totals, and the epochs that have no losses or are not used.
 */
static void
write_totals(const struct simulate *s, struct ib_output *out)
{
	const struct ib_audit_options *o = s->options;
	const struct ib_simulation *m = &s->simulation;
	const struct ib_saved saved = { m->visits, m->pruned, (double)o->rule.epochs,
					m->saved_epochs };
	unsigned long long fit;
	struct ib_bytes b = { 0 }, text = { 0 };

	ib_bytes_append_char(&b, '\n');
	ib_write_saved(&b, &saved, o);
	if (o->visits > 0) {
		fit = epochs_that_fit(s);
		ib_bytes_printf(
			&text,
			"With this rule, %llu epoch%s fit%s into %g%% of the visits of %g epochs.",
			fit, fit == 1 ? "" : "s", fit == 1 ? "s" : "", 100 * o->visits,
			saved.epochs);
		ib_write_sentence(&b, ib_bytes_span(&text), (size_t)o->width, o->utf8);
	}
	text.n = 0;
	ib_simulation_write_gaps(&s->losses, o->rule.epochs, &text);
	if (text.n > 0)
		ib_write_sentence(&b, ib_bytes_span(&text), (size_t)o->width, o->utf8);
	b.failed |= text.failed;
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&text);
	ib_bytes_release(&b);
}

static enum ib_status
simulate_epochs(struct simulate *s, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	enum ib_status st;
	int64_t epoch;

	st = ib_simulation_start(&s->simulation, o, &o->rule, &s->losses, s->context, err);
	s->simulation.by = s->by;
	for (epoch = 0; epoch < o->rule.epochs && !st; epoch++) {
		st = ib_simulation_epoch(&s->simulation, epoch, err);
		if (!st && s->table)
			write_epoch(s, epoch);
	}
	return st;
}

static enum ib_status
write_result(struct simulate *s, struct ib_output *out, struct ib_error *err)
{
	const struct ib_audit_options *o = s->options;
	enum ib_status st;

	st = s->by ? ib_by_write(s->by, o, s->context, out, err)
		   : ib_text_table_end(&s->table, err);
	if (!st && !o->json)
		write_totals(s, out);
	return st;
}

enum ib_status
ib_audit_simulate(const struct ib_audit_options *o, const struct ib_context *context,
		  struct ib_output *out, struct ib_error *err)
{
	const struct ib_column columns[] = {
		{ "epoch", "epoch", .drop_order = 0 },
		{ "samples", "samples", .drop_order = 3 },
		{ "kept", "kept", .drop_order = 1 },
		{ "pruned", "pruned", .drop_order = 2 },
		{ NULL, "share", IB_STYLE_PERCENT, .drop_order = 0 },
		{ "threshold", "threshold", .drop_order = 5 },
		{ "weight_sum", "weights", IB_STYLE_INTEGER, .drop_order = 4 },
		{ NULL, "saved", IB_STYLE_PERCENT, .drop_order = 0 },
		{ "cost", "cost", IB_STYLE_MONEY, .hidden = !o->cost_given },
		{ "cost_saved", "cost saved", IB_STYLE_MONEY, .hidden = !o->cost_given },
		{ .name = "epochs", .hidden = o->visits == 0 },
	};
	struct simulate s = { .options = o, .context = context };
	enum ib_status st;

	st = ib_simulation_read(o, context, &s.losses, err);
	if (!st && o->by)
		st = ib_by_new_for_ids(o, &s.losses.ids, context, &s.by, err);
	if (!st && !o->by)
		s.table = ib_text_table_new("simulate", columns, sizeof(columns) / sizeof(*columns),
					    &(struct ib_table_target){ o, out, NULL });
	if (!st)
		st = simulate_epochs(&s, err);
	if (!st)
		st = write_result(&s, out, err);
	ib_text_table_discard(s.table);
	ib_simulation_release(&s.simulation);
	ib_loss_history_release(&s.losses);
	ib_by_free(s.by);
	return st;
}
