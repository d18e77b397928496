/* The tables of the report. */
#include <stdio.h>

#include "audit/report.h"
#include "audit/subcommands.h"

/*
 * Return a target that writes tables to the page of the report. If memory runs out, page.failed is
 * set.
 */
static struct ib_table_target
page_of(struct ib_report *r)
{
	return (struct ib_table_target){ .options = r->options, .page = &r->page };
}

void
ib_report_summary(struct ib_report *r)
{
	struct ib_table_target to = page_of(r);

	ib_html_section(&r->page, "Epoch by epoch",
			"The same numbers as <code>ib-audit summary</code>. The column "
			"\"off by\" is the sum of the weights minus the number of samples, in "
			"standard errors. Values from &minus;4 to 4 may be due to chance.");
	ib_audit_stats_write(r->stats, r->nepochs, &to, NULL);
	ib_html_section_end(&r->page);
}

/* ---- classes ---------------------------------------------------------------------- */

/*
 * Write the share of pruned visits of all samples. Then name each value of the field of --by whose
 * share is more than twice as large.
 */
static void
write_harm(struct ib_report *r, const struct ib_by_row *row, size_t n)
{
	struct ib_by_row all;
	size_t i;

	ib_by_total(r->by, &all);
	if (all.visits > 0)
		ib_bytes_printf(&r->page,
				"<p>Average of all samples: %.1f%% of the visits pruned.</p>\n",
				100 * all.share_pruned);
	for (i = 0; i < n; i++) {
		if (!ib_by_is_harmed(&row[i]))
			continue;
		ib_bytes_printf(&r->page, "<p><b class=\"alarm\">");
		ib_html_text(&r->page, row[i].name);
		ib_bytes_printf(
			&r->page,
			"</b> is pruned more than twice as much as the average: %.1f%%. "
			"Compare the accuracy of these samples with their accuracy in a run on "
			"all data.</p>\n",
			100 * row[i].share_pruned);
	}
}

void
ib_report_by(struct ib_report *r)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	struct ib_table_target to = page_of(r);
	struct ib_bytes heading = { 0 };
	size_t n;

	if (!r->by)
		return;
	ib_bytes_printf(&heading, "Samples by ");
	ib_html_text(&heading, ib_span_of(ib_by_field(r->by)));
	ib_bytes_append_char(&heading, '\0');
	r->page.failed |= heading.failed;
	ib_html_section(
		&r->page, heading.failed ? "" : heading.p,
		"This table shows which values of the manifest field are pruned most. Samples with "
		"lower losses are pruned more, and may need fewer visits. To find out whether "
		"pruning does harm, compare the accuracy for each value with that of a run on all "
		"data.");
	n = ib_by_finish(r->by, row);
	write_harm(r, row, n);
	ib_by_write_rows(r->by, row, n, &to, NULL);
	ib_html_section_end(&r->page);
	ib_bytes_release(&heading);
}

/* ---- samples ---------------------------------------------------------------------- */

void
ib_report_pruned(struct ib_report *r)
{
	const struct ib_prune_counts *t = &r->counts;
	struct ib_table_target to = page_of(r);

	ib_html_section(&r->page, "Most often pruned samples",
			"This table shows in how many epochs each sample was pruned, and in how "
			"many it was kept by its draw.");
	if (t->ids.n > 0 && t->count[t->order[0]].pruned > 0)
		ib_prune_counts_write(t, true, false, r->top, &to, NULL);
	else
		ib_bytes_printf(&r->page, "<p>Nothing pruned yet.</p>\n");
	ib_html_section_end(&r->page);
}

void
ib_report_suspects(struct ib_report *r)
{
	struct ib_table_target to = page_of(r);

	ib_html_section(&r->page, "Samples with possibly wrong labels",
			"The loss of these samples was never below the mean loss of the epoch. The "
			"sample whose loss rose most, relative to the mean, comes first.");
	if (r->nsuspects > 0)
		ib_suspects_write(r->suspect, ib_audit_top_rows(r->top, r->nsuspects),
				  &r->losses.ids, &to, NULL);
	else if (r->has_losses)
		ib_bytes_printf(&r->page, "<p>None.</p>\n");
	else
		ib_bytes_printf(&r->page,
				"<p>To show this table, add the loss logs to the command: "
				"<code>ib-audit report LOG LOSSLOG...</code></p>\n");
	ib_html_section_end(&r->page);
}

/*
 * Name each epoch that has a drift alarm, unless the previous epoch has an alarm too. If the next
 * epoch kept every sample, say so; otherwise say what to look for.
 */
static void
write_alarms(struct ib_report *r)
{
	const struct ib_drift *d;
	size_t i, next;

	for (i = 0; i < r->losses.nepochs; i++) {
		d = &r->drift[i];
		if (!d->alarm || (i > 0 && d[-1].alarm))
			continue;
		next = ib_report_find(r, d->epoch + 1);
		ib_bytes_printf(&r->page, "<p><b class=\"alarm\">Alarm in epoch %lld.</b> ",
				(long long)d->epoch);
		if (next < r->nepochs && r->paused[next])
			ib_bytes_printf(&r->page, "Epoch %lld kept every sample.</p>\n",
					(long long)r->stats[next].epoch);
		else
			ib_bytes_printf(&r->page, "Look for a change in the data, the labels or "
						  "the learning rate.</p>\n");
	}
}

void
ib_report_drift(struct ib_report *r)
{
	struct ib_table_target to = page_of(r);

	ib_html_section(
		&r->page, "Did the losses rise?",
		"During training the mean loss falls. If it rises, the Page-Hinkley sum "
		"grows, and a large sum causes an alarm. W1 is the distance between the losses of "
		"two epochs, in units of the loss. PSI is a distance without a unit. The reference "
		"epoch is the first epoch, unless <code>--reference</code> names another epoch. "
		"All statistics are weighted.");
	if (r->has_losses) {
		write_alarms(r);
		ib_drift_write(r->drift, r->losses.nepochs, &to, NULL);
	} else {
		ib_bytes_printf(&r->page,
				"<p>To show this table, add the loss logs to the command: "
				"<code>ib-audit report LOG LOSSLOG...</code></p>\n");
	}
	ib_html_section_end(&r->page);
}
