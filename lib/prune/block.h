/*
 * Prune one block of a manifest: look up the ids, decide which records to keep, and format the
 * records into buffers.
 *
 * A worker thread owns a block while it prunes the block. Worker threads share no writable data,
 * except two atomic variables of the run. A worker thread stores the results of a block
 * (duplicates, ids without a score, statistics, outputs) in struct ib_pruned. The run later merges
 * the results block by block, in the order of the manifest, so the outputs do not depend on the
 * number of threads.
 */
#ifndef IB_PRUNE_BLOCK_H
#define IB_PRUNE_BLOCK_H

#include "base/part.h"
#include "record/scan.h"
#include "prune/dry_run.h"
#include "prune/rule.h"
#include "prune/duplicates.h"
#include "prune/annotate.h"
#include "prune/run_stats.h"
#include "prune/audit_writer.h"
#include "prune/block_ids.h"
#include "prune/record_texts.h"

/*
 * Limits for releasing mapped pages. Many processes may each prune one small shard with the same
 * mapped score file. The first read of a page maps 64 KB, so looking up 1000 ids in a file of 10^7
 * rows would occupy 250 MB per process. A run therefore releases the mapped pages repeatedly until
 * it has looked up IB_LOOKUPS_BEFORE_KEEPING_PAGES ids. If the manifest has at least
 * IB_SMALL_MANIFEST_BYTES bytes, the run does not release pages, because releasing them would only
 * cost time (tests/PERFORMANCE.md).
 */
#define IB_LOOKUPS_BEFORE_KEEPING_PAGES 16384
#define IB_SMALL_MANIFEST_BYTES ((uint64_t)64 << 20)

/* The state that all blocks of a run share. */
struct ib_pruner {
	const struct ib_prune_options *options;
	const struct ib_rule *rule;
	const struct ib_annotate *annotate;
	/* the duplicate check of the run; its seed is used to hash the ids without a score */
	const struct ib_duplicate_check *duplicates;
	/* the run's ids without a score; `enough` is true if the warning needs no more examples */
	const struct ib_unseen *unseen;
	const struct ib_reader *reader; /* reader of the manifest */
	_Atomic uint64_t *looked_up;	/* number of ids that all threads have looked up so far */
	/* true if the output of -o (kept_arrays) or of --pruned (pruned_arrays) is an .npz */
	bool kept_arrays, pruned_arrays;
};

/* A block and its results. Initialize with {0}. */
struct ib_pruned {
	struct ib_scan_block in;
	struct ib_record_texts texts; /* texts to add to the outputs */
	struct ib_block_ids ids;
	struct ib_audit_text audit; /* lines to add to the audit log */
	struct ib_run_stats stats;
	struct ib_dry_run dry_run; /* results of --dry-run */
	/* number of records in the block; number of lines if the manifest is a list */
	uint64_t numbers;
	bool bad; /* true if the record on line bad_line is invalid; `why` is then the reason */
	uint64_t bad_line;
	char why[IB_WHY_MAX];
	bool failed; /* true if memory ran out */
};
void ib_pruned_release(void *block);

/* Decide which records of b->in.block to keep, and format the records for the outputs. */
void ib_prune_block(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * Decide whether to keep one sample with a known keep probability. The decision is stored in
 * *annotation and is added to the statistics and to the audit text. In a dry run, the sample is
 * only added to b->dry_run. `row` is the score row of the sample, or IB_NO_ROW. Returns true if the
 * sample is kept. In a dry run, always returns true.
 */
bool ib_prune_sample(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id,
		     uint32_t row, const struct ib_inclusion *inclusion,
		     struct ib_annotation *annotation);

/* Clear the results in b. Call this function before the first record of b->in.block is pruned. */
void ib_pruned_reset(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * Append the --weights line of one sample if `written` is true. Returns false
 * if the id contains a tab or a newline, even if `written` is false.
 */
bool ib_pruned_add_weight(struct ib_pruned *b, const struct ib_annotation *annotation,
			  bool written);
/*
 * Append one row of --range to the buffer of an .npz output; `text` selects the output. weight is
 * NULL if the output has no weights.
 */
void ib_pruned_add_row(struct ib_pruned *b, enum ib_text text, uint64_t index,
		       const double *weight);
/* error message for an id that ib_pruned_add_weight() refuses */
extern const char ib_weights_cannot_hold_id[];

/*
 * Add n to the number of look-ups. Release the mapped pages if the limits
 * IB_LOOKUPS_BEFORE_KEEPING_PAGES and IB_SMALL_MANIFEST_BYTES require it.
 */
void ib_pruner_release_pages(const struct ib_pruner *p, size_t n);

/* True if the id belongs to the requested partition. */
static inline bool
ib_pruner_selects(const struct ib_pruner *p, struct ib_span id)
{
	return p->options->part.count == 0 ||
	       ib_part_has_hash(&p->options->part, XXH3_64bits(id.p, id.n));
}

/*
 * Store where the current record ends in each text that b adds to the outputs. Only --split and
 * --companion need these positions. Without these options, the function does nothing.
 */
void ib_pruned_note_written(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id,
			    uint64_t number);

/*
 * Find record i, counted from 0, among the records of the block that are in the requested
 * partition. For a message, set *line to the record's line number within the block, and *id to the
 * record's id.
 */
void ib_pruned_locate(const struct ib_pruner *p, struct ib_pruned *b, size_t i, uint64_t *line,
		      struct ib_span *id);

#endif
