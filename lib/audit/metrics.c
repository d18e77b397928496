/*
 * Write metrics for the textfile collector of Prometheus. The collector never reads an incomplete
 * file, because the output is a temporary file that is renamed when it is complete. The metrics
 * have no timestamps, because the collector refuses files with timestamps.
 */
#include <math.h>
#include <stdlib.h>

#include "audit/by.h"
#include "audit/drift.h"
#include "audit/stats.h"
#include "audit/subcommands.h"
#include "base/numbers.h"
#include "base/utf8.h"
#include "score/load.h"

struct metrics {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_span run; /* value of the label `run` */
	struct ib_bytes out;
};

/* ---- text --------------------------------------------------------------------- */

/*
 * Return the default value of the label `run`: the file name of the log without .zst and .audit, so
 * that /srv/resnet.audit.zst becomes resnet.
 */
static struct ib_span
default_label(const char *path)
{
	static const char *const endings[] = { ".zst", ".audit" };
	const char *slash = strrchr(path, '/');
	struct ib_span name = ib_span_of(slash ? slash + 1 : path);
	size_t i, n;

	if (!strcmp(path, "-"))
		return ib_span_of("stdin");
	for (i = 0; i < 2; i++) {
		n = strlen(endings[i]);
		if (name.n > n && !memcmp(name.p + name.n - n, endings[i], n))
			name.n -= n;
	}
	return name;
}

/*
 * Append the value of a label. Backslashes, quotes and newlines are escaped. Prometheus refuses
 * text that is not UTF-8. So if the value is not UTF-8, every byte outside ASCII becomes '?'.
 */
static void
write_label(struct ib_bytes *b, struct ib_span value)
{
	bool utf8 = ib_utf8_is_text(value.p, value.n, false);
	size_t i;

	for (i = 0; i < value.n; i++) {
		if (value.p[i] == '\n') {
			ib_bytes_append(b, "\\n", 2);
			continue;
		}
		if (value.p[i] == '"' || value.p[i] == '\\')
			ib_bytes_append_char(b, '\\');
		ib_bytes_append_char(b, utf8 || !(value.p[i] & 0x80) ? value.p[i] : '?');
	}
}

static void
write_family(struct metrics *m, const char *name, const char *help)
{
	ib_bytes_printf(&m->out, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/*
 * Append the name and the labels of a metric. If outcome is NULL, the metric has no label
 * `outcome`.
 */
static void
write_name(struct metrics *m, const char *name, const char *outcome)
{
	struct ib_bytes *b = &m->out;

	ib_bytes_append(b, name, strlen(name));
	ib_bytes_printf(b, "{run=\"");
	write_label(b, m->run);
	ib_bytes_append_char(b, '"');
	if (outcome)
		ib_bytes_printf(b, ",outcome=\"%s\"", outcome);
	ib_bytes_printf(b, "} ");
}

static void
write_samples(struct metrics *m, const char *outcome, uint64_t n)
{
	write_name(m, "ib_prune_last_run_samples", outcome);
	ib_bytes_printf(&m->out, "%llu\n", (unsigned long long)n);
}

static void
write_real(struct metrics *m, const char *name, const char *help, double x)
{
	char number[IB_NUMBER_MAX];

	write_family(m, name, help);
	write_name(m, name, NULL);
	if (isfinite(x))
		ib_bytes_append(&m->out, number, ib_number_write(number, x));
	else
		ib_bytes_printf(&m->out, "%s", isnan(x) ? "NaN" : x > 0 ? "+Inf" : "-Inf");
	ib_bytes_append_char(&m->out, '\n');
}

static void
write_count(struct metrics *m, const char *name, const char *help, uint64_t n)
{
	write_family(m, name, help);
	write_name(m, name, NULL);
	ib_bytes_printf(&m->out, "%llu\n", (unsigned long long)n);
}

/* ---- the last run --------------------------------------------------------------- */

static void
write_weights(struct metrics *m, const struct ib_audit_footer *footer, double error)
{
	write_real(m, "ib_prune_last_run_weights", "Sum of the weights of the last finished run.",
		   footer->weight_sum);
	write_count(m, "ib_prune_last_run_weights_expected",
		    "Expected sum of the weights of the last finished run, which is the number of "
		    "samples.",
		    footer->samples);
	write_real(m, "ib_prune_last_run_weights_error",
		   "Standard error of the sum of the weights, computed from the keep "
		   "probabilities.",
		   error);
	write_real(m, "ib_prune_last_run_weights_deviation",
		   "Sum of the weights minus expected sum, in standard errors. A value below -4 or "
		   "above 4 is very unlikely to be due to chance.",
		   ib_audit_weight_deviation(footer->weight_sum, footer->samples, error));
}

static void
write_run(struct metrics *m, const struct ib_audit_run *r, double error)
{
	write_family(m, "ib_prune_last_run_samples",
		     "Number of samples of the last finished run, by outcome.");
	write_samples(m, "kept", r->footer.kept);
	write_samples(m, "pruned", r->footer.pruned);
	write_count(m, "ib_prune_last_run_epoch", "Epoch of the last finished run.",
		    (uint64_t)r->head.options.epoch);
	write_count(m, "ib_prune_last_run_unpruned",
		    "1 if the last finished run had to keep every sample (first epoch, warm-up, "
		    "last epochs, or r = 0), otherwise 0.",
		    ib_audit_is_unpruned(r));
	if (isfinite(r->head.solved.threshold))
		write_real(m, "ib_prune_last_run_threshold",
			   "Threshold of the last finished run. Samples with a score below the "
			   "threshold could be pruned.",
			   r->head.solved.threshold);
	write_weights(m, &r->footer, error);
}

/*
 * Write the number of samples of the run minus the number of rows of the score file, or 0 if the
 * difference is negative. The ids cannot be compared, because the audit log does not contain the
 * ids of samples that are always kept.
 */
static enum ib_status
write_unseen(struct metrics *m, const struct ib_audit_footer *footer, struct ib_error *err)
{
	struct ib_scores *scores = NULL;
	enum ib_status st;
	uint64_t seen;

	st = ib_scores_open_any(m->options->scores, m->context, &scores, NULL, err);
	if (st)
		return st;
	seen = ib_scores_count(scores);
	write_count(m, "ib_prune_unseen_ids",
		    "Number of samples of the last finished run minus number of ids in the score "
		    "file, or 0 if negative.",
		    footer->samples > seen ? footer->samples - seen : 0);
	ib_scores_free(scores);
	return IB_OK;
}

/*
 * Write the metrics of the last finished run in the log, even if an earlier run has a later epoch.
 */
static enum ib_status
write_last_run(struct metrics *m, struct ib_audit_log *log, struct ib_error *err)
{
	size_t i = ib_audit_log_count(log);
	const struct ib_audit_run *run = NULL;
	enum ib_status st;
	double error;

	while (i-- > 0 && !run)
		if (ib_audit_log_run(log, i)->finished)
			run = ib_audit_log_run(log, i);
	if (!run)
		return IB_OK;
	st = ib_audit_weight_error(log, run, &error, err);
	if (st)
		return st;
	write_run(m, run, error);
	if (ib_audit_log_time(log) >= 0)
		write_count(m, "ib_prune_last_run_timestamp_seconds",
			    "Time of the last change of the audit log, in seconds since 1970.",
			    (uint64_t)ib_audit_log_time(log));
	return m->options->scores ? write_unseen(m, &run->footer, err) : IB_OK;
}

/* ---- all epochs ----------------------------------------------------------------- */

static enum ib_status
write_saved(struct metrics *m, struct ib_audit_log *log, struct ib_error *err)
{
	struct ib_audit_stats *f = NULL;
	size_t n;
	enum ib_status st = ib_audit_stats(log, 0, &f, &n, err);

	if (!st)
		write_real(m, "ib_prune_saved_ratio",
			   "Pruned visits divided by all visits, over all epochs of the log.",
			   n > 0 && f[n - 1].share_saved >= 0 ? f[n - 1].share_saved : 0);
	free(f);
	return st;
}

/*
 * Append a label value that is not valid UTF-8. Each byte outside ASCII is written as \xNN.
 */
static void
write_bytes_label(struct ib_bytes *b, struct ib_span value)
{
	size_t i;

	for (i = 0; i < value.n; i++)
		if (value.p[i] & 0x80)
			ib_bytes_printf(b, "\\\\x%02x", (unsigned char)value.p[i]);
		else
			write_label(b, (struct ib_span){ value.p + i, 1 });
}

/*
 * Append the label for one value of the --by field. Prometheus refuses two lines with equal labels,
 * and --by adds rows with the labels "other values", "no value" and "not in the manifest". So a
 * value with one of these texts is written in quotes.
 */
static void
write_class_value(struct ib_bytes *b, const struct ib_by_row *row)
{
	bool quoted = row->kind == IB_VALUE_ONE && ib_by_is_line_name(row->name);

	if (quoted)
		ib_bytes_append(b, "\\\"", 2);
	if (ib_utf8_is_text(row->name.p, row->name.n, false))
		write_label(b, row->name);
	else
		write_bytes_label(b, row->name);
	if (quoted)
		ib_bytes_append(b, "\\\"", 2);
}

/* Append the name of a metric and the labels of one value of the field of --by. */
static void
write_class_name(struct metrics *m, const char *name, const struct ib_by_row *row)
{
	ib_bytes_printf(&m->out, "%s{run=\"", name);
	write_label(&m->out, m->run);
	ib_bytes_printf(&m->out, "\",field=\"");
	write_label(&m->out, ib_span_of(m->options->by));
	ib_bytes_printf(&m->out, "\",value=\"");
	write_class_value(&m->out, row);
	ib_bytes_printf(&m->out, "\"} ");
}

/*
 * Write one metric of each row: the double at the offset `at` in struct ib_by_row. Skips doubles
 * that are not finite.
 */
static void
write_class_reals(struct metrics *m, const char *name, const char *help,
		  const struct ib_by_row *row, size_t n, size_t at)
{
	char number[IB_NUMBER_MAX];
	double x;
	size_t i;

	write_family(m, name, help);
	for (i = 0; i < n; i++) {
		memcpy(&x, (const char *)&row[i] + at, sizeof(x));
		if (!isfinite(x))
			continue;
		write_class_name(m, name, &row[i]);
		ib_bytes_append(&m->out, number, ib_number_write(number, x));
		ib_bytes_append_char(&m->out, '\n');
	}
}

/* Write the metrics of each value of the --by field, over all epochs of the log. */
static void
write_class_rows(struct metrics *m, const struct ib_by_row *row, size_t n)
{
	static const char samples[] = "ib_prune_class_samples";
	size_t i;

	write_family(m, samples, "Number of samples with this value of the field.");
	for (i = 0; i < n; i++) {
		write_class_name(m, samples, &row[i]);
		ib_bytes_printf(&m->out, "%llu\n", (unsigned long long)row[i].samples);
	}
	write_class_reals(m, "ib_prune_class_pruned_ratio",
			  "Pruned visits divided by all visits of samples with this value of the "
			  "field, over all epochs of the log.",
			  row, n, offsetof(struct ib_by_row, share_pruned));
	write_class_reals(m, "ib_prune_class_saved_ratio",
			  "Pruned visits of samples with this value of the field, divided by all "
			  "pruned visits, over all epochs of the log.",
			  row, n, offsetof(struct ib_by_row, share_of_saved));
	write_class_reals(m, "ib_prune_class_mean_weight",
			  "Mean weight of the kept visits of samples with this value of the field, "
			  "over all epochs of the log.",
			  row, n, offsetof(struct ib_by_row, mean_weight));
}

/* Write the metrics per value of the field of --by. */
static enum ib_status
write_classes(struct metrics *m, struct ib_audit_log *log, struct ib_error *err)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	struct ib_by *by = NULL;
	enum ib_status st;
	size_t n;

	if (!m->options->by)
		return IB_OK;
	st = ib_by_read(m->options, log, 0, ib_audit_log_epochs(log), m->context, &by, err);
	if (!st) {
		n = ib_by_finish(by, row);
		write_class_rows(m, row, n);
		ib_by_warn(by, row, n, m->context);
	}
	ib_by_free(by);
	return st;
}

static void
write_drift(struct metrics *m, const struct ib_drift *d, size_t n)
{
	uint64_t alarms = 0;
	size_t i;

	for (i = 0; i < n; i++)
		alarms += d[i].alarm;
	write_count(m, "ib_prune_drift_epoch", "Last epoch of the loss logs.",
		    (uint64_t)d[n - 1].epoch);
	write_real(m, "ib_prune_drift_mean_loss",
		   "Weighted mean loss of the last epoch of the loss logs.", d[n - 1].mean);
	write_real(m, "ib_prune_drift_page_hinkley",
		   "Page-Hinkley sum of the last epoch of the loss logs.", d[n - 1].page_hinkley);
	write_count(m, "ib_prune_drift_alarm",
		    "1 if the last epoch of the loss logs has a drift alarm, otherwise 0.",
		    d[n - 1].alarm);
	write_count(m, "ib_prune_drift_alarms",
		    "Number of epochs of the loss logs that have a drift alarm.", alarms);
}

/* Write the metrics of the loss logs, if the operands name any. */
static enum ib_status
write_losses(struct metrics *m, struct ib_audit_log *log, struct ib_error *err)
{
	const struct ib_audit_options *o = m->options;
	struct ib_list logs = { o->operands.v + 1, o->operands.n - 1 };
	struct ib_loss_history losses;
	struct ib_drift *drift = NULL;
	enum ib_status st;

	if (logs.n == 0)
		return IB_OK;
	st = ib_loss_history_load(o, logs, log, m->context, &losses, err);
	if (!st)
		st = ib_drift_run(&losses, o, &drift, err);
	if (!st && losses.nepochs > 0)
		write_drift(m, drift, losses.nepochs);
	ib_loss_history_release(&losses);
	free(drift);
	return st;
}

enum ib_status
ib_audit_metrics(const struct ib_audit_options *o, const struct ib_context *context,
		 struct ib_output *out, struct ib_error *err)
{
	struct metrics m = { .options = o, .context = context };
	struct ib_audit_log *log = NULL;
	enum ib_status st;

	m.run = o->run ? ib_span_of(o->run) : default_label(o->operands.v[0]);
	st = ib_audit_log_open(o->operands.v[0], context, &log, err);
	if (!st)
		st = write_last_run(&m, log, err);
	if (!st)
		st = write_saved(&m, log, err);
	if (!st)
		st = write_losses(&m, log, err);
	if (!st)
		st = write_classes(&m, log, err);
	if (!st) {
		ib_output_write_bytes(out, &m.out);
		st = ib_output_status(out, err);
	}
	ib_bytes_release(&m.out);
	ib_audit_log_close(log);
	return st;
}
