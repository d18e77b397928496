/* The files that one run of ib-score writes. Either all of these files appear, or none of them. */
#ifndef IB_SCORE_OUTPUTS_H
#define IB_SCORE_OUTPUTS_H

#include "score/scores.h"
#include "score/totals_file.h"

/* The results of a run, and the options that say where to write them. */
struct ib_score_outputs {
	const struct ib_score_options *options;
	const struct ib_context *context;
	struct ib_scores *scores;
	const struct ib_totals_file *totals; /* NULL without --write-totals */
};

/* Write and commit all files that the options name. */
enum ib_status ib_score_outputs_write(const struct ib_score_outputs *o, struct ib_error *err);

#endif
