/* Read any bytes as a loss log: this succeeds, or returns IB_E_DATA or IB_E_MISUSE. */
#ifndef TESTS_FUZZ_LOSSES_H
#define TESTS_FUZZ_LOSSES_H

#include <stdlib.h>

#include "fuzz/target.h"
#include "score/loss_logs.h"

/* Count the losses and rows. Each has an id that is not empty, and an epoch of 0 or more. */
static inline enum ib_status
fuzz_take_batch(void *ctx, struct ib_loss_batch *b, struct ib_error *err)
{
	uint64_t *n = ctx;
	size_t i;

	(void)err;
	for (i = 0; i < b->n; i++)
		if (b->loss[i].id.n == 0 || b->loss[i].epoch < 0)
			abort();
	for (i = 0; i < b->nmerge; i++)
		if (b->merge[i].id.n == 0 || b->merge[i].epoch < 0)
			abort();
	*n += b->n + b->nmerge;
	return IB_OK;
}

static inline enum ib_status
fuzz_take_scores(void *ctx, struct ib_scores *s, const char *name, struct ib_error *err)
{
	(void)name;
	(void)err;
	*(uint64_t *)ctx += ib_scores_count(s);
	return IB_OK;
}

/* Read a log and count its losses. `pick` chooses the options. */
static inline enum ib_status
fuzz_losses(const char *path, uint8_t pick, struct ib_loss_counts *counts, uint64_t *taken)
{
	static const char *const keys[] = { NULL, "id", "id,n", "@line" };
	struct ib_log_options log = IB_LOG_DEFAULTS;
	struct ib_context context = { .threads = 1 };
	struct ib_loss_logs_options o = { .operands = { &path, 1 }, .log = &log };
	struct ib_loss_logs_consumer consumer = { .ctx = taken,
						  .batch = fuzz_take_batch,
						  .scores = fuzz_take_scores };
	struct ib_error err = { 0 };
	enum ib_status st;

	*taken = 0;
	log.key = keys[pick & 3];
	log.nonfinite = (enum ib_nonfinite)((pick >> 2 & 3) % 3);
	log.until = pick & 16 ? 1 : IB_NO_EPOCH;
	log.max_bad = pick & 32 ? 3 : 0;
	log.loss = pick & 64 ? "loss+0.5*aux" : NULL;
	o.weight_field = pick & 128 ? "weight" : NULL;
	st = ib_loss_logs_read(&o, &context, &consumer, counts, &err);
	if (st && ((st != IB_E_DATA && st != IB_E_MISUSE) || err.code != st))
		abort();
	if (!st && (*taken > counts->records || counts->bad > log.max_bad))
		abort();
	return st;
}

#endif
