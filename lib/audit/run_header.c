/* Parse the header line of a run. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/log.h"
#include "base/error.h"
#include "base/numbers.h"
#include "io/json_doc.h"
#include "io/members.h"
#include "prune/audit_format.h"
#include "prune/params.h"

static enum ib_rule_id
rule_of(struct ib_members *p, const char *name)
{
	const cJSON *m = ib_members_get(p, name);
	int i;

	if (!m)
		return IB_RULE_INFOBATCH;
	for (i = 0; cJSON_IsString(m) && i < IB_NRULES; i++)
		if (!strcmp(m->valuestring, ib_rule_name((enum ib_rule_id)i)))
			return (enum ib_rule_id)i;
	ib_members_refuse(p, name);
	return IB_RULE_INFOBATCH;
}

/*
 * Read the seed from the text of the header line, because cJSON stores numbers as doubles, which
 * cannot hold 64 bits. The search for `"seed":` cannot match inside a string, because quotes inside
 * strings are escaped.
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
	if (!ib_number_unsigned((struct ib_span){ at, n }, &seed) || !strchr(",} \t", at[n]))
		ib_members_refuse(p, "seed");
	return seed;
}

static void
thresholds_of(struct ib_members *p, struct ib_thresholds *l)
{
	const cJSON *list = ib_members_get(p, "cuts"), *pair, *threshold, *fraction;

	if (!list)
		return;
	if (!cJSON_IsArray(list)) {
		ib_members_refuse(p, "cuts");
		return;
	}
	cJSON_ArrayForEach(pair, list)
	{
		threshold = cJSON_GetArrayItem(pair, 0);
		fraction = cJSON_GetArrayItem(pair, 1);
		if (!cJSON_IsArray(pair) || cJSON_GetArraySize(pair) != 2 ||
		    !cJSON_IsNumber(threshold) || !cJSON_IsNumber(fraction) ||
		    l->n == IB_THRESHOLDS_MAX) {
			ib_members_refuse(p, "cuts");
			return;
		}
		ib_thresholds_add(l, threshold->valuedouble, fraction->valuedouble);
	}
}

static void
groups_of(struct ib_members *p, struct ib_run_header *h)
{
	const cJSON *groups = ib_members_get(p, "groups"), *group;
	struct ib_members one = { 0 };
	struct ib_fixed_group *g;

	if (!groups)
		return;
	if (!cJSON_IsArray(groups) || cJSON_GetArraySize(groups) > IB_THRESHOLDS_MAX) {
		ib_members_refuse(p, "groups");
		return;
	}
	h->group = calloc(IB_THRESHOLDS_MAX, sizeof(*h->group));
	if (!h->group) {
		p->no_memory = true;
		return;
	}
	cJSON_ArrayForEach(group, groups)
	{
		one.json = group;
		g = &h->group[h->ngroups++];
		g->pi = ib_members_real(&one, "pi", NAN);
		g->n = (uint64_t)ib_members_whole(&one, "n", 0);
		g->k = (uint64_t)ib_members_whole(&one, "k", 0);
		g->fraction = (double)g->k / (double)g->n;
		g->weight = (double)g->n / (double)g->k;
		if (isnan(g->pi) || g->n == 0)
			ib_members_refuse(&one, "groups");
	}
	if (one.bad)
		ib_members_refuse(p, "groups");
}

static void
part_of(struct ib_members *p, struct ib_part *part)
{
	char *spec = ib_members_text(p, "part");

	if (spec && !ib_part_parse(spec, part))
		ib_members_refuse(p, "part");
	free(spec);
}

/*
 * Read a parameter from its member in the header. If the header lacks the member, the parameter
 * keeps its default.
 */
static void
read_param(struct ib_members *p, const struct ib_param *param, const char *line,
	   struct ib_rule_options *o, struct ib_solved *solved)
{
	const char *name = param->member;
	void *at = param->kind == IB_PARAM_SOLVED ? (char *)solved + param->offset
						  : ib_param_at(param, o);

	if (!ib_param_may_be_null(param))
		ib_members_refuse_null(p, &name, 1);
	switch (param->kind) {
	case IB_PARAM_LIST:
		break;
	case IB_PARAM_RULE:
		*(enum ib_rule_id *)at = rule_of(p, name);
		break;
	case IB_PARAM_SEED:
		*(uint64_t *)at = seed_of(p, line);
		break;
	case IB_PARAM_REAL:
	case IB_PARAM_SOLVED:
		*(double *)at = ib_members_real(p, name, *(double *)at);
		break;
	case IB_PARAM_CHOICE:
		*(unsigned *)at = ib_members_word(p, name, param->range);
		break;
	case IB_PARAM_EPOCH:
		*(int64_t *)at = ib_members_epoch(p, name);
		break;
	case IB_PARAM_COUNT:
	case IB_PARAM_AGE:
		*(int64_t *)at = ib_members_whole(p, name, 0);
		break;
	default:
		*(char **)at = ib_members_text(p, name);
	}
}

static void
fill_header(struct ib_members *p, struct ib_run_header *h)
{
	static const char *const never_null[] = { "epoch", "ratio" };
	size_t n;
	const struct ib_param *param = ib_params(&n);
	char *duplicates;

	ib_members_refuse_null(p, never_null, sizeof(never_null) / sizeof(*never_null));
	h->options = (struct ib_rule_options)IB_RULE_DEFAULTS;
	h->solved = (struct ib_solved){ h->options.ratio, NAN, NAN, 1 };
	for (; n > 0; n--, param++)
		read_param(p, param, h->text, &h->options, &h->solved);
	if (h->options.epoch == IB_NO_EPOCH)
		ib_members_refuse(p, "epoch");
	thresholds_of(p, &h->thresholds);
	groups_of(p, h);
	part_of(p, &h->part);
	duplicates = ib_members_text(p, "duplicates");
	h->allows_duplicates = duplicates && !strcmp(duplicates, "keep");
	free(duplicates);
	ib_members_hex(p, "scores", h->scores, 32);
	ib_members_hex(p, "totals", h->totals, 32);
}

/* Fill h from the JSON object of a run header. */
static enum ib_status
read_head(const cJSON *json, struct ib_run_header *h, struct ib_error *err)
{
	struct ib_members m = { .json = json };
	enum ib_status st;

	if (!ib_members_get(&m, "ib_audit"))
		ib_members_refuse(&m, "ib_audit");
	st = ib_audit_version_check(ib_members_real(&m, "ib_audit", 0), err);
	if (st)
		return st;
	fill_header(&m, h);
	if (m.no_memory)
		return ib_fail_memory(err);
	return m.bad ? ib_fail(err, IB_E_DATA, "the run header's '%s' is invalid", m.bad) : IB_OK;
}

enum ib_status
ib_run_header_parse(struct ib_span line, const char *where, struct ib_run_header *h,
		    struct ib_error *err)
{
	struct ib_error why = { 0 };
	cJSON *json = NULL;
	enum ib_status st;

	*h = (struct ib_run_header){ .text = ib_span_dup(line) };
	if (!h->text)
		return ib_fail_memory(err);
	st = ib_json_doc_parse(line, &json, &why);
	if (!st && !cJSON_IsObject(json))
		st = ib_fail(&why, IB_E_DATA, "the run header is not a JSON object");
	if (!st)
		st = read_head(json, h, &why);
	cJSON_Delete(json);
	if (!st)
		return IB_OK;
	ib_run_header_release(h);
	if (st == IB_E_DATA)
		return ib_fail(err, st, "%s: %s", where, why.text);
	*err = why;
	return st;
}

void
ib_run_header_release(struct ib_run_header *h)
{
	size_t n;
	const struct ib_param *param = ib_params(&n);

	for (; n > 0; n--, param++)
		if (ib_param_is_text(param))
			free(*(char **)ib_param_at(param, &h->options));
	free(h->text);
	free(h->group);
	*h = (struct ib_run_header){ 0 };
}
