/*
 * Parse any text as --rule and --keep. If the text is accepted, each keep probability is in [0, 1],
 * and the rule is the same if it is written and read again. The first byte chooses --sampling, the
 * second -e and --max-age. Then come two lines: --rule and --keep.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "fuzz/target.h"
#include "prune/params.h"

#define N 12

/* Some of the scores are equal, one is unknown, and one is 0. */
static struct ib_scores *
make_scores(struct ib_span id[N])
{
	static const char ids[N + 1] = "abcdefghijkl";
	float loss[N] = { 0, 0.5f, 0.5f, 0.25f, 3, 1e-40f, 1e30f, -2, NAN, 0.5f };
	struct ib_scores *s;
	struct ib_error err;
	size_t i;

	for (i = 0; i < N; i++)
		id[i] = (struct ib_span){ &ids[i], 1 };
	if (ib_scores_new(&s, &err) || ib_scores_fold(s, id, loss, N - 2, 3, 0, &err))
		abort();
	return s; /* the last two ids have no score */
}

/* Decide all samples. Returns false if the options are refused. */
static bool
decide(const struct ib_rule_options *o, struct ib_decision d[N])
{
	struct ib_rule *rule = NULL;
	struct ib_scores *scores;
	struct ib_span id[N];
	struct ib_error err;
	enum ib_status st;
	size_t i;

	scores = make_scores(id);
	st = ib_rule_new(o, o->epoch, scores, &rule, &err);
	if (st && ((st != IB_E_MISUSE && st != IB_E_DATA) || err.code != st))
		abort();
	for (i = 0; i < N && !st; i++)
		d[i] = ib_rule_decide_id(rule, id[i]);
	for (i = 0; i < N && !st; i++)
		if (!(d[i].pi >= 0 && d[i].pi <= 1) ||
		    (d[i].kept ? !(d[i].weight > 0) : d[i].weight != 0) ||
		    (d[i].pi == 1 && !d[i].kept))
			abort();
	ib_rule_free(rule);
	ib_scores_free(scores);
	return !st;
}

/* Return the rule in the form of --rule. The caller frees the result. */
static char *
spell(const struct ib_rule_options *o)
{
	const struct ib_param *p;
	struct ib_bytes b = { 0 };
	size_t n;

	for (p = ib_params(&n); p->kind != IB_PARAM_RULE; p++)
		continue;
	ib_param_spell(&b, p, o);
	ib_bytes_append_char(&b, '\0');
	if (b.failed)
		abort();
	return b.p;
}

static void
decide_again(struct ib_rule_options o, const struct ib_decision d[N])
{
	struct ib_decision again[N];
	char *text = spell(&o);
	struct ib_error err;
	size_t i;

	if (ib_rule_parse(text, &o, &err) || !decide(&o, again))
		abort();
	for (i = 0; i < N; i++)
		if (again[i].pi != d[i].pi || again[i].kept != d[i].kept)
			abort();
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct ib_rule_options o = IB_RULE_DEFAULTS;
	struct ib_decision d[N];
	struct ib_error err;
	enum ib_status st;
	char *text, *keep;

	if (n < 2)
		return 0;
	o.sampling = (enum ib_sampling)(data[0] & 1);
	o.epoch = data[1] % 8;
	o.max_age = data[1] >> 4;
	text = calloc(1, n - 1);
	memcpy(text, data + 2, n - 2);
	keep = strchr(text, '\n');
	if (keep)
		*keep++ = '\0';
	o.keep = keep && *keep ? keep : NULL;
	st = ib_rule_parse(text, &o, &err);
	if (st && (st != IB_E_MISUSE || err.code != st))
		abort();
	if (!st && decide(&o, d))
		decide_again(o, d);
	free(text);
	return 0;
}
