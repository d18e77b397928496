/*
 * Blocks through threads, in order: one fills, all work, one drains. There is
 * no thread of its own for reading or writing: whoever is free takes the next
 * thing to do, so one thread does all of it without a lock in its way, and
 * what comes out never hangs on how many there are.
 */
#ifndef IB_BASE_PIPELINE_H
#define IB_BASE_PIPELINE_H

#include "infobatch.h"

struct ib_pipeline {
	/* One at a time, in order. IB_EOF ends the stream. */
	enum ib_status (*fill)(void *ctx, void *slot, struct ib_error *err);
	/* Any order, several at once. May be NULL. */
	enum ib_status (*work)(void *ctx, void *slot, struct ib_error *err);
	/* One at a time, in the order of fill. May be NULL. */
	enum ib_status (*drain)(void *ctx, void *slot, struct ib_error *err);
	/* May fill be called now? Asked anew after each stage. NULL: yes. */
	bool (*ready)(const void *ctx);
	void *ctx;
	void *slots; /* nslots of slot_size bytes, the caller's */
	size_t slot_size;
	size_t nslots; /* see ib_pipeline_slots() */
};

/* The threads that a caller (NULL: nobody) asks for, or the default. */
int ib_pipeline_threads(const struct ib_context *context);

/* How many slots keep `threads` threads busy. */
size_t ib_pipeline_slots(int threads);

/*
 * Run until fill says IB_EOF (the result is then IB_OK) or something fails.
 * Of several failures the one that is first in the order of the stream is
 * reported, after everything before it was drained; nothing behind it is.
 */
enum ib_status ib_pipeline_run(const struct ib_pipeline *p, int threads, struct ib_error *err);

#endif
