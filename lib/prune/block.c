/* Prune one block of a manifest in a worker thread. */
#define XXH_INLINE_ALL
#include "prune/block.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>

#include "base/row_id.h"
#include "prune/audit_writer.h"
#include "prune/row_arrays.h"

void
ib_pruned_release(void *block)
{
	struct ib_pruned *b = block;

	ib_record_texts_release(&b->texts);
	ib_block_ids_release(&b->ids);
	ib_audit_text_release(&b->audit);
}

/*
 * A group of records that were read and still wait for a decision. The ids of a group are looked up
 * together, so that cache misses overlap. The group contains a copy of the cursor's data for each
 * record, because the cursor holds the data of only one record.
 */
struct group {
	size_t n;
	struct ib_id id[IB_GROUP];
	struct ib_record record[IB_GROUP];
	uint64_t number[IB_GROUP];
	uint32_t row[IB_GROUP];
	struct ib_inclusion inclusion[IB_GROUP];
	struct ib_value value[IB_GROUP][2 + IB_ANNOTATE_DEPTH];
	/* true if value[i] must be copied back to the cursor before record i is written */
	bool has_values;
};

static bool
fail_record(struct ib_pruned *b, uint64_t line, const char *why)
{
	b->bad = true;
	b->bad_line = line;
	memcpy(b->why, why, sizeof(b->why));
	return false;
}

/* ---- reading ------------------------------------------------------------ */

/*
 * Copy the fields in p->annotate->wanted from the record into to[]. Returns true if the record has
 * at least one of these fields.
 */
static bool
save_values(const struct ib_pruner *p, const struct ib_cursor *c, struct ib_value *to)
{
	bool found = false;
	size_t i;
	int slot;

	for (i = 0; i < p->annotate->nwanted; i++) {
		slot = c->source->wanted_slot[i];
		if (slot < 0)
			continue;
		to[i] = c->v[slot];
		found |= to[i].type != IB_ABSENT;
	}
	return found;
}

static void
restore_values(const struct ib_pruner *p, struct ib_cursor *c, const struct ib_value *from)
{
	size_t i;
	int slot;

	for (i = 0; i < p->annotate->nwanted; i++) {
		slot = c->source->wanted_slot[i];
		if (slot >= 0)
			c->v[slot] = from[i];
	}
	ib_json_note_changed_values(&c->json);
}

/* Fill a group. Returns false at the end of the block or at an invalid record. */
static bool
read_group(const struct ib_pruner *p, struct ib_pruned *b, struct group *g)
{
	uint64_t seed = p->rule->scores ? p->rule->scores->table.seed : 0;
	struct ib_cursor *c = &b->in.cursor;
	struct ib_span id;
	enum ib_next next;

	g->n = 0;
	g->has_values = false;
	while (g->n < IB_GROUP) {
		next = ib_cursor_next(c);
		if (next == IB_NEXT_END)
			return false;
		if (next == IB_NEXT_BAD || !ib_cursor_read_id(c, &id)) {
			g->has_values = true;
			return fail_record(b, c->record.line, c->why);
		}
		if (!id.p)
			return !(b->failed = true);
		g->has_values |= save_values(p, c, g->value[g->n]);
		if (!ib_pruner_selects(p, id))
			continue;
		g->id[g->n] = (struct ib_id){ id.p, XXH3_64bits_withSeed(id.p, id.n, seed),
					      (uint32_t)id.n };
		g->record[g->n] = c->record;
		g->number[g->n] = c->number - 1;
		g->n++;
	}
	return true;
}

static void
add_unseen(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id)
{
	b->ids.unseen[b->ids.nunseen++] = ib_duplicate_check_hash(p->duplicates, id);
	if (p->rule->scores)
		ib_unseen_note_id(p->unseen, &b->ids.examples, id);
}

static void
look_up(const struct ib_pruner *p, struct ib_pruned *b, struct group *g)
{
	size_t i;

	ib_rule_find_rows(p->rule, g->id, g->n, g->row);
	for (i = 0; i < g->n; i++) {
		b->ids.row[b->ids.n++] = g->row[i];
		if (g->row[i] == IB_NO_ROW)
			add_unseen(p, b, ib_id_span(&g->id[i]));
	}
}

/* ---- deciding and writing ----------------------------------------------- */

const char ib_weights_cannot_hold_id[] =
	"the id contains a tab or a newline, which --weights cannot represent";

bool
ib_pruned_add_weight(struct ib_pruned *b, const struct ib_annotation *annotation, bool written)
{
	if (memchr(annotation->id.p, '\t', annotation->id.n) ||
	    memchr(annotation->id.p, '\n', annotation->id.n))
		return false;
	if (!written)
		return true;
	ib_record_texts_add_weight(&b->texts, annotation->id, annotation->weight);
	return true;
}

void
ib_pruned_add_row(struct ib_pruned *b, enum ib_text text, uint64_t index, const double *weight)
{
	float narrow = weight ? (float)*weight : 0;

	ib_row_text_write(&b->texts.text[text], index, weight ? &narrow : NULL);
}

void
ib_pruned_note_written(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id,
		       uint64_t number)
{
	const struct ib_span none = { "", 0 }; /* only --split needs ids */

	if (p->options->split > 0 || p->options->companions.n > 0)
		ib_record_texts_note(&b->texts, p->options->split > 0 ? id : none, number);
}

/* Format one record: for each output, append the text of the record to the buffer of the output. */
static bool
write_record(const struct ib_pruner *p, struct ib_pruned *b, const struct ib_annotation *annotation,
	     bool kept, uint64_t number)
{
	const struct ib_prune_options *o = p->options;
	struct ib_cursor *c = &b->in.cursor;
	bool written = kept || o->keep_all;
	uint64_t index = 0;

	if (p->kept_arrays || p->pruned_arrays)
		ib_row_id_parse(annotation->id.p, annotation->id.n, &index);
	if (p->pruned_arrays && !kept)
		ib_pruned_add_row(b, IB_TEXT_PRUNED, index, NULL);
	else if (o->pruned_output && !kept)
		ib_annotate_copy(c, &b->texts.text[IB_TEXT_PRUNED]);
	if (o->weights && !ib_pruned_add_weight(b, annotation, written)) {
		snprintf(c->why, sizeof(c->why), "%s", ib_weights_cannot_hold_id);
		return false;
	}
	/* also check pruned records, so that an error does not depend on the draw */
	if (!written)
		return ib_annotate_check(p->annotate, c);
	if (p->kept_arrays)
		ib_pruned_add_row(b, IB_TEXT_KEPT, index, o->weights ? NULL : &annotation->weight);
	else if (!ib_annotate_write(p->annotate, c, annotation, &b->texts.text[IB_TEXT_KEPT],
				    &b->texts.kept_cache))
		return false;
	ib_pruned_note_written(p, b, annotation->id, number);
	return true;
}

bool
ib_prune_sample(const struct ib_pruner *p, struct ib_pruned *b, struct ib_span id, uint32_t row,
		const struct ib_inclusion *c, struct ib_annotation *annotation)
{
	const struct ib_rule *r = p->rule;
	struct ib_decision d;
	float score = NAN;

	if (row != IB_NO_ROW)
		score = ((const float *)r->scores->score.p)[row];
	if (p->options->dry_run) {
		ib_dry_run_add(&b->dry_run, r, c, score);
		return true;
	}
	d = ib_rule_draw(r, id, row, c);
	if (p->options->explain && c->reason != IB_REASON_DRAWN)
		d.u = ib_draw_u(r->draw_key, id);
	ib_run_stats_add(&b->stats, c, &d);
	*annotation = (struct ib_annotation){ id, d.pi, d.u, d.weight, score, d.reason };
	if (p->options->audit && d.pi < 1)
		ib_audit_text_add(&b->audit, id, score, d.pi, d.kept);
	return d.kept;
}

static bool
decide(const struct ib_pruner *p, struct ib_pruned *b, struct group *g, size_t i)
{
	struct ib_span id = { g->id[i].p, g->id[i].n };
	struct ib_annotation annotation;
	bool kept = ib_prune_sample(p, b, id, g->row[i], &g->inclusion[i], &annotation);

	if (p->options->dry_run)
		return true;
	b->in.cursor.record = g->record[i];
	if (g->has_values)
		restore_values(p, &b->in.cursor, g->value[i]);
	if (write_record(p, b, &annotation, kept, g->number[i]))
		return true;
	return fail_record(b, g->record[i].line, b->in.cursor.why);
}

void
ib_pruner_release_pages(const struct ib_pruner *p, size_t n)
{
	if (p->rule->scores && p->rule->scores->archive &&
	    atomic_fetch_add(p->looked_up, n) < IB_LOOKUPS_BEFORE_KEEPING_PAGES &&
	    ib_reader_size(p->reader) < IB_SMALL_MANIFEST_BYTES)
		ib_scores_forget(p->rule->scores);
}

void
ib_pruned_reset(const struct ib_pruner *p, struct ib_pruned *b)
{
	ib_record_texts_empty(&b->texts);
	ib_block_ids_empty(&b->ids);
	b->bad = false;
	if (p->options->audit)
		b->audit.text.n = 0;
	ib_run_stats_init(&b->stats);
	if (p->options->dry_run)
		ib_dry_run_init(&b->dry_run);
}

void
ib_prune_block(const struct ib_pruner *p, struct ib_pruned *b)
{
	struct group g;
	bool more = true;
	size_t i;

	ib_pruned_reset(p, b);
	while (more) {
		if (!ib_block_ids_reserve_group(&b->ids)) {
			b->failed = true;
			break;
		}
		more = read_group(p, b, &g);
		look_up(p, b, &g);
		ib_rule_inclusions(p->rule, g.row, g.n, g.inclusion);
		for (i = 0; i < g.n; i++)
			if (!decide(p, b, &g, i)) {
				/*
				 * Report the error in this record, and stop. If read_group() also
				 * found an error, that error is in a later record.
				 */
				more = false;
				break;
			}
		ib_pruner_release_pages(p, g.n);
	}
	ib_run_stats_flush(&b->stats);
	b->numbers = b->in.cursor.number;
	b->failed |= ib_record_texts_failed(&b->texts) || b->ids.examples.bytes.failed ||
		     b->audit.text.failed;
}

void
ib_pruned_locate(const struct ib_pruner *p, struct ib_pruned *b, size_t i, uint64_t *line,
		 struct ib_span *id)
{
	struct ib_cursor *c = &b->in.cursor;

	ib_cursor_start(c, &b->in.block);
	while (ib_cursor_next(c) == IB_NEXT_RECORD && ib_cursor_read_id(c, id)) {
		if (!ib_pruner_selects(p, *id))
			continue;
		*line = c->record.line;
		if (i-- == 0)
			return;
	}
}
