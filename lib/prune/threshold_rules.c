/*
 * Rules with thresholds (infobatch, hard, random, buckets, rank). All scores
 * between two thresholds have the same pi. A threshold is the mean, a quantile
 * or a number.
 */
#include "prune/threshold_rules.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "base/numbers.h"
#include "prune/bins_request.h"
#include "prune/keep.h"

/*
 * The number of thresholds that are <= the score selects pi. A binary search without branches finds
 * this number. With two buckets, avoiding branches saves 14 % of the time per sample
 * (tests/PERFORMANCE.md).
 */
static void
thresholds_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi)
{
	const struct ib_thresholds *l = &rule->thresholds;
	size_t level[IB_GROUP] = { 0 }, left, half, i;

	if (l->n == 0) { /* there are no known scores */
		for (i = 0; i < n; i++)
			pi[i] = IB_PI_HIGH;
		return;
	}
	for (left = l->n; left > 1; left -= half) {
		half = left / 2;
		for (i = 0; i < n; i++)
			level[i] += half * !((double)score[i] < l->threshold[level[i] + half - 1]);
	}
	for (i = 0; i < n; i++)
		level[i] += !((double)score[i] < l->threshold[level[i]]);
	for (i = 0; i < n; i++)
		pi[i] = l->pi[level[i]];
}

/* ---- parsing thresholds  -------------------------------------------- */

enum threshold_kind { THRESHOLD_MEAN, THRESHOLD_QUANTILE, THRESHOLD_NUMBER };

struct threshold_spec {
	enum threshold_kind kind;
	char quantile[404]; /* for the quantile qF: the text of F, such as 0.2 */
	double value;
};

/* Parse a threshold. Returns false if the text is not a threshold. */
static bool
parse_threshold(struct ib_span text, struct threshold_spec *spec)
{
	uint64_t rank;

	spec->kind = THRESHOLD_MEAN;
	if (ib_span_is(text, "mean"))
		return true;
	spec->kind = THRESHOLD_QUANTILE;
	strcpy(spec->quantile, "0.5");
	if (ib_span_is(text, "median"))
		return true;
	if (text.n > 1 && text.n <= sizeof(spec->quantile) && text.p[0] == 'q') {
		memcpy(spec->quantile, text.p + 1, text.n - 1);
		spec->quantile[text.n - 1] = '\0';
		return ib_decimal_rank(spec->quantile, 1, &rank);
	}
	spec->kind = THRESHOLD_NUMBER;
	return text.n > 1 && text.p[0] == 'v' &&
	       ib_number_text((struct ib_span){ text.p + 1, text.n - 1 }, &spec->value) &&
	       isfinite(spec->value);
}

bool
ib_threshold_is_valid(struct ib_span text)
{
	struct threshold_spec spec;

	return parse_threshold(text, &spec);
}

static enum ib_status
read_threshold(struct ib_span text, const char *option, struct threshold_spec *spec,
	       struct ib_error *err)
{
	char show[IB_SHOW_MAX];

	if (parse_threshold(text, spec))
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE,
		       "%s: %s is not mean, median, qF with F in [0, 1], or vX with a number X",
		       option, ib_show(show, text));
}

static const char *
threshold_option(const struct ib_rule_options *o)
{
	return o->rule == IB_RULE_HARD ? "--rule hard:threshold" : "--rule infobatch:threshold";
}

struct bucket {
	struct threshold_spec spec;
	double prune_fraction;
};

/*
 * Parse the first "CUT:FRACTION" of *list, and set *list to the next item, or to NULL at the end of
 * the list.
 */
static enum ib_status
read_bucket(const char **list, struct bucket *b, struct ib_error *err)
{
	const char *comma = strchr(*list, ','), *colon;
	struct ib_span text = { *list, comma ? (size_t)(comma - *list) : strlen(*list) };
	char show[IB_SHOW_MAX];

	*list = comma ? comma + 1 : NULL;
	colon = memchr(text.p, ':', text.n);
	if (!colon ||
	    !ib_number_text((struct ib_span){ colon + 1, (size_t)(text.p + text.n - colon - 1) },
			    &b->prune_fraction) ||
	    !(b->prune_fraction >= 0 && b->prune_fraction < 1))
		return ib_fail(err, IB_E_MISUSE,
			       "buckets: %s is not CUT:FRACTION with a fraction in [0, 1)",
			       ib_show(show, text));
	return read_threshold((struct ib_span){ text.p, (size_t)(colon - text.p) },
			      "--rule buckets", &b->spec, err);
}

enum ib_status
ib_thresholds_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const char *p = o->buckets;
	enum ib_status st = IB_OK;
	struct bucket b;
	size_t n;

	if (o->threshold)
		st = read_threshold(ib_span_of(o->threshold), threshold_option(o), &b.spec, err);
	for (n = 0; !st && p; n++) {
		st = read_bucket(&p, &b, err);
		if (!st && n == IB_THRESHOLDS_MAX)
			st = ib_fail(err, IB_E_MISUSE, "--rule buckets: more than %d thresholds",
				     IB_THRESHOLDS_MAX);
	}
	return st;
}

/* ---- resolving thresholds  ------------------------------------------------- */

/* A threshold as a value, or as the rank of a known score whose value must still be found. */
struct resolved {
	double value;  /* NaN if no score is known */
	uint64_t rank; /* 0 if `value` is the threshold */
};

/*
 * Return the value or the rank of a threshold. The threshold qF is the smallest score s such that
 * at least the fraction F of the known scores is <= s. The rank of s is computed from F.
 */
static struct resolved
begin_threshold(const struct ib_rule *rule, const struct threshold_spec *spec)
{
	struct resolved f = { ib_totals_mean(rule->totals), 0 };

	if (spec->kind == THRESHOLD_NUMBER)
		f.value = spec->value;
	if (spec->kind == THRESHOLD_QUANTILE) {
		ib_decimal_rank(spec->quantile, rule->totals->known, &f.rank);
		f.rank += f.rank == 0;
	}
	return f;
}

/* Set f[i].value to the score with the rank f[i].rank, for each i in [0, n) with a rank. */
static enum ib_status
find_ranks(const struct ib_rule *rule, struct resolved *f, size_t n, const char *option,
	   struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < n && !st; i++)
		if (f[i].rank > 0)
			st = ib_bins_request_rank(rule, f[i].rank, option, &f[i].value, err);
	return st;
}

static void
add_threshold(struct ib_rule *rule, double threshold, double prune_fraction)
{
	struct ib_thresholds *l = &rule->thresholds;

	/*
	 * A threshold that is computed from the scores may be below the previous threshold. In this
	 * case, use the previous threshold, so that no score is between the two thresholds.
	 */
	if (l->n > 0 && threshold < l->threshold[l->n - 1])
		threshold = l->threshold[l->n - 1];
	ib_thresholds_add(l, threshold, prune_fraction);
}

static enum ib_status
resolve_threshold(struct ib_rule *rule, struct ib_error *err)
{
	const char *t = rule->options.threshold;
	struct resolved f;
	struct threshold_spec spec;
	enum ib_status st = read_threshold(ib_span_of(t ? t : "mean"),
					   threshold_option(&rule->options), &spec, err);

	if (st)
		return st;
	f = begin_threshold(rule, &spec);
	st = find_ranks(rule, &f, 1, threshold_option(&rule->options), err);
	rule->solved.threshold = f.value;
	return st;
}

/*
 * Solve for the ratio r of --keep, which depends on the number of known scores below the threshold.
 */
static enum ib_status
solve_keep(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	uint64_t nbelow;
	enum ib_status st = ib_bins_request_below(rule, rule->solved.threshold, &nbelow, err);

	if (st || rule->wanted_bins)
		return st;
	return ib_keep_solve_ratio(rule, rule->totals->known, nbelow, context, err);
}

static enum ib_status
prepare_infobatch(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	enum ib_status st = resolve_threshold(rule, err);

	if (!st && rule->options.keep)
		st = solve_keep(rule, context, err);
	if (!st)
		add_threshold(rule, rule->solved.threshold, rule->solved.ratio);
	return st;
}

const struct ib_rule_kind ib_rule_kind_infobatch = {
	.id = IB_RULE_INFOBATCH,
	.name = "infobatch",
	.about = "(default) a sample whose score is below the threshold is kept with probability "
		 "1-R (see -r); every other sample is kept",
	.needs_scores = true,
	.allows_fixed = true,
	.has_ratio = true,
	.allows_keep = true,
	.prepare = prepare_infobatch,
	.pi = thresholds_pi,
};

static enum ib_status
prepare_hard(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	enum ib_status st = resolve_threshold(rule, err);

	(void)context;
	if (!st)
		add_threshold(rule, rule->solved.threshold, 1);
	return st;
}

const struct ib_rule_kind ib_rule_kind_hard = {
	.id = IB_RULE_HARD,
	.name = "hard",
	.about = "every sample below the threshold is pruned; this rule is biased: use it only for "
		 "comparison",
	.needs_scores = true,
	.biased = true,
	.prepare = prepare_hard,
	.pi = thresholds_pi,
};

static enum ib_status
prepare_random(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (rule->options.keep)
		st = ib_keep_solve_ratio(rule, 1, 1, context, err);
	add_threshold(rule, INFINITY, rule->solved.ratio);
	return st;
}

static void
random_pi(const struct ib_rule *rule, const float *score, size_t n, double *pi)
{
	size_t i;

	(void)score;
	for (i = 0; i < n; i++)
		pi[i] = rule->thresholds.pi[0];
}

const struct ib_rule_kind ib_rule_kind_random = {
	.id = IB_RULE_RANDOM,
	.name = "random",
	.about = "every sample is kept with probability 1-R (see -r)",
	.cause = "the rule prunes samples at random",
	.allows_fixed = true,
	.has_ratio = true,
	.allows_keep = true,
	.prepare = prepare_random,
	.pi = random_pi,
};

/* True if the threshold `spec` is not below `previous`, or if this depends on the scores. */
static bool
ascends(const struct threshold_spec *previous, const struct threshold_spec *spec)
{
	double a = previous->value, b = spec->value;

	if (spec->kind != previous->kind)
		return true;
	if (spec->kind == THRESHOLD_QUANTILE) {
		ib_number_text(ib_span_of(previous->quantile), &a);
		ib_number_text(ib_span_of(spec->quantile), &b);
	}
	return a <= b;
}

/*
 * Fail if no thresholds are given, or if a threshold is below the previous threshold whatever the
 * scores are.
 */
static enum ib_status
check_buckets(const struct ib_rule_options *o, struct ib_error *err)
{
	const char *p = o->buckets, *text = p;
	struct bucket b = { 0 }, previous;
	enum ib_status st = IB_OK;
	char show[IB_SHOW_MAX];

	if (!p)
		return ib_fail(err, IB_E_MISUSE,
			       "--rule buckets needs cuts: --rule buckets:CUT=FRACTION,...");
	while (!st && p) {
		previous = b;
		text = p;
		st = read_bucket(&p, &b, err);
		if (!st && text != o->buckets && !ascends(&previous.spec, &b.spec))
			st = ib_fail(err, IB_E_MISUSE,
				     "--rule buckets: the cut %s is below the previous cut",
				     ib_show(show, (struct ib_span){ text, strcspn(text, ":") }));
	}
	return st;
}

static enum ib_status
prepare_buckets(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	const char *p = rule->options.buckets;
	struct resolved f[IB_THRESHOLDS_MAX];
	double prune_fraction[IB_THRESHOLDS_MAX];
	enum ib_status st = IB_OK;
	struct bucket b;
	size_t n, i;

	(void)context;
	/* at most IB_THRESHOLDS_MAX buckets; see ib_thresholds_check() */
	for (n = 0; !st && p; n++) {
		st = read_bucket(&p, &b, err);
		if (!st) {
			f[n] = begin_threshold(rule, &b.spec);
			prune_fraction[n] = b.prune_fraction;
		}
	}
	if (!st)
		st = find_ranks(rule, f, n, "--rule buckets", err);
	for (i = 0; i < n && !st; i++)
		add_threshold(rule, f[i].value, prune_fraction[i]);
	return st;
}

const struct ib_rule_kind ib_rule_kind_buckets = {
	.id = IB_RULE_BUCKETS,
	.name = "buckets",
	.about = "each range of scores has its own fraction of samples to prune",
	.cause = "its score was below a threshold",
	.needs_scores = true,
	.allows_fixed = true,
	.lists_thresholds = true,
	.check = check_buckets,
	.prepare = prepare_buckets,
	.pi = thresholds_pi,
};

/* ---- rank -------------------------------------------------------------------- */

/*
 * The rank q of a score is rounded up to a multiple of 1/RANK_STEPS, so that all thresholds fit
 * into a run header.
 */
#define RANK_STEPS 64

/*
 * Return the fraction to prune, 1 - max(floor, q^B), rounded to 15 digits. q is step/RANK_STEPS,
 * and B is the parameter power. pow() may differ between machines, but the rounded result is the
 * same on all machines.
 */
static double
rank_prune_fraction(const struct ib_rule *rule, size_t step)
{
	double pi = pow((double)step / RANK_STEPS, rule->options.power);

	if (pi < rule->options.floor)
		pi = rule->options.floor;
	return ib_complement(pi);
}

/*
 * A score that is below the quantile step/RANK_STEPS, but not below the previous quantile, has the
 * rank q = step/RANK_STEPS. The keep probability is the same as in Selective-Backprop (Jiang et al.
 * 2019, arXiv 1910.00762), but Selective-Backprop trains on the kept samples with weight 1 instead
 * of 1/pi.
 */
static enum ib_status
prepare_rank(struct ib_rule *rule, const struct ib_context *context, struct ib_error *err)
{
	struct threshold_spec spec = { .kind = THRESHOLD_QUANTILE };
	struct resolved f[RANK_STEPS - 1];
	enum ib_status st;
	size_t step;

	(void)context;
	for (step = 1; step < RANK_STEPS; step++) {
		snprintf(spec.quantile, sizeof(spec.quantile), "%zue-6",
			 step * (1000000 / RANK_STEPS));
		f[step - 1] = begin_threshold(rule, &spec);
	}
	st = find_ranks(rule, f, RANK_STEPS - 1, "--rule rank", err);
	for (step = 1; step < RANK_STEPS && !st; step++)
		add_threshold(rule, f[step - 1].value, rank_prune_fraction(rule, step));
	return st;
}

const struct ib_rule_kind ib_rule_kind_rank = {
	.id = IB_RULE_RANK,
	.name = "rank",
	.about = "the keep probability grows with the rank of the score",
	.cause = "its score was below a threshold",
	.needs_scores = true,
	.allows_fixed = true,
	.lists_thresholds = true,
	.prepare = prepare_rank,
	.pi = thresholds_pi,
};
