#include "prune/params.h"

#include <stdio.h>

#include "io/document.h"

static bool
add_epoch(cJSON *to, const char *name, int64_t epoch)
{
	if (epoch == IB_NO_EPOCH)
		return cJSON_AddNullToObject(to, name) != NULL;
	return ib_document_add_count(to, name, (uint64_t)epoch);
}

/* [[cut, share], ...] as resolved. */
static bool
add_cuts(cJSON *to, const struct ib_rule *r)
{
	cJSON *cuts, *pair;
	bool ok;
	size_t i;

	if (!r->kind->cuts)
		return cJSON_AddNullToObject(to, "cuts") != NULL;
	cuts = cJSON_AddArrayToObject(to, "cuts");
	ok = cuts;
	for (i = 0; ok && i < r->levels.n; i++) {
		pair = cJSON_CreateArray();
		ok = ib_document_append(cuts, pair) &&
		     ib_document_append(pair, ib_document_real(
						      r->levels.cut[i])) &&
		     ib_document_append(pair, ib_document_real(
						      r->levels.share[i]));
	}
	return ok;
}

/* [{pi, n, k}, ...] of --sampling fixed, ascending by pi. */
static bool
add_groups(cJSON *to, const struct ib_rule *r)
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
		ok = ib_document_append(groups, group) &&
		     ib_document_add_real(group, "pi", r->group[i].pi) &&
		     ib_document_add_count(group, "n", r->group[i].n) &&
		     ib_document_add_count(group, "k", r->group[i].k);
	}
	return ok;
}

static bool
add_part(cJSON *to, const struct ib_part *part)
{
	char text[48];

	if (part->count == 0)
		return cJSON_AddNullToObject(to, "part") != NULL;
	snprintf(text, sizeof(text), "%llu/%llu",
		 (unsigned long long)part->index,
		 (unsigned long long)part->count);
	return ib_document_add_text(to, "part", text);
}

bool
ib_params_add(cJSON *to, const struct ib_rule *r,
	      const struct ib_prune_options *o)
{
	const struct ib_rule_options *p = &r->options;

	return add_epoch(to, "epoch", p->epoch) &&
	       ib_document_add_text(to, "rule", r->kind->name) &&
	       ib_document_add_count(to, "seed", p->seed) &&
	       ib_document_add_real(to, "ratio", r->ratio) &&
	       ib_document_add_count(to, "warmup", (uint64_t)p->warmup) &&
	       add_epoch(to, "epochs", p->epochs) &&
	       ib_document_add_real(to, "delta", p->delta) &&
	       add_epoch(to, "full_from", p->full_from) &&
	       ib_document_add_real(to, "threshold", r->threshold) &&
	       ib_document_add_text(to, "threshold_spec", p->threshold) &&
	       add_cuts(to, r) &&
	       ib_document_add_text(to, "buckets", p->buckets) &&
	       ib_document_add_text(to, "keep", p->keep) &&
	       ib_document_add_text(to, "scale", p->scale) &&
	       ib_document_add_real(to, "c", r->c) &&
	       ib_document_add_real(to, "floor", p->floor) &&
	       (p->rule != IB_RULE_RANK ||
		ib_document_add_real(to, "power", p->power)) &&
	       ib_document_add_text(to, "proxy", p->proxy == IB_PROXY_LOSS
							 ? "loss" : "bounded") &&
	       (p->max_age > 0
			? ib_document_add_count(to, "max_age", (uint64_t)p->max_age)
			: cJSON_AddNullToObject(to, "max_age") != NULL) &&
	       ib_document_add_text(to, "sampling",
				p->sampling == IB_SAMPLING_FIXED ? "fixed"
								 : "poisson") &&
	       add_groups(to, r) && add_part(to, &o->part) &&
	       ib_document_add_text(to, "duplicates",
				o->allow_duplicates ? "keep" : NULL);
}
