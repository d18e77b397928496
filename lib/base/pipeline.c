/* Process blocks with one or more threads. */
#include "base/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/background.h"
#include "base/error.h"

static bool
is_requested(const struct ib_context *context)
{
	return context && context->threads > 0;
}

int
ib_pipeline_threads(const struct ib_context *context)
{
	return is_requested(context) ? context->threads : ib_threads_default();
}

int
ib_pipeline_threads_for(const struct ib_context *context, uint64_t bytes)
{
	return !is_requested(context) && bytes < IB_SMALL_JOB_BYTES ? 1
								    : ib_pipeline_threads(context);
}

uint64_t
ib_pipeline_alone(const struct ib_context *context, size_t size)
{
	return is_requested(context) ? 0 : IB_SMALL_JOB_BYTES / size;
}

size_t
ib_pipeline_slots(int threads)
{
	return threads <= 1 ? 1 : 2 * (size_t)threads + 2;
}

static void *
slot_of(const struct ib_pipeline *p, uint64_t block)
{
	return (char *)p->slots + (size_t)(block % p->nslots) * p->slot_size;
}

/* ---- one thread, which needs no lock -------------------------------------------- */

/* Process up to `blocks` blocks. Returns IB_EOF if no more blocks follow. */
static enum ib_status
run_single(const struct ib_pipeline *p, uint64_t blocks, struct ib_error *err)
{
	enum ib_status st = IB_OK;

	for (; blocks > 0 && !st; blocks--) {
		st = p->fill(p->ctx, p->slots, err);
		if (!st && p->work)
			st = p->work(p->ctx, p->slots, err);
		if (!st && p->drain)
			st = p->drain(p->ctx, p->slots, err);
	}
	return st;
}

/* ---- several threads ------------------------------------------------------------ */

/*
 * The state that the threads share. `lock` protects the state, but no thread holds it while
 * a stage runs. Blocks are numbered from 0. The members filled, taken and drained are the
 * numbers of the next blocks to fill, to process and to drain: drained <= taken <= filled.
 */
struct shared {
	const struct ib_pipeline *p;
	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t filled, taken, drained;
	bool filling, draining; /* true while a thread runs the stage */
	bool ended;		/* true if no more blocks will be filled */
	bool *done; /* done[i]: true if the block in slot i is processed, but not drained yet */
	uint64_t failed_at; /* number of the first block that failed, or UINT64_MAX */
	enum ib_status status;
	struct ib_error error;
};

static void
note_failure(struct shared *s, uint64_t block, enum ib_status st, const struct ib_error *error)
{
	s->ended = true;
	if (block >= s->failed_at)
		return;
	s->failed_at = block;
	s->status = st;
	s->error = *error;
}

static void
drain_next(struct shared *s)
{
	struct ib_error error = { 0 };
	uint64_t block = s->drained;
	enum ib_status st = IB_OK;

	s->draining = true;
	pthread_mutex_unlock(&s->lock);
	if (s->p->drain)
		st = s->p->drain(s->p->ctx, slot_of(s->p, block), &error);
	pthread_mutex_lock(&s->lock);
	s->draining = false;
	if (st) {
		note_failure(s, block, st, &error);
		return;
	}
	s->done[block % s->p->nslots] = false;
	s->drained++;
}

static void
work_next(struct shared *s)
{
	struct ib_error error = { 0 };
	uint64_t block = s->taken++;
	enum ib_status st = IB_OK;

	pthread_mutex_unlock(&s->lock);
	if (s->p->work)
		st = s->p->work(s->p->ctx, slot_of(s->p, block), &error);
	pthread_mutex_lock(&s->lock);
	if (st)
		note_failure(s, block, st, &error);
	else
		s->done[block % s->p->nslots] = true;
}

static void
fill_next(struct shared *s)
{
	struct ib_error error = { 0 };
	uint64_t block = s->filled;
	enum ib_status st;

	s->filling = true;
	pthread_mutex_unlock(&s->lock);
	st = s->p->fill(s->p->ctx, slot_of(s->p, block), &error);
	pthread_mutex_lock(&s->lock);
	s->filling = false;
	if (st == IB_EOF)
		s->ended = true;
	else if (st)
		note_failure(s, block, st, &error);
	else
		s->filled++;
}

/*
 * Run one stage that is ready: drain a block if possible, else work on a block, else fill a block.
 * So a thread that has just filled a block often works on the same block next, while the block is
 * still in the cache. Returns false if no stage is ready.
 */
static bool
run_next_stage(struct shared *s)
{
	size_t nslots = s->p->nslots;

	if (!s->draining && s->drained < s->failed_at && s->done[s->drained % nslots])
		drain_next(s);
	else if (s->taken < s->filled && s->taken < s->failed_at)
		work_next(s);
	else if (!s->filling && !s->ended && s->filled - s->drained < nslots &&
		 (!s->p->ready || s->p->ready(s->p->ctx)))
		fill_next(s);
	else
		return false;
	return true;
}

static bool
is_finished(const struct shared *s)
{
	return s->drained == s->failed_at || (s->ended && !s->filling && s->drained == s->filled);
}

static void *
run_thread(void *arg)
{
	struct shared *s = arg;

	pthread_mutex_lock(&s->lock);
	while (!is_finished(s))
		if (run_next_stage(s))
			pthread_cond_broadcast(&s->change);
		else
			pthread_cond_wait(&s->change, &s->lock);
	pthread_cond_broadcast(&s->change);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

static enum ib_status
run_several(const struct ib_pipeline *p, size_t n, struct ib_error *err)
{
	struct shared s = { .p = p, .failed_at = UINT64_MAX };
	pthread_t *others = malloc(n * sizeof(*others));
	size_t started = 0, i;

	s.done = calloc(p->nslots, sizeof(*s.done));
	if (!others || !s.done) {
		free(others);
		free(s.done);
		return ib_fail_memory(err);
	}
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.change, NULL);
	while (started < n && ib_thread_start(&others[started], run_thread, &s))
		started++; /* if a thread cannot be started, continue with fewer threads */
	run_thread(&s);
	for (i = 0; i < started; i++)
		pthread_join(others[i], NULL);
	pthread_cond_destroy(&s.change);
	pthread_mutex_destroy(&s.lock);
	free(others);
	free(s.done);
	if (s.status && err)
		*err = s.error;
	return s.status;
}

enum ib_status
ib_pipeline_run(const struct ib_pipeline *p, int threads, struct ib_error *err)
{
	enum ib_status st = run_single(p, threads > 1 ? p->alone : UINT64_MAX, err);

	if (st)
		return st == IB_EOF ? IB_OK : st;
	return run_several(p, (size_t)threads - 1, err);
}
