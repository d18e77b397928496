/* Rules that know a few levels of pi: below a cut, one chance for all. */
#include "prune/rule.h"

#include <math.h>

#include "base/error.h"
#include "base/numbers.h"
#include "score/quantile.h"

bool
ib_levels_pi(const struct ib_rule *rule, float score, double *pi)
{
	const struct ib_levels *l = &rule->levels;
	size_t i;

	for (i = 0; i < l->n; i++) {
		if ((double)score < l->cut[i]) {
			*pi = l->pi[i];
			return true;
		}
	}
	return false;
}

/* The F quantile: smallest score s with at least F of the known ones <= s. */
static enum ib_status
quantile(const struct ib_rule *rule, const char *share, const char *option,
	 double *value, struct ib_error *err)
{
	uint64_t rank;
	enum ib_status st;
	float score;

	if (!ib_decimal_rank(share, rule->totals->known, &rank))
		return ib_fail(err, IB_E_MISUSE,
			       "%s: 'q%s' is no quantile: q0 to q1", option,
			       share);
	if (rule->foreign_totals)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: a quantile needs the scores themselves, "
			       "which --totals does not hold: give all of them "
			       "with -s", option);
	if (rank == 0)
		rank = 1;
	st = ib_quantiles(rule->scores->score.p, rule->scores->table.n, &rank,
			  1, &score, err);
	*value = (double)score;
	return st;
}

enum ib_status
ib_levels_resolve(const struct ib_rule *rule, struct ib_span cut,
		  const char *option, double *value, struct ib_error *err)
{
	char show[IB_SHOW_MAX], share[404];

	if (ib_span_is(cut, "mean")) {
		*value = ib_totals_mean(rule->totals);
		return IB_OK;
	}
	if (ib_span_is(cut, "median"))
		return quantile(rule, "0.5", option, value, err);
	if (cut.n > 1 && cut.n < sizeof(share) && cut.p[0] == 'q') {
		memcpy(share, cut.p + 1, cut.n - 1);
		share[cut.n - 1] = '\0';
		return quantile(rule, share, option, value, err);
	}
	if (cut.n > 1 && cut.p[0] == 'v' &&
	    ib_number_text((struct ib_span){ cut.p + 1, cut.n - 1 }, value) &&
	    isfinite(*value))
		return IB_OK;
	return ib_fail(err, IB_E_MISUSE,
		       "%s: %s is none of mean, median, qF, vX", option,
		       ib_show(show, cut));
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

	return ib_levels_resolve(rule, ib_span_of(t ? t : "mean"),
				 "--threshold", &rule->threshold, err);
}

/* How many known scores are below T, and from that r. */
static enum ib_status
solve_keep(struct ib_rule *rule, const struct ib_context *context,
	   struct ib_error *err)
{
	const float *score = rule->scores ? rule->scores->score.p : NULL;
	uint64_t i, low = 0, n = rule->scores ? rule->scores->table.n : 0;

	if (rule->foreign_totals)
		return ib_fail(err, IB_E_MISUSE,
			       "--keep needs the scores themselves, which "
			       "--totals does not hold: give all of them with "
			       "-s");
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

/* One "CUT:SHARE" of --buckets. */
static enum ib_status
put_bucket(struct ib_rule *rule, struct ib_span text, struct ib_error *err)
{
	const char *colon = memchr(text.p, ':', text.n);
	struct ib_levels *l = &rule->levels;
	char show[IB_SHOW_MAX];
	double cut, share;
	enum ib_status st;

	if (!colon || !ib_number_text((struct ib_span){ colon + 1,
			(size_t)(text.p + text.n - colon - 1) }, &share) ||
	    !(share >= 0 && share < 1))
		return ib_fail(err, IB_E_MISUSE,
			       "--buckets: %s is not CUT:SHARE with a share in "
			       "[0, 1)", ib_show(show, text));
	if (l->n == IB_LEVELS_MAX)
		return ib_fail(err, IB_E_MISUSE, "--buckets: more than %d",
			       IB_LEVELS_MAX);
	st = ib_levels_resolve(rule, (struct ib_span){ text.p,
			(size_t)(colon - text.p) }, "--buckets", &cut, err);
	if (st)
		return st;
	/* A cut that resolves below the one before counts as equal to it. */
	if (l->n > 0 && cut < l->cut[l->n - 1])
		cut = l->cut[l->n - 1];
	put_level(rule, cut, share);
	return IB_OK;
}

enum ib_status
ib_rule_prepare_buckets(struct ib_rule *rule, const struct ib_context *context,
			struct ib_error *err)
{
	const char *p = rule->options.buckets, *comma;
	enum ib_status st = IB_OK;

	(void)context;
	if (!p)
		return ib_fail(err, IB_E_MISUSE,
			       "--rule buckets needs --buckets");
	for (; !st; p = comma + 1) {
		comma = strchr(p, ',');
		st = put_bucket(rule, (struct ib_span){ p, comma
				? (size_t)(comma - p) : strlen(p) }, err);
		if (!comma)
			break;
	}
	return st;
}
