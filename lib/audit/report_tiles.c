/* The top of the report: the result in one sentence, and the tiles. */
#include <math.h>
#include <stdio.h>
#include <time.h>

#include "audit/report.h"
#include "prune/rules.h"

#define NOTE_MAX 300

/* ---- the result ------------------------------------------------------------------- */

static void
write_sentence(struct ib_report *r)
{
	char a[IB_HTML_NUMBER_MAX], b[IB_HTML_NUMBER_MAX];
	const char *plural = r->nepochs == 1 ? "" : "s";

	ib_bytes_printf(&r->page, "<p class=\"result\">");
	if (r->nepochs == 0)
		ib_bytes_printf(&r->page, "The audit log has no finished epoch.");
	else if (r->pruned == 0)
		ib_bytes_printf(&r->page,
				"Nothing pruned yet: the log has %zu epoch%s, and every sample was "
				"kept.",
				r->nepochs, plural);
	else
		ib_bytes_printf(&r->page,
				"Pruning saved <b>%.1f%%</b> of the sample visits in %zu epoch%s: "
				"%s of %s.",
				100 * (double)r->pruned / (double)r->visits, r->nepochs, plural,
				ib_html_count(a, r->pruned), ib_html_count(b, r->visits));
	ib_bytes_printf(&r->page,
			"</p>\n<p class=\"soft\">A visit is one sample in one epoch. Saved visits "
			"say nothing about accuracy: compare the model with a model that was "
			"trained on all data.</p>\n");
}

static void
write_source(struct ib_report *r)
{
	time_t when = (time_t)ib_audit_log_time(r->log);
	char day[40], utc[40];
	struct tm tm;

	ib_bytes_printf(&r->page, "<p class=\"soft\">Audit log <code>");
	ib_html_text(&r->page, ib_span_of(ib_audit_log_name(r->log)));
	ib_bytes_printf(&r->page, "</code>, read by infobatch " IB_VERSION ".\n");
	if (r->nepochs > 0 && when >= 0 && gmtime_r(&when, &tm) &&
	    strftime(day, sizeof(day), "%Y-%m-%d %H:%M UTC", &tm) &&
	    strftime(utc, sizeof(utc), "%Y-%m-%dT%H:%M:%SZ", &tm))
		ib_bytes_printf(&r->page,
				"The last epoch was added on <time datetime=\"%s\">%s</time>.\n",
				utc, day);
	ib_bytes_printf(&r->page, "</p>\n");
}

void
ib_report_result(struct ib_report *r)
{
	write_sentence(r);
	write_source(r);
}

/* ---- savings ---------------------------------------------------------------------- */

static void
write_saved(struct ib_report *r)
{
	char value[40], note[NOTE_MAX], a[IB_HTML_NUMBER_MAX], b[IB_HTML_NUMBER_MAX];

	snprintf(value, sizeof(value), "%.1f%%",
		 r->visits ? 100 * (double)r->pruned / (double)r->visits : 0);
	if (r->pruned)
		snprintf(note, sizeof(note), "%s of %s visits", ib_html_count(a, r->pruned),
			 ib_html_count(b, r->visits));
	else
		snprintf(note, sizeof(note), "nothing pruned yet");
	ib_html_tile(&r->page, "", "Saved so far", value, note);
}

static void
write_cost(struct ib_report *r)
{
	const double cost = r->options->cost, n = (double)r->nepochs;
	char value[IB_HTML_NUMBER_MAX], note[NOTE_MAX];
	char a[IB_HTML_NUMBER_MAX], b[IB_HTML_NUMBER_MAX], c[IB_HTML_NUMBER_MAX];
	double saved;

	if (!r->options->cost_given)
		return;
	saved = r->stats[r->nepochs - 1].saved_epochs;
	snprintf(note, sizeof(note), "spent %s instead of %s, if an epoch on all data costs %s",
		 ib_html_amount(a, cost * (n - saved)), ib_html_amount(b, cost * n),
		 ib_html_amount(c, cost));
	ib_html_tile(&r->page, "", "Cost saved", ib_html_amount(value, cost * saved), note);
}

static void
write_epochs(struct ib_report *r)
{
	char value[40], note[NOTE_MAX];
	size_t i, pruned = 0;

	for (i = 0; i < r->nepochs; i++)
		pruned += r->stats[i].pruned > 0;
	snprintf(value, sizeof(value), "%zu", r->nepochs);
	snprintf(note, sizeof(note), "%zu with pruning, %zu on all data; the last epoch is %lld",
		 pruned, r->nepochs - pruned, (long long)r->stats[r->nepochs - 1].epoch);
	ib_html_tile(&r->page, "", "Epochs", value, note);
}

/* ---- checks ----------------------------------------------------------------------- */

/*
 * Write the tile of an alarm about weights: *f is the first epoch whose weights do not add up to
 * the number of samples, and `off` is the number of such epochs. The tile says what to do.
 */
static void
write_weights_alarm(struct ib_report *r, const struct ib_audit_stats *f, size_t off)
{
	size_t at = (size_t)(f - r->stats);
	enum ib_rule_id rule = ib_audit_log_epoch(r->log, at)->head.options.rule;
	char value[60], note[NOTE_MAX], a[IB_HTML_NUMBER_MAX], more[80] = "";

	snprintf(value, sizeof(value), "alarm in epoch %lld", (long long)f->epoch);
	if (off > 1)
		snprintf(more, sizeof(more), " %zu more epoch%s an alarm: see the chart.", off - 1,
			 off == 2 ? " has" : "s have");
	snprintf(note, sizeof(note),
		 "The weights add up to %.0f instead of %s. This difference is very unlikely "
		 "to be due to chance.%s %s",
		 f->weight_sum, ib_html_count(a, f->samples), more,
		 ib_rule_kind_of(rule)->biased
			 ? "The rule of this epoch is biased: use another rule."
			 : "Stop the trainer and run <code>ib-audit verify</code>.");
	ib_html_tile(&r->page, "bad", "Weights", value, note);
}

static void
write_weights(struct ib_report *r)
{
	const struct ib_audit_stats *first = NULL;
	size_t i, off = 0, tested = 0;
	char note[NOTE_MAX];
	double worst = 0;

	for (i = 0; i < r->nepochs; i++) {
		if (r->stats[i].pruned > 0 || r->stats[i].weight_error > 0)
			tested++;
		worst = fmax(worst, fabs(ib_audit_deviation(&r->stats[i])));
		if (!ib_audit_weights_off(&r->stats[i]))
			continue;
		first = first ? first : &r->stats[i];
		off++;
	}
	if (first) {
		write_weights_alarm(r, first, off);
		return;
	}
	if (tested == 0) {
		ib_html_tile(&r->page, "", "Weights", "&ndash;", "nothing pruned yet");
		return;
	}
	snprintf(note, sizeof(note),
		 "to the number of samples, in each of the %zu pruned epochs; the largest "
		 "deviation is %.1f standard errors (allowed: %d)",
		 tested, worst, IB_WEIGHT_SUM_LIMIT);
	ib_html_tile(&r->page, "good", "Weights", "add up", note);
}

/*
 * Write the tile of the first drift alarm. The tile says either that pruning was paused, or what to
 * do.
 */
static void
write_drift_alarm(struct ib_report *r, const struct ib_drift *d)
{
	bool handled = ib_report_alarms_handled(r);
	size_t next = ib_report_find(r, d->epoch + 1);
	char value[60], what[120], note[NOTE_MAX];

	if (isnan(d->mean))
		snprintf(what, sizeof(what), "The epoch has no finite loss.");
	else if (d > r->drift)
		snprintf(what, sizeof(what), "The mean loss went from %.4g to %.4g.", d[-1].mean,
			 d->mean);
	else
		what[0] = '\0';
	snprintf(value, sizeof(value), "alarm in epoch %lld", (long long)d->epoch);
	if (next < r->nepochs && r->paused[next])
		snprintf(note, sizeof(note), "%s Epoch %lld then kept every sample%s", what,
			 (long long)r->stats[next].epoch,
			 handled ? "; there has been no alarm since."
				 : ", but the alarm continued.");
	else
		snprintf(note, sizeof(note),
			 "%s Keep every sample in the next epoch, and look for a change in the "
			 "data, the labels or the learning rate.",
			 what);
	ib_html_tile(&r->page, handled ? "" : "bad", "Losses", value, note);
}

static void
write_drift(struct ib_report *r)
{
	const struct ib_drift *first = ib_report_first_alarm(r);
	char note[NOTE_MAX];

	if (!r->has_losses)
		return;
	if (first) {
		write_drift_alarm(r, first);
		return;
	}
	snprintf(note, sizeof(note), "the mean loss did not rise in %zu epoch%s", r->losses.nepochs,
		 r->losses.nepochs == 1 ? "" : "s");
	ib_html_tile(&r->page, r->losses.nepochs > 1 ? "good" : "", "Losses",
		     r->losses.nepochs > 1 ? "no alarm" : "&ndash;",
		     r->losses.nepochs > 1 ? note : "one epoch cannot show a rise");
}

void
ib_report_tiles(struct ib_report *r)
{
	ib_bytes_printf(&r->page, "<div class=\"tiles\">\n");
	write_saved(r);
	write_cost(r);
	write_epochs(r);
	write_weights(r);
	write_drift(r);
	ib_bytes_printf(&r->page, "</div>\n");
}
