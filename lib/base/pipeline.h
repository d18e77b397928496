/*
 * Process a stream of blocks in three stages: fill and drain run in stream order, one block at
 * a time; work runs for several blocks at once. No thread is reserved for a stage: an idle
 * thread runs the next stage that is ready. A single thread runs all stages without a lock.
 * The output does not depend on the number of threads.
 */
#ifndef IB_BASE_PIPELINE_H
#define IB_BASE_PIPELINE_H

#include "infobatch.h"

struct ib_pipeline {
	/* Read the next block into slot. Called in order, one at a time. IB_EOF ends the stream. */
	enum ib_status (*fill)(void *ctx, void *slot, struct ib_error *err);
	/* Process a block. Called in any order, several at once. May be NULL. */
	enum ib_status (*work)(void *ctx, void *slot, struct ib_error *err);
	/* Write a block. Called one at a time, in the order of fill. May be NULL. */
	enum ib_status (*drain)(void *ctx, void *slot, struct ib_error *err);
	/* Returns true if fill may be called now. Called again after each stage. NULL: always. */
	bool (*ready)(const void *ctx);
	void *ctx;
	void *slots; /* nslots blocks of slot_size bytes, owned by the caller */
	size_t slot_size;
	size_t nslots; /* see ib_pipeline_slots() */
};

/* Returns the number of threads that context requests, or the default. NULL is allowed. */
int ib_pipeline_threads(const struct ib_context *context);

/* Returns the number of slots that `threads` threads need to stay busy. */
size_t ib_pipeline_slots(int threads);

/*
 * Run until fill returns IB_EOF or a stage fails. Returns IB_OK, or the status of the failed
 * block. If several blocks fail, the first one in the stream is reported. All blocks before
 * it are drained, and no block after it.
 */
enum ib_status ib_pipeline_run(const struct ib_pipeline *p, int threads, struct ib_error *err);

#endif
