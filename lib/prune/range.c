/* Prune the samples of --range without a manifest (prune/range.h). */
#define XXH_INLINE_ALL
#include "prune/range.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/pipeline.h"
#include "base/row_id.h"
#include "prune/memory.h"
#include "prune/outputs.h"
#include "record/range_text.h"

/* number of rows in a block; large enough to make the cost per block negligible */
#define ROWS_PER_BLOCK ((uint64_t)1 << 14)

/* A block of rows, and the results. */
struct block {
	struct ib_pruned pruned;
	uint64_t from, n;
};

/* Rows that are looked up together. All of them belong to the requested partition. */
struct group {
	size_t n;
	/* the ids; not used if the caller gives the ids in options->memory->id */
	struct ib_row_id text[IB_GROUP];
	struct ib_id id[IB_GROUP];
	uint64_t index[IB_GROUP];
	uint32_t row[IB_GROUP]; /* score row of each sample, or IB_NO_ROW */
	struct ib_inclusion inclusion[IB_GROUP];
};

enum ib_format
ib_range_format(const char *output)
{
	struct ib_span stem = output ? ib_input_stem(output) : (struct ib_span){ "", 0 };

	if (ib_span_ends_with(stem, ".jsonl") || ib_span_ends_with(stem, ".ndjson") ||
	    ib_span_ends_with(stem, ".json"))
		return IB_FORMAT_JSONL;
	if (ib_span_ends_with(stem, ".csv"))
		return IB_FORMAT_CSV;
	return ib_span_ends_with(stem, ".tsv") ? IB_FORMAT_TSV : IB_FORMAT_LIST;
}

bool
ib_range_is_rows(const struct ib_prune_options *o)
{
	return o->memory || o->dry_run ||
	       (ib_prune_makes_arrays(o, o->output) &&
		(!o->pruned_output || ib_prune_makes_arrays(o, o->pruned_output)));
}

/* ---- one block ---------------------------------------------------------------- */

/*
 * Fill a group with rows, beginning with row *from. Set *from to the row after the group. The ids
 * of the rows must be in p->options->memory.
 */
static void
fill_given(const struct ib_pruner *p, struct group *g, uint64_t *from, uint64_t to)
{
	uint64_t seed = p->rule->scores ? p->rule->scores->table.seed : 0;
	const struct ib_span *id = p->options->memory->id;

	for (g->n = 0; g->n < IB_GROUP && *from < to; ++*from, g->n++) {
		g->id[g->n] = ib_id_of(id[*from], seed);
		g->index[g->n] = *from;
	}
}

/*
 * Fill a group with rows, beginning with row *from, whose id is *id. Set *from to the row after the
 * group, and *id to the id of the row after the group.
 */
static void
fill_group(const struct ib_pruner *p, struct group *g, uint64_t *from, uint64_t to,
	   struct ib_row_id *id)
{
	struct ib_span span;

	for (g->n = 0; g->n < IB_GROUP && *from < to; ++*from, ib_row_id_next(id)) {
		span = ib_row_id_span(id);
		if (!ib_pruner_selects(p, span))
			continue;
		g->text[g->n] = *id;
		g->id[g->n] = (struct ib_id){ g->text[g->n].text, 0, id->n };
		g->index[g->n] = *from;
		g->n++;
	}
}

static void
look_up(const struct ib_pruner *p, struct ib_pruned *b, struct group *g)
{
	const struct ib_prune_memory *memory = p->options->memory;
	size_t i;

	if (memory && memory->id)
		ib_rule_find_rows(p->rule, g->id, g->n, g->row);
	else
		ib_rule_find_numbers(p->rule, g->index, g->text, g->n, g->row);
	for (i = 0; i < g->n; i++) {
		b->ids.row[b->ids.n++] = g->row[i];
		if (g->row[i] != IB_NO_ROW)
			continue;
		b->ids.nunseen++;
		if (p->rule->scores)
			ib_unseen_note_id(p->unseen, &b->ids.examples, ib_id_span(&g->id[i]));
	}
}

static void
write_row(const struct ib_pruner *p, struct ib_pruned *b, const struct ib_annotation *annotation,
	  bool kept, uint64_t index, uint64_t number)
{
	const struct ib_prune_options *o = p->options;
	bool written = kept || o->keep_all;

	if (o->pruned_output && !kept)
		ib_pruned_add_row(b, IB_TEXT_PRUNED, index, NULL);
	if (!written)
		return;
	if (o->weights)
		ib_pruned_add_weight(b, annotation, true);
	ib_pruned_add_row(b, IB_TEXT_KEPT, index, o->weights ? NULL : &annotation->weight);
	ib_pruned_note_written(p, b, annotation->id, number);
}

static void
prune_group(const struct ib_pruner *p, struct ib_pruned *b, struct group *g, uint64_t from)
{
	struct ib_annotation annotation;
	bool kept;
	size_t i;

	look_up(p, b, g);
	ib_rule_inclusions(p->rule, g->row, g->n, g->inclusion);
	for (i = 0; i < g->n; i++) {
		kept = ib_prune_sample(p, b, ib_id_span(&g->id[i]), g->row[i], &g->inclusion[i],
				       &annotation);
		if (!p->options->dry_run)
			write_row(p, b, &annotation, kept, g->index[i], g->index[i] - from);
	}
}

/* ---- all blocks --------------------------------------------------------------- */

struct run {
	const struct ib_range_run *options;
	uint64_t next, records;
};

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct block *b = slot;
	uint64_t left = run->options->pruner->options->range - run->next;

	(void)err;
	b->from = run->next;
	b->n = left < ROWS_PER_BLOCK ? left : ROWS_PER_BLOCK;
	run->next += b->n;
	return b->n > 0 ? IB_OK : IB_EOF;
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	const struct run *run = ctx;
	const struct ib_pruner *p = run->options->pruner;
	struct block *block = slot;
	struct ib_pruned *b = &block->pruned;
	uint64_t from = block->from, to = from + block->n;
	struct ib_row_id id;
	struct group g;

	ib_pruned_reset(p, b);
	ib_row_id_set(&id, from);
	while (from < to) {
		if (!ib_block_ids_reserve_group(&b->ids))
			return ib_fail_memory(err);
		if (p->options->memory && p->options->memory->id)
			fill_given(p, &g, &from, to);
		else
			fill_group(p, &g, &from, to, &id);
		prune_group(p, b, &g, block->from);
	}
	ib_run_stats_flush(&b->stats);
	b->numbers = block->n;
	if (ib_record_texts_failed(&b->texts) || b->ids.examples.bytes.failed ||
	    b->audit.text.failed)
		return ib_fail_memory(err);
	return IB_OK;
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	const struct ib_range_run *o = run->options;
	struct block *b = slot;

	run->records += b->n;
	if (o->context && o->context->progress)
		o->context->progress(o->context->data, 0, 0, run->records);
	return o->use(o->ctx, &b->pruned, err);
}

enum ib_status
ib_range_run(const struct ib_range_run *options, struct ib_error *err)
{
	int threads = ib_pipeline_threads(options->context);
	struct run run = { .options = options };
	struct ib_pipeline p = {
		.fill = fill,
		.work = work,
		.drain = drain,
		.ctx = &run,
		.slot_size = sizeof(struct block),
		.nslots = ib_pipeline_slots(threads),
	};
	struct block *blocks = calloc(p.nslots, sizeof(*blocks));
	enum ib_status st;
	size_t i;

	if (!blocks)
		return ib_fail_memory(err);
	p.slots = blocks;
	st = ib_pipeline_run(&p, threads, err);
	for (i = 0; i < p.nslots; i++)
		ib_pruned_release(&blocks[i].pruned);
	free(blocks);
	return st;
}

enum ib_status
ib_range_digest(uint64_t n, char digest[33], struct ib_error *err)
{
	struct ib_input *in = NULL;
	enum ib_status st = ib_range_text_open(n, IB_FORMAT_LIST, &in, err);

	if (st)
		return st;
	ib_input_want_digest(in);
	st = ib_input_drain(in, err);
	if (!st)
		ib_input_digest(in, digest);
	ib_input_close(in);
	return st;
}
