/* Write the HTML report of a run: one file without scripts or external resources. */
#include <stdlib.h>

#include "audit/report.h"
#include "base/error.h"

/* ---- input -------------------------------------------------------------------- */

static enum ib_status
read_losses(struct ib_report *r, struct ib_error *err)
{
	const struct ib_audit_options *o = r->options;
	struct ib_list logs = { o->operands.v + 1, o->operands.n - 1 };
	enum ib_status st;

	if (logs.n == 0)
		return IB_OK;
	r->has_losses = true;
	st = ib_loss_history_load(o, logs, r->log, r->context, &r->losses, err);
	if (!st)
		st = ib_drift_run(&r->losses, o, &r->drift, err);
	if (!st) /* called last, because it merges duplicate records in r->losses */
		st = ib_suspects_find(&r->losses, o, &r->suspect, &r->nsuspects, err);
	return st;
}

/*
 * Without loss logs, compute quantiles of the scores in the audit log, which contains only the
 * eligible samples.
 */
static enum ib_status
read_scores(struct ib_report *r, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	if (r->has_losses)
		return IB_OK;
	r->score_quantiles = calloc(r->nepochs + 1, sizeof(*r->score_quantiles));
	if (!r->score_quantiles)
		return ib_fail_memory(err);
	for (i = 0; i < r->nepochs && !st; i++)
		st = ib_audit_score_quantiles(r->log, i, r->score_quantiles[i], err);
	return st;
}

/* Count the pruned visits per value of the manifest field (--by). */
static enum ib_status
read_classes(struct ib_report *r, struct ib_error *err)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	enum ib_status st;

	if (!r->options->by)
		return IB_OK;
	st = ib_by_read(r->options, r->log, 0, r->nepochs, r->context, &r->by, err);
	if (!st)
		ib_by_warn(r->by, row, ib_by_finish(r->by, row), r->context);
	return st;
}

static enum ib_status
allocate_charts(struct ib_report *r, struct ib_error *err)
{
	size_t most = r->nepochs > r->losses.nepochs ? r->nepochs : r->losses.nepochs, i;
	bool failed;

	r->epoch = calloc(most + 1, sizeof(*r->epoch));
	failed = !r->epoch;
	for (i = 0; i < 6; i++) {
		r->y[i] = calloc(most + 1, sizeof(double));
		failed |= !r->y[i];
	}
	if (failed)
		return ib_fail_memory(err);
	for (i = 0; i < r->nepochs; i++)
		r->epoch[i] = r->stats[i].epoch;
	return IB_OK;
}

/* Add up the visits, and find the epochs in which pruning was paused. */
static enum ib_status
count_visits(struct ib_report *r, struct ib_error *err)
{
	size_t i;

	r->paused = calloc(r->nepochs + 1, sizeof(*r->paused));
	if (!r->paused)
		return ib_fail_memory(err);
	for (i = 0; i < r->nepochs; i++) {
		r->paused[i] =
			r->pruned > 0 && ib_audit_pruning_is_off(ib_audit_log_epoch(r->log, i));
		r->visits += r->stats[i].samples;
		r->pruned += r->stats[i].pruned;
	}
	return IB_OK;
}

static enum ib_status
read_inputs(struct ib_report *r, struct ib_error *err)
{
	const struct ib_audit_options *o = r->options;
	enum ib_status st;

	r->top = o->top ? o->top : 20;
	st = ib_audit_log_open(o->operands.v[0], r->context, &r->log, err);
	if (!st)
		st = ib_audit_stats(r->log, UINT64_MAX, &r->stats, &r->nepochs, err);
	if (!st)
		st = count_visits(r, err);
	if (!st)
		st = ib_prune_counts_read(&r->counts, r->log, err);
	if (!st)
		st = read_losses(r, err);
	if (!st)
		st = read_scores(r, err);
	if (!st)
		st = read_classes(r, err);
	return st ? st : allocate_charts(r, err);
}

static void
release_report(struct ib_report *r)
{
	size_t i;

	ib_bytes_release(&r->page);
	ib_prune_counts_release(&r->counts);
	ib_loss_history_release(&r->losses);
	ib_audit_log_close(r->log);
	free(r->stats);
	free(r->paused);
	free(r->score_quantiles);
	free(r->drift);
	free(r->suspect);
	ib_by_free(r->by);
	free(r->epoch);
	for (i = 0; i < 6; i++)
		free(r->y[i]);
}

/* ---- look-ups ----------------------------------------------------------------- */

const struct ib_drift *
ib_report_drift_at(const struct ib_report *r, int64_t epoch)
{
	size_t i;

	for (i = 0; i < r->losses.nepochs; i++)
		if (r->drift[i].epoch == epoch)
			return &r->drift[i];
	return NULL;
}

const struct ib_drift *
ib_report_first_alarm(const struct ib_report *r)
{
	size_t i;

	for (i = 0; i < r->losses.nepochs; i++)
		if (r->drift[i].alarm)
			return &r->drift[i];
	return NULL;
}

bool
ib_report_alarms_handled(const struct ib_report *r)
{
	size_t i, next;

	for (i = 0; i < r->losses.nepochs; i++) {
		if (!r->drift[i].alarm)
			continue;
		next = ib_report_find(r, r->drift[i].epoch + 1);
		if (next == r->nepochs || !r->paused[next] || i + 1 == r->losses.nepochs)
			return false;
	}
	return true;
}

size_t
ib_report_find(const struct ib_report *r, int64_t epoch)
{
	size_t i;

	for (i = 0; i < r->nepochs && r->stats[i].epoch != epoch; i++)
		continue;
	return i;
}

/* ---- the page ----------------------------------------------------------------- */

static void
write_sections(struct ib_report *r)
{
	ib_report_tiles(r);
	ib_report_chart_kept(r);
	ib_report_chart_saved(r);
	ib_report_chart_losses(r);
	ib_report_chart_weights(r);
	ib_report_drift(r);
	ib_report_by(r);
	ib_bytes_printf(&r->page, "<div class=\"cols\">\n");
	ib_report_pruned(r);
	ib_report_suspects(r);
	ib_bytes_printf(&r->page, "</div>\n");
	ib_report_summary(r);
	ib_html_reproduce(&r->page, r->log);
}

static void
write_page(struct ib_report *r)
{
	ib_html_begin(&r->page, r->options->title ? r->options->title : "Pruning report");
	ib_report_result(r);
	if (r->nepochs > 0)
		write_sections(r);
	ib_html_end(&r->page);
}

enum ib_status
ib_audit_report(const struct ib_audit_options *o, const struct ib_context *context,
		struct ib_output *out, struct ib_error *err)
{
	struct ib_report r = { .options = o, .context = context };
	enum ib_status st = read_inputs(&r, err);

	if (!st) {
		write_page(&r);
		ib_output_write_bytes(out, &r.page);
		st = ib_output_status(out, err);
	}
	release_report(&r);
	return st;
}
