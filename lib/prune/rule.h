/*
 * Rules: score -> pi. A rule is a row of the table in rule.c: its name, how
 * it is made ready for an epoch, and pi of one score. Everything else (who is
 * exempt, the draw, the weight, the audit) is the same for all of them.
 */
#ifndef IB_PRUNE_RULE_H
#define IB_PRUNE_RULE_H

#include "base/bytes.h"
#include "score/scores.h"
#include "score/totals_file.h"

#define IB_THRESHOLDS_MAX 64

/*
 * Below cut[k] (and not below cut[k-1]) a sample is kept with pi[k]; pi[n] is
 * IB_HIGH. ib_thresholds_put() adds to it: start from {0}.
 */
struct ib_thresholds {
	size_t n;
	double cut[IB_THRESHOLDS_MAX];	 /* ascending */
	double share[IB_THRESHOLDS_MAX]; /* to drop, as asked for or solved */
	double pi[IB_THRESHOLDS_MAX + 1];
};

/* Of --sampling fixed: the known rows of one pi < 1. */
struct ib_group_of {
	double pi; /* as the rule has it, before k/n */
	uint64_t n, k;
	double chance, weight; /* k/n, n/k */
};

struct ib_rule_kind;

struct ib_rule {
	struct ib_rule_options options;
	const struct ib_rule_kind *kind;
	const struct ib_scores *scores;	     /* NULL: nothing is scored yet */
	const struct ib_totals *totals;	     /* of all known scores, or of --totals */
	struct ib_totals *own_totals;	     /* where they are the rule's to free */
	bool foreign_totals;		     /* totals are not the scores' own */
	const struct ib_bin_counts *refined; /* beside foreign ones; NULL: none */
	struct ib_bin_counts *want;	     /* of --write-bins: what is to be counted */
	uint64_t key;			     /* of the draws */
	bool full;			     /* everything is kept: */
	enum ib_reason why_full;	     /* warm-up or anneal */
	double ratio;			     /* r, as given or solved */
	struct ib_thresholds levels;
	double threshold;	   /* T; NaN: none */
	double c;		   /* of proportional; NaN: none */
	struct ib_group_of *group; /* of fixed */
	size_t ngroups;
	uint64_t *kept; /* of fixed: a bit a row */
};

struct ib_rule_kind {
	enum ib_rule_id id;
	const char *name;
	const char *about; /* for --help */
	bool needs_scores; /* unseen and unknown samples are kept */
	bool biased;	   /* it says so */
	bool fixed;	   /* --sampling fixed makes sense */
	bool cuts;	   /* its levels are told one by one */
	bool ratio;	   /* it has an r, of -r or solved for --keep */
	/* Resolve thresholds, solve budgets; in full epochs too. */
	enum ib_status (*prepare)(struct ib_rule *rule, const struct ib_context *context,
				  struct ib_error *err);
	/* pi of n scores; IB_HIGH for those that are not drawn. */
	void (*pi)(const struct ib_rule *rule, const float *score, size_t n, double *pi);
};

#define IB_HIGH 2.0 /* in the place of a pi: 1, and nothing is drawn */

/* Is this one of the epochs that keep everything, and why? */
bool ib_rule_is_full(const struct ib_rule_options *options, enum ib_reason *why);

/* 1-r to 15 significant digits, so that r = 0.9 gives 0.1. */
double ib_rule_complement(double r);

/* What pi says before anything is drawn. */
struct ib_inclusion {
	double pi, weight;     /* weight: if it is kept */
	enum ib_reason reason; /* IB_REASON_DRAWN: it is to be drawn */
	int group;	       /* of --sampling fixed; -1: drawn by itself */
};

/*
 * The chances of n <= IB_GROUP samples: their rows, or IB_NO_ROW where one is
 * unseen.
 */
void ib_rule_inclusions(const struct ib_rule *r, const uint32_t *row, size_t n,
			struct ib_inclusion *chance);

/*
 * Those of the scores' rows from `from` on, IB_GROUP of them or as many as
 * there are; returns how many.
 */
size_t ib_rule_row_inclusions(const struct ib_rule *r, uint64_t from,
			      struct ib_inclusion chance[IB_GROUP]);

static inline struct ib_inclusion
ib_rule_inclusion(const struct ib_rule *r, uint32_t row)
{
	struct ib_inclusion c;

	ib_rule_inclusions(r, &row, 1, &c);
	return c;
}

/* Is a sample that is to be drawn kept? (u < pi; of fixed: its bit.) */
static inline bool
ib_rule_keeps(const struct ib_rule *r, uint32_t row, const struct ib_inclusion *c, double u)
{
	if (c->group >= 0)
		return r->kept[row / 64] >> row % 64 & 1;
	return u < c->pi;
}

/* ---- levels.c: rules of a few levels of pi ---------------------------------- */

/* Whether a cut is well written: mean, median, qF, vX. */
bool ib_cut_is_valid(struct ib_span text);

/* Whether threshold and buckets are well written; IB_E_MISUSE if not. */
enum ib_status ib_thresholds_check(const struct ib_rule_options *options, struct ib_error *err);

/* A cut not below those before, and the share to drop below it. */
void ib_thresholds_put(struct ib_thresholds *l, double cut, double share);

void ib_thresholds_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi);

enum ib_status ib_rule_prepare_infobatch(struct ib_rule *rule, const struct ib_context *context,
					 struct ib_error *err);
enum ib_status ib_rule_prepare_buckets(struct ib_rule *rule, const struct ib_context *context,
				       struct ib_error *err);
enum ib_status ib_rule_prepare_rank(struct ib_rule *rule, const struct ib_context *context,
				    struct ib_error *err);
enum ib_status ib_rule_prepare_hard(struct ib_rule *rule, const struct ib_context *context,
				    struct ib_error *err);
enum ib_status ib_rule_prepare_random(struct ib_rule *rule, const struct ib_context *context,
				      struct ib_error *err);

/* ---- the other rules, and what is solved ------------------------------------ */

#define IB_RATIO_MAX 0.95

/* keep.c: r of --keep, of n known rows with `low` below the threshold. */
enum ib_status ib_keep_solve_ratio(struct ib_rule *rule, uint64_t n, uint64_t low,
				   const struct ib_context *context, struct ib_error *err);

/* proportional.c */
enum ib_status ib_rule_prepare_proportional(struct ib_rule *rule, const struct ib_context *context,
					    struct ib_error *err);
void ib_proportional_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi);

/* refine.c: what totals of parts have to say. */

/*
 * The rank-th smallest known score (from 1) into *score, NaN where it is only
 * noted down what is to be counted. IB_E_MISUSE where that has not been done.
 */
enum ib_status ib_bins_request_rank(const struct ib_rule *r, uint64_t rank, const char *option,
				    double *score, struct ib_error *err);
/* How many known scores are below a cut; likewise. */
enum ib_status ib_bins_request_below(const struct ib_rule *r, double cut, const char *option,
				     uint64_t *low, struct ib_error *err);
/* The message that says what to run. */
enum ib_status ib_bins_request_lacks(const char *option, struct ib_error *err);

/* fixed.c: the groups of --sampling fixed, and who of them is kept. */
enum ib_status ib_fixed_prepare(struct ib_rule *rule, struct ib_error *err);
/* The chance of a known row: k of its group's n. */
void ib_rule_fixed_inclusion(const struct ib_rule *r, struct ib_inclusion *c);

#endif
