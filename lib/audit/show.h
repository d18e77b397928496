/*
 * The types that the files of `ib-audit show` have in common: the state of a run, and the rows of
 * an id.
 */
#ifndef IB_AUDIT_SHOW_H
#define IB_AUDIT_SHOW_H

#include "audit/log.h"

/* The line of an id in a run. If `exists` is false, the run has no line with this id. */
struct ib_show_line {
	bool exists, kept;
	float score;
	double pi;
};

struct ib_show {
	const struct ib_audit_options *options;
	const struct ib_context *context;
	struct ib_audit_log *log;
	struct ib_scores *scores; /* NULL if -s was not given */
	char digest[33];	  /* digest of the scores */
	struct ib_table ids;	  /* the operands without duplicates */
	uint32_t *row;		  /* [nids] for each operand: its row in ids */
	bool *known;		  /* [ids.n] true if the log, the scores or a manifest has the id */
	size_t nids, nepochs;
	struct ib_show_line *line; /* [nepochs * ids.n] */
};

enum ib_outcome {
	IB_OUTCOME_PRUNED,
	IB_OUTCOME_DRAWN, /* eligible, and kept by the draw */
	IB_OUTCOME_KEPT,  /* kept, because the sample was not eligible */
	IB_OUTCOME_NONE	  /* in another partition, or not in the manifest */
};

/* The outcome of an id in one epoch. Numbers that are not known are NaN. */
struct ib_show_row {
	const struct ib_run_header *head;
	enum ib_outcome outcome;
	const char
		*why; /* reason for IB_OUTCOME_KEPT or IB_OUTCOME_NONE; NULL for other outcomes */
	float score;
	double threshold, pi, u, weight;
};

/* Return the row of an operand in s->ids, or IB_NO_ROW. */
uint32_t ib_show_find(const struct ib_show *s, struct ib_span id);

/*
 * Return the reason why a sample, which is the row `at` of s->ids, has no line in a run
 * (show_reason.c). Sets *kept to true if the sample was kept.
 */
const char *ib_show_explain(const struct ib_show *s, const struct ib_audit_run *run, uint32_t at,
			    bool *kept);

/*
 * Append one sentence about the rows of an id, without a newline (show_sentence.c). The id is
 * shortened to `width` columns, unless width is 0.
 */
void ib_show_write_sentence(const struct ib_show *s, struct ib_span id,
			    const struct ib_show_row *row, size_t n, size_t width,
			    struct ib_bytes *out);

/*
 * Set s->known from the lines, the scores and the manifests (show_known.c). Returns IB_E_CHECK,
 * with the nearest ids, if an id is unknown. All ids are known if there is neither a score file
 * nor a manifest.
 */
enum ib_status ib_show_check_ids(struct ib_show *s, struct ib_error *err);

#endif
