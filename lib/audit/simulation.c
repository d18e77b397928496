/* Simulate a rule on the loss logs of a training run that did not prune. */
#include "audit/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/error.h"
#include "prune/rules.h"

/* True if the warnings a and b differ only in their numbers. */
static bool
is_same_kind(const char *a, const char *b)
{
	static const char number[] = "0123456789+-.e";

	for (;; a++, b++) {
		a += strspn(a, number);
		b += strspn(b, number);
		if (*a != *b || *a == '\0')
			return *a == *b;
	}
}

/* Print the warning, unless a warning of the same kind was printed for an earlier epoch. */
static void
warn_once(void *data, const char *sentence)
{
	struct ib_simulation *s = data;
	size_t i;

	for (i = 0; i < s->nwarned; i++)
		if (is_same_kind(s->warned[i], sentence))
			return;
	if (s->nwarned < IB_SIMULATION_WARNINGS)
		snprintf(s->warned[s->nwarned++], sizeof(s->warned[0]), "%s", sentence);
	ib_warn(s->context, "%s", sentence);
}

/* ---- one epoch ---------------------------------------------------------------- */

/* Update s->missed[i], the number of epochs since the last visit of sample i. */
static inline void
count_missed(struct ib_simulation *s, uint64_t i, bool kept)
{
	s->missed[i] = kept ? 0 : s->missed[i] + 1;
	if (s->missed[i] > s->longest_missed)
		s->longest_missed = s->missed[i];
}

static void
draw_epoch(struct ib_simulation *s, const struct ib_rule *rule, struct ib_run_stats *t)
{
	long double sum = 0, squares = 0;
	struct ib_inclusion c;
	struct ib_decision d;
	uint64_t i, kept = 0;

	for (i = 0; i < s->losses->ids.n; i++) {
		c = ib_rule_inclusion(rule, s->score_row[i]);
		d = ib_rule_draw(rule, ib_table_id(&s->losses->ids, i), s->score_row[i], &c);
		s->kept[i] = d.kept;
		ib_run_stats_add(t, &c, &d);
		count_missed(s, i, d.kept);
		kept += d.kept;
		sum += (long double)d.weight;
		squares += (long double)d.weight * (long double)d.weight;
		if (s->by)
			ib_by_add_visit(s->by, i, d.kept, d.weight);
	}
	s->deff = (double)((long double)kept * squares / (sum * sum));
}

/* Set s->score_row of the kept samples that had no score before this epoch. */
static void
find_score_rows(struct ib_simulation *s, const struct ib_loss_history_epoch *e)
{
	struct ib_id id;
	uint32_t row;
	uint64_t i;

	for (i = 0; i < e->n; i++) {
		row = e->row[i];
		if (!s->kept[row] || s->score_row[row] != IB_NO_ROW)
			continue;
		id = ib_id_of(ib_table_id(&s->losses->ids, row), s->scores->table.seed);
		s->score_row[row] = ib_table_find(&s->scores->table, &id);
	}
}

/* Update the scores with the losses of the kept samples. */
static enum ib_status
fold_losses(struct ib_simulation *s, const struct ib_loss_history_epoch *e, struct ib_error *err)
{
	struct ib_loss group[IB_GROUP];
	struct ib_fold f;
	struct ib_id id;
	enum ib_status st;
	uint64_t i;
	size_t n = 0;

	st = ib_fold_start(&f, s->scores, s->options->log.duplicates, s->options->smooth, err);
	for (i = 0; i <= e->n && !st; i++) {
		if (i < e->n && s->kept[e->row[i]]) {
			id = ib_id_of(ib_table_id(&s->losses->ids, e->row[i]), 0);
			group[n++] = (struct ib_loss){ id, (int32_t)e->epoch, e->loss[i] };
		}
		if (n == IB_GROUP || (i == e->n && n > 0)) {
			st = ib_fold_losses(&f, group, n, err);
			n = 0;
		}
	}
	if (!st)
		ib_fold_finish(&f);
	ib_fold_release(&f);
	if (!st)
		find_score_rows(s, e);
	return st;
}

enum ib_status
ib_simulation_epoch(struct ib_simulation *s, int64_t epoch, struct ib_error *err)
{
	const struct ib_loss_history_epoch *e = ib_loss_history_find(s->losses, epoch);
	struct ib_rule_options o = s->rule;
	struct ib_prune_result *r = &s->result;
	struct ib_rule *rule = NULL;
	struct ib_run_stats stats;
	enum ib_status st;

	o.epoch = epoch;
	/*
	 * With --full-from, -E only says how many epochs to simulate, so the rule does not use it.
	 */
	if (o.full_from != IB_NO_EPOCH)
		o.epochs = IB_NO_EPOCH;
	s->once = (struct ib_context){ .warn = warn_once, .data = s };
	st = ib_rule_prepare(&o, s->scores, NULL, &s->once, &rule, err);
	if (st)
		return st;
	ib_run_stats_init(&stats);
	draw_epoch(s, rule, &stats);
	ib_run_stats_result(&stats, rule, r);
	s->visits += r->samples;
	s->pruned += r->pruned;
	if (r->samples > 0)
		s->saved_epochs += (double)r->pruned / (double)r->samples;
	ib_rule_free(rule);
	return e ? fold_losses(s, e, err) : IB_OK;
}

/* ---- start and end -------------------------------------------------------------- */

enum ib_status
ib_simulation_start(struct ib_simulation *s, const struct ib_audit_options *options,
		    const struct ib_rule_options *rule, const struct ib_loss_history *losses,
		    const struct ib_context *context, struct ib_error *err)
{
	uint64_t n = losses->ids.n, i;

	*s = (struct ib_simulation){
		.options = options, .losses = losses, .context = context, .rule = *rule
	};
	s->score_row = ib_array(n, sizeof(*s->score_row));
	s->kept = ib_array(n, sizeof(*s->kept));
	s->missed = ib_array_zeroed(n, sizeof(*s->missed));
	if (!s->score_row || !s->kept || !s->missed)
		return ib_fail_memory(err);
	for (i = 0; i < n; i++)
		s->score_row[i] = IB_NO_ROW;
	return ib_scores_new(&s->scores, err);
}

void
ib_simulation_release(struct ib_simulation *s)
{
	ib_scores_free(s->scores);
	free(s->score_row);
	free(s->kept);
	free(s->missed);
	*s = (struct ib_simulation){ 0 };
}

/* ---- the losses ------------------------------------------------------------------- */

enum ib_status
ib_simulation_read(const struct ib_audit_options *o, const struct ib_context *context,
		   struct ib_loss_history *losses, struct ib_error *err)
{
	struct ib_loss_history_options l = { .operands = o->operands, .log = &o->log };
	enum ib_status st = ib_loss_history_read(&l, context, losses, err);

	if (!st && losses->nonfinite > 0)
		ib_warn(context,
			"%llu losses are not finite, so the scores of their samples are unknown, "
			"and the samples are kept",
			(unsigned long long)losses->nonfinite);
	return st;
}

/*
 * Append "epoch 3" and the text `one`, or, if `to` > `from`, "epochs 3 to 5" and the text `many`.
 */
static void
write_epochs(struct ib_bytes *out, int64_t from, int64_t to, const char *one, const char *many)
{
	if (to > from)
		ib_bytes_printf(out, "epochs %lld to %lld %s; ", (long long)from, (long long)to,
				many);
	else
		ib_bytes_printf(out, "epoch %lld %s; ", (long long)from, one);
}

void
ib_simulation_write_gaps(const struct ib_loss_history *losses, int64_t epochs, struct ib_bytes *out)
{
	const struct ib_loss_history_epoch *e = losses->epoch;
	size_t n = losses->nepochs, i;
	int64_t next = 0, last = n > 0 ? e[n - 1].epoch : -1;

	for (i = 0; i < n && next < epochs; next = e[i++].epoch + 1) {
		if (e[i].epoch <= next)
			continue;
		write_epochs(out, next, (e[i].epoch < epochs ? e[i].epoch : epochs) - 1,
			     "has no losses in the logs", "have no losses in the logs");
	}
	if (n > 0 && last + 1 < epochs) {
		write_epochs(out, last + 1, epochs - 1, "is estimated from the last losses",
			     "are estimated from the last losses");
	}
	if (n > 0 && last >= epochs) {
		write_epochs(out, epochs, last, "of the logs is not used",
			     "of the logs are not used");
	}
	if (out->n > 2)
		out->n -= 2;
	if (out->n > 0 && *out->p == 'e')
		*out->p = 'E';
}
