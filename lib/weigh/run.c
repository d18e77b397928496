/* Run ib-weights: read the manifests, and then check, write or summarize the weights. */
#include "weigh/manifest.h"

#include <math.h>

#include "base/error.h"
#include "base/json_writer.h"
#include "weigh/check.h"

struct run {
	const struct ib_weights_options *options;
	const struct ib_context *context;
	struct ib_full_manifest full;
	struct ib_manifest manifest;
	const struct ib_scale *scale; /* NULL if the weights are not scaled */
	struct ib_scale own_scale;    /* `scale` points to this member if the weights are scaled */
	/* factor from the receipt by which ib-prune --normalize scaled the weights, or 1 */
	double factor;
	double rate_factor; /* see ib_rule_rate_factor(); NaN if no record has a weight */
	struct ib_output *out, *index;
};

/* Return the name of the epoch manifest, for messages that are not about a single record. */
static const char *
name_of(const struct ib_weights_options *o)
{
	if (o->operands.n == 0 || strcmp(o->operands.v[0], "-") == 0)
		return "standard input";
	return o->operands.v[0];
}

static bool
writes_weights(const struct ib_weights_options *o)
{
	return !o->stats && !o->check;
}

/* ---- set-up --------------------------------------------------------------------- */

static enum ib_status
open_outputs(struct run *run, struct ib_error *err)
{
	const struct ib_weights_options *o = run->options;
	unsigned flags = o->if_changed ? IB_OUTPUT_IF_CHANGED : 0;
	enum ib_status st = IB_OK;

	if (o->index)
		st = ib_output_open(o->index, flags, &run->index, err);
	if (!st && (writes_weights(o) || o->stats))
		st = ib_output_open(o->output, flags, &run->out, err);
	return st;
}

/*
 * Set the members of run->manifest that decide what happens to the records of the epoch manifest.
 */
static void
set_processing(struct run *run)
{
	const struct ib_weights_options *o = run->options;
	struct ib_manifest *m = &run->manifest;
	bool scaled = o->normalize != IB_NORMALIZE_NONE;
	bool writes = writes_weights(o);

	m->options = o;
	m->full = o->base.n > 0 ? &run->full : NULL;
	m->needs_ids = m->full || o->check || (writes && ib_weight_format_has_ids(o->out));
	m->checks_tsv_ids = ib_writes_tsv_ids(o);
	m->adds_weights = !writes || scaled;
	if (m->full)
		return;
	if (writes && !scaled && ib_weight_format_streams(o->out)) {
		m->out = run->out;
		return;
	}
	m->keeps_weights = writes || (o->stats && scaled);
	m->keeps_ids = o->check || (writes && ib_weight_format_has_ids(o->out));
}

/* ---- checks --------------------------------------------------------------------- */

static uint64_t
total_of(const struct run *run)
{
	return run->options->base.n > 0 ? run->full.rows.n : run->options->total;
}

/*
 * Check that no id occurs twice. With a full manifest, the reader of the epoch manifest has already
 * checked this.
 */
static enum ib_status
check_duplicates(struct ib_manifest *m, struct ib_error *err)
{
	enum ib_status st;
	uint64_t row;

	st = ib_id_weights_index(&m->rows, &row, err);
	if (st != IB_E_DATA || (m->check_failed && m->failed_record <= row))
		return st == IB_E_DATA ? IB_OK : st;
	m->check_failed = true;
	ib_id_weights_fail_duplicate(&m->rows, row, IB_E_CHECK, &m->failed);
	return IB_OK;
}

static enum ib_status
check(struct run *run, struct ib_error *err)
{
	struct ib_manifest *m = &run->manifest;
	enum ib_status st = IB_OK;

	if (!m->full)
		st = check_duplicates(m, err);
	if (st)
		return st;
	if (m->check_failed)
		return ib_fail(err, IB_E_CHECK, "%s", m->failed.text);
	return ib_check_weights(&m->stats, total_of(run), name_of(run->options),
				run->options->receipt, &run->factor, err);
}

/* ---- statistics ----------------------------------------------------------------- */

static void
write_count(struct ib_json_writer *w, const char *name, bool known, uint64_t x)
{
	if (known)
		ib_json_write_unsigned(w, name, x);
	else
		ib_json_write_null(w, name);
}

static void
write_real(struct ib_json_writer *w, const char *name, bool known, double x)
{
	ib_json_write_real(w, name, known ? x : (double)NAN);
}

/* Return (total - n) / total, rounded only once. */
static double
share_saved(uint64_t n, uint64_t total)
{
	struct ib_exact x;

	ib_exact_init(&x);
	ib_exact_add_times(&x, 1, total);
	ib_exact_add_times(&x, -1, n);
	return ib_exact_mean(&x, total);
}

static enum ib_status
write_stats(struct run *run, const struct ib_weight_stats *t, struct ib_error *err)
{
	const struct ib_weights_options *o = run->options;
	uint64_t n = t->n, total = total_of(run), batch = o->batch;
	bool has_total = o->base.n > 0 || o->total_given;
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_unsigned(&w, "n", n);
	write_count(&w, "total", has_total, total);
	write_real(&w, "sum", true, ib_exact_round(&t->sum));
	write_real(&w, "min", n > 0, t->min);
	write_real(&w, "max", n > 0, t->max);
	write_real(&w, "mean", n > 0, n > 0 ? ib_exact_mean(&t->sum, n) : 0);
	write_real(&w, "ess", n > 0, n > 0 ? ib_weight_stats_ess(t) : 0);
	write_real(&w, "deff", n > 0, n > 0 ? ib_weight_stats_deff(t) : 0);
	write_real(&w, "saved", has_total && total > 0, total > 0 ? share_saved(n, total) : 0);
	write_count(&w, "batch", batch > 0, batch);
	write_count(&w, "steps", batch > 0, batch > 0 ? n / batch + (n % batch > 0) : 0);
	if (o->normalize == IB_NORMALIZE_MEAN)
		write_real(&w, "rate_factor", true, run->rate_factor);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\n');
	return ib_output_write_last(run->out, &b, err);
}

/* Write the statistics of the weights, or of the scaled weights if they are scaled. */
static enum ib_status
stats(struct run *run, struct ib_error *err)
{
	struct ib_manifest *m = &run->manifest;
	const struct ib_id_weights *rows = m->full ? &run->full.rows : &m->rows;
	const double *weight = rows->weight.p;
	struct ib_weight_stats scaled;
	uint64_t i;
	double w;

	if (!run->scale)
		return write_stats(run, &m->stats, err);
	ib_weight_stats_init(&scaled);
	for (i = 0; i < rows->n; i++) {
		w = ib_scale_apply(run->scale, fabs(weight[i]));
		if (w > 0)
			ib_weight_stats_add(&scaled, w);
	}
	ib_weight_stats_finalize(&scaled);
	return write_stats(run, &scaled, err);
}

/* ---- the run -------------------------------------------------------------------- */

/*
 * Compute run->rate_factor from the mean of the weights before any scaling. The receipt may be a
 * pipe, so it is read only once: with --check, check() has already read it.
 */
static enum ib_status
get_rate_factor(struct run *run, struct ib_error *err)
{
	const struct ib_weight_stats *t = &run->manifest.stats;
	enum ib_status st = IB_OK;

	if (run->options->receipt && !run->options->check)
		st = ib_receipt_read_factor(run->options->receipt, &run->factor, err);
	run->rate_factor =
		t->n > 0 ? sqrt(ib_exact_mean(&t->sum, t->n) / run->factor) : (double)NAN;
	return st;
}

static enum ib_status
finish(struct run *run, struct ib_error *err)
{
	const struct ib_weights_options *o = run->options;
	struct ib_manifest *m = &run->manifest;
	const struct ib_id_weights *rows = m->full ? &run->full.rows : &m->rows;
	struct ib_output *outs[2];
	enum ib_status st = IB_OK;

	if (o->normalize != IB_NORMALIZE_NONE) {
		ib_scale_init(&run->own_scale, &m->stats.sum,
			      o->normalize == IB_NORMALIZE_MEAN ? (double)m->stats.n
								: o->normalize_sum);
		run->scale = &run->own_scale;
	}
	if (o->check)
		st = check(run, err);
	if (o->result)
		*o->result = (struct ib_weights_result){ m->stats.n, total_of(run),
							 ib_exact_round(&m->stats.sum) };
	if (!st)
		st = get_rate_factor(run, err);
	if (!st && o->stats)
		st = stats(run, err);
	if (!st && writes_weights(o) && !m->out)
		st = ib_weight_format_write(o->out, rows, run->scale,
					    o->normalize == IB_NORMALIZE_MEAN ? &run->rate_factor
									      : NULL,
					    run->out, err);
	if (!st && o->index)
		st = ib_weight_format_write_index(rows, run->index, err);
	if (st)
		return st;
	outs[0] = run->index;
	outs[1] = run->out;
	run->index = run->out = NULL;
	return ib_outputs_commit(outs, 2, NULL, err);
}

enum ib_status
ib_weights_run(const struct ib_weights_options *options, const struct ib_context *context,
	       struct ib_error *err)
{
	struct run run = { .options = options, .context = context, .factor = 1 };
	enum ib_status st;

	st = open_outputs(&run, err);
	if (!st)
		set_processing(&run);
	if (!st && options->base.n > 0)
		st = ib_full_manifest_read(&run.full, options, options->check, context, err);
	if (!st)
		st = ib_manifest_read(&run.manifest, context, err);
	if (!st)
		st = finish(&run, err);
	if (run.out)
		ib_output_discard(&run.out);
	if (run.index)
		ib_output_discard(&run.index);
	ib_manifest_release(&run.manifest);
	ib_full_manifest_release(&run.full);
	return st;
}
