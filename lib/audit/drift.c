/*
 * Compute the drift of the losses from epoch to epoch. The losses of an epoch with pruning are a
 * biased sample of all losses. Weights of 1/pi remove the bias.
 */
#include "audit/drift.h"

#include <math.h>
#include <stdlib.h>

#include "audit/subcommands.h"
#include "audit/weighted.h"
#include "base/error.h"

/* ---- statistics --------------------------------------------------------------- */

/*
 * Set n, nonfinite, weight_sum and mean of *d. Returns the weighted standard deviation of the
 * losses.
 */
static double
add_losses(const struct ib_loss_history_epoch *e, struct ib_drift *d)
{
	double off, square = 0;
	uint64_t i;

	d->mean = ib_loss_history_mean(e, &d->weight_sum);
	for (i = 0; i < e->n; i++) {
		if (isnan(e->loss[i])) {
			d->nonfinite++;
			continue;
		}
		d->n++;
		off = (double)e->loss[i] - d->mean;
		square += (e->weight ? e->weight[i] : 1) * off * off;
	}
	return d->weight_sum > 0 ? sqrt(square / d->weight_sum) : NAN;
}

static enum ib_status
compute_epoch(const struct ib_loss_history_epoch *e, const struct ib_weighted *reference,
	      struct ib_weighted *before, struct ib_page_hinkley *ph, struct ib_drift *d,
	      struct ib_error *err)
{
	struct ib_weighted now;
	double deviation;
	enum ib_status st;

	*d = (struct ib_drift){ .epoch = e->epoch, .page_hinkley = NAN };
	st = ib_weighted_init(&now, e->loss, e->weight, e->n, err);
	if (st)
		return st;
	deviation = add_losses(e, d);
	ib_weighted_quantiles(&now, d->quantile);
	d->w1_before = ib_weighted_w1(&now, before);
	d->psi_before = ib_weighted_psi(&now, before);
	d->w1_reference = ib_weighted_w1(&now, reference);
	d->psi_reference = ib_weighted_psi(&now, reference);
	d->alarm = true;
	if (!isnan(d->mean)) {
		d->page_hinkley = ib_page_hinkley_step(ph, d->mean, deviation);
		d->alarm = d->page_hinkley > ph->alarm;
	}
	ib_weighted_release(before);
	*before = now;
	return IB_OK;
}

enum ib_status
ib_drift_run(const struct ib_loss_history *l, const struct ib_audit_options *o,
	     struct ib_drift **drift, struct ib_error *err)
{
	struct ib_page_hinkley ph = { .delta = o->ph_delta, .alarm = o->ph_alarm };
	bool alarm = false; /* true if the previous epoch has an alarm */
	struct ib_weighted reference = { 0 }, before = { 0 };
	const struct ib_loss_history_epoch *reference_epoch = l->nepochs ? &l->epoch[0] : NULL;
	struct ib_drift *d = calloc(l->nepochs + 1, sizeof(*d));
	enum ib_status st = IB_OK;
	size_t i;

	if (!d)
		return ib_fail_memory(err);
	if (o->reference != IB_NO_EPOCH) {
		reference_epoch = ib_loss_history_find(l, o->reference);
		if (!reference_epoch)
			st = ib_fail(err, IB_E_DATA,
				     "--reference %lld: the logs have no losses of this epoch",
				     (long long)o->reference);
	}
	if (!st && reference_epoch)
		st = ib_weighted_init(&reference, reference_epoch->loss, reference_epoch->weight,
				      reference_epoch->n, err);
	for (i = 0; i < l->nepochs && !st; i++) {
		if (alarm && l->epoch[i].pruning_off)
			ph.nepochs = 0;
		st = compute_epoch(&l->epoch[i], &reference, &before, &ph, &d[i], err);
		alarm = d[i].alarm;
	}
	ib_weighted_release(&reference);
	ib_weighted_release(&before);
	if (st) {
		free(d);
		return st;
	}
	*drift = d;
	return IB_OK;
}

/* ---- the subcommand ----------------------------------------------------------- */

static const struct ib_column columns[] = {
	{ "epoch", "epoch", .report_heading = "epoch" },
	{ "n", "n", .report_heading = "losses", .drop_order = 4 },
	{ .name = "nonfinite" },
	{ "weight_sum", "weights", IB_STYLE_INTEGER, .drop_order = 9 },
	{ "mean", "mean", .report_heading = "mean" },
	{ .name = "q05" },
	{ .name = "q25" },
	{ "q50", "median", .report_heading = "median", .drop_order = 7 },
	{ .name = "q75" },
	{ "q95", "q95", .drop_order = 8 },
	{ "w1_before", "W1 before", .report_heading = "W1 from previous epoch", .drop_order = 1 },
	{ "w1_reference", "W1 ref", .report_heading = "W1 from reference epoch", .drop_order = 3 },
	{ "psi_before", "PSI before", .report_heading = "PSI from previous epoch",
	  .drop_order = 6 },
	{ "psi_reference", "PSI ref", .report_heading = "PSI from reference epoch",
	  .drop_order = 5 },
	{ "page_hinkley", "PH", .report_heading = "rise (Page-Hinkley)", .drop_order = 2 },
	{ "alarm", "alarm", .report_heading = "alarm", .alarm = true },
};

static void
write_row(struct ib_text_table *table, const struct ib_drift *d)
{
	ib_text_table_row(table, (struct ib_cell[]){
					 IB_COUNT((uint64_t)d->epoch),
					 IB_COUNT(d->n),
					 IB_COUNT(d->nonfinite),
					 IB_REAL(d->weight_sum),
					 IB_REAL(d->mean),
					 IB_REAL(d->quantile[0]),
					 IB_REAL(d->quantile[1]),
					 IB_REAL(d->quantile[2]),
					 IB_REAL(d->quantile[3]),
					 IB_REAL(d->quantile[4]),
					 IB_REAL(d->w1_before),
					 IB_REAL(d->w1_reference),
					 IB_REAL(d->psi_before),
					 IB_REAL(d->psi_reference),
					 IB_REAL(d->page_hinkley),
					 IB_BOOL_CELL(d->alarm),
				 });
}

enum ib_status
ib_drift_write(const struct ib_drift *d, size_t n, const struct ib_table_target *to,
	       struct ib_error *err)
{
	struct ib_text_table *table;
	size_t i;

	table = ib_text_table_new("drift", columns, sizeof(columns) / sizeof(*columns), to);
	for (i = 0; i < n; i++)
		write_row(table, &d[i]);
	return ib_text_table_end(&table, err);
}

static void
write_sparks(const struct ib_audit_options *o, const struct ib_drift *d, size_t n,
	     struct ib_output *out)
{
	double *mean = calloc(n + 1, sizeof(*mean));
	struct ib_bytes b = { 0 };
	size_t i;

	for (i = 0; mean && i < n; i++)
		mean[i] = d[i].mean;
	if (mean) {
		ib_bytes_append_char(&b, '\n');
		ib_write_sparkline(&b, "mean loss", mean, n, IB_STYLE_PLAIN, o);
	}
	b.failed |= !mean;
	ib_output_write_bytes(out, &b);
	ib_bytes_release(&b);
	free(mean);
}

/* For --fail: return an error that names the first epoch that has an alarm. */
static enum ib_status
fail_at_alarm(const struct ib_drift *d, size_t n, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (!d[i].alarm)
			continue;
		if (isnan(d[i].mean))
			return ib_fail(err, IB_E_CHECK, "epoch %lld has no finite loss",
				       (long long)d[i].epoch);
		return ib_fail(err, IB_E_CHECK,
			       "epoch %lld: alarm: the mean loss has risen to %.6g",
			       (long long)d[i].epoch, d[i].mean);
	}
	return IB_OK;
}

enum ib_status
ib_audit_drift(const struct ib_audit_options *o, const struct ib_context *context,
	       struct ib_output *out, struct ib_error *err)
{
	struct ib_drift *d = NULL;
	struct ib_loss_history losses;
	enum ib_status st;
	size_t first, n;

	st = ib_loss_history_load(o, o->operands, NULL, context, &losses, err);
	if (!st)
		st = ib_drift_run(&losses, o, &d, err);
	first = ib_audit_first_epoch(o, losses.nepochs);
	n = losses.nepochs - first;
	if (!st)
		st = ib_drift_write(d + first, n, &(struct ib_table_target){ o, out, NULL }, err);
	if (!st && o->spark && !o->json && n > 1)
		write_sparks(o, d + first, n, out);
	if (!st && o->fail)
		st = fail_at_alarm(d + first, n, err);
	ib_loss_history_release(&losses);
	free(d);
	return st;
}
