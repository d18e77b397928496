/* Run the pipeline of a scan: read blocks, parse them in several threads, and use them in order. */
#include "record/scan.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/pipeline.h"

#define SAMPLES 4096 /* number of tar samples between two calls of use_block() */

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct ib_scan *s = ctx;
	struct ib_scan_block *b = slot;
	enum ib_status st = ib_reader_next(s->reader, &b->block, err);

	s->held = !st && b->block.special && ib_reader_has_digest(s->reader);
	return !st && s->begin_block ? s->begin_block(s, b, err) : st;
}

/*
 * Return false while a special block (npz, npy, totals, tar) must be used before the next block may
 * be read. The input of a special block is read while the block is used, and the digest must cover
 * the bytes of all operands in order.
 */
static bool
ready(const void *ctx)
{
	const struct ib_scan *s = ctx;

	return !s->held;
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	struct ib_scan *s = ctx;
	struct ib_scan_block *b = slot;

	if (b->block.special)
		return IB_OK;
	ib_cursor_start(&b->cursor, &b->block);
	return s->parse_block ? s->parse_block(s, b, err) : IB_OK;
}

static enum ib_status
use_block(struct ib_scan *s, struct ib_scan_block *b, struct ib_error *err)
{
	enum ib_status st = s->use_block(s, b, err);

	ib_reader_report_progress(s->reader, s->records);
	return st;
}

/* ---- samples of a tar ----------------------------------------------------------- */

static enum ib_status
copy_id(struct ib_span *id, struct ib_arena *arena, struct ib_error *err)
{
	char *copy = ib_arena_allocate(arena, id->n);

	if (!copy)
		return ib_fail_memory(err);
	if (id->n > 0)
		memcpy(copy, id->p, id->n);
	id->p = copy;
	return IB_OK;
}

/* Add up to SAMPLES samples to the block. Returns IB_EOF if no more samples follow. */
static enum ib_status
add_samples(struct ib_scan *s, struct ib_tar_samples *samples, struct ib_scan_block *b,
	    struct ib_error *err)
{
	struct ib_tar_sample sample;
	enum ib_status st = IB_OK;
	int n;

	ib_arena_reset(&b->cursor.arena);
	for (n = 0; n < SAMPLES && !st; n++) {
		st = ib_tar_samples_next(samples, &sample, err);
		if (!st)
			st = copy_id(&sample.id, &b->cursor.arena, err);
		if (!st)
			st = s->add_sample(s, b, &sample, err);
	}
	return st;
}

static enum ib_status
use_samples(struct ib_scan *s, struct ib_scan_block *b, struct ib_error *err)
{
	const struct ib_source *source = b->block.source;
	struct ib_span shard = ib_input_stem(source->path);
	struct ib_tar_samples *samples = NULL;
	enum ib_status st, used = IB_OK;

	st = ib_tar_samples_open(b->block.input, source->key.kind == IB_KEY_SHARD ? &shard : NULL,
				 s->context, &samples, err);
	while (!st && !used) {
		st = add_samples(s, samples, b, err);
		if (st >= 0)
			used = use_block(s, b, err);
	}
	ib_tar_samples_close(samples);
	return st < 0 ? st : used;
}

/* ---- in order ------------------------------------------------------------------- */

static enum ib_status
end_operand(struct ib_scan *s, struct ib_error *err)
{
	return s->source && s->end_operand ? s->end_operand(s, err) : IB_OK;
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct ib_scan *s = ctx;
	struct ib_scan_block *b = slot;
	enum ib_status st = IB_OK;

	if (b->block.first) {
		st = end_operand(s, err);
		s->line = b->block.special ? 0 : b->block.source->first_line;
	}
	if (st)
		return st;
	s->source = b->block.source;
	if (!b->block.special) {
		st = use_block(s, b, err);
		s->line += b->cursor.line;
		return st;
	}
	st = s->add_sample && s->source->format == IB_FORMAT_TAR ? use_samples(s, b, err)
								 : use_block(s, b, err);
	ib_input_close(b->block.input);
	b->block.input = NULL;
	s->held = false;
	return st;
}

enum ib_status
ib_scan_run(struct ib_scan *s, struct ib_error *err)
{
	int threads = ib_pipeline_threads(s->context);
	struct ib_pipeline p = {
		.fill = fill,
		.work = work,
		.drain = drain,
		.ready = ready,
		.ctx = s,
		.slot_size = s->block_size,
		.nslots = ib_pipeline_slots(threads),
		.alone = ib_pipeline_alone(s->context, IB_READER_BLOCK),
	};
	struct ib_scan_block *b;
	enum ib_status st;
	size_t i;

	p.slots = calloc(p.nslots, p.slot_size);
	if (!p.slots)
		return ib_fail_memory(err);
	st = ib_pipeline_run(&p, threads, err);
	for (i = 0; i < p.nslots; i++) {
		b = (void *)((char *)p.slots + i * p.slot_size);
		ib_block_release(&b->block);
		ib_cursor_release(&b->cursor);
		if (s->release_block)
			s->release_block(b);
	}
	free(p.slots);
	return st ? st : end_operand(s, err);
}

enum ib_status
ib_scan_operands(struct ib_scan *s, const struct ib_reader_options *options, struct ib_error *err)
{
	enum ib_status st = ib_reader_new(options, &s->reader, err);

	if (!st)
		st = ib_scan_run(s, err);
	ib_reader_free(s->reader);
	s->reader = NULL;
	return st;
}

void
ib_empty_operands_add(struct ib_empty_operands *e, const char *name)
{
	if (e->n++ == 0)
		e->first = name;
}

void
ib_empty_operands_warn(const struct ib_empty_operands *e, const struct ib_context *context)
{
	unsigned long long more = e->n - 1;

	if (e->n == 0)
		return;
	if (more == 0)
		ib_warn(context, "%s: has no records", e->first);
	else
		ib_warn(context, "%s and %llu other operand%s have no records", e->first, more,
			more == 1 ? "" : "s");
}

enum ib_status
ib_scan_fail_record(const struct ib_scan *scan, const struct ib_cursor *c, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s:%llu: %s", c->source->name,
		       (unsigned long long)(scan->line + c->record.line), c->why);
}
