/*
 * Write metrics for the textfile collector of Prometheus. Readers never see an incomplete
 * file, because the output is renamed into place. The metrics have no timestamps, because
 * the collector refuses files with timestamps.
 */
#include <math.h>
#include <stdlib.h>

#include "audit/stats.h"
#include "audit/verbs.h"
#include "base/error.h"
#include "base/numbers.h"

static void
write_family(struct ib_bytes *b, const char *name, const char *help)
{
	ib_bytes_printf(b, "# HELP %s %s\n# TYPE %s gauge\n", name, help, name);
}

/* Append the value of a label. Backslashes, quotes and newlines are escaped. */
static void
write_label(struct ib_bytes *b, const char *value)
{
	for (; *value; value++) {
		if (*value == '\n') {
			ib_bytes_put(b, "\\n", 2);
			continue;
		}
		if (*value == '"' || *value == '\\')
			ib_bytes_put_char(b, '\\');
		ib_bytes_put_char(b, *value);
	}
}

static void
write_sample(struct ib_bytes *b, const char *name, const char *run, const char *outcome,
	     struct ib_cell value)
{
	ib_bytes_put(b, name, strlen(name));
	if (run || outcome)
		ib_bytes_put_char(b, '{');
	if (run) {
		ib_bytes_printf(b, "run=\"");
		write_label(b, run);
		ib_bytes_put_char(b, '"');
	}
	if (outcome)
		ib_bytes_printf(b, "%soutcome=\"%s\"", run ? "," : "", outcome);
	if (run || outcome)
		ib_bytes_put_char(b, '}');
	ib_bytes_put_char(b, ' ');
	ib_write_cell_json(b, &value);
	ib_bytes_put_char(b, '\n');
}

static void
write_one(struct ib_bytes *b, const char *name, const char *help, const char *run,
	  struct ib_cell value)
{
	write_family(b, name, help);
	write_sample(b, name, run, NULL, value);
}

static void
write_run(struct ib_bytes *b, const struct ib_audit_run *r, const char *run)
{
	static const char samples[] = "ib_prune_last_run_samples";

	write_family(b, samples, "Number of samples of the last finished run, by outcome.");
	write_sample(b, samples, run, "kept", IB_COUNT(r->tail.kept));
	write_sample(b, samples, run, "pruned", IB_COUNT(r->tail.pruned));
	write_one(b, "ib_prune_last_run_epoch", "Epoch of the last finished run.", run,
		  IB_COUNT((uint64_t)r->head.options.epoch));
	if (isfinite(r->head.solved.threshold))
		write_one(b, "ib_prune_last_run_threshold",
			  "Threshold of the last finished run: samples with a score below it could "
			  "be pruned.",
			  run, IB_REAL(r->head.solved.threshold));
	write_one(b, "ib_prune_last_run_weights",
		  "Sum of the weights of the last finished run. Expected: its number of samples.",
		  run, IB_REAL(r->tail.weight_sum));
}

enum ib_status
ib_audit_metrics(const struct ib_audit_options *o, const struct ib_context *context,
		 struct ib_output *out, struct ib_error *err)
{
	struct ib_audit_stats *f = NULL;
	struct ib_audit_log *log = NULL;
	struct ib_bytes b = { 0 };
	enum ib_status st;
	size_t n = 0, i;

	st = ib_audit_log_open(o->operands.v[0], context, &log, err);
	if (!st)
		st = ib_audit_stats(log, 0, &f, &n, err);
	for (i = st ? 0 : ib_audit_log_count(log); i-- > 0;) {
		if (ib_audit_log_run(log, i)->finished) {
			write_run(&b, ib_audit_log_run(log, i), o->run);
			break;
		}
	}
	if (!st) {
		write_one(&b, "ib_prune_saved_ratio",
			  "Pruned visits divided by all visits, over all epochs of the log.",
			  o->run, IB_REAL(n > 0 && f[n - 1].saved >= 0 ? f[n - 1].saved : 0));
		ib_output_write_bytes(out, &b);
		st = ib_output_status(out, err);
	}
	ib_bytes_release(&b);
	ib_audit_log_close(log);
	free(f);
	return st;
}
