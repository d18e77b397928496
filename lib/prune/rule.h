/*
 * Rules. A rule turns a score into the keep probability pi.
 *
 * Each rule is a struct ib_rule_kind, which is defined in the same file as its functions. rules.c
 * lists the rules. The struct has the rule's name, a function that prepares the rule for an epoch
 * (finds thresholds, and the ratio or scale for --keep), and a function that maps scores to pi.
 * Everything else is the same for all rules. In an unpruned epoch, every sample is kept. If the
 * rule needs scores, samples without a known score are always kept. If pi < 1, the draw decides
 * whether the sample is kept. A kept sample gets the weight 1/pi.
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

/* Numbers that the preparation of a rule computes from the options and the scores. */
struct ib_solved {
	double ratio;	  /* the ratio r, from -r or solved for --keep */
	double threshold; /* the threshold T; NaN if the rule has no threshold */
	double c;	  /* the scale c of --rule proportional; NaN for other rules */
	/* factor by which --normalize scales the weights 1/pi; 1 without --normalize */
	double weight_factor;
};

struct ib_rule_kind;

struct ib_rule {
	struct ib_rule_options options;
	const struct ib_rule_kind *kind;
	const struct ib_scores *scores; /* NULL if there are no scores yet */
	/* the totals of --totals; without --totals, the totals of the scores */
	const struct ib_totals *totals;
	/* totals that the rule must free; NULL if `totals` is borrowed */
	struct ib_totals *own_totals;
	/* counts of the second pass; NULL if there was no second pass */
	const struct ib_bin_counts *bins;
	/* counts that the rule must free; NULL if `bins` is borrowed */
	struct ib_bin_counts *own_bins;
	/* requested bins; NULL except while prepare() requests bins */
	struct ib_bin_counts *wanted_bins;
	/* hash of the seed and the epoch, which determines the draws */
	uint64_t draw_key;
	bool unpruned;		     /* true in an unpruned epoch */
	enum ib_reason why_unpruned; /* the reason if unpruned: warm-up or anneal */
	struct ib_thresholds thresholds;
	struct ib_solved solved;
	struct ib_fixed_group *group; /* for --sampling fixed: the groups, ascending by pi */
	size_t ngroups;
	uint64_t *kept; /* for --sampling fixed: one bit per row, 1 if the row is kept */
};

struct ib_rule_kind {
	enum ib_rule_id id;
	const char *name;
	const char *about; /* text for --help */
	/*
	 * The reason why the rule prunes a sample, as a clause for messages. NULL if the reason is
	 * that the score is below the rule's threshold.
	 */
	const char *cause;
	/* true if pi depends on the score, so that samples without a known score are always kept */
	bool needs_scores;
	bool biased;	   /* true if the weighted loss is biased, so that a warning is printed */
	bool allows_fixed; /* true if the rule allows --sampling fixed */
	/*
	 * True if receipts and run headers list the thresholds, so that ib-audit can read them. If
	 * this is false, ib-audit assumes that the rule has at most one threshold, and that the
	 * rule prunes the fraction r of the samples below this threshold if `has_ratio` is true,
	 * and all samples below this threshold if `has_ratio` is false.
	 */
	bool lists_thresholds;
	bool has_ratio;	  /* true if the rule has a ratio r, which -r sets or --keep determines */
	bool allows_keep; /* true if the rule allows --keep */
	/* Check the parameters of this rule. NULL if the table in params.c describes all checks. */
	enum ib_status (*check)(const struct ib_rule_options *options, struct ib_error *err);
	/*
	 * Find thresholds, and the ratio or scale for --keep. This function is also called in
	 * unpruned epochs. If there are scores, and --totals is not given, this function is called
	 * twice. The first call requests the bins whose values are needed (rule->wanted_bins). The
	 * second call uses the counts of the second pass.
	 */
	enum ib_status (*prepare)(struct ib_rule *rule, const struct ib_context *context,
				  struct ib_error *err);
	/*
	 * Compute pi for n <= IB_GROUP scores. pi is IB_PI_HIGH for a score at or
	 * above the threshold.
	 */
	void (*pi)(const struct ib_rule *rule, const float *score, size_t n, double *pi);
};

/* True if the epoch is unpruned. *why is then set to the reason: warm-up or anneal. */
bool ib_rule_epoch_is_unpruned(const struct ib_rule_options *options, enum ib_reason *why);

/* The decision whether to keep one sample. */
struct ib_decision {
	double pi;
	double u;      /* NaN if the draw does not decide */
	double weight; /* 1/pi if kept, 0 if pruned */
	enum ib_reason reason;
	bool kept;
};

/* The keep probability of one sample, before the draw. */
struct ib_inclusion {
	/* weight: the weight if the sample is kept, not yet scaled by --normalize */
	double pi, weight;
	enum ib_reason reason; /* IB_REASON_DRAWN if the draw decides */
	int group;	       /* group of --sampling fixed; -1 if the sample is in no group */
};

/*
 * Find the score rows of n <= IB_GROUP ids. All ids are looked up together, so that cache misses
 * overlap. row[i] is set to the row of id[i], or to IB_NO_ROW if id[i] has no row or there are no
 * scores. The hashes of the ids must be computed with the seed of the score table.
 */
void ib_rule_find_rows(const struct ib_rule *r, const struct ib_id *id, size_t n, uint32_t *row);

/*
 * Compute the keep probabilities of n <= IB_GROUP samples. row[i] is the score row of sample i, or
 * IB_NO_ROW.
 */
void ib_rule_inclusions(const struct ib_rule *r, const uint32_t *row, size_t n,
			struct ib_inclusion *inclusion);

/*
 * Compute the keep probabilities of up to IB_GROUP score rows, beginning with row `from`. Returns
 * the number of rows whose keep probabilities were computed.
 */
size_t ib_rule_row_inclusions(const struct ib_rule *r, uint64_t from,
			      struct ib_inclusion inclusion[IB_GROUP]);

/*
 * Find the score rows of n <= IB_GROUP samples of --range. row[i] is set to the score row of the
 * sample number[i], or to IB_NO_ROW. text[i] is the id of the sample as text.
 */
void ib_rule_find_numbers(const struct ib_rule *r, const uint64_t *number,
			  const struct ib_row_id *text, size_t n, uint32_t *row);

static inline struct ib_inclusion
ib_rule_inclusion(const struct ib_rule *r, uint32_t row)
{
	struct ib_inclusion c;

	ib_rule_inclusions(r, &row, 1, &c);
	return c;
}

/*
 * Decide whether to keep a sample with the keep probability c->pi. If c->reason is IB_REASON_DRAWN,
 * the draw u decides. For any other reason, the returned u is NaN. --normalize scales the returned
 * weight.
 */
struct ib_decision ib_rule_draw(const struct ib_rule *r, struct ib_span id, uint32_t row,
				const struct ib_inclusion *c);

/* Find the score of an id, and decide whether to keep the sample with this id. */
struct ib_decision ib_rule_decide_id(const struct ib_rule *r, struct ib_span id);

#endif
