#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <criterion/parameterized.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "base/pipeline.h"

#define NONE UINT64_MAX

struct run {
	char why[40];
	int threads;
	size_t nslots; /* 0: use ib_pipeline_slots() */
	uint64_t blocks;
	uint64_t fill_fails, work_fails[2], drain_fails; /* blocks at which they fail, or NONE */
	uint64_t drained;				 /* expected number of drained blocks */
	char text[16];					 /* expected error text, or empty */
};

struct slot {
	uint64_t turn, worked;
};

struct stage {
	const struct run *run;
	uint64_t filled, drained;
	atomic_int filling, working, draining, most;
	bool ordered, alone, whole;
};

/*
 * Sleep for up to 200 microseconds. A hash of the block and the stage gives the time, so the
 * schedule varies from block to block.
 */
static void
doze(uint64_t turn, uint64_t stage)
{
	uint64_t x = (turn * 3 + stage) * 0x9e3779b97f4a7c15u;
	struct timespec t = { 0, (long)((x >> 40) % 200000) };

	if ((x >> 33) % 3 == 0)
		nanosleep(&t, NULL);
}

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct stage *s = ctx;
	struct slot *block = slot;
	uint64_t turn = s->filled++;

	if (atomic_fetch_add(&s->filling, 1) != 0)
		s->alone = false;
	doze(turn, 0);
	atomic_fetch_sub(&s->filling, 1);
	if (turn == s->run->fill_fails)
		return ib_fail(err, IB_E_DATA, "fill %d", (int)turn);
	if (turn == s->run->blocks)
		return IB_EOF;
	*block = (struct slot){ turn, 0 };
	return IB_OK;
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	struct stage *s = ctx;
	struct slot *block = slot;
	int now = atomic_fetch_add(&s->working, 1) + 1;
	int most = atomic_load(&s->most);

	while (now > most && !atomic_compare_exchange_weak(&s->most, &most, now))
		continue;
	doze(block->turn, 1);
	atomic_fetch_sub(&s->working, 1);
	if (block->turn == s->run->work_fails[0] || block->turn == s->run->work_fails[1])
		return ib_fail(err, IB_E_DATA, "work %d", (int)block->turn);
	block->worked = block->turn * 7 + 1;
	return IB_OK;
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct stage *s = ctx;
	struct slot *block = slot;

	if (atomic_fetch_add(&s->draining, 1) != 0)
		s->alone = false;
	doze(block->turn, 2);
	s->ordered &= block->turn == s->drained;
	s->whole &= block->worked == block->turn * 7 + 1;
	atomic_fetch_sub(&s->draining, 1);
	if (block->turn == s->run->drain_fails)
		return ib_fail(err, IB_E_IO, "drain %d", (int)block->turn);
	s->drained++;
	return IB_OK;
}

static struct run runs[] = {
	{ "one thread", 1, 0, 50, NONE, { NONE, NONE }, NONE, 50, "" },
	{ "two threads", 2, 0, 300, NONE, { NONE, NONE }, NONE, 300, "" },
	{ "three threads", 3, 0, 300, NONE, { NONE, NONE }, NONE, 300, "" },
	{ "eight threads", 8, 0, 300, NONE, { NONE, NONE }, NONE, 300, "" },
	{ "fewer slots than threads", 8, 2, 99, NONE, { NONE, NONE }, NONE, 99, "" },
	{ "one slot", 3, 1, 50, NONE, { NONE, NONE }, NONE, 50, "" },
	{ "no block", 1, 0, 0, NONE, { NONE, NONE }, NONE, 0, "" },
	{ "no block, threads", 8, 0, 0, NONE, { NONE, NONE }, NONE, 0, "" },
	{ "one block, threads", 8, 0, 1, NONE, { NONE, NONE }, NONE, 1, "" },
	{ "fill fails", 1, 0, 50, 20, { NONE, NONE }, NONE, 20, "fill 20" },
	{ "fill fails, threads", 3, 0, 50, 20, { NONE, NONE }, NONE, 20, "fill 20" },
	{ "fill fails at once", 8, 0, 50, 0, { NONE, NONE }, NONE, 0, "fill 0" },
	{ "work fails", 1, 0, 50, NONE, { 30, 31 }, NONE, 30, "work 30" },
	{ "work fails twice", 8, 0, 50, NONE, { 33, 30 }, NONE, 30, "work 30" },
	{ "work fails before fill", 8, 0, 50, 33, { 31, 32 }, NONE, 31, "work 31" },
	{ "work fails first of all", 2, 0, 50, NONE, { 0, 1 }, NONE, 0, "work 0" },
	{ "drain fails", 1, 0, 50, NONE, { NONE, NONE }, 10, 10, "drain 10" },
	{ "drain fails, threads", 8, 0, 50, NONE, { NONE, NONE }, 10, 10, "drain 10" },
	{ "drain fails before work", 8, 0, 50, NONE, { 12, 14 }, 11, 11, "drain 11" },
	{ "work fails before drain", 3, 0, 50, NONE, { 10, 14 }, 11, 10, "work 10" },
	{ "the last one fails", 3, 0, 50, NONE, { 49, NONE }, NONE, 49, "work 49" },
};

ParameterizedTestParameters(pipeline, keeps_order_and_the_first_failure)
{
	return cr_make_param_array(struct run, runs, sizeof(runs) / sizeof(*runs));
}

ParameterizedTest(struct run *r, pipeline, keeps_order_and_the_first_failure, .timeout = 1200)
{
	struct slot slots[32];
	int round;

	for (round = 0; round < 5; round++) {
		struct stage s = { .run = r, .ordered = true, .alone = true, .whole = true };
		struct ib_pipeline p = {
			.fill = fill,
			.work = work,
			.drain = drain,
			.ctx = &s,
			.slots = slots,
			.slot_size = sizeof(*slots),
			.nslots = r->nslots ? r->nslots : ib_pipeline_slots(r->threads),
			.alone = 17 * (uint64_t)round,
		};
		struct ib_error err = { 0 };
		enum ib_status st = ib_pipeline_run(&p, r->threads, &err);

		cr_assert(eq(str, err.text, r->text), "%s", r->why);
		cr_assert(eq(int, st, err.code), "%s", r->why);
		cr_assert(eq(u64, s.drained, r->drained), "%s", r->why);
		cr_assert(s.ordered && s.alone && s.whole, "%s", r->why);
	}
}

struct alone {
	pthread_t caller;
	uint64_t filled, blocks;
	atomic_ulong by_others; /* blocks that another thread worked on */
};

static enum ib_status
fill_alone(void *ctx, void *slot, struct ib_error *err)
{
	struct alone *a = ctx;

	(void)err;
	*(uint64_t *)slot = a->filled;
	return a->filled++ < a->blocks ? IB_OK : IB_EOF;
}

static enum ib_status
work_alone(void *ctx, void *slot, struct ib_error *err)
{
	struct alone *a = ctx;

	(void)slot;
	(void)err;
	if (!pthread_equal(pthread_self(), a->caller))
		atomic_fetch_add(&a->by_others, 1);
	return IB_OK;
}

Test(pipeline, a_short_stream_is_processed_by_the_callers_thread)
{
	uint64_t slots[8];
	struct alone a = { .caller = pthread_self(), .blocks = 9 };
	struct ib_pipeline p = { .fill = fill_alone,
				 .work = work_alone,
				 .ctx = &a,
				 .slots = slots,
				 .slot_size = sizeof(*slots),
				 .nslots = 8,
				 .alone = 9 };

	cr_assert(ib_pipeline_run(&p, 4, NULL) == IB_OK);
	cr_assert(atomic_load(&a.by_others) == 0);
	a.filled = 0;
	a.blocks = 2000;
	cr_assert(ib_pipeline_run(&p, 4, NULL) == IB_OK);
	cr_assert(atomic_load(&a.by_others) <= 2000 - 9);
	cr_assert(eq(u64, a.filled, 2001));
}

Test(pipeline, a_small_job_has_one_thread_unless_more_are_requested)
{
	struct ib_context three = { .threads = 3 }, none = { 0 };

	cr_assert(ib_pipeline_threads_for(&three, 0) == 3);
	cr_assert(ib_pipeline_threads_for(&none, IB_SMALL_JOB_BYTES - 1) == 1);
	cr_assert(ib_pipeline_threads_for(NULL, IB_SMALL_JOB_BYTES - 1) == 1);
	cr_assert(ib_pipeline_threads_for(&none, IB_SMALL_JOB_BYTES) == ib_threads_default());
	cr_assert(ib_pipeline_alone(&three, 1024) == 0);
	cr_assert(ib_pipeline_alone(NULL, 1024) == IB_SMALL_JOB_BYTES / 1024);
}

Test(pipeline, work_and_drain_are_optional)
{
	struct run r = { "", 3, 0, 40, NONE, { NONE, NONE }, NONE, 40, "" };
	struct stage s = { .run = &r };
	struct slot slots[8];
	struct ib_pipeline p = {
		.fill = fill, .ctx = &s, .slots = slots, .slot_size = sizeof(*slots), .nslots = 8
	};

	cr_assert(eq(int, ib_pipeline_run(&p, 3, NULL), IB_OK));
	cr_assert(eq(u64, s.filled, 41));
	s.filled = 0;
	cr_assert(eq(int, ib_pipeline_run(&p, 1, NULL), IB_OK));
	cr_assert(eq(u64, s.filled, 41));
}

/* The work on a block sleeps, so with four threads several blocks are in work at the same time. */
Test(pipeline, several_blocks_are_processed_in_parallel)
{
	struct run r = { "", 4, 0, 200, NONE, { NONE, NONE }, NONE, 200, "" };
	struct stage s = { .run = &r };
	struct slot slots[10];
	struct ib_pipeline p = { .fill = fill,
				 .work = work,
				 .drain = drain,
				 .ctx = &s,
				 .slots = slots,
				 .slot_size = sizeof(*slots),
				 .nslots = 10 };

	cr_assert(eq(int, ib_pipeline_run(&p, 4, NULL), IB_OK));
	cr_assert(gt(int, atomic_load(&s.most), 1));
	cr_assert(le(int, atomic_load(&s.most), 4));
}

/* ---- ib_threads_default ------------------------------------------------- */

struct cpus {
	char task[24], node[24]; /* "-": not set */
	int most;		 /* expected number of threads; 0: the cores of this process */
};

ParameterizedTestParameters(threads, the_default_number_obeys_slurm)
{
	static struct cpus cases[] = {
		{ "-", "-", 0 },  { "1", "-", 1 },    { "-", "1", 1 },
		{ "1", "64", 1 }, { "4096", "1", 0 }, { "", "1", 1 },
		{ "x", "-", 0 },  { "0", "-", 0 },    { "99999999999999999999", "-", 0 },
	};

	return cr_make_param_array(struct cpus, cases, sizeof(cases) / sizeof(*cases));
}

static void
set(const char *name, const char *value)
{
	if (strcmp(value, "-") == 0)
		unsetenv(name);
	else
		setenv(name, value, 1);
}

ParameterizedTest(struct cpus *c, threads, the_default_number_obeys_slurm)
{
	FILE *f = popen("unset OMP_NUM_THREADS OMP_THREAD_LIMIT; nproc", "r");
	int cores = 0;

	cr_assert(eq(int, fscanf(f, "%d", &cores), 1));
	pclose(f);
	set("SLURM_CPUS_PER_TASK", c->task);
	set("SLURM_CPUS_ON_NODE", c->node);
	cr_assert(eq(int, ib_threads_default(), c->most ? c->most : cores));
}
