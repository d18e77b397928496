/* Read the full manifest. */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "weigh/full_manifest.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

void
ib_full_manifest_release(struct ib_full_manifest *b)
{
	ib_id_weights_release(&b->rows);
	ib_huge_array_release(&b->hash);
	free(b->header);
	*b = (struct ib_full_manifest){ 0 };
}

/* ---- headers ---------------------------------------------------------------- */

/*
 * Parse the header line as if it were a row, so that the columns have the same slots as in a row.
 * Returns false if there is no valid header.
 */
static bool
read_header(struct ib_cursor *c, struct ib_block *b, const struct ib_source *source)
{
	*b = (struct ib_block){ .source = source, .p = source->header.p, .n = source->header.n };
	ib_cursor_start(c, b);
	return ib_cursor_next(c) == IB_NEXT_RECORD;
}

/*
 * True if a header consists of a header of the full manifest, the column of --id-field, and the
 * column of the weight. Called only if no record follows the header. If -k names the column of
 * --id-field, ib_unchanged_check_matches() has already accepted the header.
 */
static bool
adds_id_column(const struct ib_full_manifest *b, const struct ib_cursor *c)
{
	const char *start = c->record.p, *p;
	XXH128_hash_t hash;
	size_t i;

	p = c->v[c->source->wanted_slot[IB_ADDED_WEIGHT]].p - 1;
	if (p <= start)
		return false;
	do
		p--;
	while (p > start && *p != c->source->delimiter);
	hash = XXH3_128bits(start, (size_t)(p - start));
	for (i = 0; i < b->nheaders; i++)
		if (XXH128_isEqual(hash, b->header[i]))
			return true;
	return false;
}

bool
ib_full_manifest_has_header(const struct ib_full_manifest *b, struct ib_unchanged_check *x,
			    struct ib_cursor *c, const struct ib_source *source, bool alone)
{
	struct ib_span none = { NULL, 0 };
	struct ib_block block;
	size_t i;

	if (!ib_source_is_delimited(source) || b->nheaders == 0 || !read_header(c, &block, source))
		return true;
	for (i = 0; i < b->nheaders; i++)
		if (ib_unchanged_check_matches(x, c, none, b->header[i]))
			return true;
	/*
	 * Accept a header without a weight column, because the check of the rows then fails with a
	 * better message.
	 */
	return !ib_cursor_value(c, source->wanted_slot[IB_ADDED_WEIGHT]) ||
	       (alone && adds_id_column(b, c));
}

static enum ib_status
keep_header(struct ib_full_manifest *b, XXH128_hash_t hash, struct ib_error *err)
{
	size_t i;

	for (i = 0; i < b->nheaders; i++)
		if (b->header[i].low64 == hash.low64 && b->header[i].high64 == hash.high64)
			return IB_OK;
	if (!ib_array_resize(&b->header, b->nheaders + 1, sizeof(*b->header)))
		return ib_fail_memory(err);
	b->header[b->nheaders++] = hash;
	return IB_OK;
}

/* ---- records ---------------------------------------------------------------- */

static enum ib_status
parse_block(const struct ib_scan *scan, void *block, struct ib_error *err)
{
	const struct ib_full_manifest *b = scan->ctx;
	struct ib_chunk *s = block;
	struct ib_cursor *c = &s->in.cursor;
	struct ib_block header;
	enum ib_next next;
	struct ib_span id;

	if (b->hashes_records && s->in.block.first && ib_source_is_delimited(s->in.block.source) &&
	    read_header(&s->again, &header, s->in.block.source)) {
		s->header = ib_unchanged_check_hash(&s->unchanged, &s->again);
		s->has_header = true;
	}
	while ((next = ib_cursor_next(c)) != IB_NEXT_END) {
		if (next == IB_NEXT_BAD || !ib_cursor_read_id(c, &id) ||
		    (b->checks_tsv_ids && !ib_chunk_check_tsv_id(s, (int64_t)c->record.line, id))) {
			ib_finding_record(&s->bad, s->n, (int64_t)c->record.line, "%s", c->why);
			break;
		}
		if (!id.p || !ib_chunk_reserve(s))
			return ib_fail_memory(err);
		s->id[s->n] = (struct ib_id){ .p = id.p, .n = (uint32_t)id.n };
		s->line[s->n] = (uint32_t)c->record.line;
		if (b->hashes_records)
			s->hash[s->n] = ib_unchanged_check_hash(&s->unchanged, c);
		s->n++;
	}
	return s->unchanged.stripped.failed ? ib_fail_memory(err) : IB_OK;
}

static enum ib_status
add_sample(struct ib_scan *scan, void *block, const struct ib_tar_sample *sample,
	   struct ib_error *err)
{
	const struct ib_full_manifest *b = scan->ctx;

	if (b->checks_tsv_ids && !ib_chunk_check_tsv_id(block, (int64_t)sample->number, sample->id))
		return IB_EOF;
	return ib_chunk_add_sample(block, sample, err);
}

static enum ib_status
append_rows(struct ib_full_manifest *b, const struct ib_scan *scan, const struct ib_chunk *s,
	    struct ib_error *err)
{
	uint64_t n = b->rows.n;
	enum ib_status st = IB_OK;
	size_t i;

	for (i = 0; i < s->n && !st; i++)
		st = ib_id_weights_add_location(&b->rows,
						ib_chunk_location(scan, n + i, s->line[i]), err);
	if (!st)
		st = ib_id_weights_append(&b->rows, s->id, NULL, s->n, err);
	if (st || !b->hashes_records)
		return st;
	if (!ib_huge_array_grow(&b->hash, (n + s->n) * sizeof(*s->hash)))
		return ib_fail_memory(err);
	if (s->n > 0)
		memcpy((XXH128_hash_t *)b->hash.p + n, s->hash, s->n * sizeof(*s->hash));
	return IB_OK;
}

static enum ib_status
use_block(struct ib_scan *scan, void *block, struct ib_error *err)
{
	struct ib_full_manifest *b = scan->ctx;
	struct ib_chunk *s = block;
	enum ib_status st = IB_OK;

	if (s->has_header)
		st = keep_header(b, s->header, err);
	if (!st)
		st = append_rows(b, scan, s, err);
	return st ? st : ib_chunk_finish(s, scan, err);
}

enum ib_status
ib_full_manifest_read(struct ib_full_manifest *b, const struct ib_weights_options *o,
		      bool hashes_records, const struct ib_context *context, struct ib_error *err)
{
	struct ib_wanted wanted[IB_NADDED];
	struct ib_scan scan = {
		.context = context,
		.block_size = sizeof(struct ib_chunk),
		.ctx = b,
		.parse_block = parse_block,
		.add_sample = add_sample,
		.use_block = use_block,
		.release_block = ib_chunk_release,
	};
	struct ib_reader_options r;
	enum ib_status st;
	uint64_t duplicate;

	b->hashes_records = hashes_records;
	b->checks_tsv_ids = ib_writes_tsv_ids(o);
	ib_added_fields(wanted, o->weight_field);
	wanted[IB_ADDED_WEIGHT].number = false;
	r = (struct ib_reader_options){
		.operands = o->base,
		.otherwise = IB_FORMAT_LIST,
		.key = o->base_key ? o->base_key : o->key,
		.key_option = o->base_key ? "--base-key" : "-k",
		.wanted = wanted,
		.nwanted = hashes_records ? 1 : 0,
		.any_value = true,
		.context = context,
	};
	st = ib_scan_operands(&scan, &r, err);
	if (st)
		return st;
	st = ib_id_weights_index(&b->rows, &duplicate, err);
	if (st != IB_E_DATA)
		return st;
	return ib_id_weights_fail_duplicate(&b->rows, duplicate, IB_E_DATA, err);
}
