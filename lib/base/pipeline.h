/*
 * Process a stream of blocks in three stages. The `fill` stage and the `drain` stage handle
 * one block at a time, in the order of the stream. The `work` stage handles several blocks at
 * the same time. A thread does not belong to a stage: each idle thread runs the next stage that is
 * ready. If there is only one thread, it runs all stages and needs no lock. The output does
 * not depend on the number of threads.
 */
#ifndef IB_BASE_PIPELINE_H
#define IB_BASE_PIPELINE_H

#include "infobatch_run.h"

struct ib_pipeline {
	/*
	 * Read the next block into slot. Only one call of fill() runs at a time. Returns IB_EOF
	 * at the end of the stream.
	 */
	enum ib_status (*fill)(void *ctx, void *slot, struct ib_error *err);
	/*
	 * Process a block. Several calls of work() may run at the same time, in any order.
	 * `work` may be NULL.
	 */
	enum ib_status (*work)(void *ctx, void *slot, struct ib_error *err);
	/*
	 * Write a block. The blocks are written one at a time, in the order in which fill() read
	 * them. `drain` may be NULL.
	 */
	enum ib_status (*drain)(void *ctx, void *slot, struct ib_error *err);
	/*
	 * Return true if fill() may be called now. ready() is called again after each stage. If
	 * `ready` is NULL, fill() may always be called.
	 */
	bool (*ready)(const void *ctx);
	/*
	 * Number of blocks at the start of the stream that the caller's thread processes
	 * alone, before other threads start.
	 */
	uint64_t alone;
	void *ctx;
	void *slots; /* nslots blocks of slot_size bytes each, which the caller owns */
	size_t slot_size;
	size_t nslots; /* see ib_pipeline_slots() */
};

/*
 * Return the number of threads that context requests. If context is NULL or requests no number,
 * return the default number.
 */
int ib_pipeline_threads(const struct ib_context *context);

/*
 * A small job is not worth the CPU time of starting a thread. So if context does not request a
 * number of threads, a job of fewer than IB_SMALL_JOB_BYTES bytes uses one thread, and a stream
 * uses one thread for its first IB_SMALL_JOB_BYTES bytes.
 */
#define IB_SMALL_JOB_BYTES ((uint64_t)2 << 20)

/*
 * Return the number of threads for a job of this many bytes: 1 if the job is small and context
 * requests no number of threads, and otherwise ib_pipeline_threads().
 */
int ib_pipeline_threads_for(const struct ib_context *context, uint64_t bytes);

/* Return the value of ib_pipeline.alone for a stream with blocks of `size` bytes. */
uint64_t ib_pipeline_alone(const struct ib_context *context, size_t size);

/* Return the number of slots that keep `threads` threads busy. */
size_t ib_pipeline_slots(int threads);

/*
 * Run until fill() returns IB_EOF or a stage fails. Returns IB_OK, or the status of the failed
 * block. If several blocks fail, the result is the error of the failed block that is first in the
 * stream. All blocks before the failed block are drained. No block after the failed block is
 * drained.
 */
enum ib_status ib_pipeline_run(const struct ib_pipeline *p, int threads, struct ib_error *err);

#endif
