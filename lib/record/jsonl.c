/*
 * JSON Lines: one JSON object per line. If a line holds several objects, each object is a record.
 */
#include "record/format.h"

static bool
is_empty(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r'))
		p++;
	return p == end;
}

/* Read a line that holds any JSON value. Called only if any_value is set. */
static enum ib_next
next_value(struct ib_cursor *c, const char *start, const char *stop)
{
	struct ib_value v;
	const char *p;

	p = ib_json_read_value(&c->json, ib_json_skip_space(&c->json.check, start), &v);
	ib_cursor_finish_line(c, start, stop);
	if (!p || ib_json_skip_space(&c->json.check, p) != stop)
		return ib_cursor_fail(c, "malformed JSON: %s",
				      p ? "more than one value on the line" : c->json.check.why);
	ib_cursor_clear_values(c);
	c->record.close = NULL;
	return IB_NEXT_RECORD;
}

/*
 * Return the position after the NULs in an invalid line, or NULL if no object follows the NULs.
 */
static const char *
nuls_before_object(const struct ib_json *json, const char *start, const char *stop)
{
	const char *nuls = memchr(start, '\0', (size_t)(stop - start));
	const char *after = nuls ? ib_skip_nuls(nuls, stop) : stop;

	return *ib_json_skip_space(&json->check, after) == '{' ? after : NULL;
}

/*
 * Find the next object on the line, after the object that ends at `end`. Returns the start of the
 * next object or of the NULs before it, or NULL if no object follows. A byte order mark between the
 * objects, as in joined files, is skipped.
 */
static const char *
next_object(const struct ib_json *json, const char *end, const char *stop)
{
	const char *p = ib_skip_byte_order_mark(ib_json_skip_space(&json->check, end), stop);

	if (p >= stop)
		return NULL;
	return *p == '{' || (*p == '\0' && nuls_before_object(json, p, stop)) ? p : NULL;
}

static enum ib_next
bad_line(struct ib_cursor *c, const char *start)
{
	const char *at = c->json.check.at, *stop = ib_cursor_line_stop(c);
	bool object = *ib_json_skip_space(&c->json.check, start) == '{';
	const char *after = nuls_before_object(&c->json, start, stop);

	if (after)
		return ib_cursor_fail_nuls(c, start, after);
	if (!object && c->source->any_value)
		return next_value(c, start, stop);
	ib_cursor_finish_line(c, start, stop);
	if (*start == '\0')
		return ib_cursor_fail(c,
				      "NUL bytes instead of a record, perhaps after a power cut");
	if (!object)
		return ib_cursor_fail_no_object(c, (struct ib_span){ c->record.p, c->record.n });
	if (at == stop && !c->record.unterminated)
		return ib_cursor_fail(c, "the object does not end on this line: write one object "
					 "per line (try jq -c .)");
	return ib_cursor_fail(
		c, "malformed JSON at byte %zu: %s%s", (size_t)(at - start) + 1, c->json.check.why,
		*at == '\'' ? " (single quotes: json.dumps writes double quotes)" : "");
}

/*
 * Set c->record to the object that ends at `end`, and move c->at to `next`, the start of another
 * object on the same line. The record has no newline.
 */
static enum ib_next
end_before_next_object(struct ib_cursor *c, const char *start, const char *end, const char *next)
{
	c->record.p = start;
	c->record.n = (size_t)(end - start);
	c->record.end = 0;
	c->record.unterminated = false;
	c->line--;
	c->at = next;
	return IB_NEXT_RECORD;
}

/*
 * Check the bytes after the object that ends at `end`. Called if these bytes do not begin with a
 * newline.
 */
static enum ib_next
finish_object(struct ib_cursor *c, const char *start, const char *end)
{
	const char *p = ib_json_skip_space(&c->json.check, end), *next;

	if (p >= c->end || *p == '\n') {
		ib_cursor_finish_line(c, start, p < c->end ? p : c->end);
		return IB_NEXT_RECORD;
	}
	next = next_object(&c->json, end, ib_cursor_line_stop(c));
	if (next)
		return end_before_next_object(c, start, end, next);
	c->json.check.at = p;
	c->json.check.why = "there is more data after the object";
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
		p = ib_json_read_object(&c->json, start, c->v);
		if (p)
			break;
		p = ib_cursor_line_stop(c);
		if (ib_skip_byte_order_mark(start, p) > start) {
			c->at = ib_skip_byte_order_mark(start, p);
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
		c->record.unterminated = false;
		c->at = p + 1;
		return IB_NEXT_RECORD;
	}
	return finish_object(c, start, p);
}

/*
 * Count the objects of a line. Other text is counted as one record. NULs before an object are not
 * counted.
 */
static uint64_t
count_objects(const char *p, const char *stop)
{
	static const struct ib_fields none = { .nnodes = 1 };
	const char *end, *next;
	struct ib_json json;
	struct ib_value v;
	uint64_t n = 0;

	ib_json_init(&json, &none, true);
	while (p && p < stop) {
		end = ib_json_read_object(&json, p, &v);
		next = end ? next_object(&json, end, stop) : NULL;
		if (end && !next && ib_json_skip_space(&json.check, end) < stop)
			end = NULL; /* invalid, because other data follow the object */
		if (!end && (next = nuls_before_object(&json, p, stop)) != NULL)
			n--;
		n++;
		p = next;
	}
	return n;
}

/*
 * True if the line may hold two objects, because an opening brace follows a closing brace. Space,
 * NULs and a byte order mark may be between the two braces.
 */
static bool
may_hold_many(const char *p, const char *stop)
{
	const char *brace = p, *q;

	while ((brace = memchr(brace, '{', (size_t)(stop - brace))) != NULL) {
		for (q = brace; q > p && memchr(" \t\r\0\xef\xbb\xbf", q[-1], 7);)
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
		line = ib_skip_byte_order_mark(p, stop);
		if (may_hold_many(line, stop))
			count += count_objects(line, stop);
		else
			count += !is_empty(line, stop);
	}
	return count;
}

const struct ib_record_format ib_format_jsonl = {
	.format = IB_FORMAT_JSONL,
	.name = "JSON lines",
	.option = "jsonl",
	.suffix = { ".jsonl", ".ndjson" },
	.stop = '\n',
	.cut_block = ib_cut_lines,
	.count = jsonl_count,
	.next = jsonl_next,
};
