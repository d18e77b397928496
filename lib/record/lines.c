/*
 * Formats with one record per line: JSON Lines and plain lists. Several JSON
 * objects on one line are accepted, each as a record.
 */
#define _GNU_SOURCE /* memrchr */
#include "record/format.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/numbers.h"
#include "record/dialect.h"

void
ib_lines_cut(const char *p, size_t n, bool last, struct ib_cut *cut)
{
	const char *end = last ? NULL : memrchr(p, '\n', n);

	cut->n = last ? n : end ? (size_t)(end + 1 - p) : 0;
}

const char *
ib_skip_mark(const char *p, const char *end)
{
	return end - p >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0 ? p + 3 : p;
}

const char *
ib_skip_nuls(const char *p, const char *end)
{
	while (p < end && *p == '\0')
		p++;
	return p;
}

enum ib_next
ib_cursor_nuls(struct ib_cursor *c, const char *p, const char *after)
{
	const char *nuls = memchr(p, '\0', (size_t)(after - p));

	/* The record that follows on this line gets the line's number. */
	c->line--;
	c->number--;
	c->unnumbered++;
	c->record.p = p;
	c->record.n = (size_t)(after - p);
	c->record.end = 0;
	c->record.torn = false;
	c->at = after;
	return ib_cursor_bad(c, "%zu byte%s 0x00 %s, as after a power cut", (size_t)(after - nuls),
			     after - nuls == 1 ? "" : "s",
			     nuls == p ? "before the record"
				       : "at the end of an incomplete record");
}

enum ib_next
ib_cursor_bad(struct ib_cursor *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->why, sizeof(c->why), format, ap);
	va_end(ap);
	return IB_NEXT_BAD;
}

enum ib_next
ib_cursor_no_object(struct ib_cursor *c, struct ib_span line)
{
	char say[IB_WHY_MAX - 32];

	if (!ib_dialect_say(say, sizeof(say), line, (struct ib_span){ "", 0 }, IB_FORMAT_JSONL))
		return ib_cursor_bad(c, "not a JSON object");
	return ib_cursor_bad(c, "not a JSON object: %s", say);
}

void
ib_cursor_finish_line(struct ib_cursor *c, const char *start, const char *stop)
{
	struct ib_record *r = &c->record;
	bool ended = stop < c->end;

	r->p = start;
	r->n = (size_t)(stop - start);
	r->end = ended;
	r->torn = !ended && c->block->unterminated;
	if (r->n > 0 && stop[-1] == '\r') {
		r->n--;
		/* A CR without LF is not copied to the output. */
		r->end = ended ? 2 : 0;
	}
	c->at = stop + ended;
}

/* ---- JSON Lines --------------------------------------------------------- */

static bool
is_empty(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end;
}

static const char *
line_stop(const struct ib_cursor *c)
{
	const char *stop = memchr(c->at, '\n', (size_t)(c->end - c->at));

	return stop ? stop : c->end;
}

/* Read a line with any JSON value; only if any_value is set. */
static enum ib_next
next_value(struct ib_cursor *c, const char *start, const char *stop)
{
	struct ib_value v;
	const char *p;
	size_t i;

	p = ib_json_value(&c->json, ib_json_blanks(&c->json, start), &v);
	ib_cursor_finish_line(c, start, stop);
	if (!p || ib_json_blanks(&c->json, p) != stop)
		return ib_cursor_bad(c, "malformed JSON: %s",
				     p ? "more than one value on the line" : c->json.why);
	for (i = 0; i < c->source->fields.nslots; i++)
		c->v[i].type = IB_ABSENT;
	c->record.close = NULL;
	return IB_NEXT_RECORD;
}

/*
 * Return the position after the bytes 0x00 of an invalid line if an object
 * follows them, else NULL.
 */
static const char *
nuls_before_object(const struct ib_cursor *c, const char *start, const char *stop)
{
	const char *nuls = memchr(start, '\0', (size_t)(stop - start));
	const char *after = nuls ? ib_skip_nuls(nuls, stop) : stop;

	return *ib_json_blanks(&c->json, after) == '{' ? after : NULL;
}

static enum ib_next
bad_line(struct ib_cursor *c, const char *start)
{
	const char *at = c->json.at, *stop = line_stop(c);
	bool object = *ib_json_blanks(&c->json, start) == '{';
	const char *after = nuls_before_object(c, start, stop);

	if (after)
		return ib_cursor_nuls(c, start, after);
	if (!object && c->source->any_value)
		return next_value(c, start, stop);
	ib_cursor_finish_line(c, start, stop);
	if (*start == '\0')
		return ib_cursor_bad(c, "bytes 0x00 instead of a record, as "
					"after a power cut");
	if (!object)
		return ib_cursor_no_object(c, (struct ib_span){ c->record.p, c->record.n });
	if (at == stop && !c->record.torn)
		return ib_cursor_bad(c, "the object does not end on this line: "
					"one object per line (try jq -c .)");
	return ib_cursor_bad(c, "malformed JSON at byte %zu: %s%s", (size_t)(at - start) + 1,
			     c->json.why,
			     *at == '\'' ? " (single quotes: json.dumps writes "
					   "double ones)"
					 : "");
}

/*
 * Return the object that ends at `end` as a record without a newline, because
 * another object begins at `next` on the same line.
 */
static enum ib_next
end_before_next_object(struct ib_cursor *c, const char *start, const char *end, const char *next)
{
	c->record.p = start;
	c->record.n = (size_t)(end - start);
	c->record.end = 0;
	c->record.torn = false;
	c->line--;
	c->at = next;
	return IB_NEXT_RECORD;
}

/* Check what follows the object that ends at `end`: not directly a newline. */
static enum ib_next
finish_object(struct ib_cursor *c, const char *start, const char *end)
{
	const char *p = ib_json_blanks(&c->json, end);

	if (p >= c->end || *p == '\n') {
		ib_cursor_finish_line(c, start, p < c->end ? p : c->end);
		return IB_NEXT_RECORD;
	}
	if (*p == '{')
		return end_before_next_object(c, start, end, p);
	c->json.at = p;
	c->json.why = "more data after the object";
	return bad_line(c, start);
}

static enum ib_next
jsonl_next(struct ib_cursor *c)
{
	const char *start, *p;

	for (;;) {
		start = c->at;
		if (start >= c->end)
			return IB_NEXT_END;
		c->record.line = c->line++;
		p = ib_json_object(&c->json, start, c->v);
		if (p)
			break;
		p = line_stop(c);
		if (ib_skip_mark(start, p) > start) {
			c->at = ib_skip_mark(start, p);
			c->line--;
			continue;
		}
		if (!is_empty(start, p)) {
			c->number++;
			return bad_line(c, start);
		}
		c->at = p < c->end ? p + 1 : p;
	}
	c->number++;
	c->record.close = p - 1;
	if (*p == '\n' && p < c->end) { /* the common case */
		c->record.p = start;
		c->record.n = (size_t)(p - start);
		c->record.end = 1;
		c->record.torn = false;
		c->at = p + 1;
		return IB_NEXT_RECORD;
	}
	return finish_object(c, start, p);
}

/* Count the objects of a line; anything that is not an object counts as one record. */
static uint64_t
count_objects(const char *p, const char *stop)
{
	static const struct ib_fields none = { .nnodes = 1 };
	struct ib_json json;
	struct ib_value v;
	uint64_t n = 0;

	ib_json_init(&json, &none, true);
	while (p && p < stop) {
		n++;
		p = ib_json_object(&json, p, &v);
		if (p)
			p = ib_json_blanks(&json, p);
		if (p && *p != '{')
			break;
	}
	return n;
}

/* True if the line may hold two objects: a closing brace followed by an opening one. */
static bool
may_hold_many(const char *p, const char *stop)
{
	const char *brace = p, *q;

	while ((brace = memchr(brace, '{', (size_t)(stop - brace))) != NULL) {
		for (q = brace; q > p && (q[-1] == ' ' || q[-1] == '\t' || q[-1] == '\r');)
			q--;
		if (q > p && q[-1] == '}')
			return true;
		brace++;
	}
	return false;
}

static uint64_t
jsonl_count(const struct ib_source *s, const char *p, size_t n)
{
	const char *end = p + n, *stop, *line;
	uint64_t count = 0;

	(void)s;
	for (; p < end; p = stop + 1) {
		stop = memchr(p, '\n', (size_t)(end - p));
		if (!stop)
			stop = end;
		line = ib_skip_mark(p, stop);
		if (may_hold_many(line, stop))
			count += count_objects(line, stop);
		else
			count += !is_empty(line, stop);
	}
	return count;
}

const struct ib_record_format ib_format_jsonl = {
	.format = IB_FORMAT_JSONL,
	.name = "jsonl",
	.stop = '\n',
	.cut = ib_lines_cut,
	.count = jsonl_count,
	.next = jsonl_next,
};

/* ---- lists -------------------------------------------------------------- */

/* Find the n-th field, from 1, of a line whose fields are separated by space or TAB. */
static bool
find_field(struct ib_span line, uint64_t n, struct ib_span *field)
{
	const char *p = line.p, *end = line.p + line.n, *start;

	for (;;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p == end)
			return false;
		start = p;
		while (p < end && *p != ' ' && *p != '\t')
			p++;
		if (--n == 0)
			break;
	}
	*field = (struct ib_span){ start, (size_t)(p - start) };
	return true;
}

/* In an epoch manifest, a number after the last TAB is the weight: remove it from the line. */
static void
split_weight(struct ib_cursor *c, struct ib_span *line)
{
	struct ib_value *v = &c->v[1];
	const char *tab = memrchr(line->p, '\t', line->n);
	struct ib_span tail;

	v->type = IB_ABSENT;
	if (!c->source->epoch_manifest || !tab)
		return;
	tail = (struct ib_span){ tab + 1, (size_t)(line->p + line->n - tab - 1) };
	if (!ib_number_text(tail, &v->number))
		return;
	*v = (struct ib_value){
		.p = tail.p, .n = (uint32_t)tail.n, .type = IB_REAL, .number = v->number
	};
	line->n = (size_t)(tab - line->p);
}

static enum ib_next
list_next(struct ib_cursor *c)
{
	const char *start, *stop;
	struct ib_span line, field;

	do {
		start = c->at;
		if (start >= c->end)
			return IB_NEXT_END;
		stop = line_stop(c);
		c->record.line = c->line++;
		c->number++;
		c->record.close = NULL;
		start = ib_skip_mark(start, stop);
		ib_cursor_finish_line(c, start, stop);
	} while (c->record.n == 0);
	if (*start == '\0')
		return ib_cursor_bad(c, "a byte 0x00 before the line, as after "
					"a power cut");
	line = (struct ib_span){ start, c->record.n };
	split_weight(c, &line);
	if (c->source->key.kind == IB_KEY_COLUMN) {
		if (!find_field(line, c->source->key.column, &field))
			return ib_cursor_bad(c, "the line has no field %llu",
					     (unsigned long long)c->source->key.column);
		line = field;
	}
	c->v[0] = (struct ib_value){ .p = line.p, .n = (uint32_t)line.n, .type = IB_TEXT };
	return IB_NEXT_RECORD;
}

static uint64_t
list_count(const struct ib_source *s, const char *p, size_t n)
{
	(void)s;
	return ib_scan_count_lines(p, n) + (n > 0 && p[n - 1] != '\n');
}

const struct ib_record_format ib_format_list = {
	.format = IB_FORMAT_LIST,
	.name = "list",
	.stop = '\n',
	.cut = ib_lines_cut,
	.count = list_count,
	.next = list_next,
};
