/*
 * The samples of --range, whose ids are the numbers 0 to N-1.
 *
 * If the run writes records as text, it generates a manifest as text (record/range_text.h) and
 * reads this manifest. Otherwise, a block is only a range of row numbers, and nothing is parsed.
 */
#ifndef IB_PRUNE_RANGE_H
#define IB_PRUNE_RANGE_H

#include "prune/block.h"

/* Return the format of the generated manifest. `output` is the path of -o; NULL without -o. */
enum ib_format ib_range_format(const char *output);

/* True if the run writes no record as text, so that it can use ib_range_run(). */
bool ib_range_is_rows(const struct ib_prune_options *options);

/* The arguments of ib_range_run(). The function use() receives the pruned blocks in row order. */
struct ib_range_run {
	const struct ib_pruner *pruner;
	const struct ib_context *context;
	enum ib_status (*use)(void *ctx, struct ib_pruned *b, struct ib_error *err);
	void *ctx;
};

/* Prune the rows with numbers in [0, options->range), block by block, with several threads. */
enum ib_status ib_range_run(const struct ib_range_run *run, struct ib_error *err);

/* Compute the digest of the list of the ids 0 to n-1, one per line. */
enum ib_status ib_range_digest(uint64_t n, char digest[33], struct ib_error *err);

#endif
