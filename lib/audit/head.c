/* The first line of a run. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/log.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/document.h"
#include "io/members.h"
#include "prune/audit_format.h"

/*
 * A seed has 64 bits, which no double holds: its digits are read where they
 * stand. (Inside a string the quotes would have backslashes.)
 */
static uint64_t
seed_of(struct ib_members *p, const char *line)
{
	const char *at = strstr(line, "\"seed\":");
	uint64_t seed = 0;
	size_t n;

	if (!at)
		return 0;
	at += 7;
	at += strspn(at, " ");
	n = strspn(at, "0123456789");
	if (!ib_number_unsigned((struct ib_span){ at, n }, &seed) ||
	    !strchr(",} \t", at[n]))
		ib_members_refuse(p, "seed");
	return seed;
}

static void
cuts_of(struct ib_members *p, struct ib_levels *l)
{
	const cJSON *cuts = ib_members_get(p, "cuts"), *pair, *cut, *share;

	if (!cuts)
		return;
	if (!cJSON_IsArray(cuts)) {
		ib_members_refuse(p, "cuts");
		return;
	}
	cJSON_ArrayForEach(pair, cuts)
	{
		cut = cJSON_GetArrayItem(pair, 0);
		share = cJSON_GetArrayItem(pair, 1);
		if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2 ||
		    !cJSON_IsNumber(cut) || !cJSON_IsNumber(share) ||
		    l->n == IB_LEVELS_MAX) {
			ib_members_refuse(p, "cuts");
			return;
		}
		ib_levels_put(l, cut->valuedouble, share->valuedouble);
	}
}

static void
groups_of(struct ib_members *p, struct ib_audit_head *h)
{
	const cJSON *groups = ib_members_get(p, "groups"), *group;
	struct ib_members one = { 0 };
	size_t i = 0;
	int n;

	if (!groups)
		return;
	if (!cJSON_IsArray(groups)) {
		ib_members_refuse(p, "groups");
		return;
	}
	n = cJSON_GetArraySize(groups);
	h->group = calloc((size_t)n + 1, sizeof(*h->group));
	if (!h->group) {
		p->no_memory = true;
		return;
	}
	cJSON_ArrayForEach(group, groups)
	{
		one.json = group;
		h->group[i].pi = ib_members_real(&one, "pi", NAN);
		h->group[i].n = (uint64_t)ib_members_whole(&one, "n", 0);
		h->group[i].k = (uint64_t)ib_members_whole(&one, "k", 0);
		if (isnan(h->group[i].pi) || h->group[i].n == 0)
			ib_members_refuse(&one, "groups");
		i++;
	}
	h->ngroups = i;
	if (one.bad)
		ib_members_refuse(p, "groups");
}

static void
part_of(struct ib_members *p, struct ib_part *part)
{
	unsigned long long index, count;
	char *spec = ib_members_text(p, "part"), more;

	if (!spec)
		return;
	if (sscanf(spec, "%llu/%llu%c", &index, &count, &more) != 2 ||
	    index >= count)
		ib_members_refuse(p, "part");
	else
		*part = (struct ib_part){ index, count };
	free(spec);
}

/* What is not told is as ib-prune has it by default. */
static void
fill(struct ib_members *p, struct ib_audit_head *h)
{
	static const char *const proxies[] = { "bounded", "loss" };
	static const char *const samplings[] = { "poisson", "fixed" };
	static const char *const never_null[] = {
		"epoch", "rule", "seed", "ratio", "warmup", "delta", "floor",
		"power", "proxy", "sampling",
	};
	const char *names[IB_NRULES];
	const struct ib_rule_kind *kind;
	char *duplicates;
	int i;

	for (i = 0; i < IB_NRULES; i++) {
		kind = ib_rule_kind_of((enum ib_rule_id)i);
		names[i] = kind ? kind->name : "";
	}
	ib_members_refuse_null(p, never_null,
			       sizeof(never_null) / sizeof(*never_null));
	h->epoch = ib_members_epoch(p, "epoch");
	if (h->epoch == IB_NO_EPOCH)
		ib_members_refuse(p, "epoch");
	h->rule = (enum ib_rule_id)ib_members_word(p, "rule", names, IB_NRULES);
	h->seed = seed_of(p, h->text);
	h->ratio = ib_members_real(p, "ratio", 0.5);
	h->warmup = ib_members_whole(p, "warmup", 0);
	h->epochs = ib_members_epoch(p, "epochs");
	h->delta = ib_members_real(p, "delta", 0.875);
	h->full_from = ib_members_epoch(p, "full_from");
	h->max_age = ib_members_whole(p, "max_age", 0);
	h->threshold = ib_members_real(p, "threshold", NAN);
	h->threshold_spec = ib_members_text(p, "threshold_spec");
	h->buckets = ib_members_text(p, "buckets");
	h->keep = ib_members_text(p, "keep");
	h->scale = ib_members_text(p, "scale");
	cuts_of(p, &h->cuts);
	h->c = ib_members_real(p, "c", NAN);
	h->floor = ib_members_real(p, "floor", 0.1);
	h->power = ib_members_real(p, "power", 1);
	h->proxy = (enum ib_proxy)ib_members_word(p, "proxy", proxies, 2);
	h->sampling = (enum ib_sampling)ib_members_word(p, "sampling", samplings, 2);
	groups_of(p, h);
	part_of(p, &h->part);
	duplicates = ib_members_text(p, "duplicates");
	h->duplicates_keep = duplicates && !strcmp(duplicates, "keep");
	free(duplicates);
	ib_members_hex(p, "scores", h->scores, 32);
	ib_members_hex(p, "totals", h->totals, 32);
}

/* Fill h, of a head that is an object. */
static enum ib_status
read_head(const cJSON *json, struct ib_audit_head *h, struct ib_error *err)
{
	struct ib_members m = { .json = json };
	enum ib_status st;

	if (!ib_members_get(&m, "ib_audit"))
		ib_members_refuse(&m, "ib_audit");
	st = ib_audit_version_check(ib_members_real(&m, "ib_audit", 0), err);
	if (st)
		return st;
	fill(&m, h);
	if (m.no_memory)
		return ib_fail_memory(err);
	return m.bad ? ib_fail(err, IB_E_DATA, "the run header's '%s' is "
			       "invalid", m.bad) : IB_OK;
}

enum ib_status
ib_audit_head_parse(struct ib_span line, const char *where,
		    struct ib_audit_head *h, struct ib_error *err)
{
	struct ib_error why = { 0 };
	cJSON *json = NULL;
	enum ib_status st;

	*h = (struct ib_audit_head){ .text = ib_span_dup(line) };
	if (!h->text)
		return ib_fail_memory(err);
	st = ib_document_parse(line, &json, &why);
	if (!st && !cJSON_IsObject(json))
		st = ib_fail(&why, IB_E_DATA, "the run header is not JSON");
	if (!st)
		st = read_head(json, h, &why);
	cJSON_Delete(json);
	if (!st)
		return IB_OK;
	ib_audit_head_release(h);
	if (st == IB_E_DATA)
		return ib_fail(err, st, "%s: %s", where, why.text);
	*err = why;
	return st;
}

void
ib_audit_head_release(struct ib_audit_head *h)
{
	free(h->text);
	free(h->threshold_spec);
	free(h->buckets);
	free(h->keep);
	free(h->scale);
	free(h->group);
	*h = (struct ib_audit_head){ 0 };
}
