/* Read loss logs into memory, and set the weights of the losses. */
#include "audit/loss_history.h"

#include <math.h>
#include <stdlib.h>

#include "audit/stats.h"
#include "base/array.h"
#include "base/error.h"
#include "base/exact.h"

/* State while the operands are read. */
struct reading {
	struct ib_loss_history *losses;
	const struct ib_loss_history_options *options;
	/*
	 * index of the epoch of the previous record, which is usually also the epoch of the next
	 * record
	 */
	size_t last;
	size_t undated;	  /* number of operands that have records without an epoch */
	bool undated_now; /* true if the current operand has a record without an epoch */
};

/* ---- records ------------------------------------------------------------------ */

static struct ib_loss_history_epoch *
epoch_of(struct reading *r, int64_t epoch)
{
	struct ib_loss_history *l = r->losses;
	size_t i;

	if (l->nepochs > 0 && l->epoch[r->last].epoch == epoch)
		return &l->epoch[r->last];
	for (i = 0; i < l->nepochs && l->epoch[i].epoch < epoch; i++)
		continue;
	if (i == l->nepochs || l->epoch[i].epoch != epoch) {
		if (!ib_array_reserve(&l->epoch, &l->cap, l->nepochs + 1, sizeof(*l->epoch)))
			return NULL;
		memmove(&l->epoch[i + 1], &l->epoch[i], (l->nepochs - i) * sizeof(*l->epoch));
		l->epoch[i] = (struct ib_loss_history_epoch){ .epoch = epoch };
		l->nepochs++;
	}
	r->last = i;
	return &l->epoch[i];
}

static bool
reserve_record(struct ib_loss_history_epoch *e, bool weighted)
{
	size_t cap;

	if (e->n < e->cap)
		return true;
	cap = ib_array_capacity(e->cap, e->n + 1);
	if (!ib_array_resize(&e->row, cap, sizeof(*e->row)) ||
	    !ib_array_resize(&e->loss, cap, sizeof(*e->loss)) ||
	    (weighted && !ib_array_resize(&e->weight, cap, sizeof(*e->weight))))
		return false;
	e->cap = cap;
	return true;
}

static enum ib_status
add_batch(void *ctx, struct ib_loss_batch *b, struct ib_error *err)
{
	struct reading *r = ctx;
	struct ib_loss_history *l = r->losses;
	struct ib_loss_history_epoch *e;
	struct ib_id id[IB_GROUP];
	uint32_t row[IB_GROUP];
	enum ib_status st;
	size_t i, k, n;

	if (b->rows)
		return ib_fail(err, IB_E_DATA, "%s: this is a score file; expected a loss log",
			       b->source->name);
	r->undated_now |= b->undated && b->epoch == IB_NO_EPOCH;
	for (i = 0; i < b->n; i += n) {
		n = b->n - i < IB_GROUP ? b->n - i : IB_GROUP;
		for (k = 0; k < n; k++)
			id[k] = b->loss[i + k].id;
		st = ib_table_intern_group(&l->ids, id, n, row, err);
		if (st)
			return st;
		for (k = 0; k < n; k++) {
			e = epoch_of(r, b->loss[i + k].epoch);
			if (!e || !reserve_record(e, l->weighted))
				return ib_fail_memory(err);
			e->row[e->n] = row[k];
			e->loss[e->n] = b->loss[i + k].loss;
			if (l->weighted)
				e->weight[e->n] = b->weight[i + k];
			l->nonfinite += isnan(e->loss[e->n]) ? 1 : 0;
			e->n++;
		}
	}
	return IB_OK;
}

static enum ib_status
refuse_scores(void *ctx, struct ib_scores *s, const char *name, struct ib_error *err)
{
	(void)ctx, (void)s;
	return ib_fail(err, IB_E_DATA, "%s: this is a score file; expected a loss log", name);
}

static enum ib_status
end_operand(void *ctx, const char *name, struct ib_error *err)
{
	struct reading *r = ctx;

	r->undated += r->undated_now;
	r->undated_now = false;
	if (r->undated < 2)
		return IB_OK;
	return ib_fail(err, IB_E_DATA,
		       "%s: the records of this file and of an earlier file have no epoch: use -e "
		       "name to take the epoch from the file names, or add a field with the epoch",
		       name);
}

enum ib_status
ib_loss_history_read(const struct ib_loss_history_options *options,
		     const struct ib_context *context, struct ib_loss_history *l,
		     struct ib_error *err)
{
	struct ib_loss_logs_options o = { .operands = options->operands,
					  .log = options->log,
					  .weight_field = options->weight_field,
					  .warn_empty = true };
	struct reading r = { .losses = l, .options = options };
	struct ib_loss_logs_consumer consumer = {
		.ctx = &r, .batch = add_batch, .scores = refuse_scores, .end = end_operand
	};
	struct ib_loss_counts counts;
	enum ib_status st;

	*l = (struct ib_loss_history){ .weighted = options->weight_field != NULL };
	ib_table_init(&l->ids);
	st = ib_loss_logs_read(&o, context, &consumer, &counts, err);
	if (st)
		return st;
	if (counts.bad > 0)
		ib_warn(context, "skipped %llu invalid record%s", (unsigned long long)counts.bad,
			counts.bad == 1 ? "" : "s");
	return IB_OK;
}

void
ib_loss_history_release(struct ib_loss_history *l)
{
	size_t i;

	for (i = 0; i < l->nepochs; i++) {
		free(l->epoch[i].row);
		free(l->epoch[i].loss);
		free(l->epoch[i].weight);
	}
	free(l->epoch);
	ib_table_release(&l->ids);
	*l = (struct ib_loss_history){ 0 };
}

struct ib_loss_history_epoch *
ib_loss_history_find(const struct ib_loss_history *l, int64_t epoch)
{
	size_t i;

	for (i = 0; i < l->nepochs; i++)
		if (l->epoch[i].epoch == epoch)
			return &l->epoch[i];
	return NULL;
}

/* ---- weights ------------------------------------------------------------------ */

/* Counts of the lines that the audit log has for the epochs of the loss logs. */
struct matches {
	uint64_t kept;	/* number of lines of kept samples */
	uint64_t found; /* number of lines whose ids are in the loss logs */
};

/*
 * Set weight[i] for each id i: to 1 if the run has no line for the id, to 0 if the pi in the line
 * is 0, and otherwise to 1/pi. Add the numbers of lines to the counts in *m.
 */
static enum ib_status
weights_of_run(const struct ib_loss_history *l, struct ib_audit_log *log,
	       const struct ib_audit_run *run, double *weight, struct matches *m,
	       struct ib_error *err)
{
	const struct ib_audit_line *line;
	enum ib_status st;
	uint64_t i;
	uint32_t row;
	size_t n, k;

	for (i = 0; i < l->ids.n; i++)
		weight[i] = 1;
	st = ib_audit_lines_begin(log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err))) {
		for (k = 0; k < n; k++) {
			struct ib_id id = ib_id_of(line[k].id, l->ids.seed);

			row = ib_table_find(&l->ids, &id);
			m->kept += line[k].kept;
			m->found += row != IB_NO_ROW;
			if (row != IB_NO_ROW)
				weight[row] = line[k].pi > 0 ? 1 / line[k].pi : 0;
		}
	}
	return st == IB_EOF ? IB_OK : st;
}

/* Set the missing weights of the records in all epochs that the audit log contains. */
static enum ib_status
set_weights_by_log(struct ib_loss_history *l, struct ib_audit_log *log,
		   const struct ib_context *context, struct ib_error *err)
{
	struct matches m = { 0 };
	double *weight = ib_array(l->ids.n + 1, sizeof(*weight));
	enum ib_status st = weight ? IB_OK : ib_fail_memory(err);
	const struct ib_audit_run *run;
	struct ib_loss_history_epoch *e;
	uint64_t i;
	size_t k;

	for (k = 0; !st && k < ib_audit_log_epochs(log); k++) {
		run = ib_audit_log_epoch(log, k);
		e = ib_loss_history_find(l, run->head.options.epoch);
		if (!e)
			continue;
		e->pruning_off = ib_audit_pruning_is_off(run);
		st = weights_of_run(l, log, run, weight, &m, err);
		for (i = 0; !st && i < e->n; i++)
			if (isnan(e->weight[i]))
				e->weight[i] = weight[e->row[i]];
	}
	if (!st && m.kept > 0 && m.found == 0)
		ib_warn(context,
			"%s: no id of the loss logs is in the audit log: are the loss logs of "
			"another run, or is the id in another field (-k)?",
			ib_audit_log_name(log));
	free(weight);
	return st;
}

/*
 * Set the weight of each record that has no weight. If the audit log has a line for the id in the
 * epoch, the weight is 1/pi, or 0 if pi is 0. Otherwise, or if log is NULL, the weight is 1.
 */
static enum ib_status
set_weights(struct ib_loss_history *l, struct ib_audit_log *log, const struct ib_context *context,
	    struct ib_error *err)
{
	enum ib_status st = IB_OK;
	uint64_t i;
	size_t k;

	if (log)
		st = set_weights_by_log(l, log, context, err);
	for (k = 0; !st && k < l->nepochs; k++)
		for (i = 0; i < l->epoch[k].n; i++)
			if (isnan(l->epoch[k].weight[i]))
				l->epoch[k].weight[i] = 1;
	return st;
}

enum ib_status
ib_loss_history_load(const struct ib_audit_options *o, struct ib_list operands,
		     struct ib_audit_log *log, const struct ib_context *context,
		     struct ib_loss_history *l, struct ib_error *err)
{
	struct ib_loss_history_options options = {
		.operands = operands,
		.log = &o->log,
		.weight_field = o->weight_field ? o->weight_field : "weight",
	};
	struct ib_audit_log *own = NULL;
	enum ib_status st = ib_loss_history_read(&options, context, l, err);

	if (!st && !log && o->weigh_by)
		st = ib_audit_log_open(o->weigh_by, context, &own, err);
	if (!st)
		st = set_weights(l, log ? log : own, context, err);
	ib_audit_log_close(own);
	return st;
}

double
ib_loss_history_mean(const struct ib_loss_history_epoch *e, double *weight_sum)
{
	struct ib_exact weights, losses;
	double w;
	uint64_t i;

	ib_exact_init(&weights);
	ib_exact_init(&losses);
	for (i = 0; i < e->n; i++) {
		if (isnan(e->loss[i]))
			continue;
		w = e->weight ? e->weight[i] : 1;
		ib_exact_add(&weights, w);
		ib_exact_add_product(&losses, w, (double)e->loss[i]);
	}
	*weight_sum = ib_exact_round(&weights);
	return *weight_sum > 0 ? ib_exact_round(&losses) / *weight_sum : NAN;
}
