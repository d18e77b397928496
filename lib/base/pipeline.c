#include "base/pipeline.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/background.h"
#include "base/error.h"

int
ib_pipeline_threads(const struct ib_context *context)
{
	return context && context->threads > 0 ? context->threads : ib_threads_default();
}

size_t
ib_pipeline_slots(int threads)
{
	return threads <= 1 ? 1 : 2 * (size_t)threads + 2;
}

static void *
slot_at(const struct ib_pipeline *p, uint64_t turn)
{
	return (char *)p->slots + (size_t)(turn % p->nslots) * p->slot_size;
}

/* ---- one thread: no lock ------------------------------------------------ */

static enum ib_status
run_alone(const struct ib_pipeline *p, struct ib_error *err)
{
	enum ib_status st;

	for (;;) {
		st = p->fill(p->ctx, p->slots, err);
		if (st)
			return st == IB_EOF ? IB_OK : st;
		if (p->work)
			st = p->work(p->ctx, p->slots, err);
		if (!st && p->drain)
			st = p->drain(p->ctx, p->slots, err);
		if (st)
			return st;
	}
}

/* ---- several ------------------------------------------------------------ */

/*
 * Blocks are numbered by turns. Each of the three counters is the next turn of
 * its stage: drained <= taken <= filled. Everything here is under the lock.
 */
struct crew {
	const struct ib_pipeline *p;
	pthread_mutex_t lock;
	pthread_cond_t change;
	uint64_t filled, taken, drained;
	bool filling, draining; /* somebody is at it */
	bool ended;		/* nothing more to fill */
	bool *done;		/* [nslots] worked, not drained yet */
	uint64_t failed_at;	/* first turn that failed; UINT64_MAX */
	enum ib_status status;
	struct ib_error error;
};

static void
note_failure(struct crew *c, uint64_t turn, enum ib_status st, const struct ib_error *error)
{
	c->ended = true;
	if (turn >= c->failed_at)
		return;
	c->failed_at = turn;
	c->status = st;
	c->error = *error;
}

static void
drain_next(struct crew *c)
{
	struct ib_error error = { 0 };
	uint64_t turn = c->drained;
	enum ib_status st = IB_OK;

	c->draining = true;
	pthread_mutex_unlock(&c->lock);
	if (c->p->drain)
		st = c->p->drain(c->p->ctx, slot_at(c->p, turn), &error);
	pthread_mutex_lock(&c->lock);
	c->draining = false;
	if (st) {
		note_failure(c, turn, st, &error);
		return;
	}
	c->done[turn % c->p->nslots] = false;
	c->drained++;
}

static void
work_next(struct crew *c)
{
	struct ib_error error = { 0 };
	uint64_t turn = c->taken++;
	enum ib_status st = IB_OK;

	pthread_mutex_unlock(&c->lock);
	if (c->p->work)
		st = c->p->work(c->p->ctx, slot_at(c->p, turn), &error);
	pthread_mutex_lock(&c->lock);
	if (st)
		note_failure(c, turn, st, &error);
	else
		c->done[turn % c->p->nslots] = true;
}

static void
fill_next(struct crew *c)
{
	struct ib_error error = { 0 };
	uint64_t turn = c->filled;
	enum ib_status st;

	c->filling = true;
	pthread_mutex_unlock(&c->lock);
	st = c->p->fill(c->p->ctx, slot_at(c->p, turn), &error);
	pthread_mutex_lock(&c->lock);
	c->filling = false;
	if (st == IB_EOF)
		c->ended = true;
	else if (st)
		note_failure(c, turn, st, &error);
	else
		c->filled++;
}

/*
 * The oldest block's next stage first: what a thread has just filled is still
 * in its cache when it takes it up itself. False: nothing to do right now.
 */
static bool
do_something(struct crew *c)
{
	size_t nslots = c->p->nslots;

	if (!c->draining && c->drained < c->failed_at && c->done[c->drained % nslots])
		drain_next(c);
	else if (c->taken < c->filled && c->taken < c->failed_at)
		work_next(c);
	else if (!c->filling && !c->ended && c->filled - c->drained < nslots &&
		 (!c->p->ready || c->p->ready(c->p->ctx)))
		fill_next(c);
	else
		return false;
	return true;
}

static bool
finished(const struct crew *c)
{
	return c->drained == c->failed_at || (c->ended && !c->filling && c->drained == c->filled);
}

static void *
join_in(void *arg)
{
	struct crew *c = arg;

	pthread_mutex_lock(&c->lock);
	while (!finished(c))
		if (do_something(c))
			pthread_cond_broadcast(&c->change);
		else
			pthread_cond_wait(&c->change, &c->lock);
	pthread_cond_broadcast(&c->change);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum ib_status
ib_pipeline_run(const struct ib_pipeline *p, int threads, struct ib_error *err)
{
	struct crew c = { .p = p, .failed_at = UINT64_MAX };
	size_t n = threads > 1 ? (size_t)threads - 1 : 0, started = 0, i;
	pthread_t *others;

	if (n == 0)
		return run_alone(p, err);
	others = malloc(n * sizeof(*others));
	c.done = calloc(p->nslots, sizeof(*c.done));
	if (!others || !c.done) {
		free(others);
		free(c.done);
		return ib_fail_memory(err);
	}
	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.change, NULL);
	while (started < n && ib_thread_start(&others[started], join_in, &c))
		started++; /* fewer than asked for do as well */
	join_in(&c);
	for (i = 0; i < started; i++)
		pthread_join(others[i], NULL);
	pthread_cond_destroy(&c.change);
	pthread_mutex_destroy(&c.lock);
	free(others);
	free(c.done);
	if (c.status && err)
		*err = c.error;
	return c.status;
}
