/* The public header, as a program uses it: what is refused, and why. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <string.h>

#include "infobatch.h"
#include "scratch.h"

TestSuite(interface, .init = scratch_enter, .fini = scratch_leave);

static const struct ib_span ids[] = { { "a", 1 }, { "b", 1 }, { "c", 1 }, { "d", 1 } };
static const float losses[] = { 1, 2, 3, 4 };

static struct ib_scores *
scores_of_epoch_3(void)
{
	struct ib_scores *s;

	cr_assert(ib_scores_new(&s, NULL) == IB_OK);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 3, 0, NULL) == IB_OK);
	return s;
}

Test(interface, a_fold_takes_epochs_and_smoothing_in_their_ranges)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_error err;

	cr_assert(ib_scores_fold(s, ids, losses, 4, -1, 0, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, (int64_t)INT32_MAX + 1, 0, &err) ==
		  IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, 1, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, -0.5, &err) == IB_E_MISUSE);
	cr_assert(ib_scores_fold(s, ids, losses, 4, 4, (double)NAN, &err) == IB_E_MISUSE);
	cr_assert(eq(i64, ib_scores_figures(s).newest, 3));
	cr_assert(eq(dbl, ib_scores_figures(s).mean, 2.5));
	ib_scores_free(s);
}

Test(interface, saved_scores_load_as_they_were)
{
	static const char *const names[] = { "s.npz", "s.jsonl", "s.npz.zst", "s.jsonl.gz" };
	struct ib_scores *s = scores_of_epoch_3(), *back;
	uint64_t row;
	size_t i, k;

	for (i = 0; i < 4; i++) {
		cr_assert(ib_scores_save(s, names[i], NULL) == IB_OK);
		cr_assert(ib_scores_load(names[i], &back, NULL) == IB_OK);
		for (k = 0; k < 4; k++) {
			cr_assert(ib_scores_find(back, ids[k], &row));
			cr_assert(eq(flt, ib_scores_row(back, row).score, losses[k]));
			cr_assert(eq(i32, ib_scores_row(back, row).epoch, 3));
		}
		ib_scores_free(back);
	}
	cr_assert(ib_scores_save(s, "none/s.npz", NULL) == IB_E_CREATE);
	cr_assert(ib_scores_load("none.npz", &back, NULL) == IB_E_NOINPUT);
	ib_scores_free(s);
}

/* Options that a rule refuses, and a word of the message. */
static void
refuse(const struct ib_rule_options *o, const char *says)
{
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_rule *rule = NULL;
	struct ib_error err;

	cr_assert(ib_rule_new(o, s, NULL, &rule, &err) == IB_E_MISUSE, "%s", says);
	cr_assert(strstr(err.text, says) != NULL, "%s: %s", says, err.text);
	ib_rule_free(rule);
	ib_scores_free(s);
}

#define OPTIONS(...)                                                                               \
	(&(struct ib_rule_options){ .rule = IB_RULE_INFOBATCH,                                     \
				    .epoch = 4,                                                    \
				    .epochs = IB_NO_EPOCH,                                         \
				    .delta = 0.875,                                                \
				    .full_from = IB_NO_EPOCH,                                      \
				    .ratio = 0.5,                                                  \
				    .floor = 0.1,                                                  \
				    .power = 1,                                                    \
				    __VA_ARGS__ })

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init" /* OPTIONS is the defaults and one change */

Test(interface, a_rule_refuses_what_does_not_fit)
{
	refuse(OPTIONS(.rule = IB_NRULES), "no such rule");
	refuse(OPTIONS(.epoch = -1), "epoch is out of range");
	refuse(OPTIONS(.epoch = (int64_t)INT32_MAX + 1), "epoch is out of range");
	refuse(OPTIONS(.ratio = 1), "ratio is not in");
	refuse(OPTIONS(.ratio = -0.5), "ratio is not in");
	refuse(OPTIONS(.ratio = (double)NAN), "ratio is not in");
	refuse(OPTIONS(.full_from = 2, .epochs = 5), "full_from");
	refuse(OPTIONS(.full_from = 2, .delta_given = true), "full_from");
	refuse(OPTIONS(.rule = IB_RULE_HARD, .sampling = IB_SAMPLING_FIXED), "--sampling fixed");
	refuse(OPTIONS(.rule = IB_RULE_BUCKETS), "needs cuts");
	refuse(OPTIONS(.rule = IB_RULE_BUCKETS, .buckets = "q0.5"), "CUT:FRACTION");
	refuse(OPTIONS(.rule = IB_RULE_BUCKETS, .buckets = "q0.5:1"), "CUT:FRACTION");
	refuse(OPTIONS(.rule = IB_RULE_BUCKETS, .buckets = "most:0.5"), "mean, median");
	refuse(OPTIONS(.threshold = "q1.5"), "mean, median");
	refuse(OPTIONS(.threshold = "vnan"), "mean, median");
	refuse(OPTIONS(.rule = IB_RULE_RANK, .floor = 0), "floor");
	refuse(OPTIONS(.rule = IB_RULE_RANK, .power = 101), "power");
	refuse(OPTIONS(.rule = IB_RULE_RANK, .keep = "0.5"), "--keep cannot be used");
	refuse(OPTIONS(.rule = IB_RULE_PROPORTIONAL), "needs --keep or its parameter scale");
	refuse(OPTIONS(.rule = IB_RULE_PROPORTIONAL, .keep = "0.5", .scale = "1"), "exclusive");
}

#pragma GCC diagnostic pop

Test(interface, decisions_are_those_of_the_formulas)
{
	struct ib_rule_options o = IB_RULE_DEFAULTS;
	struct ib_scores *s = scores_of_epoch_3();
	struct ib_decision d[5];
	struct ib_span id[5] = { ids[0], ids[1], ids[2], ids[3], { "new", 3 } };
	struct ib_rule *rule;
	size_t i;

	o.epoch = 4;
	cr_assert(ib_rule_new(&o, s, NULL, &rule, NULL) == IB_OK);
	cr_assert(eq(dbl, ib_rule_threshold(rule), 2.5));
	ib_rule_decide(rule, id, 5, d);
	for (i = 0; i < 2; i++) { /* below the mean */
		cr_assert(eq(dbl, d[i].pi, 0.5));
		cr_assert(eq(dbl, d[i].u, ib_draw_u(ib_draw_key(0, 4), id[i])));
		cr_assert(d[i].kept == (d[i].u < 0.5));
		cr_assert(eq(dbl, d[i].weight, d[i].kept ? 2 : 0));
		cr_assert(d[i].reason == (d[i].kept ? IB_REASON_DRAWN : IB_REASON_PRUNED));
	}
	for (; i < 5; i++) {
		cr_assert(d[i].kept && isnan(d[i].u));
		cr_assert(eq(dbl, d[i].weight, 1));
		cr_assert(d[i].reason == (i < 4 ? IB_REASON_HIGH : IB_REASON_UNSEEN));
	}
	ib_rule_free(rule);
	ib_scores_free(s);
}

Test(interface, names_of_what_is_out_of_range)
{
	struct ib_rule_parameter p;

	cr_assert(strcmp(ib_reason_name(IB_NREASONS), "?") == 0);
	cr_assert(ib_rule_name(IB_NRULES) == NULL);
	cr_assert(ib_rule_about(IB_NRULES) == NULL);
	cr_assert(ib_rule_parameter(IB_RULE_RANDOM, 0, &p) == false);
	cr_assert(ib_mapped_file(&p) == NULL);
}
