/* Run one function in another thread while the caller continues. */
#ifndef IB_BASE_BACKGROUND_H
#define IB_BASE_BACKGROUND_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Start a thread in which all signals except SIGBUS are blocked. The handlers of the other
 * signals therefore run only in the caller's thread. To hold back signals during a commit
 * (io/output.h), it is enough to block them in the caller's thread. Returns false if the system
 * cannot start another thread.
 */
bool ib_thread_start(pthread_t *thread, void *(*work)(void *), void *arg);

struct ib_background {
	void (*work)(void *);
	void *arg;
	pthread_t thread;
	bool running; /* true if the thread was started and is not joined yet */
};

/*
 * Start work(arg) in another thread. If `threads` is 1 or no thread can be started,
 * ib_background_wait() runs work(arg).
 */
void ib_background_start(struct ib_background *b, int threads, void (*work)(void *), void *arg);
/* Wait until the work is finished. */
void ib_background_wait(struct ib_background *b);

#endif
