/* --dry-run: add up and print the prediction. */
#include "prune/dry_run.h"

#include <math.h>

#include "base/json_writer.h"

void
ib_dry_run_init(struct ib_dry_run *p)
{
	memset(p, 0, sizeof(*p));
	ib_exact_init(&p->pi_sum);
	ib_exact_init(&p->inverse_pi_sum);
	ib_exact_init(&p->variance);
	ib_exact_init(&p->square_sum);
}

void
ib_dry_run_add(struct ib_dry_run *p, const struct ib_rule *rule, const struct ib_inclusion *c,
	       float score)
{
	double x;

	p->samples++;
	ib_exact_add(&p->pi_sum, c->pi);
	if (c->pi > 0) {
		p->reachable++;
		ib_exact_add(&p->inverse_pi_sum, c->weight);
		if (c->weight > p->max_weight)
			p->max_weight = c->weight;
	}
	if (score != score)
		return;
	p->known++;
	x = (double)ib_proxy_of(rule->options.proxy, score);
	ib_exact_add(&p->square_sum, x * x); /* x * x is exact, because it needs at most 48 bits */
	if (c->pi > 0 && c->pi < 1)
		ib_exact_add_product(&p->variance, (1 - c->pi) / c->pi, x * x);
}

void
ib_dry_run_merge(struct ib_dry_run *p, const struct ib_dry_run *other)
{
	p->samples += other->samples;
	p->reachable += other->reachable;
	p->known += other->known;
	if (other->max_weight > p->max_weight)
		p->max_weight = other->max_weight;
	ib_exact_merge(&p->pi_sum, &other->pi_sum);
	ib_exact_merge(&p->inverse_pi_sum, &other->inverse_pi_sum);
	ib_exact_merge(&p->variance, &other->variance);
	ib_exact_merge(&p->square_sum, &other->square_sum);
}

void
ib_dry_run_rows(struct ib_dry_run *p, const struct ib_rule *rule)
{
	const struct ib_scores *s = rule->scores;
	const float *score = s ? s->score.p : NULL;
	struct ib_inclusion inclusion[IB_GROUP];
	uint64_t from;
	size_t k, i;

	for (from = 0; s && from < s->table.n; from += k) {
		k = ib_rule_row_inclusions(rule, from, inclusion);
		for (i = 0; i < k; i++)
			if (score[from + i] == score[from + i])
				ib_dry_run_add(p, rule, &inclusion[i], score[from + i]);
	}
}

/* The statistics to print. A statistic that is not defined is NaN. */
struct prediction {
	double expected, saved, weight_sum, max_weight, ess, variance, relative;
};

static struct prediction
predict(const struct ib_dry_run *p, const struct ib_rule *rule)
{
	double mean_pi;
	struct prediction f = {
		.expected = ib_exact_round(&p->pi_sum),
		.saved = NAN,
		.weight_sum = (double)p->reachable,
		.max_weight = p->max_weight,
		.ess = NAN,
		.variance = NAN,
		.relative = NAN,
	};

	if (p->samples == 0)
		return f;
	mean_pi = ib_exact_mean(&p->pi_sum, p->samples);
	f.saved = 1 - mean_pi;
	if (p->reachable > 0)
		f.ess = (double)p->reachable / ib_exact_mean(&p->inverse_pi_sum, p->reachable);
	if (rule->kind->biased)
		return f;
	f.variance = ib_exact_round(&p->variance);
	/*
	 * Divide the exact sums. With rounded sums, f.relative would not always be 1 for --rule
	 * random.
	 */
	if (mean_pi > 0)
		f.relative =
			ib_exact_quotient(&p->variance, &p->square_sum, (1 - mean_pi) / mean_pi);
	return f;
}

static enum ib_status
write_json(const struct ib_dry_run *p, const struct ib_rule *rule, const struct prediction *f,
	   struct ib_output *out, struct ib_error *err)
{
	struct ib_bytes b = { 0 };
	struct ib_json_writer w = { .out = &b };

	ib_json_begin_object(&w, NULL);
	ib_json_write_text(&w, "rule", rule->kind->name);
	ib_json_write_epoch(&w, "epoch", rule->options.epoch);
	ib_json_write_unsigned(&w, "samples", p->samples);
	ib_json_write_real(&w, "threshold", rule->solved.threshold);
	ib_json_write_real(&w, "ratio", rule->kind->has_ratio ? rule->solved.ratio : NAN);
	ib_json_write_real(&w, "c", rule->solved.c);
	ib_json_write_real(&w, "expected_kept", f->expected);
	ib_json_write_real(&w, "saved", f->saved);
	ib_json_write_real(&w, "weight_sum", f->weight_sum);
	ib_json_write_real(&w, "max_weight", f->max_weight);
	ib_json_write_real(&w, "ess", f->ess);
	ib_json_write_real(&w, "variance", f->variance);
	ib_json_write_real(&w, "relative_variance", f->relative);
	ib_json_end_object(&w);
	ib_bytes_append_char(&b, '\n');
	return ib_output_write_last(out, &b, err);
}

/* The table fits into 40 columns. */
#define LABEL "%-22s "

static void
write_line(struct ib_bytes *b, const char *name, double x, const char *unit)
{
	if (isnan(x))
		ib_bytes_printf(b, LABEL "%14s\n", name, "-");
	else
		ib_bytes_printf(b, fabs(x) < 1000 ? LABEL "%14.4g%s\n" : LABEL "%14.0f%s\n", name,
				x, unit);
}

/* Return why the rule prunes nothing, or NULL if it may prune. */
static const char *
why_nothing(const struct ib_dry_run *p, const struct ib_rule *rule)
{
	if (rule->unpruned)
		return rule->why_unpruned == IB_REASON_WARMUP ? "warm-up" : "last epochs";
	if (rule->kind->needs_scores && (!rule->scores || rule->scores->table.n == 0))
		return "no scores";
	if (rule->kind->needs_scores && p->samples > 0 && p->known == 0)
		return "no known score";
	if (!rule->kind->has_ratio || rule->solved.ratio != 0)
		return NULL;
	return rule->options.keep ? "--keep" : "r = 0";
}

static void
as_table(struct ib_bytes *b, const struct ib_dry_run *p, const struct ib_rule *rule,
	 const struct prediction *f)
{
	const char *why = why_nothing(p, rule);

	ib_bytes_printf(b, LABEL "%14s\n", "rule", rule->kind->name);
	ib_bytes_printf(b, LABEL "%14llu\n", "samples", (unsigned long long)p->samples);
	write_line(b, "threshold", rule->solved.threshold, "");
	write_line(b, "expected kept", f->expected, "");
	write_line(b, "saved", 100 * f->saved, " %");
	if (why)
		ib_bytes_printf(b, LABEL "%14s\n", "nothing is pruned", why);
	write_line(b, "weight sum (expected)", f->weight_sum, "");
	write_line(b, "largest weight", f->max_weight, "");
	write_line(b, "effective sample size", f->ess, "");
	write_line(b, "variance, random = 1", f->relative, "");
}

enum ib_status
ib_dry_run_write(const struct ib_dry_run *p, const struct ib_rule *rule, bool table,
		 struct ib_output *out, struct ib_error *err)
{
	struct prediction f = predict(p, rule);
	struct ib_bytes b = { 0 };

	if (!table)
		return write_json(p, rule, &f, out, err);
	as_table(&b, p, rule, &f);
	return ib_output_write_last(out, &b, err);
}
