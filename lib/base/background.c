/* Start threads. */
#include "base/background.h"

#include <signal.h>

#define STACK_BYTES ((size_t)2 << 20) /* stack size; the default of some systems is too small */

bool
ib_thread_start(pthread_t *thread, void *(*work)(void *), void *arg)
{
	pthread_attr_t attributes;
	sigset_t all, old;
	int failed;

	sigfillset(&all);
	/* A thread that reads a mapped file must be able to get SIGBUS; see io/mapping.h. */
	sigdelset(&all, SIGBUS);
	if (pthread_attr_init(&attributes) != 0)
		return false;
	pthread_attr_setstacksize(&attributes, STACK_BYTES);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	failed = pthread_create(thread, &attributes, work, arg);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	pthread_attr_destroy(&attributes);
	return failed == 0;
}

static void *
do_work(void *arg)
{
	struct ib_background *b = arg;

	b->work(b->arg);
	return NULL;
}

void
ib_background_start(struct ib_background *b, int threads, void (*work)(void *), void *arg)
{
	*b = (struct ib_background){ .work = work, .arg = arg };
	b->running = threads > 1 && ib_thread_start(&b->thread, do_work, b);
}

void
ib_background_wait(struct ib_background *b)
{
	if (b->running)
		pthread_join(b->thread, NULL);
	else
		b->work(b->arg);
	b->running = false;
}
