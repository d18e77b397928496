/* Compute quantiles of the scores in an audit log. */
#include <stdlib.h>

#include "audit/stats.h"
#include "audit/weighted.h"
#include "base/array.h"
#include "base/error.h"

enum ib_status
ib_audit_score_quantiles(struct ib_audit_log *log, size_t i, double quantile[5],
			 struct ib_error *err)
{
	const struct ib_audit_run *run = ib_audit_log_epoch(log, i);
	float *score = ib_array(run->nlines + 1, sizeof(*score));
	const struct ib_audit_line *line;
	struct ib_weighted d = { 0 };
	enum ib_status st;
	uint64_t all = 0;
	size_t n, k;

	st = score ? ib_audit_lines_begin(log, run, false, err) : ib_fail_memory(err);
	while (!st && !(st = ib_audit_lines_next(log, &line, &n, err)))
		for (k = 0; k < n; k++)
			score[all++] = line[k].score;
	if (st == IB_EOF)
		st = ib_weighted_init(&d, score, NULL, all, err);
	if (!st)
		ib_weighted_quantiles(&d, quantile);
	ib_weighted_release(&d);
	free(score);
	return st;
}
