/*
 * One block of a manifest: its records looked up, decided and written into
 * buffers, by whichever thread; and what the run has to know of it, in order.
 */
#ifndef IB_PRUNE_BLOCK_H
#define IB_PRUNE_BLOCK_H

#include "prune/plan.h"
#include "prune/rule.h"
#include "prune/seen.h"
#include "prune/splice.h"
#include "prune/tally.h"
#include "prune/trail.h"

/*
 * While a run has looked up no more ids than these, it may be one of many that
 * each prune a shard: it holds on to no page of a mapped score file. (A page
 * that is touched maps its neighbours too, 64 KB: 1000 ids in a file of 10^7
 * rows would take 250 MB.)
 */
#define IB_FEW 16384

/* The same for all blocks of a run. */
struct ib_pruner {
	const struct ib_prune_options *options;
	const struct ib_rule *rule;
	const struct ib_splice *splice;
	const struct ib_seen *seen; /* for the hashes of unseen ids */
	_Atomic uint64_t *looked_up; /* ids so far, by all threads */
};

/* Start from {0}. */
struct ib_pruned {
	struct ib_block block;
	struct ib_cursor cursor;
	struct ib_bytes kept;     /* records of the epoch manifest */
	struct ib_bytes unkept;   /* of -U */
	struct ib_bytes sidecar;  /* of -w */
	struct ib_bytes trail;    /* lines of -a */
	struct ib_tally tally;
	struct ib_plan plan;      /* of --plan, which writes nothing */
	uint32_t *row;            /* of each record of this part, in order */
	size_t nrows, rows_cap;
	XXH128_hash_t *unseen;    /* of those without a row, in order */
	size_t nunseen, unseen_cap;
	uint64_t lines;
	bool bad;                 /* the record at bad_line: why */
	uint64_t bad_line;
	char why[240];
	bool failed;              /* memory ran out */
	struct ib_number_text weight, base;
	struct ib_trail_pi pi;
};
void ib_pruned_release(struct ib_pruned *b);

/* Decide on the records of b->block. */
void ib_prune_block(const struct ib_pruner *p, struct ib_pruned *b);

/* Line (of the block) and id of its i-th record, for a message. */
bool ib_pruned_find(const struct ib_pruner *p, struct ib_pruned *b, size_t i,
		    uint64_t *line, struct ib_span *id);

#endif
