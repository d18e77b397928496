/* The tables of the report. */
#include <math.h>
#include <stdio.h>

#include "audit/report.h"
#include "base/error.h"

#define COLUMNS(array) (sizeof(array) / sizeof(*(array)))

static void
write_epochs(struct ib_report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "epoch" },
		{ .heading = "samples" },
		{ .heading = "kept" },
		{ .heading = "pruned" },
		{ .heading = "share kept", .style = IB_STYLE_PERCENT },
		{ .heading = "threshold" },
		{ .heading = "sum of weights", .style = IB_STYLE_INTEGER },
		{ .heading = "off by (std. errors)", .style = IB_STYLE_SIGNED },
		{ .heading = "saved so far", .style = IB_STYLE_PERCENT },
	};
	struct ib_html_table table = { "summary", columns, COLUMNS(columns), NULL, 0, 0, false };
	const struct ib_audit_stats *f;
	size_t i;

	for (i = 0; i < r->n; i++) {
		f = &r->stats[i];
		ib_html_table_row(&table, (struct ib_cell[]){
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
	ib_html_table_end(&table, &r->page);
}

void
ib_report_summary(struct ib_report *r)
{
	ib_html_section(&r->page, "Epoch by epoch",
			"The same numbers as <code>ib-audit summary</code>. The column "
			"\"off by\" is the sum of the weights minus the number of samples, in "
			"standard errors. Values from &minus;4 to 4 are due to chance.");
	write_epochs(r);
	ib_html_section_end(&r->page);
}

/* ---- classes ---------------------------------------------------------------------- */

/* Write the pruned share of all samples, and the values that have a much larger pruned share. */
static void
write_harm(struct ib_report *r, const struct ib_by_row *row, size_t n)
{
	struct ib_by_row all;
	size_t i;

	ib_by_total(r->by, &all);
	if (all.visits > 0)
		ib_bytes_printf(&r->page,
				"<p>Average of all samples: %.1f%% of the visits pruned.</p>\n",
				100 * all.share);
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
			100 * row[i].share);
	}
}

static void
write_classes(struct ib_report *r, const struct ib_by_row *row, size_t n)
{
	static const struct ib_column columns[] = {
		{ .heading = "value", .left = true },
		{ .heading = "samples" },
		{ .heading = "share pruned", .style = IB_STYLE_PERCENT },
		{ .heading = "times the average", .style = IB_STYLE_RATIO },
		{ .heading = "mean weight", .style = IB_STYLE_RATIO },
		{ .heading = "share of all savings", .style = IB_STYLE_PERCENT },
	};
	struct ib_html_table table = { "by", columns, COLUMNS(columns), NULL, 0, 0, false };
	size_t i;

	for (i = 0; i < n; i++)
		ib_html_table_row(&table, (struct ib_cell[]){
						  IB_TEXT(row[i].name),
						  IB_COUNT(row[i].samples),
						  IB_REAL(row[i].share),
						  IB_REAL(row[i].ratio),
						  IB_REAL(row[i].mean_weight),
						  IB_REAL(row[i].saved),
					  });
	ib_html_table_end(&table, &r->page);
}

void
ib_report_by(struct ib_report *r)
{
	struct ib_by_row row[IB_VALUE_GROUPS_MAX];
	struct ib_bytes heading = { 0 };
	size_t n;

	if (!r->by)
		return;
	ib_bytes_printf(&heading, "Samples by ");
	ib_html_text(&heading, ib_span_of(ib_by_field(r->by)));
	ib_bytes_put_char(&heading, '\0');
	r->page.failed |= heading.failed;
	ib_html_section(
		&r->page, heading.failed ? "" : heading.p,
		"This table shows which values of the manifest field are pruned most. A value with "
		"lower losses is pruned more, and may need fewer visits. To find out whether "
		"pruning does harm, compare the accuracy with a run on all data.");
	n = ib_by_finish(r->by, row);
	write_harm(r, row, n);
	write_classes(r, row, n);
	ib_html_section_end(&r->page);
	ib_bytes_release(&heading);
}

/* ---- samples ---------------------------------------------------------------------- */

void
ib_report_pruned(struct ib_report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "sample", .left = true },
		{ .heading = "times pruned" },
		{ .heading = "kept by draw" },
		{ .heading = "last pruned in epoch" },
	};
	struct ib_html_table table = { "pruned", columns, COLUMNS(columns), NULL, 0, 0, false };
	const struct ib_prune_count *count;
	uint64_t i;

	ib_html_section(&r->page, "Most often pruned samples",
			"For each sample, the number of epochs in which the sample was pruned, and "
			"the number of epochs in which the draw kept the sample.");
	for (i = 0; i < r->counts.ids.n && i < r->top; i++) {
		count = &r->counts.count[r->counts.order[i]];
		if (count->pruned == 0)
			break;
		ib_html_table_row(&table,
				  (struct ib_cell[]){
					  IB_TEXT(ib_table_id(&r->counts.ids, r->counts.order[i])),
					  IB_COUNT(count->pruned),
					  IB_COUNT(count->drawn),
					  IB_COUNT((uint64_t)count->last),
				  });
	}
	if (table.nrows > 0)
		ib_html_table_end(&table, &r->page);
	else
		ib_bytes_printf(&r->page, "<p>Nothing pruned yet.</p>\n");
	ib_html_section_end(&r->page);
}

static void
write_suspects(struct ib_report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "sample", .left = true }, { .heading = "epochs" },
		{ .heading = "first loss / mean" },    { .heading = "last loss / mean" },
		{ .heading = "change per epoch" },
	};
	struct ib_html_table table = { "suspects", columns, COLUMNS(columns), NULL, 0, 0, false };
	const struct ib_suspect *s;
	size_t i;

	for (i = 0; i < r->nsuspects && i < r->top; i++) {
		s = &r->suspect[i];
		ib_html_table_row(&table, (struct ib_cell[]){
						  IB_TEXT(ib_table_id(&r->losses.ids, s->row)),
						  IB_COUNT(s->epochs),
						  IB_REAL(s->first),
						  IB_REAL(s->last),
						  IB_REAL(s->slope),
					  });
	}
	if (table.nrows > 0)
		ib_html_table_end(&table, &r->page);
	else
		ib_bytes_printf(&r->page, "<p>None.</p>\n");
}

void
ib_report_suspects(struct ib_report *r)
{
	ib_html_section(
		&r->page, "Samples with possibly wrong labels",
		"The loss of these samples was never below the mean loss of the epoch. The loss "
		"of the first sample rose most, relative to the mean.");
	if (r->has_losses)
		write_suspects(r);
	else
		ib_bytes_printf(
			&r->page,
			"<p>To show this table, name the loss logs as further operands.</p>\n");
	ib_html_section_end(&r->page);
}

/* Say in which epoch the losses rose, and what happened then. */
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
		if (next < r->n && r->paused[next])
			ib_bytes_printf(&r->page, "Epoch %lld kept every sample.</p>\n",
					(long long)r->stats[next].epoch);
		else
			ib_bytes_printf(&r->page,
					"Look for a change of the data, the labels or the "
					"learning rate.</p>\n");
	}
}

static void
write_drift(struct ib_report *r)
{
	static const struct ib_column columns[] = {
		{ .heading = "epoch" },
		{ .heading = "losses" },
		{ .heading = "mean" },
		{ .heading = "median" },
		{ .heading = "W1 to epoch before" },
		{ .heading = "W1 to reference" },
		{ .heading = "PSI to epoch before" },
		{ .heading = "PSI to reference" },
		{ .heading = "rise (Page-Hinkley)" },
		{ .heading = "alarm" },
	};
	struct ib_html_table table = { "drift", columns, COLUMNS(columns), NULL, 0, 0, false };
	const struct ib_drift *d;
	size_t i;

	for (i = 0; i < r->losses.nepochs; i++) {
		d = &r->drift[i];
		ib_html_table_row(&table, (struct ib_cell[]){
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
	ib_html_table_end(&table, &r->page);
}

void
ib_report_drift(struct ib_report *r)
{
	ib_html_section(
		&r->page, "Did the losses rise?",
		"During training the mean loss falls. If it rises, the Page-Hinkley sum "
		"grows, and a large sum is an alarm. W1 is the distance between the losses of two "
		"epochs, in units of the loss. PSI is a distance without a unit. The reference is "
		"the first epoch, unless an option names another epoch. All statistics use the "
		"weights of the losses.");
	if (r->has_losses) {
		write_alarms(r);
		write_drift(r);
	} else {
		ib_bytes_printf(&r->page,
				"<p>To show this table, name the loss logs as further operands: "
				"<code>ib-audit report LOG LOSSLOG...</code></p>\n");
	}
	ib_html_section_end(&r->page);
}
