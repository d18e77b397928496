/* Call the functions of infobatch.h as a program does. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "infobatch_run.h"
#include "scratch.h"

TestSuite(interface, .init = scratch_enter, .fini = scratch_leave);

static const struct ib_span ids[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
static const float losses[] = { 1, 2, 3, 4 };

static struct ib_score_stats
stats_of(const struct ib_scores *s)
{
	struct ib_score_stats stats = { .size = sizeof(stats) };

	cr_assert(ib_scores_stats(s, &stats, NULL) == IB_OK);
	return stats;
}

static struct ib_scores *
scores_of_epoch_3(void)
{
	struct ib_scores *s;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 3, 0, NULL) == IB_OK);
	return s;
}

Test(interface, a_fold_refuses_epochs_and_smoothing_out_of_range)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_error err;

	cr_assert(ib_scores_fold(s, ids, losses, 4, -1, 0, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, (int64_t)INT32_MAX + 1, 0, &err) ==
		  IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, 1, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, -0.5, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, (double)NAN, &err) == IB_E_MISUSE);
	cr_assert(eq(i64, stats_of(s).newest, 3));
	cr_assert(eq(dbl, stats_of(s).mean, 2.5));
	ib_scores_free(s);
}

Test(interface, saved_scores_are_loaded_unchanged)
{
	static const char *const names[] = { "s.npz", "s.jsonl", "s.npz.zst", "s.jsonl.gz" };
	struct ib_scores *s = scores_of_epoch_3(), *back;
	float score;
	int32_t epoch;
	struct ib_score_columns one = { .size = sizeof(one), .score = &score, .epoch = &epoch };
	uint64_t row;
	size_t i, k;

	for (i = 0; i < 4; i++) {
		cr_assert(ib_scores_save(s, names[i], NULL) == IB_OK);
		cr_assert(ib_scores_load(names[i], &back, NULL) == IB_OK);
		for (k = 0; k < 4; k++) {
			cr_assert(ib_scores_find(back, ids[k], &row));
			cr_assert(ib_scores_read(back, row, 1, &one, NULL) == IB_OK);
			cr_assert(eq(flt, score, losses[k]));
			cr_assert(eq(i32, epoch, 3));
		}
		ib_scores_free(back);
	}
	cr_assert(ib_scores_save(s, "none/s.npz", NULL) == IB_E_CREATE);
	cr_assert(ib_scores_load("none.npz", &back, NULL) == IB_E_NOINPUT);
	ib_scores_free(s);
}

Test(interface, a_table_for_look_ups_has_the_rows_and_cannot_change)
{
	static const char *const names[] = { "s.npz", "s.npz.zst", "s.jsonl" };
	struct ib_scores *s = scores_of_epoch_3(), *mapped;
	struct ib_error err;
	uint64_t row;
	size_t i;

	for (i = 0; i < 3; i++) {
		cr_assert(ib_scores_save(s, names[i], NULL) == IB_OK);
		cr_assert(ib_scores_map(names[i], &mapped, NULL) == IB_OK);
		cr_assert(ib_scores_find(mapped, ids[2], &row) && row == 2);
		cr_assert(eq(dbl, stats_of(mapped).mean, 2.5));
		cr_assert(ib_scores_fold(mapped, ids, losses, 4, 4, 0, &err) == IB_E_MISUSE);
		cr_assert(strstr(err.text, "look-ups only") != NULL);
		cr_assert(ib_scores_save(mapped, "t.npz", &err) == IB_E_MISUSE);
		ib_scores_free(mapped);
	}
	ib_scores_free(s);
}

Test(interface, rows_are_copied_into_the_arrays_of_the_caller)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_span id[4];
	float score[4] = { 9, 9, 9, 9 }, previous[4];
	int32_t epoch[4];
	uint32_t visits[4];
	struct ib_score_columns columns = { sizeof(columns), id, score, epoch, visits, previous };
	struct ib_error err;
	size_t i;

	cr_assert(ib_scores_read(s, 0, 4, &columns, NULL) == IB_OK);
	for (i = 0; i < 4; i++) {
		cr_assert(id[i].n == 1 && *id[i].p == *ids[i].p);
		cr_assert(score[i] == losses[i] && isnan(previous[i]));
		cr_assert(epoch[i] == 3 && visits[i] == 1);
	}
	columns.score = NULL;
	cr_assert(ib_scores_read(s, 2, 2, &columns, NULL) == IB_OK);
	cr_assert(id[0].p[0] == 'c' && score[0] == 1);
	cr_assert(ib_scores_read(s, 4, 0, &columns, NULL) == IB_OK);
	cr_assert(ib_scores_read(s, 3, 2, &columns, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_read(s, 5, 0, &columns, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_read(s, 1, SIZE_MAX, &columns, &err) == IB_E_MISUSE);
	ib_scores_free(s);
}

/* ---- structs of other versions --------------------------------------------- */

Test(interface, an_older_shorter_struct_is_filled_to_its_size)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_score_stats old = { .size = offsetof(struct ib_score_stats, mean), .mean = -1 };

	cr_assert(ib_scores_stats(s, &old, NULL) == IB_OK);
	cr_assert(old.rows == 4 && old.known == 4 && old.mean == -1);
	old.size = 0;
	cr_assert(ib_scores_stats(s, &old, NULL) == IB_E_MISUSE);
	ib_scores_free(s);
}

Test(interface, a_newer_struct_is_accepted_if_its_new_members_are_0)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct {
		struct ib_score_columns known;
		double *later;
	} columns = { .known.size = sizeof(columns) };
	struct {
		struct ib_score_stats known;
		double later;
	} stats = { .known.size = sizeof(stats), .later = 7 };
	struct ib_error err;
	double later;
	float score;

	columns.known.score = &score;
	cr_assert(ib_scores_read(s, 0, 1, &columns.known, NULL) == IB_OK && score == 1);
	columns.later = &later;
	cr_assert(ib_scores_read(s, 0, 1, &columns.known, &err) == IB_E_MISUSE);
	cr_assert(strstr(err.text, IB_VERSION) != NULL);
	cr_assert(ib_scores_stats(s, &stats.known, NULL) == IB_OK);
	cr_assert(stats.known.max == 4 && stats.later == 0);
	ib_scores_free(s);
}

/* ---- options of rules -------------------------------------------------------- */

struct setting {
	const char *name, *value;
};

/*
 * Make a rule from settings, of which the last one has no name. Returns the status of the setting
 * that fails, or of ib_rule_new().
 */
static enum ib_status
try_rule(const struct setting *setting, int64_t epoch, const struct ib_scores *s,
	 struct ib_rule **rule, struct ib_error *err)
{
	struct ib_rule_options *o = ib_rule_options_new();
	enum ib_status st = IB_OK;

	for (; setting->name && !st; setting++)
		st = ib_rule_options_set(o, setting->name, setting->value, err);
	if (!st)
		st = ib_rule_new(o, epoch, s, rule, err);
	ib_rule_options_free(o);
	return st;
}

#define SETTINGS(...) ((const struct setting[]){ __VA_ARGS__, { NULL, NULL } })

/* Check that the settings are rejected, and that the message contains a text. */
static void
refuse_in_epoch(const struct setting *setting, int64_t epoch, const char *says)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_rule *rule = NULL;
	struct ib_error err = { .text = "" };

	cr_assert(try_rule(setting, epoch, s, &rule, &err) == IB_E_MISUSE, "%s", says);
	cr_assert(strstr(err.text, says) != NULL, "%s: %s", says, err.text);
	cr_assert(err.code == IB_E_MISUSE);
	ib_scores_free(s);
}

static void
refuse(const struct setting *setting, const char *says)
{
	refuse_in_epoch(setting, 4, says);
}

Test(interface, an_epoch_out_of_range_is_refused)
{
	refuse_in_epoch(SETTINGS({ "seed", "1" }), -1, "epoch is out of range");
	refuse_in_epoch(SETTINGS({ "seed", "1" }), (int64_t)INT32_MAX + 1, "epoch is out of range");
}

Test(interface, an_option_says_what_it_accepts)
{
	refuse(SETTINGS({ "rule", "best" }), "--rule must be infobatch, buckets");
	refuse(SETTINGS({ "rule", "rank:power=101" }), "power must be a number in [0, 100]");
	refuse(SETTINGS({ "ratio", "1" }), "ratio must be a number in [0, 1), not \"1\"");
	refuse(SETTINGS({ "ratio", "nan" }), "ratio must be a number in [0, 1)");
	refuse(SETTINGS({ "ratio", "-0.5" }), "ratio must be a number in [0, 1)");
	refuse(SETTINGS({ "ratio", "" }), "ratio must be a number in [0, 1)");
	refuse(SETTINGS({ "keep", "1.5" }), "keep must be a number in [0, 1]");
	refuse(SETTINGS({ "delta", "2" }), "delta must be a number in [0, 1]");
	refuse(SETTINGS({ "epochs", "-1" }), "epochs must be a whole number in [0, 2147483647]");
	refuse(SETTINGS({ "warmup", "1.0" }), "warmup must be a whole number in");
	refuse(SETTINGS({ "full-from", "x" }), "full-from must be a whole number in");
	refuse(SETTINGS({ "max-age", "0" }), "max-age must be a whole number in [1, ");
	refuse(SETTINGS({ "seed", "18446744073709551616" }), "seed must be a whole number in");
	refuse(SETTINGS({ "sampling", "some" }), "sampling must be poisson or fixed");
	refuse(SETTINGS({ "threshold", "q1.5" }), "threshold must be mean, median");
	refuse(SETTINGS({ "threshold", "vnan" }), "threshold must be mean, median");
	refuse(SETTINGS({ "rule", "rank" }, { "floor", "0" }), "floor must be a number in (0, 1]");
	refuse(SETTINGS({ "rule", "proportional" }, { "proxy", "x" }),
	       "proxy must be bounded or loss");
	refuse(SETTINGS({ "rule", "buckets:most=0.5" }), "takes CUT=FRACTION");
	refuse(SETTINGS({ "rule", "buckets:q0.5=1" }), "CUT=FRACTION");
}

Test(interface, an_unknown_option_lists_the_known_ones)
{
	refuse(SETTINGS({ "power", "1" }), "\"power\" is not an option of rule infobatch");
	refuse(SETTINGS({ "epoch", "1" }), "\"epoch\" is not an option");
	refuse(SETTINGS({ "", "1" }), "rule, seed, warmup, epochs, delta, full-from, threshold");
	refuse(SETTINGS({ "CUT", "1" }), "\"CUT\" is not an option");
}

Test(interface, options_that_exclude_each_other_are_refused)
{
	refuse(SETTINGS({ "full-from", "2" }, { "epochs", "5" }), "full_from");
	refuse(SETTINGS({ "full-from", "2" }, { "delta", "0.875" }), "full_from");
	refuse(SETTINGS({ "keep", "0.5" }, { "ratio", "0.5" }), "mutually exclusive");
	refuse(SETTINGS({ "rule", "hard" }, { "sampling", "fixed" }), "--sampling fixed");
	refuse(SETTINGS({ "rule", "buckets" }), "needs cuts");
	refuse(SETTINGS({ "rule", "rank" }, { "keep", "0.5" }), "--keep cannot be used");
	refuse(SETTINGS({ "rule", "proportional" }), "needs --keep or its parameter scale");
	refuse(SETTINGS({ "rule", "proportional:scale=1" }, { "keep", "0.5" }), "exclusive");
}

Test(interface, an_option_that_is_refused_changes_nothing)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_rule_options *o = ib_rule_options_new();
	struct ib_rule *rule;

	cr_assert(ib_rule_options_set(o, "rule", "hard:threshold=v3", NULL) == IB_OK);
	cr_assert(ib_rule_options_set(o, "rule", "infobatch:threshold=x", NULL) == IB_E_MISUSE);
	cr_assert(ib_rule_options_set(o, "threshold", "x", NULL) == IB_E_MISUSE);
	cr_assert(ib_rule_options_check(o, NULL) == IB_OK);
	cr_assert(ib_rule_new(o, 4, s, &rule, NULL) == IB_OK);
	cr_assert(eq(dbl, ib_rule_threshold(rule), 3));
	ib_rule_free(rule);
	ib_rule_options_free(o);
	ib_rule_options_free(NULL);
	ib_scores_free(s);
}

/* A parameter can be set by a setting of its own, or in the text of the rule. */
Test(interface, a_parameter_may_be_set_by_its_name)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_rule *rule;

	cr_assert(try_rule(SETTINGS({ "threshold", "v3" }), 4, s, &rule, NULL) == IB_OK);
	cr_assert(eq(dbl, ib_rule_threshold(rule), 3));
	ib_rule_free(rule);
	/* Setting the rule sets its parameters to their defaults. */
	cr_assert(try_rule(SETTINGS({ "threshold", "v3" }, { "rule", "infobatch" }), 4, s, &rule,
			   NULL) == IB_OK);
	cr_assert(eq(dbl, ib_rule_threshold(rule), 2.5));
	ib_rule_free(rule);
	ib_scores_free(s);
}

/* With r = 0.75, a drawn sample has weight 4, or 1 after the scaling. The factor is sqrt(4). */
Test(interface, weights_of_mean_1_have_a_rate_factor)
{
	struct ib_span id[64];
	double weight[64];
	struct ib_decisions d = { .size = sizeof(d), .weight = weight };
	struct ib_rule *rule;
	char text[64];
	int i, normal;

	for (i = 0; i < 64; i++) {
		text[i] = (char)('0' + i);
		id[i] = (struct ib_span){ &text[i], 1 };
	}
	for (normal = 0; normal < 2; normal++) {
		cr_assert(try_rule(SETTINGS({ "rule", "random" }, { "ratio", "0.75" },
					    { "normalize", normal ? "mean" : "none" }),
				   0, NULL, &rule, NULL) == IB_OK);
		cr_assert(eq(dbl, ib_rule_rate_factor(rule), normal ? 2 : 1));
		cr_assert(ib_rule_decide(rule, id, 64, &d, NULL) == IB_OK);
		for (i = 0; i < 64; i++)
			cr_assert(weight[i] == 0 || weight[i] == (normal ? 1 : 4));
		ib_rule_free(rule);
	}
	refuse(SETTINGS({ "normalize", "sum:3" }), "none or mean");
}

/* ---- decisions ---------------------------------------------------------------- */

#define N 5

struct decided {
	double weight[N], pi[N], u[N];
	uint8_t kept[N], reason[N];
};

static void
decide(const struct setting *setting, int64_t epoch, const struct ib_scores *s,
       const struct ib_span *id, struct decided *d)
{
	struct ib_decisions to = { sizeof(to), d->weight, d->pi, d->u, d->kept, d->reason };
	struct ib_rule *rule;

	cr_assert(try_rule(setting, epoch, s, &rule, NULL) == IB_OK);
	cr_assert(ib_rule_decide(rule, id, N, &to, NULL) == IB_OK);
	ib_rule_free(rule);
}

Test(interface, decisions_equal_those_of_the_formulas)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_span id[N] = { ids[0], ids[1], ids[2], ids[3], { "new", 3 } };
	struct decided d;
	size_t i;

	decide(SETTINGS({ "seed", "9" }, { "ratio", "0.75" }), 4, s, id, &d);
	for (i = 0; i < 2; i++) { /* below the mean */
		cr_assert(eq(dbl, d.pi[i], 0.25));
		cr_assert(eq(dbl, d.u[i], ib_draw_u(ib_draw_key(9, 4), id[i])));
		cr_assert(d.kept[i] == (d.u[i] < 0.25));
		cr_assert(eq(dbl, d.weight[i], d.kept[i] ? 4 : 0));
		cr_assert(d.reason[i] == (d.kept[i] ? IB_REASON_DRAWN : IB_REASON_PRUNED));
	}
	for (; i < N; i++) {
		cr_assert(d.kept[i] == 1 && isnan(d.u[i]));
		cr_assert(eq(dbl, d.weight[i], 1));
		cr_assert(d.reason[i] == (i < 4 ? IB_REASON_HIGH : IB_REASON_UNSEEN));
	}
	ib_scores_free(s);
}

Test(interface, options_of_epochs_decide_whether_an_epoch_is_pruned)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_span id[N] = { ids[0], ids[1], ids[2], ids[3], ids[0] };
	struct decided d;

	decide(SETTINGS({ "warmup", "5" }), 4, s, id, &d);
	cr_assert(d.reason[0] == IB_REASON_WARMUP && d.pi[0] == 1);
	decide(SETTINGS({ "epochs", "5" }), 4, s, id, &d); /* 4 + 1 > 0.875 * 5 */
	cr_assert(d.reason[0] == IB_REASON_ANNEAL);
	decide(SETTINGS({ "epochs", "5" }, { "delta", "1" }), 4, s, id, &d);
	cr_assert(d.pi[0] == 0.5);
	decide(SETTINGS({ "full-from", "4" }), 4, s, id, &d);
	cr_assert(d.reason[0] == IB_REASON_ANNEAL);
	decide(SETTINGS({ "max-age", "1" }), 4, s, id, &d);
	cr_assert(d.reason[0] == IB_REASON_AGE);
	decide(SETTINGS({ "keep", "0.75" }), 4, s, id, &d); /* 2 of 4 samples have pi 0.5 */
	cr_assert(d.pi[0] == 0.5 && d.pi[3] == 1);
	decide(SETTINGS({ "rule", "random" }), 4, NULL, id, &d);
	cr_assert(d.pi[0] == 0.5 && d.pi[3] == 0.5);
	decide(SETTINGS({ "seed", "1" }), 0, NULL, id, &d);
	cr_assert(d.kept[0] && d.reason[0] == IB_REASON_UNSEEN);
	ib_scores_free(s);
}

/* Decide many samples, with and without scores, in several orders and threads at once. */
enum { MANY = 3001, THREADS = 4 };

static struct many {
	const struct ib_rule *rule;
	struct ib_span id[MANY];
	double weight[MANY], u[MANY];
} many[THREADS];

static void *
decide_many(void *arg)
{
	struct many *m = arg;
	struct ib_decisions to = { .size = sizeof(to), .weight = m->weight, .u = m->u };

	return ib_rule_decide(m->rule, m->id, MANY, &to, NULL) ? NULL : m;
}

Test(interface, a_decision_does_not_depend_on_order_and_threads)
{
	static char name[MANY][8];
	static float loss[MANY];
	struct ib_scores *s;
	struct ib_rule *rule;
	pthread_t thread[THREADS];
	void *done;
	size_t i, t, other;

	for (i = 0; i < MANY; i++) {
		snprintf(name[i], sizeof(name[i]), "%zu", i);
		for (t = 0; t < THREADS; t++) /* thread t begins at sample t * 700 */
			many[t].id[(i + MANY - t * 700) % MANY] =
				(struct ib_span){ name[i], strlen(name[i]) };
		loss[i] = (float)(i % 97);
	}
	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	cr_assert(ib_scores_fold(s, many[0].id, loss, MANY - 500, 3, 0, NULL) == IB_OK);
	cr_assert(try_rule(SETTINGS({ "max-age", "9" }), 4, s, &rule, NULL) == IB_OK);
	for (t = 0; t < THREADS; t++) {
		many[t].rule = rule;
		cr_assert(pthread_create(&thread[t], NULL, decide_many, &many[t]) == 0);
	}
	for (t = 0; t < THREADS; t++) {
		cr_assert(pthread_join(thread[t], &done) == 0);
		cr_assert(done != NULL);
	}
	for (i = 0; i < MANY; i++) {
		bool low = i < MANY - 500 && i % 97 < ib_rule_threshold(rule);
		double u = ib_draw_u(ib_draw_key(0, 4), many[0].id[i]);

		cr_assert(many[0].weight[i] == (!low ? 1 : u < 0.5 ? 2 : 0));
		for (t = 1; t < THREADS; t++) {
			other = (i + MANY - t * 700) % MANY;
			cr_assert(many[t].weight[other] == many[0].weight[i]);
		}
	}
	ib_rule_free(rule);
	ib_scores_free(s);
}

Test(interface, null_arrays_are_not_filled)
{
	struct ib_scores *s = scores_of_epoch_3();
	double weight[4];
	struct ib_decisions to = { .size = sizeof(to), .weight = weight };
	struct ib_rule *rule;

	cr_assert(try_rule(SETTINGS({ "rule", "hard" }), 4, s, &rule, NULL) == IB_OK);
	cr_assert(ib_rule_decide(rule, ids, 4, &to, NULL) == IB_OK);
	cr_assert(weight[0] == 0 && weight[1] == 0 && weight[2] == 1 && weight[3] == 1);
	to.size = 0;
	cr_assert(ib_rule_decide(rule, ids, 4, &to, NULL) == IB_E_MISUSE);
	cr_assert(ib_rule_decide(rule, ids, 0, &(struct ib_decisions){ .size = sizeof(to) },
				 NULL) == IB_OK);
	ib_rule_free(rule);
	ib_rule_free(NULL);
	ib_scores_free(s);
}

/* ---- the rest ------------------------------------------------------------------ */

Test(interface, the_version_is_the_same_as_number_and_as_text)
{
	char text[32];
	int v = ib_version();

	cr_assert(v == IB_VERSION_NUMBER);
	snprintf(text, sizeof(text), "%d.%d.%d", v / 10000, v / 100 % 100, v % 100);
	cr_assert(strcmp(text, ib_version_string()) == 0);
	cr_assert(strcmp(text, IB_VERSION) == 0);
}

Test(interface, names_of_values_out_of_range_are_safe)
{
	struct ib_rule_parameter p;

	cr_assert(strcmp(ib_reason_name(IB_REASON_ANNEAL), "anneal") == 0);
	cr_assert(strcmp(ib_reason_name((enum ib_reason)IB_NREASONS), "?") == 0);
	cr_assert(ib_rule_name(IB_NRULES) == NULL);
	cr_assert(ib_rule_about(IB_NRULES) == NULL);
	cr_assert(ib_rule_parameter(IB_RULE_RANDOM, 0, &p) == false);
	cr_assert(ib_mapped_file(&p) == NULL);
}

/* ---- rows -------------------------------------------------------------------------- */

#define ROWS 1200 /* more than one group, and ids of one to four digits */

static struct ib_scores *
fold_rows(const int64_t *row, size_t n, bool as_ids)
{
	static char text[ROWS][8];
	static struct ib_span id[ROWS];
	static float loss[ROWS];
	struct ib_scores *s;
	size_t i;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	for (i = 0; i < n; i++) {
		id[i] = (struct ib_span){ text[i], (size_t)sprintf(text[i], "%d", (int)row[i]) };
		loss[i] = (float)(row[i] * 37 % 101);
	}
	loss[3] = INFINITY;
	if (as_ids)
		cr_assert(ib_scores_fold(s, id, loss, n, 0, 0, NULL) == IB_OK);
	else
		cr_assert(ib_scores_fold_rows(s, row, loss, n, 0, 0, NULL) == IB_OK);
	return s;
}

static void
assert_same_scores(const struct ib_scores *a, const struct ib_scores *b)
{
	struct ib_span id[2];
	float score[2];
	struct ib_score_columns one = { .size = sizeof(one), .id = &id[0], .score = &score[0] };
	struct ib_score_columns two = { .size = sizeof(two), .id = &id[1], .score = &score[1] };
	uint64_t i, row;

	cr_assert(eq(u64, ib_scores_count(a), ib_scores_count(b)));
	for (i = 0; i < ib_scores_count(a); i++) {
		cr_assert(ib_scores_read(a, i, 1, &one, NULL) == IB_OK);
		cr_assert(ib_scores_read(b, i, 1, &two, NULL) == IB_OK);
		cr_assert(id[0].n == id[1].n && !memcmp(id[0].p, id[1].p, id[0].n));
		cr_assert(score[0] == score[1] || (isnan(score[0]) && isnan(score[1])));
		cr_assert(ib_scores_find(a, id[0], &row) && row == i);
	}
	cr_assert(not(ib_scores_find(a, (struct ib_span){ "07", 2 }, &row)));
	cr_assert(not(ib_scores_find(a, (struct ib_span){ "", 0 }, &row)));
}

static void
assert_same_decisions(const struct ib_scores *s)
{
	static double weight[ROWS + 5], other[ROWS + 5];
	static uint8_t kept[ROWS + 5], also[ROWS + 5];
	struct ib_decisions by_row = { .size = sizeof(by_row), .weight = weight, .kept = kept };
	struct ib_decisions by_id = { .size = sizeof(by_id), .weight = other, .kept = also };
	struct ib_rule_options *o = ib_rule_options_new();
	static char text[ROWS + 5][8];
	static struct ib_span id[ROWS + 5];
	struct ib_rule *rule;
	size_t i, n = ROWS + 5;

	for (i = 0; i < n; i++)
		id[i] = (struct ib_span){ text[i], (size_t)sprintf(text[i], "%d", (int)i) };
	cr_assert(ib_rule_new(o, 3, s, &rule, NULL) == IB_OK);
	cr_assert(ib_rule_decide_rows(rule, 0, 7, &by_row, NULL) == IB_OK);
	by_row.weight += 7;
	by_row.kept += 7;
	cr_assert(ib_rule_decide_rows(rule, 7, n - 7, &by_row, NULL) == IB_OK);
	cr_assert(ib_rule_decide(rule, id, n, &by_id, NULL) == IB_OK);
	cr_assert(memcmp(weight, other, sizeof(weight)) == 0);
	cr_assert(memcmp(kept, also, sizeof(kept)) == 0);
	cr_assert(ib_rule_decide_rows(rule, 4294967293, 1, &by_row, NULL) == IB_E_MISUSE);
	ib_rule_free(rule);
	ib_rule_options_free(o);
}

Test(interface, rows_are_the_ids_with_their_digits)
{
	static const char *const orders[] = { "ascending", "with a gap", "descending" };
	struct ib_scores *rows, *as_ids, *back;
	int64_t row[ROWS];
	size_t i, k;

	for (k = 0; k < 3; k++) {
		for (i = 0; i < ROWS; i++)
			row[i] = (int64_t)(k == 2 ? ROWS - 1 - i : k == 1 && i > 600 ? i + 1 : i);
		rows = fold_rows(row, ROWS, false);
		as_ids = fold_rows(row, ROWS, true);
		cr_assert(ib_scores_save(rows, "s.npz", NULL) == IB_OK, "%s", orders[k]);
		cr_assert(ib_scores_load("s.npz", &back, NULL) == IB_OK);
		assert_same_scores(rows, as_ids);
		assert_same_scores(back, as_ids);
		assert_same_decisions(back);
		ib_scores_free(rows);
		ib_scores_free(as_ids);
		ib_scores_free(back);
	}
}

Test(interface, rows_out_of_range_fold_nothing)
{
	static const int64_t bad[2][2] = { { 0, -1 }, { 0, 4294967293 } };
	struct ib_scores *s;
	size_t i;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	for (i = 0; i < 2; i++)
		cr_assert(ib_scores_fold_rows(s, bad[i], losses, 2, 0, 0, NULL) == IB_E_MISUSE);
	cr_assert(eq(u64, ib_scores_count(s), 0));
	ib_scores_free(s);
}
