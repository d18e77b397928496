/* Rules that know a few levels of pi: below a cut, one chance for all. */
#include "prune/rule.h"

#include <math.h>

#include "base/error.h"
#include "base/numbers.h"
#include "score/quantile.h"

/*
 * How many cuts are not above a score says which pi it has: no branch to
 * guess. Two buckets of --sampling fixed take 124.6 ns a sample so, 144.2 with
 * branches (as measured in rule.c).
 */
void
ib_levels_pi(const struct ib_rule *rule, const float *score, size_t n,
	     double *pi)
{
	const struct ib_levels *l = &rule->levels;
	size_t level[IB_GROUP] = { 0 };
	double of[IB_LEVELS_MAX + 1];
	size_t i, k;

	for (k = 0; k < l->n; k++) {
		of[k] = l->pi[k];
		for (i = 0; i < n; i++)
			level[i] += !((double)score[i] < l->cut[k]);
	}
	of[k] = IB_HIGH;
	for (i = 0; i < n; i++)
		pi[i] = of[level[i]];
}

/* ---- cuts as they are written -------------------------------------------- */

enum cut_kind { CUT_MEAN, CUT_QUANTILE, CUT_VALUE };

struct cut {
	enum cut_kind kind;
	char share[404]; /* of a quantile: F as it was written */
	double value;
};

static enum ib_status
read_cut(struct ib_span text, const char *option, struct cut *cut,
	 struct ib_error *err)
{
	char show[IB_SHOW_MAX];
	uint64_t rank;

	cut->kind = CUT_MEAN;
	if (ib_span_is(text, "mean"))
		return IB_OK;
	cut->kind = CUT_QUANTILE;
	strcpy(cut->share, "0.5");
	if (ib_span_is(text, "median"))
		return IB_OK;
	if (text.n > 1 && text.n <= sizeof(cut->share) && text.p[0] == 'q') {
		memcpy(cut->share, text.p + 1, text.n - 1);
		cut->share[text.n - 1] = '\0';
		if (ib_decimal_rank(cut->share, 1, &rank))
			return IB_OK;
		return ib_fail(err, IB_E_MISUSE,
			       "%s: %s is no quantile: q0 to q1", option,
			       ib_show(show, text));
	}
	cut->kind = CUT_VALUE;
	if (text.n > 1 && text.p[0] == 'v' &&
	    ib_number_text((struct ib_span){ text.p + 1, text.n - 1 },
			   &cut->value) &&
	    isfinite(cut->value))
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE,
		       "%s: %s is none of mean, median, qF, vX", option,
		       ib_show(show, text));
}

struct bucket {
	struct cut cut;
	double share;
};

/* The first "CUT:SHARE" of *list, which goes on to the next, or to NULL. */
static enum ib_status
read_bucket(const char **list, struct bucket *b, struct ib_error *err)
{
	const char *comma = strchr(*list, ','), *colon;
	struct ib_span text = { *list, comma ? (size_t)(comma - *list)
					     : strlen(*list) };
	char show[IB_SHOW_MAX];

	*list = comma ? comma + 1 : NULL;
	colon = memchr(text.p, ':', text.n);
	if (!colon || !ib_number_text((struct ib_span){ colon + 1,
			(size_t)(text.p + text.n - colon - 1) }, &b->share) ||
	    !(b->share >= 0 && b->share < 1))
		return ib_fail(err, IB_E_MISUSE,
			       "--buckets: %s is not CUT:SHARE with a share in "
			       "[0, 1)", ib_show(show, text));
	return read_cut((struct ib_span){ text.p, (size_t)(colon - text.p) },
			"--buckets", &b->cut, err);
}

enum ib_status
ib_levels_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const char *p = o->buckets;
	enum ib_status st = IB_OK;
	struct bucket b;
	size_t n;

	if (o->threshold)
		st = read_cut(ib_span_of(o->threshold), "--threshold", &b.cut,
			      err);
	for (n = 0; !st && p; n++) {
		st = read_bucket(&p, &b, err);
		if (!st && n == IB_LEVELS_MAX)
			st = ib_fail(err, IB_E_MISUSE,
				     "--buckets: more than %d", IB_LEVELS_MAX);
	}
	return st;
}

/* ---- cuts over the scores ------------------------------------------------- */

/* The F quantile: smallest score s with at least F of the known ones <= s. */
static enum ib_status
quantile(const struct ib_rule *rule, const char *share, const char *option,
	 double *value, struct ib_error *err)
{
	uint64_t rank;
	enum ib_status st;
	float score;

	ib_decimal_rank(share, rule->totals->known, &rank);
	if (rank == 0)
		rank = 1;
	if (rule->foreign_totals)
		return ib_refine_rank(rule, rank, option, value, err);
	st = ib_quantiles(rule->scores->score.p, rule->scores->table.n, &rank,
			  1, &score, err);
	*value = (double)score;
	return st;
}

/* NaN where no score is known. */
static enum ib_status
resolve(const struct ib_rule *rule, const struct cut *cut, const char *option,
	double *value, struct ib_error *err)
{
	switch (cut->kind) {
	case CUT_QUANTILE:
		return quantile(rule, cut->share, option, value, err);
	case CUT_VALUE:
		*value = cut->value;
		return IB_OK;
	case CUT_MEAN:
		break;
	}
	*value = ib_totals_mean(rule->totals);
	return IB_OK;
}

static void
put_level(struct ib_rule *rule, double cut, double share)
{
	struct ib_levels *l = &rule->levels;

	l->cut[l->n] = cut;
	l->share[l->n] = share;
	l->pi[l->n] = ib_rule_complement(share);
	l->n++;
}

static enum ib_status
resolve_threshold(struct ib_rule *rule, struct ib_error *err)
{
	const char *t = rule->options.threshold;
	struct cut cut;
	enum ib_status st = read_cut(ib_span_of(t ? t : "mean"), "--threshold",
				     &cut, err);

	return st ? st
		  : resolve(rule, &cut, "--threshold", &rule->threshold, err);
}

/* How many known scores are below T, and from that r. */
static enum ib_status
solve_keep(struct ib_rule *rule, const struct ib_context *context,
	   struct ib_error *err)
{
	const float *score = rule->scores ? rule->scores->score.p : NULL;
	uint64_t i, low = 0, n = rule->scores ? rule->scores->table.n : 0;

	if (rule->foreign_totals) {
		enum ib_status st = ib_refine_below(rule, rule->threshold,
						    "--keep", &low, err);

		if (st || rule->want)
			return st;
		n = 0;
	}
	for (i = 0; i < n; i++)
		low += (double)score[i] < rule->threshold;
	return ib_keep_solve_ratio(rule, rule->totals->known, low, context,
				   err);
}

enum ib_status
ib_rule_prepare_infobatch(struct ib_rule *rule,
			  const struct ib_context *context,
			  struct ib_error *err)
{
	enum ib_status st = resolve_threshold(rule, err);

	if (!st && rule->options.keep)
		st = solve_keep(rule, context, err);
	if (!st)
		put_level(rule, rule->threshold, rule->ratio);
	return st;
}

enum ib_status
ib_rule_prepare_hard(struct ib_rule *rule, const struct ib_context *context,
		     struct ib_error *err)
{
	enum ib_status st = resolve_threshold(rule, err);

	(void)context;
	if (!st)
		put_level(rule, rule->threshold, 1);
	return st;
}

enum ib_status
ib_rule_prepare_random(struct ib_rule *rule, const struct ib_context *context,
		       struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (rule->options.keep)
		st = ib_keep_solve_ratio(rule, 1, 1, context, err);
	put_level(rule, INFINITY, rule->ratio);
	return st;
}

static enum ib_status
put_bucket(struct ib_rule *rule, const struct bucket *b, struct ib_error *err)
{
	struct ib_levels *l = &rule->levels;
	enum ib_status st;
	double cut;

	st = resolve(rule, &b->cut, "--buckets", &cut, err);
	if (st)
		return st;
	/* A cut that resolves below the one before counts as equal to it. */
	if (l->n > 0 && cut < l->cut[l->n - 1])
		cut = l->cut[l->n - 1];
	put_level(rule, cut, b->share);
	return IB_OK;
}

enum ib_status
ib_rule_prepare_buckets(struct ib_rule *rule, const struct ib_context *context,
			struct ib_error *err)
{
	const char *p = rule->options.buckets;
	enum ib_status st = IB_OK;
	struct bucket b;

	(void)context;
	while (!st && p) {
		st = read_bucket(&p, &b, err);
		if (!st)
			st = put_bucket(rule, &b, err);
	}
	return st;
}
