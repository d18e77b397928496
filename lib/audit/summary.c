/* Write a table with one row per epoch of the audit log. */
#include <stdlib.h>

#include "audit/by.h"
#include "audit/saved.h"
#include "audit/stats.h"
#include "audit/subcommands.h"

static void
write_row(const struct ib_audit_options *o, const struct ib_audit_stats *f,
	  struct ib_text_table *table)
{
	ib_text_table_row(table, (struct ib_cell[]){
					 IB_COUNT((uint64_t)f->epoch),
					 IB_COUNT(f->samples),
					 IB_COUNT(f->kept),
					 IB_COUNT(f->pruned),
					 IB_REAL(f->share_kept),
					 IB_REAL(f->threshold),
					 IB_REAL(f->weight_sum),
					 IB_REAL(f->weight_error),
					 IB_REAL(ib_audit_deviation(f)),
					 IB_REAL(f->share_saved),
					 IB_REAL(o->cost * f->share_kept),
					 IB_REAL(o->cost * f->saved_epochs),
				 });
}

/* Append two sparklines: the fraction of kept samples, and the threshold. */
static void
write_sparks(const struct ib_audit_options *o, const struct ib_audit_stats *f, size_t n,
	     struct ib_bytes *b)
{
	double *value = calloc(n, sizeof(*value));
	size_t i;

	b->failed |= !value;
	ib_bytes_append_char(b, '\n');
	for (i = 0; value && i < n; i++)
		value[i] = f[i].share_kept;
	if (value)
		ib_write_sparkline(b, "share kept", value, n, IB_STYLE_PERCENT, o);
	for (i = 0; value && i < n; i++)
		value[i] = f[i].threshold;
	if (value)
		ib_write_sparkline(b, "threshold ", value, n, IB_STYLE_PLAIN, o);
	free(value);
}

/* Append the savings of all epochs. On a terminal, also append sparklines. */
static void
write_end(const struct ib_audit_options *o, const struct ib_audit_stats *f, size_t n,
	  struct ib_output *out)
{
	struct ib_saved saved = { .epochs = (double)n };
	struct ib_bytes b = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		saved.visits += f[i].samples;
		saved.pruned += f[i].pruned;
		saved.saved_epochs = f[i].saved_epochs;
	}
	ib_bytes_append_char(&b, '\n');
	ib_write_saved(&b, &saved, o);
	if (o->spark && n > 1)
		write_sparks(o, f, n, &b);
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&b);
}

enum ib_status
ib_audit_stats_write(const struct ib_audit_stats *f, size_t n, const struct ib_table_target *to,
		     struct ib_error *err)
{
	const struct ib_audit_options *o = to->options;
	const struct ib_column columns[] = {
		{ "epoch", "epoch", .report_heading = "epoch" },
		{ "samples", "samples", .report_heading = "samples", .drop_order = 3 },
		{ "kept", "kept", .report_heading = "kept", .drop_order = 1 },
		{ "pruned", "pruned", .report_heading = "pruned", .drop_order = 2 },
		{ "share", "share", IB_STYLE_PERCENT, .report_heading = "share kept" },
		{ "threshold", "threshold", .report_heading = "threshold", .drop_order = 5 },
		{ "weight_sum", "weights", IB_STYLE_INTEGER, .report_heading = "sum of weights",
		  .drop_order = 4 },
		{ .name = "weight_error", .hidden = !o->errors },
		{ o->errors ? "weight_off" : NULL, "off", IB_STYLE_SIGNED,
		  .report_heading = "off by (std. errors)", .drop_order = 6 },
		{ "saved", "saved", IB_STYLE_PERCENT, .report_heading = "saved so far" },
		{ "cost", "cost", IB_STYLE_MONEY, .hidden = !o->cost_given },
		{ "cost_saved", "cost saved", IB_STYLE_MONEY, .hidden = !o->cost_given },
	};
	struct ib_text_table *table;
	size_t i;

	table = ib_text_table_new("summary", columns, sizeof(columns) / sizeof(*columns), to);
	for (i = 0; i < n; i++)
		write_row(o, &f[i], table);
	return ib_text_table_end(&table, err);
}

static enum ib_status
summarize_epochs(const struct ib_audit_options *o, struct ib_audit_log *log, struct ib_output *out,
		 struct ib_error *err)
{
	bool errors = o->errors || !o->json;
	size_t n = ib_audit_log_epochs(log), first = ib_audit_first_epoch(o, n);
	struct ib_audit_stats *f = NULL;
	enum ib_status st = ib_audit_stats(log, errors ? n - first : 0, &f, &n, err);

	if (!st)
		st = ib_audit_stats_write(f + first, n - first,
					  &(struct ib_table_target){ o, out, NULL }, err);
	if (!st && !o->json)
		write_end(o, f, n, out);
	free(f);
	return st;
}

enum ib_status
ib_audit_summary(const struct ib_audit_options *o, const struct ib_context *context,
		 struct ib_output *out, struct ib_error *err)
{
	struct ib_audit_log *log = NULL;
	enum ib_status st = ib_audit_log_open(o->operands.v[0], context, &log, err);
	size_t n = st ? 0 : ib_audit_log_epochs(log);

	if (!st && o->by)
		st = ib_by_write_log(o, context, log, ib_audit_first_epoch(o, n), n, out, err);
	else if (!st)
		st = summarize_epochs(o, log, out, err);
	ib_audit_log_close(log);
	return st;
}
