/*
 * The types that the files of `ib-audit show` share: the state of the subcommand, and the outcome
 * of an id in an epoch.
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
	struct ib_scores *scores; /* NULL without -s */
	char digest[33];	  /* digest of the score file */
	/*
	 * The operands without duplicates: `ntyped` operands as typed, and then the operands whose
	 * escapes (\xNN) are decoded.
	 */
	struct ib_table ids;
	uint64_t ntyped;
	uint32_t *row; /* [nids] row[i]: row of operand i in `ids` */
	/* [ntyped] decoded[i]: row of the decoded form of ids[i]; IB_NO_ROW without an escape */
	uint32_t *decoded;
	/* [ids.n] known[i]: true if the log, the scores or a manifest has id i */
	bool *known;
	size_t nids, nepochs;
	/* [nepochs * ids.n] line[e * ids.n + i]: line of id i in epoch e */
	struct ib_show_line *line;
};

enum ib_outcome {
	IB_OUTCOME_PRUNED,
	IB_OUTCOME_DRAWN, /* eligible, and kept by the draw */
	IB_OUTCOME_KEPT,  /* kept, because the sample was not eligible */
	IB_OUTCOME_NONE	  /* the id is in another partition, or not in the manifest */
};

/* The outcome of an id in one epoch. A number that is not known is NaN. */
struct ib_show_row {
	const struct ib_run_header *head;
	enum ib_outcome outcome;
	const char
		*why; /* reason for IB_OUTCOME_KEPT or IB_OUTCOME_NONE; NULL for other outcomes */
	float score;
	double threshold, pi, u, weight;
};

/* True if a score file or a manifest shows whether an id exists. */
bool ib_show_is_checked(const struct ib_show *s);

/* True if the id in row `at` of s->ids is neither in the log nor in the files that were checked. */
bool ib_show_is_unknown(const struct ib_show *s, uint32_t at);

/* Return the row of an id in s->ids, or IB_NO_ROW if the id is not an operand. */
uint32_t ib_show_find(const struct ib_show *s, struct ib_span id);

/*
 * Return the reason why the id in row `at` of s->ids has no line in a run (show_reason.c). Sets
 * *kept to true if the sample was kept.
 */
const char *ib_show_explain(const struct ib_show *s, const struct ib_audit_run *run, uint32_t at,
			    bool *kept);

/*
 * Append one sentence, without a newline, about the outcomes row[0..n) of the id in row `at` of
 * s->ids (show_sentence.c). The id is shortened to `width` columns, unless width is 0.
 */
void ib_show_write_sentence(const struct ib_show *s, uint32_t at, const struct ib_show_row *row,
			    size_t n, size_t width, struct ib_bytes *out);

/* Append the same sentence without the id at its beginning, and without the period at its end. */
void ib_show_write_outcomes(const struct ib_show *s, uint32_t at, const struct ib_show_row *row,
			    size_t n, struct ib_bytes *out);

/*
 * Also set s->known for the ids in the scores and the manifests (show_known.c). If only the
 * decoded form of an operand is known, its s->row becomes the row of the decoded form. If an id is
 * unknown (see ib_show_is_unknown()), returns IB_E_CHECK with a message that names the nearest ids.
 */
enum ib_status ib_show_check_ids(struct ib_show *s, struct ib_error *err);

#endif
