/*
 * Rules: from a score to the keep probability pi.
 *
 * A rule is a row of the table in rules.c: its name, a function that prepares it
 * for an epoch (finds thresholds, solves for a budget), and a function that maps
 * scores to pi. Everything else is the same for all rules: samples without a
 * known score and the samples of unpruned epochs are always kept, the draw
 * decides if pi < 1, and a kept sample gets the weight 1/pi.
 *
 * A prepared rule is read-only and may be used by several threads.
 */
#ifndef IB_PRUNE_RULE_H
#define IB_PRUNE_RULE_H

#include "base/bytes.h"
#include "prune/fixed_group.h"
#include "prune/thresholds.h"
#include "score/scores.h"
#include "score/totals_file.h"

/* Numbers that a rule is prepared to, from its options and the scores. */
struct ib_solved {
	double ratio;	  /* r, given or solved for --keep */
	double threshold; /* T; NaN if the rule has none */
	double c;	  /* scale of the proportional rule; NaN for other rules */
};

struct ib_rule_kind;

struct ib_rule {
	struct ib_rule_options options;
	const struct ib_rule_kind *kind;
	const struct ib_scores *scores;	   /* NULL if there are none yet */
	const struct ib_totals *totals;	   /* from --totals, or of all known scores */
	struct ib_totals *own_totals;	   /* the same, if the rule owns them */
	const struct ib_bin_counts *bins;  /* counts of the second pass; NULL if none */
	struct ib_bin_counts *own_bins;	   /* the same, if the rule owns them */
	struct ib_bin_counts *wanted_bins; /* set while prepare() requests bins */
	uint64_t key;			   /* hashed seed and epoch, for the draws */
	bool unpruned;			   /* true in an unpruned epoch */
	enum ib_reason why_unpruned;	   /* warm-up or anneal */
	struct ib_thresholds thresholds;
	struct ib_solved solved;
	struct ib_fixed_group *group; /* for --sampling fixed, ascending by pi */
	size_t ngroups;
	uint64_t *kept; /* for --sampling fixed: one bit per row */
};

struct ib_rule_kind {
	enum ib_rule_id id;
	const char *name;
	const char *about; /* text for --help */
	bool needs_scores; /* samples without a known score are always kept */
	bool biased;	   /* a warning is printed */
	bool fixed;	   /* --sampling fixed is allowed */
	bool cuts;	   /* files list its thresholds */
	bool ratio;	   /* has a ratio r, from -r or solved for --keep */
	bool keep;	   /* --keep is allowed */
	/* Check the parameters of this rule; NULL if the table in params.c is enough. */
	enum ib_status (*check)(const struct ib_rule_options *options, struct ib_error *err);
	/*
	 * Find thresholds and solve budgets; called in unpruned epochs too. It is
	 * called twice if there are scores: first to request the bins whose values
	 * it needs (rule->wanted_bins), then with the counts of the second pass.
	 */
	enum ib_status (*prepare)(struct ib_rule *rule, const struct ib_context *context,
				  struct ib_error *err);
	/* Compute pi for n <= IB_GROUP scores; IB_HIGH if at or above the threshold. */
	void (*pi)(const struct ib_rule *rule, const float *score, size_t n, double *pi);
};

/* True if the epoch is unpruned; *why is warm-up or anneal. */
bool ib_rule_is_full(const struct ib_rule_options *options, enum ib_reason *why);

/* The keep probability of one sample, before the draw. */
struct ib_inclusion {
	double pi, weight;     /* weight if the sample is kept */
	enum ib_reason reason; /* IB_REASON_DRAWN if the draw decides */
	int group;	       /* group of --sampling fixed; -1 if u < pi decides */
};

/*
 * Compute the keep probabilities of n <= IB_GROUP samples. row[i] is the score
 * row of a sample, or IB_NO_ROW.
 */
void ib_rule_inclusions(const struct ib_rule *r, const uint32_t *row, size_t n,
			struct ib_inclusion *inclusion);

/*
 * Compute the keep probabilities of up to IB_GROUP score rows, beginning with
 * row `from`. Returns the number of rows.
 */
size_t ib_rule_row_inclusions(const struct ib_rule *r, uint64_t from,
			      struct ib_inclusion inclusion[IB_GROUP]);

static inline struct ib_inclusion
ib_rule_inclusion(const struct ib_rule *r, uint32_t row)
{
	struct ib_inclusion c;

	ib_rule_inclusions(r, &row, 1, &c);
	return c;
}

/*
 * Decide a sample from its keep probability and reason c. Draws u if pi is below 1;
 * otherwise u is NaN.
 */
struct ib_decision ib_rule_draw(const struct ib_rule *r, struct ib_span id, uint32_t row,
				const struct ib_inclusion *c);

#endif
