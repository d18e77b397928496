/*
 * CSV (RFC 4180: fields in double quotes, doubled inside) and TSV (no quoting
 * and no escapes), with a header line.
 */
#include "record/format.h"

#include <stdlib.h>

#include "base/error.h"
#include "base/foretold.h"
#include "base/numbers.h"
#include "base/short_number.h"

/*
 * One past the quote that closes the field whose opening quote stands at p;
 * NULL where it is left open.
 */
static const char *
close_quote(const char *p, const char *end, bool *doubled)
{
	for (p++;; p += 2) {
		p = memchr(p, '"', (size_t)(end - p));
		if (!p)
			return NULL;
		if (p + 1 == end || p[1] != '"')
			return p + 1;
		*doubled = true;
	}
}

/*
 * The line end of the CSV record at p, or NULL where it lies beyond end (or
 * there is none). A quote opens a field at its start alone.
 */
static const char *
csv_record_stop(const char *p, const char *end)
{
	const struct ib_scan_ops *ops = ib_scan_best();
	bool doubled;

	for (;;) {
		if (p < end && *p == '"') {
			p = close_quote(p, end, &doubled);
			if (!p)
				return NULL;
		}
		p = ib_scan_field(ops, p, ',', '\n');
		if (p >= end)
			return NULL;
		if (*p == '\n')
			return p;
		p++;
	}
}

static void
csv_cut(const char *p, size_t n, bool last, struct ib_cut *cut)
{
	const char *start = p, *end = p + n, *stop;

	if (last || !memchr(p, '"', n)) {
		ib_lines_cut(p, n, last, cut);
		return;
	}
	while ((stop = csv_record_stop(p, end)) != NULL)
		p = stop + 1;
	cut->n = (size_t)(p - start);
}

static bool
is_blank_line(const char *p, const char *end)
{
	if (p < end && *p == '\r')
		p++;
	return p == end || *p == '\n';
}

static uint64_t
csv_count(const char *p, size_t n)
{
	const char *end = p + n, *stop;
	uint64_t count = 0;

	for (; p < end; p = stop + 1) {
		count += !is_blank_line(p, end);
		stop = csv_record_stop(p, end);
		if (!stop)
			break;
	}
	return count;
}

static uint64_t
tsv_count(const char *p, size_t n)
{
	const char *end = p + n, *stop;
	uint64_t count = 0;

	for (; p < end; p = stop + 1) {
		count += !is_blank_line(p, end);
		stop = memchr(p, '\n', (size_t)(end - p));
		if (!stop)
			break;
	}
	return count;
}

/* ---- fields ------------------------------------------------------------- */

/*
 * The field at p, up to its delimiter or line end at *stop. False where a
 * quote is not closed, or more stands behind the closing one.
 */
static inline bool
read_field(const struct ib_scan_ops *ops, char delimiter, const char *p,
	   const char *end, struct ib_value *v, const char **stop)
{
	const char *q;

	*v = (struct ib_value){ .p = p, .type = IB_TEXT };
	if (*p == '"' && delimiter == ',' && p < end) {
		v->quoted = true;
		q = close_quote(p, end, &v->escaped);
		if (!q)
			return false;
		v->p = p + 1;
		v->n = (uint32_t)(q - p - 2);
		*stop = q;
		if (q < end && *q == '\r' && (q + 1 == end || q[1] == '\n'))
			*stop = ++q;
		return q >= end || *q == ',' || *q == '\n';
	}
	q = ib_scan_field(ops, p, delimiter, '\n');
	if (q > end)
		q = end;
	*stop = q;
	v->n = (uint32_t)(q - p);
	if (v->n > 0 && q[-1] == '\r' && (q == end || *q == '\n'))
		v->n--;
	return true;
}

/* Read a wanted number: "", NA are unknown, what is none stays text. */
static void
take_number(struct ib_value *v)
{
	struct ib_span s = ib_value_span(v);

	if (s.n == 0 || ib_span_is(s, "NA"))
		v->type = IB_NULL;
	else if (ib_number_text(s, &v->number))
		v->type = IB_REAL;
}

/*
 * A field as nearly all are written, without quotes, and not the last of a
 * row that ends in CR LF or at the block's end: its end. NULL: see read_field.
 */
static inline const char *
plain_field(struct ib_cursor *c, const char *p, struct ib_value *v,
	    uint32_t *length)
{
	char delimiter = c->source->delimiter;
	const char *q;

	if (*p == '"' && delimiter == ',')
		return NULL;
	q = ib_foretold(p, ib_scan_field(c->json.ops, p, delimiter, '\n'),
			length);
	if (*q == '\n' && (q >= c->end || (q > p && q[-1] == '\r')))
		return NULL;
	*v = (struct ib_value){ .p = p, .n = (uint32_t)(q - p),
				.type = IB_TEXT };
	return q;
}

/*
 * A number as nearly all are written, JSON's way, read where it stands: its
 * end is the field's. NULL: it may still be a number, see take_number. The
 * byte that ends the block ends it too. ib-score of 10^7 rows
 * "train/00012345,3,0.123456", one core of a 2-core EPYC VM, 2026-11-24,
 * median of 7 in turns: 1.07 s without, 0.98 s with it.
 */
static inline const char *
plain_number(char delimiter, const char *p, struct ib_value *v,
	     uint32_t *length)
{
	bool fraction;
	const char *q = ib_short_number(p, true, &v->number, &fraction);

	if (!q)
		q = ib_number_json(p, &v->number);
	if (!q)
		return NULL;
	q = ib_foretold(p, q, length);
	if (*q != delimiter && *q != '\n')
		return NULL;
	v->p = p;
	v->n = (uint32_t)(q - p);
	v->type = IB_REAL;
	v->escaped = v->quoted = false;
	return q;
}

/*
 * One field of a row, into v as the text that it is or the number that is
 * wanted; *stop: what ends it. False: its quotes are malformed.
 */
static inline bool
take_field(struct ib_cursor *c, const char *p, bool number, struct ib_value *v,
	   uint32_t *length, const char **stop)
{
	char delimiter = c->source->delimiter;

	*stop = number ? plain_number(delimiter, p, v, length)
		       : plain_field(c, p, v, length);
	if (*stop)
		return true;
	if (!read_field(c->json.ops, delimiter, p, c->end, v, stop))
		return false;
	if (number)
		take_number(v);
	return true;
}

/*
 * After a malformed row: on to the next record. A quote left open makes the
 * rest one record.
 */
static enum ib_next
bad_row(struct ib_cursor *c, const char *start, const char *why)
{
	const char *stop = c->source->delimiter == ','
		? csv_record_stop(start, c->end)
		: memchr(start, '\n', (size_t)(c->end - start));

	if (!stop)
		stop = c->end;
	ib_cursor_finish_line(c, start, stop);
	c->line += c->json.ops->count(start, c->record.n, '\n');
	return ib_cursor_bad(c, "%s", why);
}

static enum ib_next
wrong_count(struct ib_cursor *c, const char *start, size_t n)
{
	size_t want = c->source->ncolumns;

	bad_row(c, start, "");
	if (n > want)
		return ib_cursor_bad(c, "more fields than the header's %zu",
				     want);
	return ib_cursor_bad(c, "%zu field%s, the header has %zu", n,
			     n == 1 ? "" : "s", want);
}

static enum ib_next
row_next(struct ib_cursor *c)
{
	const struct ib_source *s = c->source;
	const char *start, *p, *stop;
	struct ib_value other, *v;
	bool quoted = false, number;
	size_t i;

	while (c->at < c->end && is_blank_line(c->at, c->end)) {
		stop = memchr(c->at, '\n', (size_t)(c->end - c->at));
		c->at = stop ? stop + 1 : c->end;
		c->line++;
	}
	start = p = c->at;
	if (start >= c->end)
		return IB_NEXT_END;
	c->record.line = c->line++;
	c->number++;
	c->record.close = NULL;
	/* Slots that no column fills are absent from the first row on. */
	for (i = 0;; i++, p = stop + 1) {
		v = &other;
		number = false;
		if (i < s->ncolumns && s->column_slot[i] >= 0) {
			v = &c->v[s->column_slot[i]];
			number = s->column_number[i];
		}
		if (!take_field(c, p, number, v,
				&c->length[i % IB_CURSOR_LENGTHS], &stop))
			return bad_row(c, start, "malformed quotes");
		quoted |= v->quoted;
		if (stop >= c->end || *stop == '\n')
			break;
	}
	if (i + 1 != s->ncolumns)
		return wrong_count(c, start, i + 1);
	ib_fields_settle(&s->fields, c->v); /* a column's name may have a dot */
	ib_cursor_finish_line(c, start, stop);
	if (quoted)
		c->line += c->json.ops->count(start, c->record.n, '\n');
	return IB_NEXT_RECORD;
}

/* ---- the header --------------------------------------------------------- */

/* The slot that a column's name fills, -1: none. */
static int16_t
slot_of(const struct ib_fields *f, struct ib_span name, bool *number)
{
	size_t i;

	for (i = 0; i < f->node[0].n; i++) {
		if (ib_span_equal(f->node[0].member[i].name, name)) {
			*number = f->node[0].member[i].number;
			return f->node[0].member[i].slot;
		}
	}
	return -1;
}

enum ib_status
ib_delimited_compile(struct ib_source *s, struct ib_error *err)
{
	const char *p = s->header.p, *end = p + s->header.n, *stop;
	struct ib_arena arena = { 0 };
	struct ib_span name;
	struct ib_value v;
	size_t n = 0, k;

	free(s->column_slot);
	free(s->column_number);
	/* No more columns than bytes, and one. */
	s->column_slot = malloc((s->header.n + 1) * sizeof(*s->column_slot));
	s->column_number = calloc(s->header.n + 1, sizeof(*s->column_number));
	if (!s->column_slot || !s->column_number)
		return ib_fail_memory(err);
	for (;; p = stop + 1, n++) {
		if (!read_field(ib_scan_best(), s->delimiter, p, end, &v,
				&stop)) {
			ib_arena_release(&arena);
			return ib_fail(err, IB_E_DATA,
				       "%s: malformed quotes in the header",
				       s->name);
		}
		ib_value_text(&v, &arena, &name);
		s->column_slot[n] =
			slot_of(&s->fields, name, &s->column_number[n]);
		/* Of a column named twice the last counts. */
		for (k = 0; k < n && s->column_slot[n] >= 0; k++)
			if (s->column_slot[k] == s->column_slot[n])
				s->column_slot[k] = -1;
		if (stop >= end || *stop == '\n')
			break;
	}
	s->ncolumns = n + 1;
	ib_arena_release(&arena);
	return IB_OK;
}

bool
ib_source_has_column(const struct ib_source *s, struct ib_span want)
{
	const char *p = s->header.p, *end = p + s->header.n, *stop;
	struct ib_arena arena = { 0 };
	struct ib_span name;
	struct ib_value v;
	bool found = false;

	for (; !found; p = stop + 1) {
		if (!read_field(ib_scan_best(), s->delimiter, p, end, &v,
				&stop))
			break;
		ib_value_text(&v, &arena, &name);
		found = ib_span_equal(name, want);
		if (stop >= end || *stop == '\n')
			break;
	}
	ib_arena_release(&arena);
	return found;
}

/* Take the header line off, padded as a block is. */
static enum ib_begun
begin(struct ib_source *s, const char *p, size_t n, bool last, size_t *used,
      struct ib_error *err)
{
	const char *start = p, *end = p + n, *stop;

	while (p < end && is_blank_line(p, end)) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p) {
			p = end;
			break;
		}
		p++;
		s->first_line++;
	}
	stop = s->delimiter == ',' ? csv_record_stop(p, end)
				   : memchr(p, '\n', (size_t)(end - p));
	if (!stop && !last)
		return IB_BEGUN_MORE;
	stop = stop ? stop + 1 : end;
	s->header.n = 0;
	ib_bytes_put(&s->header, p, (size_t)(stop - p));
	s->first_line += ib_scan_best()->count(p, (size_t)(stop - p), '\n');
	ib_bytes_put(&s->header, "\n", 1);
	if (!ib_bytes_reserve(&s->header, IB_SCAN_PAD)) {
		ib_fail_memory(err);
		return IB_BEGUN_BAD;
	}
	/* The line end it came with, or none; the one behind is ours. */
	s->header.n--;
	*used = (size_t)(stop - start);
	return IB_BEGUN;
}

static enum ib_begun
csv_begin(struct ib_source *s, const char *p, size_t n, bool last,
	  size_t *used, struct ib_error *err)
{
	s->delimiter = ',';
	return begin(s, p, n, last, used, err);
}

static enum ib_begun
tsv_begin(struct ib_source *s, const char *p, size_t n, bool last,
	  size_t *used, struct ib_error *err)
{
	s->delimiter = '\t';
	return begin(s, p, n, last, used, err);
}

const struct ib_record_format ib_format_csv = {
	.format = IB_FORMAT_CSV,
	.name = "csv",
	.stop = '\n',
	.begin = csv_begin,
	.cut = csv_cut,
	.count = csv_count,
	.next = row_next,
};

const struct ib_record_format ib_format_tsv = {
	.format = IB_FORMAT_TSV,
	.name = "tsv",
	.stop = '\n',
	.begin = tsv_begin,
	.cut = ib_lines_cut,
	.count = tsv_count,
	.next = row_next,
};
