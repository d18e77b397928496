#include "audit/stats.h"

#include <math.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/exact.h"
#include "prune/run_stats.h"

/* For --sampling=fixed: number of lines of each group, which all have pi k/n of the group. */
struct groups {
	const struct ib_run_header *head;
	uint64_t *lines;
};

/* Count a line of a fixed run for its group. Returns false if it was drawn independently. */
static bool
count_group(struct groups *g, const struct ib_audit_line *line)
{
	const struct ib_run_header *h = g->head;
	size_t i;

	if (!ib_rule_needs_scores(h->options.rule) && isnan(line->score))
		return false; /* unseen or unknown samples are drawn independently */
	for (i = 0; i < h->ngroups; i++) {
		if ((double)h->group[i].k / (double)h->group[i].n == line->pi) {
			g->lines[i]++;
			return true;
		}
	}
	return false;
}

/* Return the standard error: the variance of the independent draws plus that of the groups. */
static double
standard_error(struct ib_exact *variance, const struct groups *g)
{
	const struct ib_run_header *h = g->head;
	size_t i;

	for (i = 0; i < h->ngroups; i++)
		ib_exact_add(variance, ib_run_stats_group_variance(h->group[i].n, h->group[i].k,
								   g->lines[i]));
	return sqrt(ib_exact_round(variance));
}

/* Compute the standard error of the weight sum. Equal values of pi in sequence are added at once.
 */
static enum ib_status
compute_error(struct ib_audit_log *log, const struct ib_audit_run *run, double *error,
	      struct ib_error *err)
{
	const struct ib_run_header *h = &run->head;
	const struct ib_audit_line *line;
	struct groups g = { .head = h };
	struct ib_exact variance;
	uint64_t same = 0;
	double pi = 1;
	enum ib_status st;
	size_t n, i;

	ib_exact_init(&variance);
	g.lines = calloc(h->ngroups + 1, sizeof(*g.lines));
	st = g.lines ? ib_audit_lines_begin(log, run, false, err) : ib_fail_memory(err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err))) {
		for (i = 0; i < n; i++) {
			if (h->options.sampling == IB_SAMPLING_FIXED && count_group(&g, &line[i]))
				continue;
			if (line[i].pi != pi && same > 0 && pi > 0)
				ib_exact_add_times(&variance, (1 - pi) / pi, same);
			if (line[i].pi != pi)
				same = 0;
			pi = line[i].pi;
			same++;
		}
	}
	if (same > 0 && pi > 0)
		ib_exact_add_times(&variance, (1 - pi) / pi, same);
	if (st == IB_EOF) {
		*error = standard_error(&variance, &g);
		st = IB_OK;
	}
	free(g.lines);
	return st;
}

enum ib_status
ib_audit_stats(struct ib_audit_log *log, uint64_t errors, struct ib_audit_stats **figures,
	       size_t *n, struct ib_error *err)
{
	struct ib_audit_stats *f;
	const struct ib_audit_run *run;
	uint64_t samples = 0, pruned = 0;
	double saved_sum = 0;
	enum ib_status st = IB_OK;
	size_t i;

	*n = ib_audit_log_epochs(log);
	*figures = f = calloc(*n + 1, sizeof(*f));
	if (!f)
		return ib_fail_memory(err);
	for (i = 0; i < *n && !st; i++, f++) {
		run = ib_audit_log_epoch(log, i);
		*f = (struct ib_audit_stats){
			.epoch = run->head.options.epoch,
			.samples = run->tail.samples,
			.kept = run->tail.kept,
			.pruned = run->tail.pruned,
			.threshold = run->head.threshold,
			.weight_sum = run->tail.weight_sum,
			.error = NAN,
		};
		samples += f->samples;
		pruned += f->pruned;
		if (f->samples > 0)
			saved_sum += (double)f->pruned / (double)f->samples;
		f->share = (double)f->kept / (double)f->samples;
		f->saved = (double)pruned / (double)samples;
		f->saved_sum = saved_sum;
		if (*n - i <= errors)
			st = compute_error(log, run, &f->error, err);
	}
	if (st) {
		free(*figures);
		*figures = NULL;
	}
	return st;
}

double
ib_audit_weight_deviation(const struct ib_audit_stats *f)
{
	double off = f->weight_sum - (double)f->samples;

	if (f->error > 0)
		return off / f->error;
	return off == 0 ? 0 : NAN;
}
