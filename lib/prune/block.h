/*
 * One block of a manifest: its records looked up, decided and written into
 * buffers, by whichever thread; and what the run has to know of it, in order.
 */
#ifndef IB_PRUNE_BLOCK_H
#define IB_PRUNE_BLOCK_H

#include <xxhash.h>

#include "base/part.h"
#include "prune/dry_run.h"
#include "prune/rule.h"
#include "prune/duplicates.h"
#include "prune/annotate.h"
#include "prune/run_stats.h"
#include "prune/audit_writer.h"
#include "prune/unseen.h"

/*
 * While a run has looked up no more ids than these, it may be one of many that
 * each prune a shard: it holds on to no page of a mapped score file. (A page
 * that is touched maps its neighbours too, 64 KB: 1000 ids in a file of 10^7
 * rows would take 250 MB.) A manifest of so many bytes is no such shard, and
 * need not map these pages twice: 10^7 records of 80 bytes in 0.87 s, 0.96 s
 * where it does (-T 1, tmpfs, 2-core EPYC VM, 2026-11-24, medians of 5 in turns).
 */
#define IB_FEW 16384
#define IB_FEW_BYTES ((uint64_t)64 << 20)

/* The same for all blocks of a run. */
struct ib_pruner {
	const struct ib_prune_options *options;
	const struct ib_rule *rule;
	const struct ib_annotate *splice;
	const struct ib_duplicate_check *seen; /* for the hashes of unseen ids */
	const struct ib_unseen *lost;	       /* of the run: are there enough? */
	const struct ib_reader *reader;	       /* of the manifest */
	_Atomic uint64_t *looked_up;	       /* ids so far, by all threads */
};

/* A record that is written: where what is written of it ends. */
struct ib_written {
	uint64_t number;	  /* of the record in its block, from 0; list: line */
	size_t kept, sidecar, id; /* ends in the bytes of these names */
};

/* Start from {0}. */
struct ib_pruned {
	struct ib_block block;
	struct ib_cursor cursor;
	struct ib_bytes kept;	    /* records of the epoch manifest */
	struct ib_bytes unkept;	    /* of -U */
	struct ib_bytes sidecar;    /* of -w */
	struct ib_audit_text audit; /* of -a */
	/* Of --companion and --split: each record that is written. */
	struct ib_written *written;
	size_t nwritten, written_cap;
	struct ib_bytes id; /* their ids, of --split */
	uint64_t numbers;   /* records in the block; of a list: lines */
	struct ib_run_stats tally;
	struct ib_dry_run plan; /* of --dry-run, which writes nothing */
	uint32_t *row;		/* of each record of this part, in order */
	size_t nrows, rows_cap;
	XXH128_hash_t *unseen; /* of those without a row, in order */
	size_t nunseen, unseen_cap;
	struct ib_unseen_ids lost; /* some of their ids */
	uint64_t lines;
	bool bad; /* the record at bad_line: why */
	uint64_t bad_line;
	char why[IB_WHY_MAX];
	bool failed; /* memory ran out */
	struct ib_number_cache weight, base;
};
void ib_pruned_release(struct ib_pruned *b);

/* Decide on the records of b->block. */
void ib_prune_block(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * Decide on one sample, whose chance is known: what is said of it, whether it
 * is kept; into the tally, the plan and the audit text. row: of the scores,
 * IB_NO_ROW if none.
 */
bool ib_prune_one(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id, uint32_t row,
		  struct ib_inclusion chance, struct ib_annotation *said);

/* Ready for the first record of b->block. */
void ib_pruned_start(const struct ib_pruner *p, struct ib_pruned *b);

/*
 * The sidecar's line of one sample, if it is written; false: it cannot hold
 * the id.
 */
bool ib_pruned_sidecar(struct ib_pruned *b, const struct ib_annotation *said, bool written);
extern const char ib_no_sidecar[]; /* why */

/* So many more ids were looked up: see IB_FEW. */
void ib_pruner_let_go(const struct ib_pruner *p, size_t n);

/* Is it of the part that was asked for? */
static inline bool
ib_pruner_wants(const struct ib_pruner *p, struct ib_span id)
{
	const struct ib_part *part = &p->options->part;

	return part->count == 0 ||
	       ib_part_of_hash(XXH3_64bits(id.p, id.n), part->count) == part->index;
}

/* Line (of the block) and id of its i-th record, for a message. */
bool ib_pruned_find(const struct ib_pruner *p, struct ib_pruned *b, size_t i, uint64_t *line,
		    struct ib_span *id);

#endif
