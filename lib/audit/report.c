/* Write the HTML report of a run: one file without scripts or external resources. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/drift.h"
#include "audit/stats.h"
#include "audit/html.h"
#include "audit/suspects.h"
#include "audit/prune_counts.h"
#include "audit/verbs.h"
#include "base/error.h"

/* If a weight sum deviates by more than this many standard errors, the cause is not chance. */
#define MAX_ERRORS 4

struct report {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_audit_log *log;
	struct ib_audit_stats *stats;
	size_t n;
	struct ib_prune_counts counts;
	struct ib_loss_history losses;
	bool has_losses;
	double (*low)[5]; /* [n] quantiles of the scores in the audit log, if there are no losses */
	struct ib_drift *drift;
	struct ib_suspect *suspect;
	size_t nsuspects;
	uint64_t top; /* maximum number of rows in each list of ids */
	/* for the current chart: */
	int64_t *epoch; /* x labels */
	double *v[6];	/* y values */
	struct ib_bytes page;
};

/* ---- input -------------------------------------------------------------------- */

static enum ib_status
read_losses(struct report *r, struct ib_error *err)
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
	if (!st) /* must be the last call, because it merges duplicates in r->losses */
		st = ib_suspects_find(&r->losses, o, &r->suspect, &r->nsuspects, err);
	return st;
}

/* If there are no loss logs, read the scores in the audit log, which has only eligible samples. */
static enum ib_status
read_scores(struct report *r, struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	if (r->has_losses)
		return IB_OK;
	r->low = calloc(r->n + 1, sizeof(*r->low));
	if (!r->low)
		return ib_fail_memory(err);
	for (i = 0; i < r->n && !st; i++)
		st = ib_audit_score_quantiles(r->log, i, r->low[i], err);
	return st;
}

static enum ib_status
gather(struct report *r, struct ib_error *err)
{
	const struct ib_audit_options *o = r->options;
	enum ib_status st;
	size_t most, i;

	r->top = o->top ? o->top : 20;
	st = ib_audit_log_open(o->operands.v[0], r->context, &r->log, err);
	if (!st)
		st = ib_audit_stats(r->log, UINT64_MAX, &r->stats, &r->n, err);
	if (!st)
		st = ib_prune_counts_read(&r->counts, r->log, err);
	if (!st)
		st = read_losses(r, err);
	if (!st)
		st = read_scores(r, err);
	if (st)
		return st;
	most = r->n > r->losses.nepochs ? r->n : r->losses.nepochs;
	r->epoch = calloc(most + 1, sizeof(*r->epoch));
	for (i = 0; i < 6; i++)
		r->v[i] = calloc(most + 1, sizeof(double));
	for (i = 0; i < 6; i++)
		if (!r->v[i] || !r->epoch)
			return ib_fail_memory(err);
	return IB_OK;
}

static void
set_epochs(struct report *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		r->epoch[i] = r->stats[i].epoch;
}

/* ---- the top row -------------------------------------------------------------- */

static void
write_weight_tile(struct report *r)
{
	char value[40], words[80];
	size_t i, within = 0, known = 0;
	double off, worst = 0;

	for (i = 0; i < r->n; i++) {
		off = fabs(ib_audit_deviation(&r->stats[i]));
		if (isnan(off))
			continue;
		known++;
		within += off <= MAX_ERRORS;
		worst = off > worst ? off : worst;
	}
	snprintf(value, sizeof(value), "%zu of %zu", within, known);
	snprintf(words, sizeof(words), "epochs within %d standard errors; largest deviation: %.1f",
		 MAX_ERRORS, worst);
	ib_html_tile(&r->page, within == known ? "good" : "bad", "Unbiased weights", value, words);
}

static void
write_drift_tile(struct report *r)
{
	char words[60];
	size_t i, alarms = 0;

	if (!r->has_losses)
		return;
	for (i = 0; i < r->losses.nepochs; i++)
		alarms += r->drift[i].alarm;
	snprintf(words, sizeof(words), "%zu epoch%s of loss logs", r->losses.nepochs,
		 r->losses.nepochs == 1 ? "" : "s");
	ib_html_tile(&r->page, alarms ? "bad" : "good", "Drift", alarms ? "alarm" : "no alarm",
		     words);
}

static void
write_tiles(struct report *r)
{
	const struct ib_audit_stats *last = r->n ? &r->stats[r->n - 1] : NULL;
	char value[60], words[80];
	uint64_t pruned = 0, samples = 0;
	size_t i;

	for (i = 0; i < r->n; i++) {
		pruned += r->stats[i].pruned;
		samples += r->stats[i].samples;
	}
	ib_bytes_printf(&r->page, "<div class=\"tiles\">\n");
	snprintf(value, sizeof(value), "%.1f%%",
		 samples ? 100 * (double)pruned / (double)samples : 0);
	snprintf(words, sizeof(words), "%llu of %llu visits", (unsigned long long)pruned,
		 (unsigned long long)samples);
	ib_html_tile(&r->page, "", "Saved so far", value, words);
	if (r->options->cost_given && last) {
		snprintf(value, sizeof(value), "%.2f", r->options->cost * last->saved_sum);
		snprintf(words, sizeof(words), "cost %.2f instead of %.2f",
			 r->options->cost * ((double)r->n - last->saved_sum),
			 r->options->cost * (double)r->n);
		ib_html_tile(&r->page, "", "Cost saved", value, words);
	}
	snprintf(value, sizeof(value), "%zu", r->n);
	snprintf(words, sizeof(words), "the last one is %lld",
		 last ? (long long)last->epoch : -1LL);
	ib_html_tile(&r->page, "", "Epochs in the log", value, last ? words : "");
	write_weight_tile(r);
	write_drift_tile(r);
	ib_bytes_printf(&r->page, "</div>\n");
}

/* ---- charts ------------------------------------------------------------------- */

static void
chart_kept(struct report *r)
{
	static const char *const legend[] = { "kept", "kept", "pruned", "pruned", NULL };
	struct ib_svg c = { .out = &r->page, .n = r->n };
	const struct ib_audit_stats *f;
	char title[120];
	size_t i;

	ib_html_section(&r->page, "Kept and pruned",
			"Samples of each epoch. Every epoch draws again which of the samples below "
			"the threshold it prunes. Those that are kept get the weight 1/pi.");
	ib_html_legend(&r->page, legend);
	for (i = 0; i < r->n; i++)
		if ((double)r->stats[i].samples > c.high)
			c.high = (double)r->stats[i].samples;
	ib_svg_begin(&c, "Bars: samples kept and pruned in each epoch", r->epoch);
	for (i = 0; i < r->n; i++) {
		f = &r->stats[i];
		snprintf(title, sizeof(title), "epoch %lld: %llu kept (%.1f%%)",
			 (long long)f->epoch, (unsigned long long)f->kept, 100 * f->share);
		ib_svg_bar(&c, "kept", i, 0, (double)f->kept, title);
		snprintf(title, sizeof(title), "epoch %lld: %llu pruned", (long long)f->epoch,
			 (unsigned long long)f->pruned);
		ib_svg_bar(&c, "pruned", i, (double)f->kept, (double)f->samples, title);
	}
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
}

static void
chart_saved(struct report *r)
{
	struct ib_svg c = { .out = &r->page, .n = r->n, .style = IB_STYLE_PERCENT };
	char title[120];
	size_t i;

	ib_html_section(&r->page, "Saved so far",
			"Pruned visits divided by all visits, up to and including each epoch. A "
			"visit is one sample in one epoch.");
	for (i = 0; i < r->n; i++) {
		r->v[0][i] = 0;
		r->v[1][i] = r->stats[i].saved;
		if (r->v[1][i] > c.high)
			c.high = r->v[1][i];
	}
	ib_svg_begin(&c, "Line: fraction of all visits saved up to each epoch", r->epoch);
	ib_svg_band(&c, "b1", r->v[0], r->v[1]);
	ib_svg_line(&c, "kept", r->v[1]);
	for (i = 0; i < r->n; i++) {
		snprintf(title, sizeof(title), "up to epoch %lld: %.1f%%", (long long)r->epoch[i],
			 100 * r->v[1][i]);
		ib_svg_point(&c, "kept", i, r->v[1][i], title);
	}
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
}

static void
chart_weights(struct report *r)
{
	static const char *const legend[] = {
		"b2",	"2 standard errors", "b1", "4 standard errors", "kept", "deviation",
		"warm", "more than 4",	     NULL
	};
	struct ib_svg c = { .out = &r->page, .n = r->n, .style = IB_STYLE_SIGNED };
	const struct ib_audit_stats *f;
	char title[120];
	double most = 1e-4, off;
	size_t i;

	ib_html_section(&r->page, "Sum of the weights",
			"If pruning is unbiased, the weights of the kept samples add up to the "
			"number of all samples, except for chance. The deviation is (sum of "
			"weights) / (number of samples) - 1.");
	ib_html_legend(&r->page, legend);
	for (i = 0; i < r->n; i++) {
		f = &r->stats[i];
		off = f->error / (double)f->samples;
		r->v[0][i] = -4 * off;
		r->v[1][i] = -2 * off;
		r->v[2][i] = 2 * off;
		r->v[3][i] = 4 * off;
		r->v[4][i] = f->weight_sum / (double)f->samples - 1;
		r->v[5][i] = 0;
		most = fmax(most, fmax(4 * off, fabs(r->v[4][i])));
	}
	c.low = -most;
	c.high = most;
	ib_svg_begin(&c,
		     "Points: relative deviation of the sum of the weights from the "
		     "number of samples, with bands of 2 and 4 standard errors",
		     r->epoch);
	ib_svg_band(&c, "b1", r->v[0], r->v[3]);
	ib_svg_band(&c, "b2", r->v[1], r->v[2]);
	ib_svg_line(&c, "soft", r->v[5]);
	for (i = 0; i < r->n; i++) {
		off = ib_audit_deviation(&r->stats[i]);
		snprintf(title, sizeof(title),
			 "epoch %lld: %.6g for %llu samples, %+.1f standard errors",
			 (long long)r->epoch[i], r->stats[i].weight_sum,
			 (unsigned long long)r->stats[i].samples, off);
		ib_svg_point(&c, fabs(off) > MAX_ERRORS ? "warm" : "kept", i, r->v[4][i], title);
	}
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
}

static double
threshold_at(const struct report *r, int64_t epoch)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->stats[i].epoch == epoch)
			return r->stats[i].threshold;
	return NAN;
}

/* Draw the threshold, and quantiles of the losses or of the scores of eligible samples. */
static void
chart_losses(struct report *r)
{
	static const char *const legend[] = { "b1",	    "5 to 95 %", "b2",
					      "25 to 75 %", "kept",	 "median",
					      "warm",	    "threshold", NULL };
	size_t n = r->has_losses ? r->losses.nepochs : r->n, i, q;
	struct ib_svg c = { .out = &r->page, .n = n };

	ib_html_section(&r->page, "Threshold and losses",
			r->has_losses ? "Losses of each epoch, weighted by 1/pi. Samples with "
					"a score below the threshold could be pruned."
				      : "Scores (last losses) of the samples below the "
					"threshold. To show the losses of all samples, name "
					"the loss logs as further operands.");
	for (i = 0; i < n; i++) {
		if (r->has_losses)
			r->epoch[i] = r->drift[i].epoch;
		for (q = 0; q < 5; q++)
			r->v[q][i] = r->has_losses ? r->drift[i].quantile[q] : r->low[i][q];
		r->v[5][i] = threshold_at(r, r->epoch[i]);
		c.high = fmax(c.high, fmax(r->v[5][i], r->v[4][i]));
		c.low = fmin(c.low, fmin(r->v[5][i], r->v[0][i]));
	}
	ib_html_legend(&r->page, legend);
	ib_svg_begin(&c, "Quantiles of the losses, and the threshold, for each epoch", r->epoch);
	ib_svg_band(&c, "b1", r->v[0], r->v[4]);
	ib_svg_band(&c, "b2", r->v[1], r->v[3]);
	ib_svg_line(&c, "kept", r->v[2]);
	ib_svg_line(&c, "warm", r->v[5]);
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
	set_epochs(r);
}

/* ---- tables ------------------------------------------------------------------- */

static void
write_summary(struct report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "epoch" },
		{ .heading = "samples" },
		{ .heading = "kept" },
		{ .heading = "pruned" },
		{ .heading = "share", .style = IB_STYLE_PERCENT },
		{ .heading = "threshold" },
		{ .heading = "weights", .style = IB_STYLE_INTEGER },
		{ .heading = "off", .style = IB_STYLE_SIGNED },
		{ .heading = "saved", .style = IB_STYLE_PERCENT },
	};
	const size_t n = sizeof(columns) / sizeof(*columns);
	const struct ib_audit_stats *f;
	size_t i;

	ib_html_section(&r->page, "Epoch by epoch",
			"The same numbers as <code>ib-audit summary</code>. share: kept / samples. "
			"off: (sum of weights - samples) in standard errors. saved: pruned visits "
			"/ all visits so far.");
	ib_html_table(&r->page, "summary", columns, n);
	for (i = 0; i < r->n; i++) {
		f = &r->stats[i];
		ib_html_row(&r->page, columns, n,
			    (struct ib_cell[]){
				    IB_COUNT((uint64_t)f->epoch),
				    IB_COUNT(f->samples),
				    IB_COUNT(f->kept),
				    IB_COUNT(f->pruned),
				    IB_REAL(f->share),
				    IB_REAL(f->threshold),
				    IB_REAL(f->weight_sum),
				    IB_REAL(ib_audit_deviation(f)),
				    IB_REAL(f->saved),
			    });
	}
	ib_html_table_end(&r->page);
	ib_html_section_end(&r->page);
}

static void
write_pruned(struct report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "sample", .left = true },
		{ .heading = "pruned" },
		{ .heading = "kept by draw" },
		{ .heading = "last pruned" },
	};
	const struct ib_prune_count *count;
	uint64_t i;

	ib_html_section(&r->page, "Most often pruned",
			"Number of epochs in which a sample was pruned, number of epochs in which "
			"it was eligible but kept by its draw, and the last epoch that pruned it.");
	ib_html_table(&r->page, "pruned", columns, 4);
	for (i = 0; i < r->counts.ids.n && i < r->top; i++) {
		count = &r->counts.count[r->counts.order[i]];
		if (count->pruned == 0)
			break;
		ib_html_row(&r->page, columns, 4,
			    (struct ib_cell[]){
				    IB_TEXT(ib_table_id(&r->counts.ids, r->counts.order[i])),
				    IB_COUNT(count->pruned),
				    IB_COUNT(count->drawn),
				    IB_COUNT((uint64_t)count->last),
			    });
	}
	ib_html_table_end(&r->page);
	ib_html_section_end(&r->page);
}

static void
write_suspects(struct report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "sample", .left = true },
		{ .heading = "epochs" },
		{ .heading = "first" },
		{ .heading = "last" },
		{ .heading = "slope" },
	};
	size_t i;

	ib_html_section(&r->page, "Suspect samples",
			"Samples whose loss was never below the mean loss of its epoch, by "
			"descending slope. first, last: loss / mean loss. Check their labels: the "
			"default threshold never prunes a sample above the mean score.");
	if (!r->has_losses) {
		ib_bytes_printf(&r->page, "<p>Needs the loss logs as further operands.</p>\n");
		ib_html_section_end(&r->page);
		return;
	}
	ib_html_table(&r->page, "suspects", columns, 5);
	for (i = 0; i < r->nsuspects && i < r->top; i++) {
		const struct ib_suspect *s = &r->suspect[i];

		ib_html_row(&r->page, columns, 5,
			    (struct ib_cell[]){
				    IB_TEXT(ib_table_id(&r->losses.ids, s->row)),
				    IB_COUNT(s->epochs),
				    IB_REAL(s->first),
				    IB_REAL(s->last),
				    IB_REAL(s->slope),
			    });
	}
	ib_html_table_end(&r->page);
	ib_html_section_end(&r->page);
}

static void
write_drift(struct report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "epoch" },	       { .heading = "losses" },
		{ .heading = "mean" },	       { .heading = "median" },
		{ .heading = "W1 before" },    { .heading = "W1 ref" },
		{ .heading = "PSI before" },   { .heading = "PSI ref" },
		{ .heading = "Page-Hinkley" }, { .heading = "alarm" },
	};
	const struct ib_drift *d;
	size_t i;

	ib_html_section(&r->page, "Drift of the losses",
			"Losses of each epoch, weighted by 1/pi, compared with the epoch before "
			"and with the reference epoch (by default the first). W1: Wasserstein "
			"distance, in units of the loss. PSI: population stability index, without "
			"unit. Page-Hinkley: a sum that grows if the mean loss rises; if it is "
			"large, the epoch has an alarm.");
	if (!r->has_losses) {
		ib_bytes_printf(&r->page, "<p>Needs the loss logs as further operands: "
					  "<code>ib-audit report LOG LOSSLOG...</code>"
					  "</p>\n");
		ib_html_section_end(&r->page);
		return;
	}
	ib_html_table(&r->page, "drift", columns, 10);
	for (i = 0; i < r->losses.nepochs; i++) {
		d = &r->drift[i];
		ib_html_row(&r->page, columns, 10,
			    (struct ib_cell[]){
				    IB_COUNT((uint64_t)d->epoch),
				    IB_COUNT(d->n),
				    IB_REAL(d->mean),
				    IB_REAL(d->quantile[2]),
				    IB_REAL(d->w1_before),
				    IB_REAL(d->w1_reference),
				    IB_REAL(d->psi_before),
				    IB_REAL(d->psi_reference),
				    IB_REAL(d->page_hinkley),
				    IB_BOOL_CELL(d->alarm),
			    });
	}
	ib_html_table_end(&r->page);
	ib_html_section_end(&r->page);
}

static void
build(struct report *r)
{
	const char *title = r->options->title ? r->options->title : "Pruning report";

	set_epochs(r);
	ib_html_begin(&r->page, title, ib_audit_log_name(r->log));
	write_tiles(r);
	chart_kept(r);
	chart_saved(r);
	chart_losses(r);
	chart_weights(r);
	write_drift(r);
	ib_bytes_printf(&r->page, "<div class=\"cols\">\n");
	write_pruned(r);
	write_suspects(r);
	ib_bytes_printf(&r->page, "</div>\n");
	write_summary(r);
	ib_html_reproduce(&r->page, r->log);
	ib_html_end(&r->page);
}

enum ib_status
ib_audit_report(const struct ib_audit_options *o, const struct ib_context *context,
		struct ib_output *out, struct ib_error *err)
{
	struct report r = { .options = o, .context = context };
	enum ib_status st = gather(&r, err);
	size_t i;

	if (!st) {
		build(&r);
		ib_output_write_bytes(out, &r.page);
		st = ib_output_status(out, err);
	}
	ib_bytes_release(&r.page);
	ib_prune_counts_release(&r.counts);
	ib_loss_history_release(&r.losses);
	ib_audit_log_close(r.log);
	free(r.stats);
	free(r.low);
	free(r.drift);
	free(r.suspect);
	free(r.epoch);
	for (i = 0; i < 6; i++)
		free(r.v[i]);
	return st;
}
