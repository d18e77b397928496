/* Count the pruned visits per value of a manifest field. */
#include "audit/by.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/stats.h"
#include "audit/text.h"
#include "audit/subcommands.h"
#include "base/array.h"
#include "base/error.h"

/* a row with fewer samples causes no warning, because its share of pruned visits is uncertain */
#define HARM_SAMPLES 30
#define HARM_RATIO 2
#define HARM_NAMED 5 /* maximum number of values that warnings name */

struct counts {
	uint64_t samples, visits, pruned;
	double weight_sum; /* sum of the weights of the kept visits */
};

struct ib_by {
	const char *field;
	const struct ib_context *context;
	struct ib_field_values values;
	struct counts count[IB_VALUE_GROUPS_MAX];
	/* [ids] group[i]: group of id i; NULL unless ib_by_new_for_ids() was called */
	uint8_t *group;
	const char *manifest; /* name of the first manifest, for messages */
	const char *more;     /* " ..." if there are more manifests, else "" */
};

/* ---- the manifests ------------------------------------------------------------------ */

/*
 * Set *part to the partition of all runs of the log. Fails if the runs have different partitions.
 */
static enum ib_status
find_part(const struct ib_audit_log *log, struct ib_part *part, struct ib_error *err)
{
	const struct ib_part *own;
	size_t i;

	*part = (struct ib_part){ 0 };
	for (i = 0; log && i < ib_audit_log_epochs(log); i++) {
		own = &ib_audit_log_epoch(log, i)->head.part;
		if (i == 0)
			*part = *own;
		if (part->count != own->count || part->index != own->index)
			return ib_fail(
				err, IB_E_DATA,
				"%s: the runs belong to different partitions: --by needs a log "
				"of one partition, or of all samples",
				ib_audit_log_name(log));
	}
	return IB_OK;
}

static void
warn_of_duplicates(const struct ib_by *by)
{
	if (by->values.duplicates > 0)
		ib_warn(by->context,
			"%s%s: %llu record%s the id of an earlier record: only the first record of "
			"each id is used",
			by->manifest, by->more, (unsigned long long)by->values.duplicates,
			by->values.duplicates == 1 ? " has" : "s have");
}

/*
 * Read the manifests that the options name. If log is not NULL, ids that are not in the partition
 * of the log are ignored.
 */
static enum ib_status
read_manifests(const struct ib_audit_options *o, const struct ib_audit_log *log,
	       const struct ib_context *context, struct ib_by **out, struct ib_error *err)
{
	struct ib_sample_fields_options fields = {
		.manifests = o->manifest, .key = o->manifest_key, .field = o->by, .context = context
	};
	struct ib_by *by = calloc(1, sizeof(*by));
	struct ib_part part;
	enum ib_status st;
	size_t g;

	if (!by)
		return ib_fail_memory(err);
	by->field = o->by;
	by->context = context;
	by->manifest = o->manifest.v[0];
	by->more = o->manifest.n > 1 ? " ..." : "";
	st = find_part(log, &part, err);
	if (!st)
		st = ib_field_values_read(&by->values, &fields, &part, err);
	if (st) {
		ib_by_free(by);
		return st;
	}
	for (g = 0; g < by->values.ngroups; g++)
		by->count[g].samples = by->values.group[g].samples;
	warn_of_duplicates(by);
	*out = by;
	return IB_OK;
}

void
ib_by_free(struct ib_by *by)
{
	if (!by)
		return;
	ib_field_values_release(&by->values);
	free(by->group);
	free(by);
}

static enum ib_status
fail_without_samples(const struct ib_by *by, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s%s: has no samples of the run", by->manifest, by->more);
}

/* ---- the audit log ------------------------------------------------------------------ */

/*
 * Count the visits of one epoch. A sample without a line in the log was kept with weight 1.
 * Increases *found by the number of lines whose id is in the manifests.
 */
static enum ib_status
count_epoch(struct ib_by *by, struct ib_audit_log *log, const struct ib_audit_run *run,
	    uint64_t *found, struct ib_error *err)
{
	const struct ib_audit_line *line;
	size_t n, i, g, foreign = by->values.ngroups - 1;
	struct counts *c;
	enum ib_status st;

	for (g = 0; g < foreign; g++) {
		by->count[g].visits += by->values.group[g].samples;
		by->count[g].weight_sum += (double)by->values.group[g].samples;
	}
	st = ib_audit_lines_begin(log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err))) {
		for (i = 0; i < n; i++) {
			g = ib_field_values_find(&by->values, line[i].id);
			c = &by->count[g];
			*found += g != foreign;
			c->visits += g == foreign;
			c->weight_sum -= g != foreign;
			c->pruned += !line[i].kept;
			c->weight_sum += ib_audit_line_weight(&run->head, &line[i]);
		}
	}
	return st == IB_EOF ? IB_OK : st;
}

/* Warn if the manifests and the run have different numbers of samples. */
static void
compare_samples(const struct ib_by *by, const struct ib_audit_log *log,
		const struct ib_audit_run *run)
{
	if (run && run->footer.samples != by->values.samples)
		ib_warn(by->context,
			"%s: the run of epoch %lld had %llu samples, but %s%s has %llu: the shares "
			"of pruned visits are not exact%s",
			ib_audit_log_name(log), (long long)run->head.options.epoch,
			(unsigned long long)run->footer.samples, by->manifest, by->more,
			(unsigned long long)by->values.samples,
			by->values.samples < run->footer.samples
				? "; name the full manifest, not an epoch manifest"
				: "");
}

static enum ib_status
count_log(struct ib_by *by, struct ib_audit_log *log, size_t from, size_t to, struct ib_error *err)
{
	size_t foreign = by->values.ngroups - 1, e;
	const struct ib_audit_run *run, *other = NULL;
	enum ib_status st = IB_OK;
	uint64_t found = 0;

	for (e = from; e < to && !st; e++) {
		run = ib_audit_log_epoch(log, e);
		if (run->footer.samples != by->values.samples)
			other = run;
		st = count_epoch(by, log, run, &found, err);
	}
	if (!st && found == 0 && by->count[foreign].visits > 0 && by->values.samples == 0)
		return fail_without_samples(by, err);
	if (!st && found == 0 && by->count[foreign].visits > 0)
		return ib_fail(
			err, IB_E_DATA,
			"%s: no id in the log is in %s%s: name the id field with --manifest-key",
			ib_audit_log_name(log), by->manifest, by->more);
	compare_samples(by, log, other);
	return st;
}

enum ib_status
ib_by_read(const struct ib_audit_options *o, struct ib_audit_log *log, size_t from, size_t to,
	   const struct ib_context *context, struct ib_by **by, struct ib_error *err)
{
	enum ib_status st = read_manifests(o, log, context, by, err);

	return st ? st : count_log(*by, log, from, to, err);
}

/* ---- decisions without a log ---------------------------------------------------------- */

/* Find the group of each id in `ids`, and count the ids of each group. */
static enum ib_status
find_groups(struct ib_by *by, const struct ib_table *ids, struct ib_error *err)
{
	size_t foreign = by->values.ngroups - 1;
	uint64_t i;

	by->group = ib_array(ids->n, sizeof(*by->group));
	if (!by->group)
		return ib_fail_memory(err);
	memset(by->count, 0, sizeof(by->count));
	for (i = 0; i < ids->n; i++) {
		by->group[i] = (uint8_t)ib_field_values_find(&by->values, ib_table_id(ids, i));
		by->count[by->group[i]].samples++;
	}
	if (ids->n > 0 && by->values.samples == 0)
		return fail_without_samples(by, err);
	if (ids->n > 0 && by->count[foreign].samples == ids->n)
		return ib_fail(err, IB_E_DATA,
			       "%s%s: no id of the loss logs is in the manifest: name the id field "
			       "with --manifest-key",
			       by->manifest, by->more);
	if (by->count[foreign].samples > 0)
		ib_warn(by->context, "%s%s: %llu ids of the loss logs are not in the manifest",
			by->manifest, by->more, (unsigned long long)by->count[foreign].samples);
	return IB_OK;
}

enum ib_status
ib_by_new_for_ids(const struct ib_audit_options *o, const struct ib_table *ids,
		  const struct ib_context *context, struct ib_by **by, struct ib_error *err)
{
	enum ib_status st = read_manifests(o, NULL, context, by, err);

	return st ? st : find_groups(*by, ids, err);
}

void
ib_by_add_visit(struct ib_by *by, uint64_t row, bool kept, double weight)
{
	struct counts *c = &by->count[by->group[row]];

	c->visits++;
	c->pruned += !kept;
	c->weight_sum += kept ? weight : 0;
}

void
ib_by_clear(struct ib_by *by)
{
	size_t g;

	for (g = 0; g < by->values.ngroups; g++)
		by->count[g] = (struct counts){ .samples = by->count[g].samples };
}

/* ---- rows ------------------------------------------------------------------------------ */

static struct counts
add_up(const struct ib_by *by)
{
	struct counts all = { 0 };
	size_t g;

	for (g = 0; g < by->values.ngroups; g++) {
		all.samples += by->count[g].samples;
		all.visits += by->count[g].visits;
		all.pruned += by->count[g].pruned;
		all.weight_sum += by->count[g].weight_sum;
	}
	return all;
}

static void
fill_row(struct ib_by_row *row, const struct counts *c, const struct counts *all)
{
	row->samples = c->samples;
	row->visits = c->visits;
	row->pruned = c->pruned;
	row->share_pruned = (double)c->pruned / (double)c->visits;
	row->mean_weight = c->weight_sum / (double)(c->visits - c->pruned);
	row->share_of_saved = (double)c->pruned / (double)all->pruned;
	row->ratio_to_average = row->share_pruned / ((double)all->pruned / (double)all->visits);
}

static int
by_share_pruned(const void *a, const void *b)
{
	const struct ib_by_row *x = a, *y = b;

	if (x->share_pruned != y->share_pruned)
		return x->share_pruned > y->share_pruned || isnan(y->share_pruned) ? -1 : 1;
	if (x->samples != y->samples)
		return x->samples > y->samples ? -1 : 1;
	return ib_span_compare(x->name, y->name);
}

/* Names of the groups that are neither a single value nor a range. */
static const char *const line_name[] = { [IB_VALUE_OTHERS] = "other values",
					 [IB_VALUE_MISSING] = "no value",
					 [IB_VALUE_FOREIGN] = "not in the manifest" };

bool
ib_by_is_line_name(struct ib_span name)
{
	size_t i;

	for (i = IB_VALUE_OTHERS; i < sizeof(line_name) / sizeof(*line_name); i++)
		if (ib_span_compare(name, ib_span_of(line_name[i])) == 0)
			return true;
	return false;
}

size_t
ib_by_finish(const struct ib_by *by, struct ib_by_row row[IB_VALUE_GROUPS_MAX])
{
	const struct counts all = add_up(by);
	const struct ib_value_group *v;
	size_t g, n = 0;

	for (g = 0; g < by->values.ngroups; g++) {
		v = &by->values.group[g];
		if (by->count[g].samples == 0 && by->count[g].visits == 0)
			continue;
		row[n] = (struct ib_by_row){ .kind = v->kind, .values = v->values };
		row[n].name = v->kind < IB_VALUE_OTHERS ? ib_bytes_span(&v->name)
							: ib_span_of(line_name[v->kind]);
		fill_row(&row[n++], &by->count[g], &all);
	}
	if (n > 1)
		qsort(row, n, sizeof(*row), by_share_pruned);
	return n;
}

void
ib_by_total(const struct ib_by *by, struct ib_by_row *row)
{
	const struct counts all = add_up(by);

	*row = (struct ib_by_row){ .name = ib_span_of("all samples") };
	fill_row(row, &all, &all);
}

const char *
ib_by_field(const struct ib_by *by)
{
	return by->field;
}

bool
ib_by_is_harmed(const struct ib_by_row *row)
{
	return row->samples >= HARM_SAMPLES && row->ratio_to_average > HARM_RATIO;
}

void
ib_by_warn(const struct ib_by *by, const struct ib_by_row *row, size_t n,
	   const struct ib_context *context)
{
	struct ib_by_row all;
	char show[IB_SHOW_MAX], field[IB_SHOW_MAX];
	size_t i, harmed = 0;

	ib_by_total(by, &all);
	for (i = 0; i < n; i++) {
		if (!ib_by_is_harmed(&row[i]) || harmed++ >= HARM_NAMED)
			continue;
		ib_warn(context,
			"%s %s: %.1f%% of the visits are pruned, more than twice the average of "
			"%.1f%%",
			ib_show(field, ib_span_of(by->field)), ib_show(show, row[i].name),
			100 * row[i].share_pruned, 100 * all.share_pruned);
	}
	if (harmed > HARM_NAMED)
		ib_warn(context,
			"%s: %zu other values are also pruned more than twice as much as the "
			"average",
			ib_show(field, ib_span_of(by->field)), harmed - HARM_NAMED);
}

/* ---- the table ------------------------------------------------------------------------- */

static void
write_row(struct ib_text_table *table, const struct ib_by_row *row)
{
	static const char *const kinds[] = { "value", "range", "others", "missing", "foreign" };
	bool named = row->kind == IB_VALUE_ONE || row->kind == IB_VALUE_RANGE;

	ib_text_table_row(table, (struct ib_cell[]){
					 named ? IB_TEXT(row->name) : IB_NONE,
					 IB_TEXT(row->name),
					 IB_TEXT(ib_span_of(kinds[row->kind])),
					 IB_COUNT(row->values),
					 IB_COUNT(row->samples),
					 IB_COUNT(row->visits),
					 IB_COUNT(row->pruned),
					 IB_REAL(row->share_pruned),
					 IB_REAL(row->ratio_to_average),
					 IB_REAL(row->mean_weight),
					 IB_REAL(row->share_of_saved),
				 });
}

static void
write_total(const struct ib_by *by, const struct ib_audit_options *o, struct ib_output *out)
{
	struct ib_bytes text = { 0 }, b = { 0 };
	struct ib_by_row all;

	ib_by_total(by, &all);
	ib_bytes_printf(&text, "All %llu samples: %llu of %llu visits pruned, %.1f%%",
			(unsigned long long)all.samples, (unsigned long long)all.pruned,
			(unsigned long long)all.visits, all.visits ? 100 * all.share_pruned : 0);
	ib_bytes_append_char(&b, '\n');
	ib_write_sentence(&b, ib_bytes_span(&text), (size_t)o->width, o->utf8);
	b.failed |= text.failed;
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&text);
	ib_bytes_release(&b);
}

enum ib_status
ib_by_write_rows(const struct ib_by *by, const struct ib_by_row *row, size_t n,
		 const struct ib_table_target *to, struct ib_error *err)
{
	const struct ib_column columns[] = {
		{ .name = "value" },
		{ NULL, by->field, .report_heading = "value", .align_left = true },
		{ .name = "kind" },
		{ .name = "values" },
		{ "samples", "samples", .report_heading = "samples" },
		{ "visits", "visits", .drop_order = 5 },
		{ "pruned", "pruned", .drop_order = 4 },
		{ "share_pruned", "share pruned", IB_STYLE_PERCENT,
		  .report_heading = "share pruned" },
		{ "ratio", "x average", IB_STYLE_RATIO, .report_heading = "times the average",
		  .drop_order = 1 },
		{ "mean_weight", "mean weight", IB_STYLE_RATIO, .report_heading = "mean weight",
		  .drop_order = 3 },
		{ "share_of_saved", "of saved", IB_STYLE_PERCENT,
		  .report_heading = "share of all savings", .drop_order = 2 },
	};
	struct ib_text_table *table;
	size_t i;

	table = ib_text_table_new("by", columns, sizeof(columns) / sizeof(*columns), to);
	for (i = 0; i < n; i++)
		write_row(table, &row[i]);
	return ib_text_table_end(&table, err);
}

enum ib_status
ib_by_write(const struct ib_by *by, const struct ib_audit_options *o,
	    const struct ib_context *context, struct ib_output *out, struct ib_error *err)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	size_t n = ib_by_finish(by, row);
	enum ib_status st;

	st = ib_by_write_rows(by, row, ib_audit_top_rows(o->top, n),
			      &(struct ib_table_target){ o, out, NULL }, err);
	if (!st && !o->json)
		write_total(by, o, out);
	if (!st)
		ib_by_warn(by, row, n, context);
	return st;
}

enum ib_status
ib_by_write_log(const struct ib_audit_options *o, const struct ib_context *context,
		struct ib_audit_log *log, size_t from, size_t to, struct ib_output *out,
		struct ib_error *err)
{
	struct ib_by *by = NULL;
	enum ib_status st = ib_by_read(o, log, from, to, context, &by, err);

	if (!st)
		st = ib_by_write(by, o, context, out, err);
	ib_by_free(by);
	return st;
}
