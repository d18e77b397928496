/* Compute the statistics of each epoch of an audit log. */
#include "audit/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/exact.h"
#include "prune/run_stats.h"
#include "prune/rules.h"

/*
 * Return the index of the group of a line with --sampling=fixed, or -1 if the sample was drawn
 * independently of other samples.
 */
static int
group_of(const struct ib_run_header *h, const struct ib_audit_line *line)
{
	size_t i;

	/* Samples without a known score are drawn independently, even with --sampling=fixed. */
	if (h->options.sampling != IB_SAMPLING_FIXED ||
	    (!ib_rule_needs_scores(h->options.rule) && isnan(line->score)))
		return -1;
	for (i = 0; i < h->ngroups; i++)
		if (h->group[i].fraction == line->pi)
			return (int)i;
	return -1;
}

double
ib_audit_line_weight(const struct ib_run_header *h, const struct ib_audit_line *line)
{
	int group;

	if (!line->kept)
		return 0;
	group = group_of(h, line);
	return group >= 0 ? h->group[group].weight : 1 / line->pi;
}

enum ib_status
ib_audit_weight_error(struct ib_audit_log *log, const struct ib_audit_run *run, double *error,
		      struct ib_error *err)
{
	const struct ib_run_header *h = &run->head;
	const struct ib_audit_line *line;
	struct ib_run_stats stats;
	enum ib_status st;
	size_t n, i;

	ib_run_stats_init(&stats);
	st = ib_audit_lines_begin(log, run, false, err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err)))
		for (i = 0; i < n; i++)
			ib_run_stats_count(&stats, line[i].pi, group_of(h, &line[i]), line[i].kept);
	if (st != IB_EOF)
		return st;
	ib_run_stats_finish(&stats, h->group, h->ngroups);
	*error = sqrt(ib_exact_round(&stats.weight_var));
	return IB_OK;
}

enum ib_status
ib_audit_stats(struct ib_audit_log *log, uint64_t errors, struct ib_audit_stats **stats, size_t *n,
	       struct ib_error *err)
{
	struct ib_audit_stats *f;
	const struct ib_audit_run *run;
	uint64_t samples = 0, pruned = 0;
	double saved_epochs = 0;
	enum ib_status st = IB_OK;
	size_t i;

	*n = ib_audit_log_epochs(log);
	*stats = f = calloc(*n + 1, sizeof(*f));
	if (!f)
		return ib_fail_memory(err);
	for (i = 0; i < *n && !st; i++, f++) {
		run = ib_audit_log_epoch(log, i);
		*f = (struct ib_audit_stats){
			.epoch = run->head.options.epoch,
			.samples = run->footer.samples,
			.kept = run->footer.kept,
			.pruned = run->footer.pruned,
			.threshold = run->head.solved.threshold,
			.weight_sum = run->footer.weight_sum,
			.weight_error = NAN,
		};
		samples += f->samples;
		pruned += f->pruned;
		if (f->samples > 0)
			saved_epochs += (double)f->pruned / (double)f->samples;
		f->share_kept = (double)f->kept / (double)f->samples;
		f->share_saved = (double)pruned / (double)samples;
		f->saved_epochs = saved_epochs;
		if (*n - i <= errors)
			st = ib_audit_weight_error(log, run, &f->weight_error, err);
	}
	if (st) {
		free(*stats);
		*stats = NULL;
	}
	return st;
}

bool
ib_audit_pruning_is_off(const struct ib_audit_run *run)
{
	const struct ib_run_header *h = &run->head;

	return h->options.epoch < h->options.warmup ||
	       (ib_rule_kind_of(h->options.rule)->has_ratio && h->solved.ratio == 0);
}

bool
ib_audit_is_unpruned(const struct ib_audit_run *run)
{
	const struct ib_run_header *h = &run->head;
	enum ib_reason why;

	return ib_rule_epoch_is_unpruned(&h->options, &why) || ib_audit_pruning_is_off(run) ||
	       (ib_rule_needs_scores(h->options.rule) && !h->scores[0] && !h->totals[0]);
}

double
ib_audit_weight_deviation(double weight_sum, uint64_t samples, double error)
{
	double off = weight_sum - (double)samples;

	if (fabs(off) <= 1e-9 * (double)samples)
		return 0;
	return error == 0 ? copysign(INFINITY, off) : off / error;
}

double
ib_audit_deviation(const struct ib_audit_stats *f)
{
	return ib_audit_weight_deviation(f->weight_sum, f->samples, f->weight_error);
}

bool
ib_audit_weights_off(const struct ib_audit_stats *f)
{
	return fabs(ib_audit_deviation(f)) > IB_WEIGHT_SUM_LIMIT;
}
