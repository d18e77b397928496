#include "prune/params.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "io/json_doc.h"
#include "prune/threshold_rules.h"

#define SAMPLINGS "poisson|fixed"

/* ---- results of preparing a rule ---- */

static bool
put_ratio(cJSON *to, const struct ib_rule *r)
{
	return ib_json_doc_add_real(to, "ratio", r->ratio);
}

static bool
put_threshold(cJSON *to, const struct ib_rule *r)
{
	return ib_json_doc_add_real(to, "threshold", r->threshold);
}

static bool
put_c(cJSON *to, const struct ib_rule *r)
{
	return ib_json_doc_add_real(to, "c", r->c);
}

/* Add [[threshold, fraction to prune], ...]. */
static bool
put_cuts(cJSON *to, const struct ib_rule *r)
{
	cJSON *cuts, *pair;
	bool ok;
	size_t i;

	if (!r->kind->cuts)
		return cJSON_AddNullToObject(to, "cuts") != NULL;
	cuts = cJSON_AddArrayToObject(to, "cuts");
	ok = cuts;
	for (i = 0; ok && i < r->thresholds.n; i++) {
		pair = cJSON_CreateArray();
		ok = ib_json_doc_append(cuts, pair) &&
		     ib_json_doc_append(pair, ib_json_doc_real(r->thresholds.cut[i])) &&
		     ib_json_doc_append(pair, ib_json_doc_real(r->thresholds.share[i]));
	}
	return ok;
}

/* Add [{pi, n, k}, ...] for --sampling fixed, ascending by pi. */
static bool
put_groups(cJSON *to, const struct ib_rule *r)
{
	cJSON *groups, *group;
	bool ok;
	size_t i;

	if (r->options.sampling != IB_SAMPLING_FIXED)
		return cJSON_AddNullToObject(to, "groups") != NULL;
	groups = cJSON_AddArrayToObject(to, "groups");
	ok = groups;
	for (i = 0; ok && i < r->ngroups; i++) {
		group = cJSON_CreateObject();
		ok = ib_json_doc_append(groups, group) &&
		     ib_json_doc_add_real(group, "pi", r->group[i].pi) &&
		     ib_json_doc_add_count(group, "n", r->group[i].n) &&
		     ib_json_doc_add_count(group, "k", r->group[i].k);
	}
	return ok;
}

/* ---- the table ---- */

#define AT(member_) .at = offsetof(struct ib_rule_options, member_)
#define INFOBATCH (1u << IB_RULE_INFOBATCH)
#define BUCKETS (1u << IB_RULE_BUCKETS)
#define PROPORTIONAL (1u << IB_RULE_PROPORTIONAL)
#define HARD (1u << IB_RULE_HARD)
#define RANK (1u << IB_RULE_RANK)

static const struct ib_param params[] = {
	{ .member = "epoch", .kind = IB_PARAM_EPOCH, AT(epoch) },
	{ .member = "rule", .kind = IB_PARAM_RULE, AT(rule), .name = "rule" },
	{ .member = "seed", .kind = IB_PARAM_SEED, AT(seed), .name = "seed" },
	{ .member = "ratio", .put = put_ratio },
	{ .member = "warmup", .kind = IB_PARAM_COUNT, AT(warmup), .name = "warmup" },
	{ .member = "epochs", .kind = IB_PARAM_EPOCH, AT(epochs), .name = "epochs" },
	{ .member = "delta", .kind = IB_PARAM_REAL, AT(delta), .name = "delta" },
	{ .member = "full_from", .kind = IB_PARAM_EPOCH, AT(full_from), .name = "full-from" },
	{ .member = "threshold", .put = put_threshold },
	{ .member = "threshold_spec",
	  .kind = IB_PARAM_CUT,
	  AT(threshold),
	  .rules = INFOBATCH | HARD,
	  .name = "threshold",
	  .value = "CUT",
	  .help = "the threshold: mean (default), median, qF (the F quantile) "
		  "or vX (the number X)" },
	{ .member = "cuts", .put = put_cuts },
	{ .member = "buckets",
	  .kind = IB_PARAM_CUTS,
	  AT(buckets),
	  .rules = BUCKETS,
	  .name = "CUT",
	  .value = "SHARE",
	  .help = "prune this fraction of the samples with a score below CUT and "
		  "not below the previous CUT; at least one, ascending "
		  "(required)" },
	{ .member = "keep", .kind = IB_PARAM_DECIMAL, AT(keep), .name = "keep" },
	{ .member = "scale",
	  .kind = IB_PARAM_DECIMAL,
	  AT(scale),
	  .rules = PROPORTIONAL,
	  .name = "scale",
	  .value = "C",
	  .range = "(0, inf)",
	  .help = "the keep probability is C times the proxy (required, unless "
		  "--keep is given)" },
	{ .member = "c", .put = put_c },
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
	  .only = RANK,
	  .name = "power",
	  .value = "B",
	  .range = "[0, 100]",
	  .help = "the keep probability is the fraction of lower scores, raised to "
		  "the power of B" },
	{ .member = "proxy",
	  .kind = IB_PARAM_CHOICE,
	  AT(proxy),
	  .rules = PROPORTIONAL,
	  .name = "proxy",
	  .value = "X",
	  .range = "bounded|loss",
	  .help = "estimate of the gradient norm, 1-exp(-score) or the "
		  "score:" },
	{ .member = "max_age", .kind = IB_PARAM_AGE, AT(max_age), .name = "max-age" },
	{ .member = "sampling",
	  .kind = IB_PARAM_CHOICE,
	  AT(sampling),
	  .name = "sampling",
	  .range = SAMPLINGS },
	{ .member = "groups", .put = put_groups },
};

const struct ib_param *
ib_params(size_t *n)
{
	*n = sizeof(params) / sizeof(*params);
	return params;
}

/* ---- checks ---- */

bool
ib_in_range(const char *range, double x)
{
	char *comma, *end;
	double low = strtod(range + 1, &comma);
	double high = strtod(comma + 1, &end);

	return (range[0] == '[' ? x >= low : x > low) && (*end == ']' ? x <= high : x < high);
}

enum ib_status
ib_params_check(const struct ib_rule_options *o, struct ib_error *err)
{
	const struct ib_param *p = params;
	size_t i;

	for (i = 0; i < sizeof(params) / sizeof(*params); i++, p++)
		if (p->kind == IB_PARAM_REAL && p->range &&
		    !ib_in_range(p->range,
				 *(const double *)(const void *)((const char *)o + p->at)))
			return ib_fail(err, IB_E_MISUSE, "the %s is not in %s", p->name, p->range);
	return ib_thresholds_check(o, err);
}

/* ---- members of receipts and run headers ---- */

static bool
add_epoch(cJSON *to, const char *name, int64_t epoch)
{
	if (epoch == IB_NO_EPOCH)
		return cJSON_AddNullToObject(to, name) != NULL;
	return ib_json_doc_add_count(to, name, (uint64_t)epoch);
}

/* Add word `number` of "a|b|c". */
static bool
add_word(cJSON *to, const char *name, const char *words, unsigned number)
{
	char word[32];

	for (; number > 0; number--)
		words += strcspn(words, "|") + 1;
	snprintf(word, sizeof(word), "%.*s", (int)strcspn(words, "|"), words);
	return ib_json_doc_add_text(to, name, word);
}

static bool
add_param(cJSON *to, const struct ib_param *p, const struct ib_rule *r)
{
	const void *at = (const char *)&r->options + p->at;
	int64_t age;

	switch (p->kind) {
	case IB_PARAM_SOLVED:
		return p->put(to, r);
	case IB_PARAM_RULE:
		return ib_json_doc_add_text(to, p->member, r->kind->name);
	case IB_PARAM_SEED:
		return ib_json_doc_add_count(to, p->member, *(const uint64_t *)at);
	case IB_PARAM_REAL:
		return ib_json_doc_add_real(to, p->member, *(const double *)at);
	case IB_PARAM_CHOICE:
		return add_word(to, p->member, p->range, *(const unsigned *)at);
	case IB_PARAM_AGE:
		age = *(const int64_t *)at;
		return add_epoch(to, p->member, age > 0 ? age : IB_NO_EPOCH);
	case IB_PARAM_EPOCH:
	case IB_PARAM_COUNT:
		return add_epoch(to, p->member, *(const int64_t *)at);
	default:
		return ib_json_doc_add_text(to, p->member, *(const char *const *)at);
	}
}

static bool
add_part(cJSON *to, const struct ib_part *part)
{
	char text[48];

	if (part->count == 0)
		return cJSON_AddNullToObject(to, "part") != NULL;
	snprintf(text, sizeof(text), "%llu/%llu", (unsigned long long)part->index,
		 (unsigned long long)part->count);
	return ib_json_doc_add_text(to, "part", text);
}

bool
ib_params_add(cJSON *to, const struct ib_rule *r, const struct ib_prune_options *o)
{
	size_t i;

	for (i = 0; i < sizeof(params) / sizeof(*params); i++)
		if ((params[i].only == 0 || params[i].only >> r->kind->id & 1) &&
		    !add_param(to, &params[i], r))
			return false;
	return add_part(to, &o->part) &&
	       ib_json_doc_add_text(to, "duplicates", o->allow_duplicates ? "keep" : NULL);
}
