/* The charts of the report. */
#include <math.h>
#include <stdio.h>

#include "audit/report.h"

#define TOOLTIP_MAX 200
#define LINE_POINTS_MAX 60 /* a line through more epochs than this is drawn without points */

static const char nothing[] = "<p>Nothing pruned yet.</p>\n";

/* ---- kept and pruned -------------------------------------------------------------- */

/*
 * Write the tooltip of epoch i to text. If pruning was paused in this epoch, the tooltip says so,
 * and names the epoch of the alarm.
 */
static void
describe_kept(const struct ib_report *r, size_t i, char text[TOOLTIP_MAX])
{
	const struct ib_audit_stats *f = &r->stats[i];
	const struct ib_drift *before = ib_report_drift_at(r, f->epoch - 1);
	char a[IB_HTML_NUMBER_MAX], b[IB_HTML_NUMBER_MAX], why[80] = "";

	if (r->paused[i] && before && before->alarm)
		snprintf(why, sizeof(why), "; pruning paused after the alarm of epoch %lld",
			 (long long)before->epoch);
	else if (r->paused[i])
		snprintf(why, sizeof(why), "; pruning paused");
	snprintf(text, TOOLTIP_MAX, "epoch %lld: %s kept (%.1f%%), %s pruned%s",
		 (long long)f->epoch, ib_html_count(a, f->kept), 100 * f->share_kept,
		 ib_html_count(b, f->pruned), why);
}

static void
write_kept_legend(struct ib_report *r)
{
	const char *legend[] = { "c2", "kept", "c1", "pruned", NULL, "pruning paused", NULL };
	size_t i;

	for (i = 0; i < r->nepochs; i++)
		if (r->paused[i])
			legend[4] = "warm";
	ib_html_legend(&r->page, legend);
}

void
ib_report_chart_kept(struct ib_report *r)
{
	struct ib_svg c = { &r->page, r->nepochs, r->epoch, 0, 0, IB_STYLE_PLAIN, "samples", true };
	char text[TOOLTIP_MAX];
	size_t i;

	ib_html_section(
		&r->page, "Kept and pruned samples",
		"Each epoch skips a random part of the samples that the model already knows. "
		"The rest of these samples are kept with a larger weight, so the expected "
		"gradient does not change.");
	write_kept_legend(r);
	for (i = 0; i < r->nepochs; i++)
		c.high = fmax(c.high, (double)r->stats[i].samples);
	ib_svg_begin(&c, "Bars: samples kept and pruned in each epoch");
	for (i = 0; i < r->nepochs; i++) {
		ib_svg_bar(&c, "c2", i, 0, (double)r->stats[i].kept);
		ib_svg_bar(&c, "c1", i, (double)r->stats[i].kept, (double)r->stats[i].samples);
		if (r->paused[i])
			ib_svg_point(&c, "warm", i, (double)r->stats[i].samples);
	}
	for (i = 0; i < r->nepochs; i++) {
		describe_kept(r, i, text);
		ib_svg_tooltip(&c, i, text);
	}
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
}

/* ---- savings ---------------------------------------------------------------------- */

void
ib_report_chart_saved(struct ib_report *r)
{
	struct ib_svg c = { &r->page, r->nepochs,	r->epoch,	0,
			    0,	      IB_STYLE_PERCENT, "saved visits", false };
	char text[TOOLTIP_MAX];
	size_t i;

	ib_html_section(&r->page, "Saved so far",
			"The line shows the share of skipped visits among all visits so far.");
	for (i = 0; i < r->nepochs; i++) {
		r->y[0][i] = 0;
		r->y[1][i] = r->stats[i].share_saved;
		c.high = fmax(c.high, r->y[1][i]);
	}
	if (r->pruned == 0) {
		ib_bytes_printf(&r->page, nothing);
		ib_html_section_end(&r->page);
		return;
	}
	ib_svg_begin(&c, "Line: share of all visits saved up to each epoch");
	ib_svg_band(&c, "c1", r->y[0], r->y[1]);
	ib_svg_line(&c, "c2", r->y[1]);
	for (i = 0; i < r->nepochs; i++) {
		if (r->nepochs > 1 && r->nepochs <= LINE_POINTS_MAX)
			ib_svg_point(&c, "c2", i, r->y[1][i]);
		snprintf(text, sizeof(text), "up to epoch %lld: %.1f%% saved",
			 (long long)r->epoch[i], 100 * r->y[1][i]);
		ib_svg_tooltip(&c, i, text);
	}
	ib_svg_end(&c);
	ib_html_section_end(&r->page);
}

/* ---- losses ----------------------------------------------------------------------- */

/*
 * Fill r->epoch and r->y with the epochs, the quantiles and the thresholds for the chart of losses.
 * Returns the number of epochs.
 */
static size_t
fill_losses(struct ib_report *r, struct ib_svg *c)
{
	size_t i, at, q;

	c->n = r->has_losses ? r->losses.nepochs : r->nepochs;
	for (i = 0; i < c->n; i++) {
		if (r->has_losses)
			r->epoch[i] = r->drift[i].epoch;
		for (q = 0; q < 5; q++)
			r->y[q][i] =
				r->has_losses ? r->drift[i].quantile[q] : r->score_quantiles[i][q];
		at = ib_report_find(r, r->epoch[i]);
		r->y[5][i] = at < r->nepochs ? r->stats[at].threshold : NAN;
		c->high = fmax(c->high, fmax(r->y[5][i], r->y[4][i]));
		c->low = fmin(c->low, fmin(r->y[5][i], r->y[0][i]));
	}
	return c->n;
}

static bool
has_numbers(const struct ib_report *r, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (isfinite(r->y[2][i]) || isfinite(r->y[5][i]))
			return true;
	return false;
}

static void
write_loss_tooltip(const struct ib_report *r, size_t i, char text[TOOLTIP_MAX])
{
	int n = snprintf(text, TOOLTIP_MAX, "epoch %lld: ", (long long)r->epoch[i]);

	if (isfinite(r->y[2][i]))
		n += snprintf(text + n, TOOLTIP_MAX - (size_t)n,
			      "median %.4g, half of the samples %.4g to %.4g, ", r->y[2][i],
			      r->y[1][i], r->y[3][i]);
	if (isfinite(r->y[5][i]))
		snprintf(text + n, TOOLTIP_MAX - (size_t)n, "threshold %.4g", r->y[5][i]);
	else
		snprintf(text + n, TOOLTIP_MAX - (size_t)n, "no threshold");
}

static void
draw_losses(struct ib_report *r, struct ib_svg *c)
{
	static const char *const legend[] = {
		"c1",	"9 of 10 samples", "c2", "half of the samples", "median", "median",
		"warm", "threshold",	   NULL
	};
	char text[TOOLTIP_MAX];
	size_t i;

	ib_html_legend(&r->page, legend);
	ib_svg_begin(c, "Quantiles of the losses, and the threshold, for each epoch");
	ib_svg_band(c, "c1", r->y[0], r->y[4]);
	ib_svg_band(c, "c2", r->y[1], r->y[3]);
	ib_svg_line(c, "median", r->y[2]);
	ib_svg_line(c, "case", r->y[5]);
	ib_svg_line(c, "warm", r->y[5]);
	for (i = 0; i < c->n; i++) {
		write_loss_tooltip(r, i, text);
		ib_svg_tooltip(c, i, text);
	}
	ib_svg_end(c);
}

void
ib_report_chart_losses(struct ib_report *r)
{
	struct ib_svg c = { &r->page, 0, r->epoch, 0, 0, IB_STYLE_PLAIN, "loss", false };
	size_t i;

	ib_html_section(&r->page, "Losses and threshold",
			r->has_losses
				? "This chart shows the losses of each epoch. Samples whose last "
				  "loss is below the threshold may be skipped."
				: "This chart shows the last losses of the samples that may be "
				  "skipped, because these losses are below the threshold. To show "
				  "the losses of all samples, add the loss logs to the command: "
				  "<code>ib-audit report LOG LOSSLOG...</code>");
	if (has_numbers(r, fill_losses(r, &c)))
		draw_losses(r, &c);
	else
		ib_bytes_printf(&r->page, nothing);
	ib_html_section_end(&r->page);
	for (i = 0; i < r->nepochs; i++)
		r->epoch[i] = r->stats[i].epoch;
}

/* ---- weights ---------------------------------------------------------------------- */

static void
fill_weights(struct ib_report *r, struct ib_svg *c)
{
	static const int errors[4] = { -IB_WEIGHT_SUM_LIMIT, -2, 2, IB_WEIGHT_SUM_LIMIT };
	const struct ib_audit_stats *f;
	double most = 1e-4, error;
	size_t i, k;

	for (i = 0; i < r->nepochs; i++) {
		f = &r->stats[i];
		error = f->weight_error / (double)f->samples;
		for (k = 0; k < 4; k++)
			r->y[k][i] = errors[k] * error;
		r->y[4][i] = f->weight_sum / (double)f->samples - 1;
		most = fmax(most, fmax(r->y[3][i], fabs(r->y[4][i])));
	}
	c->low = -most;
	c->high = most;
}

static void
draw_weights(struct ib_report *r, struct ib_svg *c)
{
	static const char *const legend[] = { "c2",   "usual: 2 standard errors",
					      "c1",   "4 standard errors",
					      "dot",  "epoch",
					      "warm", "alarm: more than 4 standard errors",
					      NULL };
	const struct ib_audit_stats *f;
	char text[TOOLTIP_MAX], a[IB_HTML_NUMBER_MAX];
	size_t i;

	ib_html_legend(&r->page, legend);
	ib_svg_begin(c, "Points: relative deviation of the sum of the weights from the number of "
			"samples, with bands of 2 and 4 standard errors");
	ib_svg_band(c, "c1", r->y[0], r->y[3]);
	ib_svg_band(c, "c2", r->y[1], r->y[2]);
	for (i = 0; i < r->nepochs; i++) {
		f = &r->stats[i];
		if (ib_audit_weights_off(f))
			ib_svg_point(c, "warm", i, r->y[4][i]);
		else if (f->weight_error > 0)
			ib_svg_point(c, "dot", i, r->y[4][i]);
		snprintf(text, sizeof(text),
			 "epoch %lld: the weights add up to %.6g for %s samples, %+.1f standard "
			 "errors",
			 (long long)f->epoch, f->weight_sum, ib_html_count(a, f->samples),
			 ib_audit_deviation(f));
		ib_svg_tooltip(c, i, text);
	}
	ib_svg_end(c);
}

void
ib_report_chart_weights(struct ib_report *r)
{
	struct ib_svg c = { &r->page,
			    r->nepochs,
			    r->epoch,
			    0,
			    0,
			    IB_STYLE_SIGNED,
			    "deviation from the number of samples",
			    false };

	ib_html_section(&r->page, "Do the weights add up?",
			"The weights of the kept samples must add up to the number of all samples, "
			"except for a random deviation. The standard error is the usual size of "
			"this deviation, computed from the keep probabilities.");
	fill_weights(r, &c);
	if (r->pruned > 0)
		draw_weights(r, &c);
	else
		ib_bytes_printf(&r->page, nothing);
	ib_html_section_end(&r->page);
}
