#include "prune/params.h"

#include <math.h>
#include <stdio.h>

#include "base/numbers.h"

bool
ib_json_add_real(cJSON *to, const char *name, double x)
{
	char text[IB_NUMBER_MAX + 1];

	if (isnan(x))
		return cJSON_AddNullToObject(to, name) != NULL;
	text[ib_number_put(text, x)] = '\0';
	return cJSON_AddRawToObject(to, name, text) != NULL;
}

bool
ib_json_add_count(cJSON *to, const char *name, uint64_t x)
{
	char text[IB_NUMBER_MAX + 1];

	text[ib_number_put_unsigned(text, x)] = '\0';
	return cJSON_AddRawToObject(to, name, text) != NULL;
}

bool
ib_json_add_text(cJSON *to, const char *name, const char *x)
{
	return (x ? cJSON_AddStringToObject(to, name, x)
		  : cJSON_AddNullToObject(to, name)) != NULL;
}

static bool
add_epoch(cJSON *to, const char *name, int64_t epoch)
{
	if (epoch == IB_NO_EPOCH)
		return cJSON_AddNullToObject(to, name) != NULL;
	return ib_json_add_count(to, name, (uint64_t)epoch);
}

/* [[cut, share], ...] as resolved. */
static bool
add_cuts(cJSON *to, const struct ib_rule *r)
{
	cJSON *cuts, *pair;
	char text[IB_NUMBER_MAX + 1];
	size_t i;

	if (!r->kind->cuts)
		return cJSON_AddNullToObject(to, "cuts") != NULL;
	cuts = cJSON_AddArrayToObject(to, "cuts");
	for (i = 0; cuts && i < r->levels.n; i++) {
		pair = cJSON_CreateArray();
		if (!pair || !cJSON_AddItemToArray(cuts, pair))
			return false;
		text[ib_number_put(text, r->levels.cut[i])] = '\0';
		cJSON_AddItemToArray(pair, cJSON_CreateRaw(text));
		text[ib_number_put(text, r->levels.share[i])] = '\0';
		cJSON_AddItemToArray(pair, cJSON_CreateRaw(text));
	}
	return cuts != NULL;
}

/* [{pi, n, k}, ...] of --sampling fixed, ascending by pi. */
static bool
add_groups(cJSON *to, const struct ib_rule *r)
{
	cJSON *groups, *group;
	size_t i;

	if (r->options.sampling != IB_SAMPLING_FIXED)
		return cJSON_AddNullToObject(to, "groups") != NULL;
	groups = cJSON_AddArrayToObject(to, "groups");
	for (i = 0; groups && i < r->ngroups; i++) {
		group = cJSON_CreateObject();
		if (!group || !cJSON_AddItemToArray(groups, group))
			return false;
		ib_json_add_real(group, "pi", r->group[i].pi);
		ib_json_add_count(group, "n", r->group[i].n);
		ib_json_add_count(group, "k", r->group[i].k);
	}
	return groups != NULL;
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
	return ib_json_add_text(to, "part", text);
}

bool
ib_params_add(cJSON *to, const struct ib_rule *r,
	      const struct ib_prune_options *o)
{
	const struct ib_rule_options *p = &r->options;

	return add_epoch(to, "epoch", p->epoch) &&
	       ib_json_add_text(to, "rule", r->kind->name) &&
	       ib_json_add_count(to, "seed", p->seed) &&
	       ib_json_add_real(to, "ratio", r->ratio) &&
	       ib_json_add_count(to, "warmup", (uint64_t)p->warmup) &&
	       add_epoch(to, "epochs", p->epochs) &&
	       ib_json_add_real(to, "delta", p->delta) &&
	       add_epoch(to, "full_from", p->full_from) &&
	       ib_json_add_real(to, "threshold", r->threshold) &&
	       ib_json_add_text(to, "threshold_spec", p->threshold) &&
	       add_cuts(to, r) &&
	       ib_json_add_text(to, "buckets", p->buckets) &&
	       ib_json_add_text(to, "keep", p->keep) &&
	       ib_json_add_text(to, "scale", p->scale) &&
	       ib_json_add_real(to, "c", r->c) &&
	       ib_json_add_real(to, "floor", p->floor) &&
	       (p->rule != IB_RULE_RANK ||
		ib_json_add_real(to, "power", p->power)) &&
	       ib_json_add_text(to, "proxy", p->proxy == IB_PROXY_LOSS
							 ? "loss" : "bounded") &&
	       (p->max_age > 0
			? ib_json_add_count(to, "max_age", (uint64_t)p->max_age)
			: cJSON_AddNullToObject(to, "max_age") != NULL) &&
	       ib_json_add_text(to, "sampling",
				p->sampling == IB_SAMPLING_FIXED ? "fixed"
								 : "poisson") &&
	       add_groups(to, r) && add_part(to, &o->part) &&
	       ib_json_add_text(to, "duplicates",
				o->duplicates_keep ? "keep" : NULL);
}
