#include "weigh/blocks.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/pipeline.h"

struct run {
	struct ib_blocks *blocks;
	struct ib_reader *reader;
	/* of drain: */
	struct ib_blocks_at at;
	uint64_t records;
};

/* ---- slices ------------------------------------------------------------------ */

static bool
grow(void *array, size_t n, size_t size)
{
	void **p = array, *q = realloc(*p, n * size);

	if (q)
		*p = q;
	return q != NULL;
}

bool
ib_slice_room(struct ib_slice *s)
{
	size_t n = s->cap ? 2 * s->cap : 1024;

	if (s->n < s->cap)
		return true;
	if (!grow(&s->id, n, sizeof(*s->id)) ||
	    !grow(&s->weight, n, sizeof(*s->weight)) ||
	    !grow(&s->line, n, sizeof(*s->line)) ||
	    !grow(&s->row, n, sizeof(*s->row)) ||
	    !grow(&s->hash, n, sizeof(*s->hash)) ||
	    !grow(&s->record, n, sizeof(*s->record)))
		return false;
	s->cap = n;
	return true;
}

static void
empty(struct ib_slice *s)
{
	s->n = s->text.n = 0;
	s->has_header = s->bad.is = s->offence.is = false;
}

static void
release(struct ib_slice *s)
{
	ib_block_release(&s->block);
	ib_cursor_release(&s->cursor);
	ib_cursor_release(&s->again);
	ib_bytes_release(&s->intact.left);
	ib_bytes_release(&s->text);
	free(s->id);
	free(s->weight);
	free(s->line);
	free(s->row);
	free(s->hash);
	free(s->record);
}

void
ib_fault_note(struct ib_fault *f, size_t at, int64_t line, const char *format,
	      ...)
{
	va_list ap;

	if (f->is && f->at <= at)
		return;
	f->is = true;
	f->at = at;
	f->line = line;
	va_start(ap, format);
	vsnprintf(f->text, sizeof(f->text), format, ap);
	va_end(ap);
}

/* ---- the pipeline ------------------------------------------------------------- */

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_slice *s = slot;

	return ib_reader_next(run->reader, &s->block, err);
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_slice *s = slot;

	empty(s);
	if (s->block.special)
		return IB_OK;
	ib_cursor_start(&s->cursor, &s->block);
	return run->blocks->work(run->blocks->ctx, s, err);
}

static void
progress(struct run *run)
{
	const struct ib_context *c = run->blocks->context;
	uint64_t bytes, of;

	if (!c || !c->progress)
		return;
	ib_reader_progress(run->reader, &bytes, &of);
	c->progress(c->data, bytes, of, run->records);
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_slice *s = slot;
	const struct ib_source *source = s->block.source;
	enum ib_status st;

	/* The source changes with the operand, and once its key is found. */
	if (!run->at.source || run->at.source->operand != source->operand)
		run->at.line = source->first_line;
	run->at.source = source;
	if (s->block.special)
		return ib_fail(err, IB_E_DATA, "%s: %s does not read tar yet",
			       source->name, run->blocks->what);
	st = run->blocks->drain(run->blocks->ctx, s, &run->at, err);
	if (!st && s->bad.is)
		st = ib_fail(err, IB_E_DATA, "%s:%llu: %s", source->name,
			     (unsigned long long)run->at.line +
				     (unsigned long long)s->bad.line,
			     s->bad.text);
	run->at.line += s->cursor.line;
	run->records += s->n;
	progress(run);
	return st;
}

static enum ib_status
run_pipeline(struct run *run, int threads, struct ib_error *err)
{
	struct ib_pipeline p = {
		.fill = fill, .work = work, .drain = drain, .ctx = run,
		.slot_size = sizeof(struct ib_slice),
		.nslots = ib_pipeline_slots(threads),
	};
	struct ib_slice *slices = calloc(p.nslots, sizeof(*slices));
	enum ib_status st;
	size_t i;

	if (!slices)
		return ib_fail_memory(err);
	p.slots = slices;
	st = ib_pipeline_run(&p, threads, err);
	for (i = 0; i < p.nslots; i++)
		release(&slices[i]);
	free(slices);
	return st;
}

enum ib_status
ib_blocks_run(struct ib_blocks *b, struct ib_error *err)
{
	struct run run = { .blocks = b };
	int threads = b->context && b->context->threads > 0
		? b->context->threads
		: ib_threads_default();
	enum ib_status st;

	b->reader.context = b->context;
	st = ib_reader_new(&b->reader, &run.reader, err);
	if (!st)
		st = run_pipeline(&run, threads, err);
	ib_reader_free(run.reader);
	return st;
}
