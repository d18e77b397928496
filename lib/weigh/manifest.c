/* Read an epoch manifest and check its weights. Compare the records with the full manifest. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "weigh/manifest.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"
#include "record/similar_field.h"
#include "score/npz_manifest.h"

void
ib_manifest_release(struct ib_manifest *m)
{
	ib_id_weights_release(&m->rows);
}

/* ---- one record: several threads call these functions ---------------------------- */

/*
 * Return the end of the message about a record without a weight. With --base, an operand whose
 * first record has no weight is probably the full manifest.
 */
static const char *
suggest_base(const struct ib_manifest *m, bool first)
{
	return m->full && first
		       ? "; if this is the full manifest, give it with --base, and the epoch "
			 "manifest as the operand"
		       : "";
}

static void
append(struct ib_cursor *c, const char *text)
{
	size_t n = strlen(c->why);

	snprintf(c->why + n, sizeof(c->why) - n, "%s", text);
}

/*
 * Set c->why to the reason why a record has no valid weight, and return false. v is the value of
 * the weight field, or NULL if the record does not have this field.
 */
static bool
fail_weight(const struct ib_manifest *m, struct ib_cursor *c, const struct ib_value *v)
{
	const char *suggestion = suggest_base(m, c->block->first && c->number == 1);
	int n = (int)m->weight_field.n;
	const char *name = m->weight_field.p;
	char say[IB_VALUE_DESCRIPTION_MAX];

	if (!v && c->source->format != IB_FORMAT_LIST) {
		snprintf(c->why, sizeof(c->why), "no weight: no %s '%.*s'",
			 c->source->delimiter ? "column" : "field", n, name);
		if (!ib_cursor_explain_missing_field(c, m->weight_field, "--weight-field"))
			append(c, suggestion);
		return false;
	}
	if (v)
		snprintf(c->why, sizeof(c->why), "'%.*s' %s", n, name, ib_value_describe(say, v));
	else
		snprintf(c->why, sizeof(c->why),
			 "no weight: the line does not end with a TAB and a number%s", suggestion);
	return false;
}

/*
 * Check that a weight is finite and not negative. If it is not, store the error in s->failed (with
 * --check) or in s->bad (without --check). `text` is the weight as text, for the error. Returns
 * false if the rest of the block must not be read.
 */
static bool
check_weight(const struct ib_manifest *m, struct ib_chunk *s, int64_t line, struct ib_span text,
	     double *weight)
{
	char show[IB_SHOW_MAX];

	if (*weight >= 0 && isfinite(*weight))
		return true;
	ib_finding_record(m->options->check ? &s->failed : &s->bad, s->n, line,
			  "the weight is %s: %s", isfinite(*weight) ? "negative" : "not finite",
			  ib_show(show, text));
	*weight = 0;
	return m->options->check;
}

static bool
read_weight(const struct ib_manifest *m, struct ib_chunk *s, double *weight)
{
	struct ib_cursor *c = &s->in.cursor;
	const struct ib_value *v = ib_cursor_value(c, c->source->wanted_slot[IB_ADDED_WEIGHT]);

	if (!v)
		return fail_weight(m, c, NULL);
	if (!ib_value_read_number(v, weight))
		return fail_weight(m, c, v);
	return check_weight(m, s, (int64_t)c->record.line, ib_value_span(v), weight);
}

/*
 * Add the current record to the chunk. If the record is invalid, sets the cursor's `why` and
 * returns false. If out of memory, sets *no_memory to true and returns false.
 */
static inline bool
add_record(const struct ib_manifest *m, struct ib_chunk *s, bool *no_memory)
{
	const struct ib_record *r = &s->in.cursor.record;
	struct ib_span id = { "", 0 };
	double weight;

	if (!read_weight(m, s, &weight) ||
	    (m->needs_ids &&
	     (!ib_cursor_read_id(&s->in.cursor, &id) ||
	      (m->checks_tsv_ids && !ib_chunk_check_tsv_id(s, (int64_t)r->line, id)))))
		return false;
	if (!id.p || !ib_chunk_reserve(s)) {
		*no_memory = true;
		return false;
	}
	if (m->out)
		ib_weight_format_append(&s->text, m->options->out, id, weight, &s->numbers);
	if (m->full && m->full->hashes_records) {
		s->record[s->n] = (struct ib_span){ r->p, r->n + r->end };
		s->hash[s->n] = ib_unchanged_check_hash_rest(&s->unchanged, &s->in.cursor);
	}
	s->line[s->n] = (uint32_t)r->line;
	s->id[s->n] = (struct ib_id){ .p = id.p, .n = (uint32_t)id.n };
	s->weight[s->n++] = weight;
	return true;
}

/* ---- comparison with the full manifest -------------------------------------------- */

/*
 * Parse record i a second time, and try each way to remove the added fields. True if one of the
 * ways gives the hash of the record in the full manifest.
 */
static bool
matches_otherwise(const struct ib_manifest *m, struct ib_chunk *s, size_t i)
{
	const XXH128_hash_t *hash = m->full->hash.p;
	struct ib_span id = { s->id[i].p, s->id[i].n };
	struct ib_block one = { .source = s->in.block.source,
				.p = (char *)(uintptr_t)s->record[i].p,
				.n = s->record[i].n };

	if (s->in.block.special)
		return false; /* only records of text files can have added fields */
	ib_cursor_start(&s->again, &one);
	return ib_cursor_next(&s->again) == IB_NEXT_RECORD &&
	       ib_unchanged_check_matches(&s->unchanged, &s->again, id, hash[s->row[i]]);
}

/*
 * Look up the records [from, s->n), at most IB_GROUP records, in the full manifest. Compare each of
 * them with the record that has the same id.
 */
static void
find_group(const struct ib_manifest *m, struct ib_chunk *s, size_t from)
{
	uint64_t at[IB_GROUP];
	const struct ib_table *t = &m->full->rows.table;
	const XXH128_hash_t *hash = m->full->hash.p;
	struct ib_finding *finding = m->options->check ? &s->failed : &s->bad;
	char show[IB_SHOW_MAX];
	size_t i;

	ib_ids_rehash(s->id + from, s->n - from, t->seed);
	ib_table_group(t, s->id + from, s->n - from, NULL, 0, s->row + from, at);
	for (i = from; m->full->hashes_records && i < s->n; i++)
		if (s->row[i] != IB_NO_ROW)
			__builtin_prefetch(&hash[s->row[i]]);
	for (i = from; i < s->n; i++) {
		if (s->row[i] == IB_NO_ROW)
			ib_finding_record(finding, i, s->line[i], "the id %s is not in --base",
					  ib_show(show, ib_id_span(&s->id[i])));
		else if (m->full->hashes_records && !XXH128_isEqual(s->hash[i], hash[s->row[i]]) &&
			 !matches_otherwise(m, s, i))
			ib_finding_record(finding, i, s->line[i],
					  "the record of %s differs from the record in --base "
					  "by more than the added weight",
					  ib_show(show, ib_id_span(&s->id[i])));
	}
}

static void
check_header(const struct ib_manifest *m, struct ib_chunk *s)
{
	if (m->full && m->full->hashes_records && s->in.block.first &&
	    !ib_full_manifest_has_header(m->full, &s->unchanged, &s->again, s->in.block.source,
					 s->in.block.n == 0))
		ib_finding_record(&s->failed, 0, -1,
				  "the header differs from the header of --base by more than the "
				  "added weight column");
}

static enum ib_status
parse_block(const struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct ib_manifest *m = scan->ctx;
	struct ib_chunk *s = block;
	struct ib_cursor *c = &s->in.cursor;
	bool no_memory = false;
	enum ib_next next;
	size_t found = 0;

	check_header(m, s);
	while ((next = ib_cursor_next(c)) != IB_NEXT_END) {
		if (next == IB_NEXT_BAD || !add_record(m, s, &no_memory)) {
			ib_finding_record(&s->bad, s->n, (int64_t)c->record.line, "%s", c->why);
			break;
		}
		if (m->full && s->n - found == IB_GROUP) {
			find_group(m, s, found);
			found = s->n;
		}
	}
	if (m->full)
		find_group(m, s, found);
	if (no_memory || s->unchanged.stripped.failed || s->text.failed)
		return ib_fail_memory(err);
	return IB_OK;
}

/* ---- one sample of a tar --------------------------------------------------------- */

static bool
sample_weight(const struct ib_manifest *m, struct ib_chunk *s, const struct ib_tar_sample *sample,
	      double *weight)
{
	int64_t line = (int64_t)sample->number;
	char show[IB_SHOW_MAX];

	if (!sample->weighted)
		ib_finding_record(&s->bad, s->n, line,
				  "no weight: sample %s has no member .weight.json%s",
				  ib_show(show, sample->id), suggest_base(m, line == 1));
	/* ib-prune reads the weight null as 1, but for ib-weights null is an error. */
	else if (!ib_tar_parse_weight(sample->weight, weight) ||
		 memchr(sample->weight.p, 'l', sample->weight.n))
		ib_finding_record(&s->bad, s->n, line, "the weight is not a number: %s",
				  ib_show(show, sample->weight));
	else
		return check_weight(m, s, line, sample->weight, weight);
	return false;
}

static enum ib_status
add_sample(struct ib_scan *scan, void *block, const struct ib_tar_sample *sample,
	   struct ib_error *err)
{
	const struct ib_manifest *m = scan->ctx;
	struct ib_chunk *s = block;
	enum ib_status st;
	double weight;

	if (!sample_weight(m, s, sample, &weight) ||
	    (m->checks_tsv_ids && !ib_chunk_check_tsv_id(s, (int64_t)sample->number, sample->id)))
		return IB_EOF;
	if (m->out)
		ib_weight_format_append(&s->text, m->options->out, sample->id, weight, &s->numbers);
	st = ib_chunk_add_sample(s, sample, err);
	if (!st)
		s->weight[s->n - 1] = weight;
	return st;
}

/* Call find_group() for all samples of the chunk. */
static void
find_samples(const struct ib_manifest *m, struct ib_chunk *s)
{
	size_t from, n = s->n;

	for (from = 0; from < n; from = s->n) {
		s->n = from + IB_GROUP < n ? from + IB_GROUP : n;
		find_group(m, s, from);
	}
}

/* ---- blocks in the order of the input ---------------------------------------------- */

static void
add_failed_check(struct ib_manifest *m, const struct ib_scan *scan, const struct ib_finding *f)
{
	struct ib_location location = ib_chunk_location(scan, 0, f->line);

	if (m->check_failed || !f->found)
		return;
	m->check_failed = true;
	m->failed_record = m->records + f->at;
	ib_location_fail(&location, IB_E_CHECK, f->text, &m->failed);
}

/*
 * Store the weight of each of the first `end` records in the row of the full manifest that has the
 * same id.
 */
static void
store_weights(struct ib_manifest *m, struct ib_chunk *s, size_t end)
{
	struct ib_finding *finding = m->options->check ? &s->failed : &s->bad;
	double *weight = m->full->rows.weight.p;
	char show[IB_SHOW_MAX];
	size_t i;

	for (i = 0; i < end; i++) {
		if (s->row[i] == IB_NO_ROW)
			continue;
		if (!signbit(weight[s->row[i]])) {
			weight[s->row[i]] = -s->weight[i];
			continue;
		}
		ib_finding_record(finding, i, s->line[i], "the id %s appears twice",
				  ib_show(show, ib_id_span(&s->id[i])));
		if (finding == &s->bad)
			break;
	}
}

static enum ib_status
append_rows(struct ib_manifest *m, const struct ib_scan *scan, const struct ib_chunk *s,
	    struct ib_error *err)
{
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < s->n && m->options->check && !st; i++)
		st = ib_id_weights_add_location(
			&m->rows, ib_chunk_location(scan, m->rows.n + i, s->line[i]), err);
	if (st)
		return st;
	return ib_id_weights_append(&m->rows, m->keeps_ids ? s->id : NULL,
				    m->keeps_weights ? s->weight : NULL, s->n, err);
}

static enum ib_status
write_or_append(struct ib_manifest *m, const struct ib_scan *scan, struct ib_chunk *s,
		struct ib_error *err)
{
	if (m->out) {
		ib_output_write_bytes(m->out, &s->text);
		return ib_output_status(m->out, err);
	}
	return m->keeps_ids || m->keeps_weights ? append_rows(m, scan, s, err) : IB_OK;
}

static enum ib_status
use_chunk(struct ib_scan *scan, struct ib_chunk *s, struct ib_error *err)
{
	struct ib_manifest *m = scan->ctx;
	enum ib_status st;
	size_t i;

	if (m->full && s->in.block.special)
		find_samples(m, s);
	if (m->full)
		store_weights(m, s, s->bad.found ? s->bad.at : s->n);
	add_failed_check(m, scan, &s->failed);
	m->records += s->n;
	for (i = 0; m->adds_weights && i < s->n; i++)
		if (s->weight[i] > 0)
			ib_weight_stats_add(&m->stats, s->weight[i]);
	st = write_or_append(m, scan, s, err);
	return st ? st : ib_chunk_finish(s, scan, err);
}

/* ---- arrays ---------------------------------------------------------------------- */

#define SAMPLES_PER_CHUNK 4096 /* number of samples between two calls of use_chunk() */

struct arrays {
	struct ib_scan *scan;
	struct ib_chunk *chunk;
	uint64_t samples;
};

/*
 * Copy the id of a sample to the arena, because use_chunk() needs the ids of many samples at once.
 * Returns false if out of memory.
 */
static bool
copy_id(const struct ib_npz_sample *from, struct ib_arena *arena, struct ib_span *id)
{
	struct ib_row_id text;
	char *to;

	*id = from->id;
	if (from->row >= 0) {
		ib_row_id_set(&text, (uint64_t)from->row);
		*id = ib_row_id_span(&text);
	}
	to = ib_arena_allocate(arena, id->n + 1);
	if (to && id->n > 0)
		memcpy(to, id->p, id->n);
	id->p = to;
	return to;
}

/*
 * Add one sample of an .npz manifest. The sample is handled like a sample of a tar, so its weight
 * is passed as text.
 */
static enum ib_status
add_array_sample(void *ctx, const struct ib_npz_sample *from, struct ib_error *err)
{
	struct arrays *a = ctx;
	struct ib_chunk *s = a->chunk;
	struct ib_tar_sample sample = { .number = ++a->samples, .weighted = from->weighted };
	char weight[IB_NUMBER_MAX];
	enum ib_status st;

	if (!from->weighted)
		return ib_fail(err, IB_E_DATA, "%s: has no array of weights",
			       a->scan->source->name);
	sample.weight = (struct ib_span){ weight, ib_number_write(weight, from->weight) };
	if (!copy_id(from, &s->in.cursor.arena, &sample.id))
		return ib_fail_memory(err);
	st = add_sample(a->scan, s, &sample, err);
	if (st == IB_EOF)
		return use_chunk(a->scan, s, err);
	if (st || s->n < SAMPLES_PER_CHUNK)
		return st;
	st = use_chunk(a->scan, s, err);
	ib_arena_reset(&s->in.cursor.arena);
	return st;
}

static enum ib_status
use_arrays(struct ib_scan *scan, struct ib_chunk *s, struct ib_error *err)
{
	const struct ib_manifest *m = scan->ctx;
	struct arrays a = { .scan = scan, .chunk = s };
	const char *name = scan->source->name;
	struct ib_npz *z = NULL;
	enum ib_status st;

	if (scan->source->format != IB_FORMAT_NPZ)
		return ib_npz_refuse_manifest(scan->source, err);
	if (m->full && m->full->hashes_records)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: an .npz has no records to compare with --base: use --total "
			       "instead",
			       name);
	st = ib_npz_open(s->in.block.input, &z, err);
	if (!st)
		st = ib_npz_manifest_read(z, name, m->options->key, m->options->weight_field,
					  add_array_sample, &a, err);
	if (!st)
		st = use_chunk(scan, s, err);
	ib_npz_close(z);
	return st;
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct ib_chunk *s = block;

	if (s->in.block.special && scan->source->format != IB_FORMAT_TAR)
		return use_arrays(scan, s, err);
	return use_chunk(scan, s, err);
}

enum ib_status
ib_manifest_read(struct ib_manifest *m, const struct ib_context *context, struct ib_error *err)
{
	const struct ib_weights_options *o = m->options;
	struct ib_wanted wanted[IB_NADDED];
	struct ib_scan scan = {
		.context = context,
		.block_size = sizeof(struct ib_chunk),
		.ctx = m,
		.parse_block = parse_block,
		.add_sample = add_sample,
		.use_block = use_block,
		.release_block = ib_chunk_release,
	};
	struct ib_reader_options r;
	enum ib_status st;

	ib_added_fields(wanted, o->weight_field);
	m->weight_field = wanted[IB_ADDED_WEIGHT].name;
	ib_weight_stats_init(&m->stats);
	r = (struct ib_reader_options){
		.operands = o->operands,
		.format = o->format,
		.otherwise = IB_FORMAT_LIST,
		.key = o->key,
		.wanted = wanted,
		.epoch_manifest = true,
		.archives = true,
		.nwanted = m->full && m->full->hashes_records ? IB_NADDED : 1,
		.context = context,
	};
	st = ib_scan_operands(&scan, &r, err);
	ib_weight_stats_finalize(&m->stats);
	return st;
}
