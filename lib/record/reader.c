/*
 * Read operands as blocks of complete records.
 *
 * Each block is copied into the caller's buffer. The incomplete record at the end of a block is
 * carried over to the next block. A block without a complete record grows until it has one.
 *
 * Each block refers to a struct ib_source, and other threads may still use the block. So a source
 * is kept until ib_reader_free(), and does not change after its first block was returned. If the
 * key is not found in the first block, but in a later block, the reader creates a second source for
 * this block and all blocks after it.
 */
#define XXH_INLINE_ALL
#include <xxhash.h>

#include "record/reader.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"
#include "base/hash.h"
#include "record/format.h"
#include "record/range_text.h"
#include "record/source_fields.h"

#define PEEK_LONG ((size_t)1 << 20)

struct ib_reader {
	struct ib_reader_options options;
	struct ib_key key;
	size_t operand;	     /* index of the next operand to open */
	struct ib_input *in; /* current operand; NULL if none is open */
	const struct ib_record_format *format;
	struct ib_source *source;
	struct ib_source *sources; /* list of all sources, newest first */
	bool begun, ended;
	bool cr_lines;	       /* true if lines end in CR, which is converted to LF */
	uint64_t lines_left;   /* number of lines of --header-lines that are not read yet */
	struct ib_bytes carry; /* incomplete record for the next block */
	struct ib_block_cut cut;
	uint64_t records; /* number of records so far, for @line */
	XXH3_state_t *digest;
	uint64_t bytes_done;	     /* bytes of the closed operands */
	_Atomic uint64_t seen, size; /* bytes read and total bytes; any thread may read both */
};

static const char *const standard_input[] = { "-" };
static const char *const range[] = { "--range" };

enum ib_status
ib_reader_new(const struct ib_reader_options *options, struct ib_reader **out, struct ib_error *err)
{
	struct ib_reader *r = calloc(1, sizeof(*r));
	enum ib_status st;

	if (!r)
		return ib_fail_memory(err);
	r->options = *options;
	if (r->options.operands.n == 0)
		r->options.operands =
			(struct ib_list){ options->ranged ? range : standard_input, 1 };
	if (!r->options.key_option)
		r->options.key_option = "-k";
	st = ib_key_parse(options->key, r->options.key_option, &r->key, err);
	if (!st && options->digest) {
		r->digest = XXH3_createState();
		if (!r->digest)
			st = ib_fail_memory(err);
		else
			XXH3_128bits_reset(r->digest);
	}
	if (st) {
		ib_reader_free(r);
		return st;
	}
	*out = r;
	return IB_OK;
}

void
ib_reader_free(struct ib_reader *r)
{
	struct ib_source *s, *next, *first = NULL;

	if (!r)
		return;
	for (s = r->sources; s; s = next) { /* reverse the list: oldest first */
		next = s->next;
		s->next = first;
		first = s;
	}
	for (s = first; s; s = next) {
		next = s->next;
		ib_source_warn_of_notes(s, r->options.context);
		ib_source_free(s);
	}
	ib_input_close(r->in);
	ib_bytes_release(&r->carry);
	XXH3_freeState(r->digest);
	free(r);
}

/* Create a source for the current operand, and add it to the list. */
static enum ib_status
add_source(struct ib_reader *r, const char *path, struct ib_error *err)
{
	struct ib_source *s = ib_source_new(path, &r->options, &r->key);

	if (!s)
		return ib_fail_memory(err);
	s->operand = r->operand;
	s->next = r->sources;
	r->sources = r->source = s;
	return IB_OK;
}

static bool
is_special(const struct ib_reader *r, enum ib_format f)
{
	return f == IB_FORMAT_TAR ||
	       (r->options.archives &&
		(f == IB_FORMAT_NPZ || f == IB_FORMAT_NPY || f == IB_FORMAT_TOTALS));
}

/* Check that the format supports the key. */
static enum ib_status
check_key(const struct ib_reader *r, struct ib_error *err)
{
	const struct ib_source *s = r->source;
	bool tar = s->format == IB_FORMAT_TAR;
	bool arrays = s->format == IB_FORMAT_NPZ || s->format == IB_FORMAT_NPY;

	if (r->key.kind == IB_KEY_ROW && !arrays)
		return ib_fail(err, IB_E_MISUSE,
			       "%s: %s @row works only with NumPy arrays; for records use @line",
			       s->name, r->options.key_option);
	if (tar && r->key.kind != IB_KEY_AUTO && r->key.kind != IB_KEY_SHARD)
		return ib_fail(err, IB_E_MISUSE, "%s: with tar, %s must be @shard", s->name,
			       r->options.key_option);
	if (r->key.kind != IB_KEY_SHARD)
		return IB_OK;
	if (!tar && !arrays)
		return ib_fail(err, IB_E_MISUSE, "%s: %s @shard works only with tar", s->name,
			       r->options.key_option);
	if (tar && strcmp(s->path, "-") == 0)
		return ib_fail(err, IB_E_MISUSE,
			       "%s @shard needs the name of a file: standard input has no name",
			       r->options.key_option);
	return IB_OK;
}

static enum ib_status
open_operand(struct ib_reader *r, struct ib_error *err)
{
	const char *path = r->options.operands.v[r->operand];
	struct ib_span head;
	enum ib_status st;

	if (r->options.ranged)
		st = ib_range_text_open(r->options.range, r->options.format, &r->in, err);
	else
		st = ib_input_open(path, &r->in, err);
	if (!st)
		st = ib_input_peek(r->in, IB_DETECT_PEEK, &head, err);
	if (!st && head.n == IB_DETECT_PEEK && !memchr(head.p, '\n', head.n))
		st = ib_input_peek(r->in, PEEK_LONG, &head, err);
	if (!st)
		st = add_source(r, path, err);
	if (st)
		return st;
	st = ib_detect_format(r->source, head, &r->options, &r->key, err);
	if (st)
		return st;
	r->source->empty = head.n < IB_DETECT_PEEK && ib_detect_empty(head);
	/* with -f json, read an empty file as JSON lines, because it is not a JSON array */
	if (r->source->empty && r->source->format == IB_FORMAT_JSON)
		r->source->format = IB_FORMAT_JSONL;
	r->format = ib_record_format_find(r->source->format);
	r->source->delimiter = r->format ? r->format->delimiter : '\0';
	r->cr_lines = ib_detect_cr_lines(head);
	if (r->source->format == IB_FORMAT_NPZ && !r->options.archives)
		return ib_fail(err, IB_E_DATA,
			       "%s: a zip archive is not a list of records; write the ids one per "
			       "line, or use ib-prune --range N for the ids 0 to N-1",
			       r->source->name);
	st = check_key(r, err);
	if (st)
		return st;
	r->begun = r->ended = false;
	r->lines_left = r->options.header_lines;
	r->carry.n = 0;
	r->cut = (struct ib_block_cut){ 0 };
	if (r->options.line_per_operand)
		r->records = 0;
	return IB_OK;
}

/*
 * Return a special block for an npz, npy, totals or tar file. The block has no records. Its input
 * is the open operand, which the caller reads.
 */
static enum ib_status
hand_over(struct ib_reader *r, struct ib_block *b)
{
	b->source = r->source;
	b->special = b->first = true;
	b->n = 0;
	ib_input_close(b->input);
	b->input = r->in;
	r->in = NULL;
	r->operand++;
	return IB_OK;
}

static bool
make_room(struct ib_block *b, size_t bytes)
{
	if (b->cap >= bytes + IB_BYTE_SCAN_PAD)
		return true;
	if (!ib_array_resize(&b->buffer, bytes + IB_BYTE_SCAN_PAD, 1))
		return false;
	b->cap = bytes + IB_BYTE_SCAN_PAD;
	return true;
}

/* Convert CR to LF. Used for a file whose lines end in CR without LF. */
static void
convert_cr_lines(char *p, size_t n)
{
	const char *end = p + n;

	while ((p = memchr(p, '\r', (size_t)(end - p))) != NULL)
		*p++ = '\n';
}

/* Read until the buffer holds `want` bytes or the operand ends. */
static enum ib_status
read_more(struct ib_reader *r, struct ib_block *b, size_t *n, size_t want, struct ib_error *err)
{
	enum ib_status st;
	size_t got;

	if (!make_room(b, want))
		return ib_fail_memory(err);
	st = ib_input_read(r->in, b->buffer + *n, want - *n, &got, err);
	if (st < 0)
		return st;
	if (r->digest && got > 0)
		ib_hash128_update(r->digest, b->buffer + *n, got);
	if (r->cr_lines)
		convert_cr_lines(b->buffer + *n, got);
	r->ended = *n + got < want;
	*n += got;
	memset(b->buffer + *n, 0, IB_BYTE_SCAN_PAD);
	b->buffer[*n] = r->format->stop;
	return IB_OK;
}

/*
 * Store the header lines at p (--header-lines gives their number), and set *used to their length.
 * Returns false if p[0..n) does not contain all header lines.
 */
static bool
read_preamble(struct ib_reader *r, const char *p, size_t n, size_t *used)
{
	const char *start = p, *end = p + n, *stop;
	uint64_t left = r->lines_left;

	for (; left > 0 && p < end; left--, p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (!stop && !r->ended)
			return false;
		if (!stop)
			stop = end - 1;
	}
	if (left > 0 && !r->ended)
		return false;
	*used = (size_t)(p - start);
	r->source->preamble.n = 0;
	ib_bytes_append(&r->source->preamble, start, *used);
	if (*used > 0 && p[-1] != '\n')
		ib_bytes_append_char(&r->source->preamble, '\n');
	r->source->first_line += r->lines_left - left;
	return true;
}

/*
 * Read everything before an operand's records: a BOM, the lines of --header-lines, and a header.
 * Sets *used to the length of this part. Returns IB_HEADER_INCOMPLETE if this part does not end
 * within p[0..n).
 */
static enum ib_header_status
read_start(struct ib_reader *r, const char *p, size_t n, size_t *used, struct ib_error *err)
{
	static const char mark[] = "\xef\xbb\xbf"; /* a BOM */
	size_t bom = 0, preamble = 0, header = 0;
	enum ib_header_status status = IB_HEADER_COMPLETE;

	while (n - bom >= 3 && memcmp(p + bom, mark, 3) == 0)
		bom += 3;
	if (n - bom < 3 && !r->ended && memcmp(p + bom, mark, n - bom) == 0)
		return IB_HEADER_INCOMPLETE;
	r->source->first_line = 1;
	if (r->lines_left > 0 && !read_preamble(r, p + bom, n - bom, &preamble))
		return IB_HEADER_INCOMPLETE;
	if (r->format->read_header)
		status = r->format->read_header(r->source, p + bom + preamble, n - bom - preamble,
						r->ended, &header, err);
	*used = bom + preamble + header;
	return status;
}

/*
 * End the block after the last complete record of buffer[used..n), and carry the bytes after it
 * over to the next block. Returns false if there is no complete record yet.
 */
static bool
end_block(struct ib_reader *r, struct ib_block *b, size_t used, size_t n)
{
	size_t complete;

	r->format->cut_block(b->buffer + used, n - used, r->ended, &r->cut);
	complete = r->cut.n;
	if (complete == 0 && !r->ended && !r->cut.why)
		return false;
	b->p = b->buffer + used;
	b->n = complete;
	r->carry.n = 0;
	if (!r->ended)
		ib_bytes_append(&r->carry, b->p + complete, n - used - complete);
	/* The bytes after the records are now in r->carry. Put sentinels in their place. */
	memset(b->p + complete, 0, IB_BYTE_SCAN_PAD);
	b->p[complete] = r->format->stop;
	b->unterminated =
		r->ended && complete > 0 && r->format->stop == '\n' && b->p[complete - 1] != '\n';
	return true;
}

/* Choose the operand's key from the first block that has a known id field. */
static enum ib_status
compile_fields(struct ib_reader *r, struct ib_block *b, struct ib_error *err)
{
	struct ib_source *old = r->source;
	enum ib_status st;

	if (!b->first) {
		if (old->key.kind != IB_KEY_AUTO || ib_source_is_delimited(old) ||
		    !ib_source_may_have_key(old, b))
			return IB_OK;
		/*
		 * Do not change the old source, because other threads may use blocks that refer
		 * to it.
		 */
		st = add_source(r, old->path, err);
		if (st)
			return st;
		r->source->format = old->format;
		r->source->first_line = old->first_line;
	}
	return ib_source_choose_fields(r->source, &r->options, b, err);
}

static void
close_operand(struct ib_reader *r)
{
	r->bytes_done += ib_input_position(r->in);
	ib_input_close(r->in);
	r->in = NULL;
	r->operand++;
}

/* Read the next block of the open operand. Returns IB_EOF at the operand's end. */
static enum ib_status
next_block(struct ib_reader *r, struct ib_block *b, struct ib_error *err)
{
	size_t block = r->options.block ? r->options.block : IB_READER_BLOCK;
	size_t n = r->carry.n, used = 0, want;
	enum ib_header_status status;
	enum ib_status st;

	if (r->ended)
		return IB_EOF;
	if (!make_room(b, n))
		return ib_fail_memory(err);
	if (n > 0)
		memcpy(b->buffer, r->carry.p, n);
	for (want = n + block;; want *= 2) {
		st = read_more(r, b, &n, want, err);
		if (st)
			return st;
		if (!r->begun) {
			status = read_start(r, b->buffer, n, &used, err);
			if (status == IB_HEADER_INVALID)
				return err ? err->code : IB_E_DATA;
			if (status == IB_HEADER_INCOMPLETE)
				continue;
		}
		if (end_block(r, b, used, n))
			break;
	}
	b->first = !r->begun;
	r->begun = true;
	if (r->carry.failed)
		return ib_fail_memory(err);
	st = compile_fields(r, b, err);
	if (st)
		return st;
	b->source = r->source;
	b->first_record = r->records;
	if (r->key.kind == IB_KEY_LINE)
		r->records += r->format->count(r->source, b->p, b->n);
	return b->n == 0 && !b->first && !r->cut.why ? IB_EOF : IB_OK;
}

/* Fail because the array is malformed after the end of the last block. */
static enum ib_status
fail_malformed(const struct ib_reader *r, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA, "%s: after element %llu: %s", r->source->name,
		       (unsigned long long)r->cut.element, r->cut.why);
}

static enum ib_status
read_next(struct ib_reader *r, struct ib_block *b, struct ib_error *err)
{
	enum ib_status st;

	b->special = false;
	for (;;) {
		if (!r->in) {
			if (r->operand == r->options.operands.n)
				return IB_EOF;
			st = open_operand(r, err);
			if (st)
				return st;
			if (is_special(r, r->source->format))
				return hand_over(r, b);
		}
		if (r->cut.why)
			return fail_malformed(r, err);
		st = next_block(r, b, err);
		if (st != IB_EOF) {
			/* First return the records that precede the error. */
			if (st == IB_OK && r->cut.why && b->n == 0)
				return fail_malformed(r, err);
			return st;
		}
		close_operand(r);
	}
}

enum ib_status
ib_reader_next(struct ib_reader *r, struct ib_block *b, struct ib_error *err)
{
	enum ib_status st = read_next(r, b, err);

	r->seen = r->bytes_done + (r->in ? ib_input_position(r->in) : 0);
	if (r->in && r->options.operands.n == 1)
		r->size = ib_input_size(r->in);
	return st;
}

uint64_t
ib_reader_size(const struct ib_reader *r)
{
	return r->size;
}

/* This function reads only the counters in r, because another thread may close the input. */
void
ib_reader_report_progress(const struct ib_reader *r, uint64_t records)
{
	const struct ib_context *context = r->options.context;

	if (context && context->progress)
		context->progress(context->data, r->seen, r->size, records);
}

bool
ib_reader_has_digest(const struct ib_reader *r)
{
	return r->digest != NULL;
}

void
ib_reader_write_digest(const struct ib_reader *r, char out[33])
{
	ib_hex_xxh128(out, XXH3_128bits_digest(r->digest));
}

void
ib_reader_add_to_digest(struct ib_reader *r, const void *p, size_t n)
{
	if (r->digest)
		ib_hash128_update(r->digest, p, n);
}
