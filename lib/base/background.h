/* One thing done in a thread of its own, beside what its caller goes on with. */
#ifndef IB_BASE_BACKGROUND_H
#define IB_BASE_BACKGROUND_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Start a thread to which no signal goes: handlers run in the caller's thread
 * alone, so a commit that holds signals back there need not think of others.
 * False: the system has no more threads.
 */
bool ib_thread_start(pthread_t *thread, void *(*work)(void *), void *arg);

struct ib_background {
	void (*work)(void *);
	void *arg;
	pthread_t thread;
	bool running;
};

/* Do work(arg) beside, where there are two threads or more; else in _wait. */
void ib_background_start(struct ib_background *b, int threads, void (*work)(void *), void *arg);
/* When it returns the work is done. */
void ib_background_wait(struct ib_background *b);

#endif
