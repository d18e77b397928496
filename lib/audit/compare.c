/* Compare rules on the loss logs of a training run that did not prune: one row per rule. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/compare_rule.h"
#include "audit/simulation.h"
#include "audit/text.h"
#include "audit/subcommands.h"
#include "audit/visits_budget.h"
#include "base/error.h"
#include "base/json_writer.h"

/* The result of a rule over all epochs. */
struct result {
	struct ib_compare_rule rule;
	uint64_t visits, pruned;
	double saved_epochs;	 /* sum of pruned / samples over all epochs */
	double weight_sum;	 /* sum of the weights of the kept visits */
	double max_weight, deff; /* deff: mean design effect of the epochs that prune */
	uint32_t longest_missed;
	/* share_pruned[i]: share of pruned visits among the visits of compare.value[i] */
	double share_pruned[IB_VALUE_GROUPS_MAX];
};

struct compare {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_loss_history losses;
	struct result *rule;
	size_t n;
	struct ib_by *by; /* NULL without --by */
	/* [nvalues] the values of the field, most samples first */
	struct ib_by_row value[IB_VALUE_GROUPS_MAX];
	size_t nvalues;
};

/* ---- input --------------------------------------------------------------------------- */

static enum ib_status
parse_rules(struct compare *c, struct ib_error *err)
{
	const struct ib_list *own = &c->options->rules;
	const char *const *spec = own->n > 0 ? own->v : ib_compare_defaults;
	size_t n = own->n, i;
	enum ib_status st = IB_OK;

	while (own->n == 0 && spec[n])
		n++;
	c->rule = calloc(n, sizeof(*c->rule));
	if (!c->rule)
		return ib_fail_memory(err);
	for (i = 0; i < n && !st; i++, c->n++)
		st = ib_compare_rule_parse(spec[i], &c->options->rule, &c->rule[i].rule, err);
	return st;
}

static int
by_samples(const void *a, const void *b)
{
	const struct ib_by_row *x = a, *y = b;

	if (x->samples != y->samples)
		return x->samples > y->samples ? -1 : 1;
	return ib_span_compare(x->name, y->name);
}

/* Read the manifests that --by needs. */
static enum ib_status
read_values(struct compare *c, struct ib_error *err)
{
	enum ib_status st;

	if (!c->options->by)
		return IB_OK;
	st = ib_by_new_for_ids(c->options, &c->losses.ids, c->context, &c->by, err);
	if (st)
		return st;
	c->nvalues = ib_by_finish(c->by, c->value);
	qsort(c->value, c->nvalues, sizeof(*c->value), by_samples);
	return IB_OK;
}

/* ---- one rule -------------------------------------------------------------------------- */

/* Set r->share_pruned[] to the share of pruned visits of each value of the --by field. */
static void
store_shares_pruned(struct compare *c, struct result *r)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	size_t n = ib_by_finish(c->by, row), i, k;

	for (i = 0; i < c->nvalues; i++)
		for (k = 0; k < n; k++)
			if (row[k].kind == c->value[i].kind &&
			    ib_span_equal(row[k].name, c->value[i].name))
				r->share_pruned[i] = row[k].share_pruned;
	ib_by_clear(c->by);
}

static enum ib_status
simulate_rule(struct compare *c, struct result *r, struct ib_error *err)
{
	const struct ib_audit_options *o = c->options;
	struct ib_simulation s;
	enum ib_status st;
	uint64_t epochs = 0;
	int64_t e;

	st = ib_simulation_start(&s, o, &r->rule.options, &c->losses, c->context, err);
	s.by = c->by;
	for (e = 0; e < o->rule.epochs && !st; e++) {
		st = ib_simulation_epoch(&s, e, err);
		r->weight_sum += s.result.weight_sum;
		r->max_weight = fmax(r->max_weight, s.result.max_weight);
		if (s.result.pruned > 0) {
			r->deff += s.deff;
			epochs++;
		}
	}
	r->deff = epochs > 0 ? r->deff / (double)epochs : 1;
	if (s.visits == 0)
		r->max_weight = NAN;
	r->visits = s.visits;
	r->pruned = s.pruned;
	r->saved_epochs = s.saved_epochs;
	r->longest_missed = s.longest_missed;
	ib_simulation_release(&s);
	if (!st && c->by)
		store_shares_pruned(c, r);
	return st;
}

/* ---- the table of rules ------------------------------------------------------------------- */

/* Append the share of pruned visits of each value of the --by field as JSON: {"cat":0.25,...}. */
static void
write_shares_pruned(const struct compare *c, const struct result *r, struct ib_bytes *out)
{
	struct ib_json_writer w = { .out = out };
	size_t i;

	ib_json_begin_object(&w, NULL);
	for (i = 0; i < c->nvalues; i++) {
		if (w.comma)
			ib_bytes_append_char(out, ',');
		ib_json_quote(out, c->value[i].name);
		ib_bytes_append_char(out, ':');
		w.comma = false;
		ib_json_write_real(&w, NULL, r->share_pruned[i]);
	}
	ib_json_end_object(&w);
}

static void
write_rule(const struct compare *c, const struct result *r, size_t number,
	   struct ib_text_table *table)
{
	const struct ib_audit_options *o = c->options;
	double epochs = (double)o->rule.epochs, cost = o->cost;
	uint64_t kept = r->visits - r->pruned;
	struct ib_bytes shares = { 0 };

	if (c->by && c->options->json)
		write_shares_pruned(c, r, &shares);
	ib_text_table_row(table, (struct ib_cell[]){
					 IB_COUNT(number),
					 IB_TEXT(ib_bytes_span(&r->rule.command)),
					 IB_COUNT(r->visits),
					 IB_COUNT(r->pruned),
					 IB_REAL((double)r->pruned / (double)r->visits),
					 IB_REAL(r->max_weight),
					 IB_REAL(r->weight_sum / (double)kept),
					 IB_REAL(r->deff),
					 IB_COUNT(r->longest_missed),
					 IB_REAL(cost * (epochs - r->saved_epochs)),
					 IB_REAL(cost * r->saved_epochs),
					 IB_COUNT(ib_visits_budget_epochs(o->visits, o->rule.epochs,
									  r->visits, kept)),
					 IB_JSON_CELL(ib_bytes_span(&shares)),
				 });
	ib_bytes_release(&shares);
}

static enum ib_status
write_rules(const struct compare *c, struct ib_output *out, struct ib_error *err)
{
	const struct ib_audit_options *o = c->options;
	const struct ib_column columns[] = {
		{ .heading = "no.", .hidden = !c->by },
		{ "options", "options of ib-prune", .align_left = true },
		{ .name = "visits", .heading = NULL },
		{ .name = "pruned", .heading = NULL },
		{ "saved", "saved", IB_STYLE_PERCENT, .drop_order = 0 },
		{ "max_weight", "max weight", IB_STYLE_RATIO, .drop_order = 2 },
		{ "mean_weight", "mean weight", IB_STYLE_RATIO, .drop_order = 4 },
		{ "deff", "deff", IB_STYLE_RATIO, .drop_order = 1 },
		{ "longest_unseen", "unseen", .drop_order = 3 },
		{ "cost", "cost", IB_STYLE_MONEY, .drop_order = 5, .hidden = !o->cost_given },
		{ "cost_saved", "cost saved", IB_STYLE_MONEY, .hidden = !o->cost_given },
		{ "epochs", "epochs", .hidden = o->visits == 0 },
		{ .name = "share_pruned", .hidden = !c->by },
	};
	struct ib_text_table *table;
	size_t i;

	table = ib_text_table_new("compare", columns, sizeof(columns) / sizeof(*columns),
				  &(struct ib_table_target){ o, out, NULL });
	for (i = 0; i < c->n; i++)
		write_rule(c, &c->rule[i], i + 1, table);
	return ib_text_table_end(&table, err);
}

/* ---- the table of values, and the last lines ------------------------------------------------ */

/* Write one row per value of the --by field, and one column per rule. */
static enum ib_status
write_values(const struct compare *c, struct ib_output *out, struct ib_error *err)
{
	struct ib_column column[IB_TEXT_TABLE_COLUMNS] = { { .align_left = true } };
	struct ib_cell cell[IB_TEXT_TABLE_COLUMNS];
	char heading[IB_TEXT_TABLE_COLUMNS][32];
	struct ib_text_table *table;
	size_t i, k;

	column[0].heading = ib_by_field(c->by);
	column[1].heading = "samples";
	for (k = 0; k < c->n; k++) {
		snprintf(heading[k], sizeof(heading[k]), "no. %zu", k + 1);
		column[k + 2] =
			(struct ib_column){ NULL, heading[k], IB_STYLE_PERCENT, .drop_order = 1 };
	}
	ib_output_write(out, "\nShare pruned:\n", 15);
	table = ib_text_table_new("values", column, c->n + 2,
				  &(struct ib_table_target){ c->options, out, NULL });
	for (i = 0; i < c->nvalues; i++) {
		cell[0] = IB_TEXT(c->value[i].name);
		cell[1] = IB_COUNT(c->value[i].samples);
		for (k = 0; k < c->n; k++)
			cell[k + 2] = IB_REAL(c->rule[k].share_pruned[i]);
		ib_text_table_row(table, cell);
	}
	return ib_text_table_end(&table, err);
}

static void
write_limits(const struct compare *c, struct ib_output *out)
{
	static const char limits[] =
		"This table does not show which rule trains the better model. To find out, train "
		"three models: with the rule, on all data, and on all data for fewer epochs with "
		"the same number of visits as the rule. See WHEN TO PRUNE, AND WHEN TO TRAIN FEWER "
		"EPOCHS in infobatch-training(7).";
	const struct ib_audit_options *o = c->options;
	struct ib_bytes b = { 0 }, gaps = { 0 };

	ib_bytes_append_char(&b, '\n');
	ib_simulation_write_gaps(&c->losses, o->rule.epochs, &gaps);
	if (gaps.n > 0)
		ib_write_sentence(&b, ib_bytes_span(&gaps), (size_t)o->width, o->utf8);
	ib_write_sentence(&b, ib_span_of(limits), (size_t)o->width, o->utf8);
	b.failed |= gaps.failed;
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&gaps);
	ib_bytes_release(&b);
}

enum ib_status
ib_audit_compare(const struct ib_audit_options *o, const struct ib_context *context,
		 struct ib_output *out, struct ib_error *err)
{
	struct compare c = { .options = o, .context = context };
	enum ib_status st = parse_rules(&c, err);
	size_t i;

	if (!st)
		st = ib_simulation_read(o, context, &c.losses, err);
	if (!st)
		st = read_values(&c, err);
	for (i = 0; i < c.n && !st; i++)
		st = simulate_rule(&c, &c.rule[i], err);
	if (!st)
		st = write_rules(&c, out, err);
	if (!st && c.by && !o->json)
		st = write_values(&c, out, err);
	if (!st && !o->json)
		write_limits(&c, out);
	for (i = 0; i < c.n; i++)
		ib_compare_rule_release(&c.rule[i].rule);
	free(c.rule);
	ib_by_free(c.by);
	ib_loss_history_release(&c.losses);
	return st;
}
