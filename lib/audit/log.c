/* Read an audit log. See log.h. */
#define XXH_INLINE_ALL
#include "audit/log.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <xxhash.h>

#include "base/array.h"
#include "base/arena.h"
#include "base/error.h"
#include "base/hash.h"
#include "prune/audit_format.h"
#include "record/json.h"
#include "record/key.h"

#define READ_BYTES ((size_t)1 << 20)
#define LINES_PER_BATCH 4096

enum { ID, SCORE, PI, KEPT, NSLOTS };

struct ib_audit_log {
	struct ib_zstd_log_reader *reader;
	const struct ib_context *context;
	struct ib_audit_run *run;
	size_t n, cap;
	/* [nepochs] epoch[i]: index in run[] of the latest finished run of the i-th epoch */
	size_t *epoch;
	size_t nepochs;
	/*
	 * Decompressed text. The bytes before text.p[pos] are already parsed. IB_BYTE_SCAN_PAD NUL
	 * bytes follow the text.
	 */
	struct ib_bytes text;
	size_t pos;
	bool ended; /* true if the frame has no more text to read */
	/* used by ib_audit_lines_*(): */
	const struct ib_audit_run *current; /* the run whose lines are being read */
	uint64_t lines_done;		    /* number of lines of `current` read so far */
	bool hashing;
	XXH3_state_t *hash;
	struct ib_json json;
	struct ib_fields fields;
	int slot[NSLOTS];
	struct ib_value value[IB_FIELDS_MAX];
	struct ib_arena arena;
	struct ib_audit_line line[LINES_PER_BATCH];
};

/* ---- text ------------------------------------------------------------------- */

/* Move the unparsed text to the front of the buffer, and append more text from the frame. */
static enum ib_status
refill(struct ib_audit_log *log, struct ib_error *err)
{
	struct ib_bytes *b = &log->text;
	enum ib_status st;
	size_t n;

	if (log->pos > 0)
		memmove(b->p, b->p + log->pos, b->n - log->pos);
	b->n -= log->pos;
	log->pos = 0;
	if (!ib_bytes_reserve(b, READ_BYTES + IB_BYTE_SCAN_PAD))
		return ib_fail_memory(err);
	st = ib_zstd_log_reader_read(log->reader, b->p + b->n, READ_BYTES, &n, err);
	if (st)
		return st;
	b->n += n;
	memset(b->p + b->n, 0, IB_BYTE_SCAN_PAD);
	log->ended = n < READ_BYTES;
	return IB_OK;
}

/* Get the next complete line, including its newline. Returns IB_EOF at the end of the frame. */
static enum ib_status
next_line(struct ib_audit_log *log, struct ib_span *line, struct ib_error *err)
{
	size_t looked = 0, n;
	const char *p, *end;
	enum ib_status st;

	for (;;) {
		n = log->text.n - log->pos;
		p = n > 0 ? log->text.p + log->pos : NULL;
		end = n > looked ? memchr(p + looked, '\n', n - looked) : NULL;
		if (end) {
			*line = (struct ib_span){ p, (size_t)(end + 1 - p) };
			log->pos += line->n;
			return IB_OK;
		}
		if (log->ended)
			return IB_EOF;
		looked = n;
		st = refill(log, err);
		if (st)
			return st;
	}
}

static void
reset_text(struct ib_audit_log *log)
{
	log->text.n = log->pos = 0;
	log->ended = false;
}

/* ---- the scan ----------------------------------------------------------------- */

static enum ib_status
add_run(struct ib_audit_log *log, struct ib_span line, uint64_t skip, struct ib_error *err)
{
	char where[200];
	struct ib_audit_run *r;

	if (!ib_array_reserve(&log->run, &log->cap, log->n + 1, sizeof(*r)))
		return ib_fail_memory(err);
	r = &log->run[log->n];
	*r = (struct ib_audit_run){
		.frame = ib_zstd_log_reader_start(log->reader),
		.number = ib_zstd_log_reader_number(log->reader),
		.skip = skip,
	};
	snprintf(where, sizeof(where), "%s: frame %llu", ib_zstd_log_reader_name(log->reader),
		 (unsigned long long)r->number);
	log->n++;
	return ib_run_header_parse(line, where, &r->head, err);
}

/* State of the scan of one frame. */
struct frame {
	bool has_header; /* true if a run header was found in the frame */
	/* the last line that is not empty; "" if that line is the line of a sample */
	struct ib_bytes last;
	uint64_t blank; /* number of empty lines after `last` */
	uint64_t at;	/* number of bytes of text processed so far */
};

/*
 * Finish the current run, because another run or the end of the frame follows. If `complete` is
 * true, the last line can be the footer of a finished run. If `complete` is false, because the
 * frame is truncated, the run counts as unfinished.
 */
static enum ib_status
end_run(struct ib_audit_log *log, struct frame *f, bool complete, struct ib_error *err)
{
	struct ib_audit_run *r = &log->run[log->n - 1];
	struct ib_error why = { 0 };
	enum ib_status st;

	if (f->last.failed)
		return ib_fail_memory(err);
	st = ib_audit_footer_parse(complete ? ib_bytes_span(&f->last) : (struct ib_span){ NULL, 0 },
				   &r->footer, &r->finished, &why);
	if (st == IB_E_DATA)
		return ib_fail(err, st,
			       "%s: the run of epoch %lld (frame "
			       "%llu): %s",
			       ib_zstd_log_reader_name(log->reader),
			       (long long)r->head.options.epoch, (unsigned long long)r->number,
			       why.text);
	if (st) {
		*err = why;
		return st;
	}
	if (r->finished)
		r->nlines--;
	else
		ib_warn(log->context, "%s: skipped an unfinished run of epoch %lld",
			ib_zstd_log_reader_name(log->reader), (long long)r->head.options.epoch);
	return IB_OK;
}

/* Process a line. `line` does not include the newline. n is the length with the newline. */
static enum ib_status
add_line(struct ib_audit_log *log, struct frame *f, struct ib_span line, size_t n,
	 struct ib_error *err)
{
	enum ib_status st = IB_OK;

	if (ib_span_begins_with(line, ib_audit_log_kind.begins)) {
		if (f->has_header)
			st = end_run(log, f, true, err);
		if (!st)
			st = add_run(log, line, f->at, err);
		f->has_header = true;
		f->last.n = 0;
		f->blank = 0;
	} else if (!f->has_header) {
		st = ib_fail(err, IB_E_DATA,
			     "%s: frame %llu does not begin "
			     "with a run header",
			     ib_zstd_log_reader_name(log->reader),
			     (unsigned long long)ib_zstd_log_reader_number(log->reader));
	} else if (ib_audit_is_blank(line)) {
		f->blank++;
	} else {
		log->run[log->n - 1].nlines += 1 + f->blank;
		f->last.n = 0;
		f->blank = 0;
		/* Do not store the line of a sample, because it cannot be a footer. */
		if (!ib_span_begins_with(line, "{\"id\":"))
			ib_bytes_append(&f->last, line.p, line.n);
	}
	f->at += n;
	return st;
}

static void
warn_incomplete(const struct ib_audit_log *log)
{
	ib_warn(log->context, "%s: skipped the last run, which is unfinished",
		ib_zstd_log_reader_name(log->reader));
}

/*
 * Process the text after the last newline of a frame. This text is empty, a footer without a
 * newline, or an incomplete line. Sets *incomplete to true for an incomplete line.
 */
static enum ib_status
add_rest(struct ib_audit_log *log, struct frame *f, bool *incomplete, struct ib_error *err)
{
	struct ib_span rest = { NULL, log->text.n - log->pos };
	struct ib_audit_footer footer;
	enum ib_status st;
	bool is_footer;

	*incomplete = false;
	if (rest.n == 0)
		return IB_OK;
	rest.p = log->text.p + log->pos;
	st = ib_audit_footer_parse(rest, &footer, &is_footer, err);
	if (is_footer)
		return add_line(log, f, rest, rest.n, err);
	*incomplete = !ib_audit_is_blank(rest);
	return st;
}

static enum ib_status
end_frame(struct ib_audit_log *log, struct frame *f, struct ib_error *err)
{
	bool truncated = ib_zstd_log_reader_state(log->reader) == IB_FRAME_TRUNCATED;
	bool incomplete = truncated;
	enum ib_status st = IB_OK;

	if (!truncated)
		st = add_rest(log, f, &incomplete, err);
	if (!st && f->has_header)
		/*
		 * The last run of a truncated frame counts as unfinished, even if it has a footer.
		 */
		st = end_run(log, f, !truncated, err);
	if (!st && incomplete && (!f->has_header || log->run[log->n - 1].finished))
		warn_incomplete(log);
	return st;
}

/*
 * Scan one frame. ib-prune writes one run per frame. A frame contains several runs if a user
 * decompressed the log and compressed it again.
 */
static enum ib_status
read_frame(struct ib_audit_log *log, struct ib_error *err)
{
	struct frame f = { 0 };
	struct ib_span line;
	enum ib_status st;

	reset_text(log);
	while (!(st = next_line(log, &line, err))) {
		st = add_line(log, &f, (struct ib_span){ line.p, line.n - 1 }, line.n, err);
		if (st)
			break;
	}
	if (st == IB_EOF)
		st = end_frame(log, &f, err);
	ib_bytes_release(&f.last);
	return st;
}

static int
by_epoch(const void *a, const void *b)
{
	const struct ib_audit_run *const *x = a, *const *y = b;

	if ((*x)->head.options.epoch != (*y)->head.options.epoch)
		return (*x)->head.options.epoch < (*y)->head.options.epoch ? -1 : 1;
	return *x < *y ? -1 : *x > *y;
}

/* True if two runs made decisions on the same samples. */
static bool
has_same_samples(const struct ib_audit_run *a, const struct ib_audit_run *b)
{
	return strcmp(a->footer.manifest, b->footer.manifest) == 0 &&
	       a->head.part.index == b->head.part.index && a->head.part.count == b->head.part.count;
}

/* Select the latest finished run of each epoch. */
static enum ib_status
select_latest(struct ib_audit_log *log, struct ib_error *err)
{
	struct ib_audit_run **sorted = calloc(log->n + 1, sizeof(*sorted));
	size_t i, n = 0;
	bool differ = false;

	log->epoch = calloc(log->n + 1, sizeof(*log->epoch));
	if (!sorted || !log->epoch) {
		free(sorted);
		return ib_fail_memory(err);
	}
	for (i = 0; i < log->n; i++)
		if (log->run[i].finished)
			sorted[n++] = &log->run[i];
	qsort(sorted, n, sizeof(*sorted), by_epoch);
	for (i = 0; i < n; i++) {
		bool more = i + 1 < n &&
			    sorted[i + 1]->head.options.epoch == sorted[i]->head.options.epoch;

		if (more) {
			differ |= !has_same_samples(sorted[i], sorted[i + 1]);
			continue;
		}
		if (differ)
			ib_warn(log->context,
				"%s: the runs of epoch %lld have "
				"different manifests or partitions: only the last run is "
				"used (give all shards to one run, or use one log per shard)",
				ib_zstd_log_reader_name(log->reader),
				(long long)sorted[i]->head.options.epoch);
		differ = false;
		log->epoch[log->nepochs++] = (size_t)(sorted[i] - log->run);
	}
	free(sorted);
	return IB_OK;
}

static enum ib_status
scan_log(struct ib_audit_log *log, struct ib_error *err)
{
	enum ib_status st;

	while (!(st = ib_zstd_log_reader_next(log->reader, err))) {
		st = read_frame(log, err);
		if (st)
			return st;
	}
	return st == IB_EOF ? select_latest(log, err) : st;
}

/* ---- open, close ------------------------------------------------------------ */

static enum ib_status
add_fields(struct ib_audit_log *log, struct ib_error *err)
{
	static const char *const names[NSLOTS] = { "id", "score", "pi", "kept" };
	enum ib_status st = IB_OK;
	int i;

	for (i = 0; i < NSLOTS && !st; i++)
		st = ib_fields_add(&log->fields, ib_span_of(names[i]), i == SCORE || i == PI,
				   &log->slot[i], err);
	return st;
}

enum ib_status
ib_audit_log_open(const char *path, const struct ib_context *context, struct ib_audit_log **out,
		  struct ib_error *err)
{
	struct ib_audit_log *log = calloc(1, sizeof(*log));
	enum ib_status st;

	if (!log)
		return ib_fail_memory(err);
	log->context = context;
	log->hash = XXH3_createState();
	ib_fields_init(&log->fields);
	st = log->hash ? ib_zstd_log_reader_open(path, &ib_audit_log_kind, &log->reader, err)
		       : ib_fail_memory(err);
	if (!st)
		st = add_fields(log, err);
	if (!st)
		st = scan_log(log, err);
	if (st) {
		ib_audit_log_close(log);
		return st;
	}
	if (ib_zstd_log_reader_number(log->reader) == 0)
		ib_warn(context, "%s: has no runs", ib_audit_log_name(log));
	*out = log;
	return IB_OK;
}

void
ib_audit_log_close(struct ib_audit_log *log)
{
	size_t i;

	if (!log)
		return;
	for (i = 0; i < log->n; i++)
		ib_run_header_release(&log->run[i].head);
	free(log->run);
	free(log->epoch);
	ib_zstd_log_reader_close(log->reader);
	ib_bytes_release(&log->text);
	ib_arena_release(&log->arena);
	ib_fields_release(&log->fields);
	XXH3_freeState(log->hash);
	free(log);
}

const char *
ib_audit_log_name(const struct ib_audit_log *log)
{
	return ib_zstd_log_reader_name(log->reader);
}

int64_t
ib_audit_log_time(const struct ib_audit_log *log)
{
	return ib_zstd_log_reader_modified(log->reader);
}

size_t
ib_audit_log_count(const struct ib_audit_log *log)
{
	return log->n;
}

const struct ib_audit_run *
ib_audit_log_run(const struct ib_audit_log *log, size_t i)
{
	return &log->run[i];
}

size_t
ib_audit_log_epochs(const struct ib_audit_log *log)
{
	return log->nepochs;
}

const struct ib_audit_run *
ib_audit_log_epoch(const struct ib_audit_log *log, size_t i)
{
	return &log->run[log->epoch[i]];
}

/* ---- lines ------------------------------------------------------------------ */

enum ib_status
ib_audit_lines_begin(struct ib_audit_log *log, const struct ib_audit_run *run, bool hash,
		     struct ib_error *err)
{
	struct ib_span line;
	enum ib_status st;
	uint64_t at = 0;

	ib_zstd_log_reader_seek(log->reader, run->frame, run->number);
	reset_text(log);
	ib_json_init(&log->json, &log->fields, true);
	st = ib_zstd_log_reader_next(log->reader, err);
	while (!st) {
		st = next_line(log, &line, err);
		if (st || at == run->skip)
			break;
		at += line.n;
	}
	if (st) /* the scan found this run, so IB_EOF means that the file changed */
		return st == IB_EOF ? ib_fail(err, IB_E_IO,
					      "%s: the file changed "
					      "while it was read",
					      ib_audit_log_name(log))
				    : st;
	log->current = run;
	log->lines_done = 0;
	log->hashing = hash;
	XXH3_64bits_reset(log->hash);
	if (hash)
		XXH3_64bits_update(log->hash, line.p, line.n);
	return IB_OK;
}

void
ib_audit_lines_report(const struct ib_audit_log *log, const struct ib_context *context,
		      uint64_t lines)
{
	if (context && context->progress)
		context->progress(context->data, ib_zstd_log_reader_position(log->reader),
				  ib_zstd_log_reader_size(log->reader), lines);
}

uint64_t
ib_audit_lines_hash(const struct ib_audit_log *log)
{
	return XXH3_64bits_digest(log->hash);
}

static enum ib_status
fail_line(struct ib_audit_log *log, const char *why, struct ib_error *err)
{
	return ib_fail(err, IB_E_DATA,
		       "%s: the run of epoch %lld (frame "
		       "%llu), line %llu: %s",
		       ib_audit_log_name(log), (long long)log->current->head.options.epoch,
		       (unsigned long long)log->current->number,
		       (unsigned long long)log->lines_done + 2, why);
}

/* Parse `text`, the line of one sample. */
static enum ib_status
parse_line(struct ib_audit_log *log, struct ib_span text, struct ib_audit_line *line,
	   struct ib_error *err)
{
	const struct ib_value *v = log->value, *id = &v[log->slot[ID]];
	const struct ib_value *score = &v[log->slot[SCORE]];
	const struct ib_value *pi = &v[log->slot[PI]];
	const struct ib_value *kept = &v[log->slot[KEPT]];
	const char *end = ib_json_read_object(&log->json, text.p, log->value);

	if (!end || *ib_json_skip_space(&log->json.check, end) != '\n')
		return fail_line(log,
				 end ? "there is text after the JSON object" : log->json.check.why,
				 err);
	if (id->type != IB_STRING)
		return fail_line(log, "'id' is not a string", err);
	if (score->type != IB_REAL && score->type != IB_INTEGER && score->type != IB_NULL)
		return fail_line(log, "'score' is neither a number nor null", err);
	if ((pi->type != IB_REAL && pi->type != IB_INTEGER) ||
	    !(pi->number >= 0 && pi->number <= 1))
		return fail_line(log, "'pi' is not a number from 0 to 1", err);
	if (kept->type != IB_BOOL)
		return fail_line(log, "'kept' is neither true nor false", err);
	line->score = score->type == IB_NULL ? NAN : (float)score->number;
	line->pi = pi->number;
	line->kept = kept->p[0] == 't';
	line->id = ib_value_span(id);
	if (id->escaped && !ib_value_text(id, &log->arena, &line->id))
		return fail_line(log, "'id' has a lone surrogate", err);
	return line->id.p ? IB_OK : ib_fail_memory(err);
}

enum ib_status
ib_audit_lines_next(struct ib_audit_log *log, const struct ib_audit_line **line, size_t *n,
		    struct ib_error *err)
{
	enum ib_status st = IB_OK;
	struct ib_span text;
	const char *begin;
	size_t from;

	*n = 0;
	*line = log->line;
	ib_arena_reset(&log->arena);
	if (log->lines_done == log->current->nlines)
		return IB_EOF;
	/* The ids point into the text, so the batch must end before the text moves. */
	from = log->pos;
	while (*n < LINES_PER_BATCH && log->lines_done < log->current->nlines) {
		if (*n > 0 && !memchr(log->text.p + log->pos, '\n', log->text.n - log->pos))
			break;
		st = next_line(log, &text, err);
		if (*n == 0)
			from = log->pos - (st ? 0 : text.n);
		if (st)
			break;
		st = parse_line(log, text, &log->line[*n], err);
		if (st)
			break;
		++*n;
		log->lines_done++;
	}
	if (st == IB_EOF)
		return ib_fail(err, IB_E_IO, "%s: the file changed while it was read",
			       ib_audit_log_name(log));
	begin = log->text.p + from;
	if (!st && log->hashing)
		ib_hash64_update(log->hash, begin, log->pos - from);
	return st;
}
