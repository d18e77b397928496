/*
 * Runs in one process (ib_run_*): the status and the effects of wrong calls. tests/python/check.py
 * checks that a run writes the same files as the commands.
 */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <math.h>
#include <unistd.h>

#include "infobatch.h"
#include "scratch.h"

TestSuite(run, .init = scratch_enter, .fini = scratch_leave);

#define N 40

static struct ib_run_options *
options(const char *name, const char *value)
{
	struct ib_run_options *o = ib_run_options_new();
	struct ib_error err;

	cr_assert(o != NULL);
	cr_assert(eq(int, ib_run_options_set(o, "epochs", "4", &err), IB_OK), "%s", err.text);
	if (name)
		cr_assert(eq(int, ib_run_options_set(o, name, value, &err), IB_OK), "%s", err.text);
	return o;
}

static struct ib_run *
open_run(const struct ib_run_options *o)
{
	struct ib_run *run;
	struct ib_error err;

	cr_assert(eq(int, ib_run_open("run.npz", NULL, N, o, &run, &err), IB_OK), "%s", err.text);
	return run;
}

/* The losses of the rows. The first half is below the threshold. */
static void
record(struct ib_run *run, const int64_t *row, size_t n)
{
	struct ib_error err;
	float loss;
	size_t i;

	for (i = 0; i < n; i++) {
		loss = row[i] < N / 2 ? 0.1f : 2;
		cr_assert(eq(int, ib_run_record(run, &row[i], &loss, 1, &err), IB_OK), "%s",
			  err.text);
	}
}

static size_t
draw(struct ib_run *run, int64_t epoch, const int64_t **row, const float **weight)
{
	struct ib_error err;
	size_t n;

	cr_assert(eq(int, ib_run_draw(run, epoch, row, weight, &n, &err), IB_OK), "%s", err.text);
	return n;
}

/* Rows with high losses have weight 1. Rows with low losses are pruned or have weight 2. */
Test(run, prunes_low_losses_and_resumes_after_the_last_commit)
{
	struct ib_run_options *o = options(NULL, NULL);
	struct ib_run *run = open_run(o);
	const int64_t *row;
	const float *weight;
	struct ib_error err;
	size_t n = draw(run, 0, &row, &weight), i;
	bool high = true;

	cr_assert(eq(sz, n, N));
	record(run, row, n);
	cr_assert(eq(int, ib_run_commit(run, &err), IB_OK), "%s", err.text);
	n = draw(run, 1, &row, &weight);
	cr_assert(lt(sz, n, N));
	for (i = 0; i < n; i++)
		high &= weight[i] == (row[i] < N / 2 ? 2.0f : 1.0f);
	cr_assert(high);
	record(run, row, n);
	ib_run_free(run); /* without a commit */
	run = open_run(o);
	cr_assert(eq(int, (int)ib_run_next_epoch(run), 1));
	cr_assert(eq(sz, draw(run, 1, &row, &weight), n));
	ib_run_free(run);
	ib_run_options_free(o);
}

Test(run, a_failed_commit_can_be_repeated)
{
	struct ib_run_options *o = options("max-missing", "50%");
	struct ib_run *run = open_run(o);
	const int64_t *row;
	const float *weight;
	struct ib_error err;
	size_t n = draw(run, 0, &row, &weight);

	record(run, row, n / 2);
	cr_assert(eq(int, mkdir("run.npz", 0777), 0)); /* the file cannot be replaced */
	cr_assert(ne(int, ib_run_commit(run, &err), IB_OK));
	cr_assert(eq(int, rmdir("run.npz"), 0));
	cr_assert(eq(int, ib_run_commit(run, &err), IB_OK), "%s", err.text);
	cr_assert(eq(int, (int)ib_run_next_epoch(run), 1));
	ib_run_free(run);
	ib_run_options_free(o);
}

Test(run, invalid_calls_fail_and_change_nothing)
{
	struct ib_run_options *o = options(NULL, NULL);
	struct ib_run *run = open_run(o), *second;
	const int64_t *row, outside = N, negative = -1;
	const float *weight, loss = 1;
	struct ib_error err;
	size_t n;

	cr_assert(eq(int, ib_run_record(run, &outside, &loss, 1, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_commit(run, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_draw(run, -1, &row, &weight, &n, &err), IB_E_MISUSE));
	draw(run, 0, &row, &weight);
	cr_assert(eq(int, ib_run_commit(run, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_record(run, &outside, &loss, 1, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_record(run, &negative, &loss, 1, &err), IB_E_MISUSE));
	record(run, row, N - 1);
	cr_assert(eq(int, ib_run_commit(run, &err), IB_E_DATA));
	cr_assert(eq(int, ib_run_open("run.npz", NULL, N, o, &second, &err), IB_E_AGAIN));
	cr_assert(eq(int, access("run.npz", F_OK), -1));
	ib_run_free(run);
	cr_assert(eq(int, ib_run_open("run.npz", NULL, 0, o, &second, &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_options_set(o, "ratios", "0.5", &err), IB_E_MISUSE));
	cr_assert(eq(int, ib_run_options_set(o, "threads", "0", &err), IB_E_MISUSE));
	ib_run_free(NULL);
	ib_run_options_free(NULL);
	ib_run_options_free(o);
}
