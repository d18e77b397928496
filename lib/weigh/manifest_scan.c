#include "weigh/manifest_scan.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "base/pipeline.h"

struct run {
	struct ib_manifest_scan *blocks;
	struct ib_reader *reader;
	/* used by drain(): */
	struct ib_manifest_scan_position at;
	uint64_t records;
};

/* ---- chunks ------------------------------------------------------------------ */

static bool
grow(void *array, size_t n, size_t size)
{
	void **p = array, *q = realloc(*p, n * size);

	if (q)
		*p = q;
	return q != NULL;
}

bool
ib_chunk_reserve(struct ib_chunk *s)
{
	size_t n = s->cap ? 2 * s->cap : 1024;

	if (s->n < s->cap)
		return true;
	if (!grow(&s->id, n, sizeof(*s->id)) || !grow(&s->weight, n, sizeof(*s->weight)) ||
	    !grow(&s->line, n, sizeof(*s->line)) || !grow(&s->row, n, sizeof(*s->row)) ||
	    !grow(&s->hash, n, sizeof(*s->hash)) || !grow(&s->record, n, sizeof(*s->record)))
		return false;
	s->cap = n;
	return true;
}

static void
empty(struct ib_chunk *s)
{
	s->n = s->text.n = 0;
	s->has_header = s->bad.is = s->failed.is = false;
}

static void
release(struct ib_chunk *s)
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
ib_finding_record(struct ib_finding *f, size_t at, int64_t line, const char *format, ...)
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

bool
ib_chunk_check_tsv_id(struct ib_chunk *s, int64_t line, struct ib_span id)
{
	char show[IB_SHOW_MAX];

	if (ib_weight_format_is_tsv_field(id))
		return true;
	ib_finding_record(&s->bad, s->n, line,
			  "this id has a TAB, CR or LF, so it cannot be written as tsv: %s",
			  ib_show(show, id));
	return false;
}

/* ---- the pipeline ------------------------------------------------------------- */

static enum ib_status
fill(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_chunk *s = slot;

	return ib_reader_next(run->reader, &s->block, err);
}

static enum ib_status
work(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_chunk *s = slot;

	empty(s);
	if (s->block.special)
		return IB_OK;
	ib_cursor_start(&s->cursor, &s->block);
	return run->blocks->work(run->blocks->ctx, s, err);
}

/* Pass a chunk to drain(), then fail if the chunk has an error. */
static enum ib_status
drain_chunk(struct run *run, struct ib_chunk *s, struct ib_error *err)
{
	struct ib_location place;
	enum ib_status st;

	st = run->blocks->drain(run->blocks->ctx, s, &run->at, err);
	if (!st && s->bad.is) {
		place = ib_manifest_scan_location(&run->at, 0, s->bad.line);
		st = ib_location_fail(&place, IB_E_DATA, s->bad.text, err);
	}
	run->records += s->n;
	return st;
}

/* ---- shards -------------------------------------------------------------------- */

#define SAMPLES 4096 /* per chunk */

/* Read samples into the chunk. Returns IB_EOF after the last sample. */
static enum ib_status
gather(struct run *run, struct ib_tar_samples *samples, struct ib_chunk *s, struct ib_error *err)
{
	struct ib_arena *arena = &s->cursor.arena;
	struct ib_tar_sample sample;
	enum ib_status st = IB_OK;
	char *id;

	empty(s);
	ib_arena_reset(arena);
	while (s->n < SAMPLES && !s->bad.is) {
		st = ib_tar_samples_next(samples, &sample, err);
		if (st)
			break;
		id = ib_arena_take(arena, sample.id.n);
		if (!id || !ib_chunk_reserve(s))
			return ib_fail_memory(err);
		if (sample.id.n > 0)
			memcpy(id, sample.id.p, sample.id.n);
		s->line[s->n] = (uint32_t)sample.number;
		if (!run->blocks->sample(run->blocks->ctx, s, &sample,
					 (struct ib_span){ id, sample.id.n }))
			break;
	}
	if (st >= 0 && run->blocks->sampled)
		run->blocks->sampled(run->blocks->ctx, s);
	return st;
}

static enum ib_status
drain_shard(struct run *run, struct ib_chunk *s, struct ib_error *err)
{
	const struct ib_source *source = s->block.source;
	struct ib_span shard = ib_input_stem(source->path);
	struct ib_tar_samples *samples = NULL;
	enum ib_status st, drained = IB_OK;

	run->at.samples = true;
	run->at.line = 0;
	st = ib_tar_samples_open(s->block.input, source->key.kind == IB_KEY_SHARD ? &shard : NULL,
				 run->blocks->context, &samples, err);
	while (!st && !drained) {
		st = gather(run, samples, s, err);
		if (st >= 0)
			drained = drain_chunk(run, s, err);
	}
	ib_tar_samples_close(samples);
	run->at.samples = false;
	return st < 0 ? st : drained;
}

static enum ib_status
drain(void *ctx, void *slot, struct ib_error *err)
{
	struct run *run = ctx;
	struct ib_chunk *s = slot;
	const struct ib_source *source = s->block.source;
	enum ib_status st;

	/* A source belongs to one operand, but an operand gets a second one when its key is found.
	 */
	if (!run->at.source || run->at.source->operand != source->operand)
		run->at.line = source->first_line;
	run->at.source = source;
	if (s->block.special) {
		st = drain_shard(run, s, err);
	} else {
		st = drain_chunk(run, s, err);
		run->at.line += s->cursor.line;
	}
	ib_reader_tell(run->reader, run->records);
	return st;
}

static enum ib_status
run_pipeline(struct run *run, int threads, struct ib_error *err)
{
	struct ib_pipeline p = {
		.fill = fill,
		.work = work,
		.drain = drain,
		.ctx = run,
		.slot_size = sizeof(struct ib_chunk),
		.nslots = ib_pipeline_slots(threads),
	};
	struct ib_chunk *chunks = calloc(p.nslots, sizeof(*chunks));
	enum ib_status st;
	size_t i;

	if (!chunks)
		return ib_fail_memory(err);
	p.slots = chunks;
	st = ib_pipeline_run(&p, threads, err);
	for (i = 0; i < p.nslots; i++)
		release(&chunks[i]);
	free(chunks);
	return st;
}

enum ib_status
ib_manifest_scan_run(struct ib_manifest_scan *b, struct ib_error *err)
{
	struct run run = { .blocks = b };
	int threads = ib_pipeline_threads(b->context);
	enum ib_status st;

	b->reader.context = b->context;
	st = ib_reader_new(&b->reader, &run.reader, err);
	if (!st)
		st = run_pipeline(&run, threads, err);
	ib_reader_free(run.reader);
	return st;
}
