/* A run's first and last line. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/log.h"
#include "base/error.h"
#include "base/numbers.h"
#include "prune/audit_writer.h"

/* What a member has to be, and where it goes; the first complaint stays. */
struct parse {
	const cJSON *json;
	const char *bad; /* name of the first member that is not as it should */
	bool memory;
};

static const cJSON *
member(const struct parse *p, const char *name)
{
	return cJSON_GetObjectItemCaseSensitive(p->json, name);
}

static void
complain(struct parse *p, const char *name)
{
	if (!p->bad)
		p->bad = name;
}

static double
real(struct parse *p, const char *name, double otherwise)
{
	const cJSON *m = member(p, name);

	if (!m || cJSON_IsNull(m))
		return otherwise;
	if (!cJSON_IsNumber(m)) {
		complain(p, name);
		return otherwise;
	}
	return m->valuedouble;
}

/* A whole number below 2^53. */
static int64_t
whole(struct parse *p, const char *name, int64_t otherwise)
{
	double x = real(p, name, (double)otherwise);

	if (!(x >= (double)otherwise) || x < -1 || x > 0x1p53 || x != floor(x)) {
		complain(p, name);
		return otherwise;
	}
	return (int64_t)x;
}

static int64_t
epoch_of(struct parse *p, const char *name)
{
	int64_t epoch = whole(p, name, IB_NO_EPOCH);

	if (epoch > INT32_MAX)
		complain(p, name);
	return epoch;
}

static char *
text(struct parse *p, const char *name)
{
	const cJSON *m = member(p, name);
	char *copy;

	if (!m || cJSON_IsNull(m))
		return NULL;
	if (!cJSON_IsString(m)) {
		complain(p, name);
		return NULL;
	}
	copy = ib_span_dup(ib_span_of(m->valuestring));
	p->memory |= !copy;
	return copy;
}

/* 32 lower-case hex digits, or empty where it is null. */
static void
digest(struct parse *p, const char *name, char out[33])
{
	const cJSON *m = member(p, name);

	out[0] = '\0';
	if (!m || cJSON_IsNull(m))
		return;
	if (!cJSON_IsString(m) || strlen(m->valuestring) != 32 ||
	    strspn(m->valuestring, "0123456789abcdef") != 32)
		complain(p, name);
	else
		memcpy(out, m->valuestring, 33);
}

/* One of the words, by number; the first where it is not told. */
static int
word(struct parse *p, const char *name, const char *const *words, size_t n)
{
	const cJSON *m = member(p, name);
	size_t i;

	if (!m || cJSON_IsNull(m))
		return 0;
	for (i = 0; cJSON_IsString(m) && i < n; i++)
		if (strcmp(m->valuestring, words[i]) == 0)
			return (int)i;
	complain(p, name);
	return 0;
}

/*
 * A seed has 64 bits, which no double holds: its digits are read where they
 * stand. (Inside a string the quotes would have backslashes.)
 */
static uint64_t
seed_of(struct parse *p, const char *line)
{
	const char *at = strstr(line, "\"seed\":");
	uint64_t seed = 0;
	size_t n;

	if (!at)
		return 0;
	at += 7;
	at += strspn(at, " ");
	n = strspn(at, "0123456789");
	if (!ib_number_unsigned((struct ib_span){ at, n }, &seed))
		complain(p, "seed");
	return seed;
}

static void
cuts_of(struct parse *p, struct ib_levels *l)
{
	const cJSON *cuts = member(p, "cuts"), *pair, *cut, *share;

	if (!cuts || cJSON_IsNull(cuts))
		return;
	if (!cJSON_IsArray(cuts)) {
		complain(p, "cuts");
		return;
	}
	cJSON_ArrayForEach(pair, cuts)
	{
		cut = cJSON_GetArrayItem(pair, 0);
		share = cJSON_GetArrayItem(pair, 1);
		if (!cJSON_IsNumber(cut) || !cJSON_IsNumber(share) ||
		    l->n == IB_LEVELS_MAX) {
			complain(p, "cuts");
			return;
		}
		ib_levels_put(l, cut->valuedouble, share->valuedouble);
	}
}

static void
groups_of(struct parse *p, struct ib_audit_head *h)
{
	const cJSON *groups = member(p, "groups"), *group;
	struct parse one = { 0 };
	size_t i = 0;
	int n;

	if (!groups || cJSON_IsNull(groups))
		return;
	n = cJSON_GetArraySize(groups);
	h->group = calloc((size_t)n + 1, sizeof(*h->group));
	if (!h->group) {
		p->memory = true;
		return;
	}
	cJSON_ArrayForEach(group, groups)
	{
		one.json = group;
		h->group[i].pi = real(&one, "pi", NAN);
		h->group[i].n = (uint64_t)whole(&one, "n", 0);
		h->group[i].k = (uint64_t)whole(&one, "k", 0);
		if (isnan(h->group[i].pi) || h->group[i].n == 0)
			complain(&one, "groups");
		i++;
	}
	h->ngroups = i;
	if (one.bad)
		complain(p, "groups");
}

static void
part_of(struct parse *p, struct ib_part *part)
{
	unsigned long long index, count;
	char *spec = text(p, "part"), more;

	if (!spec)
		return;
	if (sscanf(spec, "%llu/%llu%c", &index, &count, &more) != 2 ||
	    index >= count)
		complain(p, "part");
	else
		*part = (struct ib_part){ index, count };
	free(spec);
}

/* What is not told is as ib-prune has it by default. */
static void
fill(struct parse *p, struct ib_audit_head *h)
{
	static const char *const proxies[] = { "bounded", "loss" };
	static const char *const samplings[] = { "poisson", "fixed" };
	const char *names[IB_NRULES];
	const struct ib_rule_kind *kind;
	char *duplicates;
	int i;

	for (i = 0; i < IB_NRULES; i++) {
		kind = ib_rule_kind_of((enum ib_rule_id)i);
		names[i] = kind ? kind->name : "";
	}
	h->epoch = epoch_of(p, "epoch");
	if (h->epoch == IB_NO_EPOCH)
		complain(p, "epoch");
	h->rule = (enum ib_rule_id)word(p, "rule", names, IB_NRULES);
	h->seed = seed_of(p, h->text);
	h->ratio = real(p, "ratio", 0.5);
	h->warmup = whole(p, "warmup", 0);
	h->epochs = epoch_of(p, "epochs");
	h->delta = real(p, "delta", 0.875);
	h->full_from = epoch_of(p, "full_from");
	h->max_age = whole(p, "max_age", 0);
	h->threshold = real(p, "threshold", NAN);
	h->threshold_spec = text(p, "threshold_spec");
	h->buckets = text(p, "buckets");
	h->keep = text(p, "keep");
	h->scale = text(p, "scale");
	cuts_of(p, &h->cuts);
	h->c = real(p, "c", NAN);
	h->floor = real(p, "floor", 0.1);
	h->power = real(p, "power", 1);
	h->proxy = (enum ib_proxy)word(p, "proxy", proxies, 2);
	h->sampling = (enum ib_sampling)word(p, "sampling", samplings, 2);
	groups_of(p, h);
	part_of(p, &h->part);
	duplicates = text(p, "duplicates");
	h->duplicates_keep = duplicates && !strcmp(duplicates, "keep");
	free(duplicates);
	digest(p, "scores", h->scores);
	digest(p, "totals", h->totals);
}

enum ib_status
ib_audit_head_parse(struct ib_span line, const char *where,
		    struct ib_audit_head *h, struct ib_error *err)
{
	struct parse p = { 0 };
	enum ib_status st = IB_OK;
	cJSON *json;
	double version;

	*h = (struct ib_audit_head){ .text = ib_span_dup(line) };
	if (!h->text)
		return ib_fail_memory(err);
	p.json = json = cJSON_ParseWithLength(line.p, line.n);
	if (!json)
		return ib_fail(err, IB_E_DATA, "%s: the head is no JSON",
			       where);
	version = real(&p, "ib_audit", 0);
	if (version > IB_AUDIT_VERSION)
		st = ib_fail(err, IB_E_DATA, "%s: a run of version %.17g of "
			     "the audit log, newer than this program's %d",
			     where, version, IB_AUDIT_VERSION);
	else
		fill(&p, h);
	if (!st && p.memory)
		st = ib_fail_memory(err);
	if (!st && p.bad)
		st = ib_fail(err, IB_E_DATA, "%s: the head's '%s' is not as "
			     "it should be", where, p.bad);
	cJSON_Delete(json);
	if (st)
		ib_audit_head_release(h);
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

static bool
hash_of(struct parse *p, const char *name, uint64_t *hash)
{
	const cJSON *m = member(p, name);

	if (!cJSON_IsString(m) || strlen(m->valuestring) != 16 ||
	    strspn(m->valuestring, "0123456789abcdef") != 16)
		return false;
	*hash = strtoull(m->valuestring, NULL, 16);
	return true;
}

bool
ib_audit_tail_parse(struct ib_span line, struct ib_audit_tail *t)
{
	struct parse p = { 0 };
	cJSON *json = cJSON_ParseWithLength(line.p ? line.p : "", line.n);
	bool yes;

	*t = (struct ib_audit_tail){ 0 };
	p.json = json;
	yes = cJSON_IsNumber(member(&p, "end"));
	if (yes) {
		t->epoch = epoch_of(&p, "end");
		t->samples = (uint64_t)whole(&p, "samples", 0);
		t->kept = (uint64_t)whole(&p, "kept", 0);
		t->pruned = (uint64_t)whole(&p, "pruned", 0);
		t->weight_sum = real(&p, "weight_sum", NAN);
		digest(&p, "manifest", t->manifest);
		t->has_prev = hash_of(&p, "prev", &t->prev);
		t->has_xxh3 = hash_of(&p, "xxh3", &t->xxh3);
		yes = !p.bad;
	}
	cJSON_Delete(json);
	return yes;
}
