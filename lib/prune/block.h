/*
 * Prune one block of a manifest: look up the ids, decide, and format the
 * records into buffers.
 *
 * A worker thread owns a block while it does this and shares nothing writable
 * with the others, except two atomics of the run. Everything that depends on
 * the order of the manifest (duplicates, missing ids, statistics, outputs) is
 * stored in struct ib_pruned. The run merges it later, block by block, in the
 * order of the manifest, so results do not depend on the number of threads.
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
 * Many processes may each prune one small shard with the same mapped score
 * file. Touching one page maps 64 KB, so 1000 ids in a file of 10^7 rows would
 * occupy 250 MB per process. A run therefore releases the mapped pages until it
 * has looked up IB_FEW_LOOKUPS ids, unless its manifest has at least
 * IB_SMALL_MANIFEST bytes: then releasing them only costs time
 * (tests/PERFORMANCE.md).
 */
#define IB_FEW_LOOKUPS 16384
#define IB_SMALL_MANIFEST ((uint64_t)64 << 20)

/* State that all blocks of a run share. */
struct ib_pruner {
	const struct ib_prune_options *options;
	const struct ib_rule *rule;
	const struct ib_annotate *annotate;
	const struct ib_duplicate_check *duplicates; /* seeds the hashes of ids without a score */
	const struct ib_unseen *unseen; /* of the run; tells if more example ids are needed */
	const struct ib_reader *reader; /* reader of the manifest */
	_Atomic uint64_t *looked_up;	/* number of ids looked up so far by all threads */
};

/* A block and its results. Initialize with {0}. */
struct ib_pruned {
	struct ib_scan_block in;
	struct ib_record_texts texts; /* for the outputs */
	struct ib_block_ids ids;
	struct ib_audit_text audit; /* lines for the audit log */
	struct ib_run_stats stats;
	struct ib_dry_run dry_run; /* results of --dry-run */
	uint64_t numbers;	   /* number of records in the block; for a list: of lines */
	bool bad;		   /* the record at bad_line is invalid; why is the reason */
	uint64_t bad_line;
	char why[IB_WHY_MAX];
	bool failed; /* out of memory */
};
void ib_pruned_release(void *block);

/* Decide and format the records of b->in.block. */
void ib_prune_block(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * Decide on one sample with a known keep probability, and fill *annotation. The
 * decision is added to the statistics, to the dry run or to the audit text. row
 * is the sample's row in the scores, or IB_NO_ROW. Returns true if the sample
 * is kept.
 */
bool ib_prune_sample(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id,
		     uint32_t row, const struct ib_inclusion *inclusion,
		     struct ib_annotation *annotation);

/* Clear the results, before the first record of b->in.block. */
void ib_pruned_reset(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * Append the --weights line of one sample if the sample is written. Returns
 * false, also for a sample that is not written, if the id contains a tab or a
 * newline.
 */
bool ib_pruned_add_weight(struct ib_pruned *b, const struct ib_annotation *annotation,
			  bool written);
extern const char ib_weights_cannot_hold_id[]; /* the message for that */

/* Count n look-ups and release the mapped pages; see IB_FEW_LOOKUPS. */
void ib_pruner_release_pages(const struct ib_pruner *p, size_t n);

/* True if the id belongs to the requested partition. */
static inline bool
ib_pruner_selects(const struct ib_pruner *p, struct ib_span id)
{
	return p->options->part.count == 0 ||
	       ib_part_has_hash(&p->options->part, XXH3_64bits(id.p, id.n));
}

/* Note a written record, if an output needs its part of the texts. */
void ib_pruned_note_written(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id,
			    uint64_t number);

/*
 * Find the line (within the block) and the id of its i-th record, for a message.
 * Returns false if there is none.
 */
bool ib_pruned_locate(const struct ib_pruner *p, struct ib_pruned *b, size_t i, uint64_t *line,
		      struct ib_span *id);

#endif
