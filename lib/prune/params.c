/*
 * The table of parameters. Check the values of parameters, and read and write the JSON members of
 * receipts and run headers.
 */
#include "prune/params.h"

#include "base/error.h"
#include "prune/threshold_rules.h"

/* ---- lists that are computed when a rule is prepared ---- */

/* Write the thresholds as [[threshold, fraction to prune], ...]. */
static void
write_thresholds(struct ib_json_writer *to, const struct ib_rule *r)
{
	size_t i;

	if (!r->kind->lists_thresholds) {
		ib_json_write_null(to, "cuts");
		return;
	}
	ib_json_begin_array(to, "cuts");
	for (i = 0; i < r->thresholds.n; i++) {
		ib_json_begin_array(to, NULL);
		ib_json_write_real(to, NULL, r->thresholds.threshold[i]);
		ib_json_write_real(to, NULL, r->thresholds.prune_fraction[i]);
		ib_json_end_array(to);
	}
	ib_json_end_array(to);
}

/* For --sampling fixed: write the groups as [{pi, n, k}, ...], ascending by pi. */
static void
write_groups(struct ib_json_writer *to, const struct ib_rule *r)
{
	size_t i;

	if (r->options.sampling != IB_SAMPLING_FIXED) {
		ib_json_write_null(to, "groups");
		return;
	}
	ib_json_begin_array(to, "groups");
	for (i = 0; i < r->ngroups; i++) {
		ib_json_begin_object(to, NULL);
		ib_json_write_real(to, "pi", r->group[i].pi);
		ib_json_write_unsigned(to, "n", r->group[i].n);
		ib_json_write_unsigned(to, "k", r->group[i].k);
		ib_json_end_object(to);
	}
	ib_json_end_array(to);
}

/* ---- the table ---- */

#define AT(member_) .offset = offsetof(struct ib_rule_options, member_)
#define SOLVED(member_) .kind = IB_PARAM_SOLVED, .offset = offsetof(struct ib_solved, member_)
#define INFOBATCH (1u << IB_RULE_INFOBATCH)
#define BUCKETS (1u << IB_RULE_BUCKETS)
#define PROPORTIONAL (1u << IB_RULE_PROPORTIONAL)
#define HARD (1u << IB_RULE_HARD)
#define RANK (1u << IB_RULE_RANK)

static const struct ib_param params[] = {
	{ .member = "epoch", .kind = IB_PARAM_EPOCH, AT(epoch) },
	{ .member = "rule", .kind = IB_PARAM_RULE, AT(rule), .name = "rule" },
	{ .member = "seed", .kind = IB_PARAM_SEED, AT(seed), .name = "seed" },
	{ .member = "ratio", SOLVED(ratio) },
	{ .member = "warmup", .kind = IB_PARAM_COUNT, AT(warmup), .name = "warmup" },
	{ .member = "epochs", .kind = IB_PARAM_EPOCH, AT(epochs), .name = "epochs" },
	{ .member = "delta", .kind = IB_PARAM_REAL, AT(delta), .name = "delta", .range = "[0, 1]" },
	{ .member = "full_from", .kind = IB_PARAM_EPOCH, AT(full_from), .name = "full-from" },
	{ .member = "threshold", SOLVED(threshold) },
	{ .member = "threshold_spec",
	  .kind = IB_PARAM_THRESHOLD,
	  AT(threshold),
	  .rules = INFOBATCH | HARD,
	  .name = "threshold",
	  .value = "CUT",
	  .help = "the threshold: mean (default), median, a quantile such as q0.9, or a number "
		  "such as v1.5" },
	{ .member = "cuts", .write = write_thresholds },
	{ .member = "buckets",
	  .kind = IB_PARAM_BUCKETS,
	  AT(buckets),
	  .rules = BUCKETS,
	  .name = "CUT",
	  .value = "FRACTION",
	  .help = "prune this fraction of the samples whose score is below CUT but "
		  "not below the previous CUT; give at least one CUT=FRACTION, in "
		  "ascending order of CUT (required)" },
	{ .member = "keep", .kind = IB_PARAM_DECIMAL, AT(keep), .name = "keep", .range = "[0, 1]" },
	{ .member = "scale",
	  .kind = IB_PARAM_DECIMAL,
	  AT(scale),
	  .rules = PROPORTIONAL,
	  .name = "scale",
	  .value = "C",
	  .range = "(0, inf)",
	  .help = "the keep probability is C times the estimated gradient norm, but at least F "
		  "and at most 1 (required, unless --keep is given)" },
	{ .member = "c", SOLVED(c) },
	{ .member = "floor",
	  .kind = IB_PARAM_REAL,
	  AT(floor),
	  .rules = PROPORTIONAL | RANK,
	  .name = "floor",
	  .value = "F",
	  .range = "(0, 1]",
	  .help = "the smallest keep probability" },
	{ .member = "power",
	  .kind = IB_PARAM_REAL,
	  AT(power),
	  .rules = RANK,
	  .only_rules = RANK,
	  .name = "power",
	  .value = "B",
	  .range = "[0, 100]",
	  .help = "the keep probability is Q^B, but at least F; Q is the fraction of "
		  "scores below the score of the sample, rounded up to a multiple of "
		  "1/64" },
	{ .member = "proxy",
	  .kind = IB_PARAM_CHOICE,
	  AT(proxy),
	  .rules = PROPORTIONAL,
	  .name = "proxy",
	  .value = "X",
	  .range = "bounded|loss",
	  .help = "estimate the gradient norm as 1-exp(-score) (bounded) or as the score (loss):" },
	{ .member = "max_age", .kind = IB_PARAM_AGE, AT(max_age), .name = "max-age" },
	{ .member = "sampling",
	  .kind = IB_PARAM_CHOICE,
	  AT(sampling),
	  .name = "sampling",
	  .range = IB_SAMPLING_WORDS },
	{ .member = "groups", .write = write_groups },
	{ .member = "normalize",
	  .kind = IB_PARAM_CHOICE,
	  AT(normalize),
	  .name = "normalize",
	  .range = IB_NORMALIZE_WORDS,
	  .normalized = true },
	{ .member = "weight_factor", SOLVED(weight_factor), .normalized = true },
};

const struct ib_param *
ib_params(size_t *n)
{
	*n = sizeof(params) / sizeof(*params);
	return params;
}

/* ---- checks ---- */

enum ib_status
ib_params_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const struct ib_param *p = params;
	size_t i;

	for (i = 0; i < sizeof(params) / sizeof(*params); i++, p++)
		if (p->kind == IB_PARAM_REAL && p->range &&
		    !ib_value_in_range(
			    p->range, *(const double *)(const void *)((const char *)o + p->offset)))
			return ib_fail(err, IB_E_MISUSE, "the %s is not in %s", p->name, p->range);
	return ib_thresholds_check(o, err);
}

/* ---- members of receipts and run headers ---- */

struct ib_span
ib_param_word(const struct ib_param *p, const struct ib_rule_options *o)
{
	unsigned number = *(const unsigned *)(const void *)((const char *)o + p->offset);
	const char *words = p->range;

	for (; number > 0; number--)
		words += strcspn(words, "|") + 1;
	return (struct ib_span){ words, strcspn(words, "|") };
}

static void
write_param(struct ib_json_writer *to, const struct ib_param *p, const struct ib_rule *r)
{
	const void *at = (const char *)&r->options + p->offset;
	int64_t age;

	switch (p->kind) {
	case IB_PARAM_LIST:
		p->write(to, r);
		break;
	case IB_PARAM_SOLVED:
		ib_json_write_real(to, p->member, *ib_param_solved(p, &r->solved));
		break;
	case IB_PARAM_RULE:
		ib_json_write_text(to, p->member, r->kind->name);
		break;
	case IB_PARAM_SEED:
		ib_json_write_unsigned(to, p->member, *(const uint64_t *)at);
		break;
	case IB_PARAM_REAL:
		ib_json_write_real(to, p->member, *(const double *)at);
		break;
	case IB_PARAM_CHOICE:
		ib_json_write_string(to, p->member, ib_param_word(p, &r->options));
		break;
	case IB_PARAM_AGE:
		age = *(const int64_t *)at;
		ib_json_write_epoch(to, p->member, age > 0 ? age : IB_NO_EPOCH);
		break;
	case IB_PARAM_EPOCH:
	case IB_PARAM_COUNT:
		ib_json_write_epoch(to, p->member, *(const int64_t *)at);
		break;
	default:
		ib_json_write_text(to, p->member, *(const char *const *)at);
	}
}

static bool
is_written(const struct ib_param *p, const struct ib_rule *r)
{
	if (p->normalized)
		return r->options.normalize != IB_NORMALIZE_NONE;
	return p->only_rules == 0 || p->only_rules >> r->kind->id & 1;
}

void
ib_params_write(struct ib_json_writer *to, const struct ib_rule *r,
		const struct ib_prune_options *o)
{
	size_t i;

	for (i = 0; i < sizeof(params) / sizeof(*params); i++)
		if (is_written(&params[i], r))
			write_param(to, &params[i], r);
	ib_json_write_part(to, "part", &o->part);
	ib_json_write_text(to, "duplicates", o->allow_duplicates ? "keep" : NULL);
}
