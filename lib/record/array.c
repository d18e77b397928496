/*
 * The JSON array format: the operand is one JSON array of any size, and each element is a record.
 * A block ends after the comma that follows an element. struct ib_block_cut keeps the state of
 * the array between blocks.
 */
#include "record/format.h"

#include "base/error.h"
#include "record/dialect.h"

/*
 * Return the position after the comma or bracket that ends the element at p, or NULL if the
 * element does not end before `end`. This function checks only strings and nesting. The grammar
 * of the element is checked when the element is read.
 */
static const char *
element_end(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			for (p++;; p++) {
				p = ib_byte_scan_string(p);
				if (p >= end)
					return NULL;
				if (*p == '"')
					break;
				if (*p == '\\')
					p++;
			}
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
			depth -= depth > 0;
			break;
		case ']':
			if (depth == 0)
				return p + 1;
			depth--;
			break;
		case ',':
			if (depth == 0)
				return p + 1;
			break;
		default:
			break;
		}
	}
	return NULL;
}

/* Set cut->why if anything except white space follows the closing bracket. */
static void
cut_rest(const char *p, const char *end, struct ib_block_cut *cut)
{
	while (p < end && ib_is_space(*p))
		p++;
	if (p < end)
		cut->why = "there is more data after the closing bracket of the array";
}

static void
cut_array(const char *p, size_t n, bool last, struct ib_block_cut *cut)
{
	const char *start = p, *end = p + n, *stop, *q;

	cut->n = 0;
	while (!cut->ended) {
		q = p;
		while (q < end && ib_is_space(*q))
			q++;
		stop = q < end ? element_end(q, end) : NULL;
		if (!stop)
			break;
		if (stop == q + 1) {
			if (*q == ',' || cut->after_comma) {
				cut->n = (size_t)(p - start);
				cut->why = "an element is missing";
				return;
			}
			cut->ended = true; /* an empty array */
		} else {
			cut->element++;
			cut->ended = stop[-1] == ']';
		}
		cut->after_comma = !cut->ended;
		p = stop;
	}
	cut->n = (size_t)(p - start);
	if (cut->ended) {
		cut_rest(p, end, cut);
		if (!cut->why)
			cut->n = n; /* the last block includes the space after the array */
	} else if (last) {
		cut->why = "the array has no closing bracket: is the file truncated?";
	}
}

#define LINE_SEEN ((size_t)4096) /* enough bytes of a line to recognize a text log */

/*
 * Fail if the first line is a line of a text log that begins with a bracket, as in "[2024-01-02]
 * INFO loss=0.5".
 */
static enum ib_header_status
refuse_text_log(const struct ib_source *s, struct ib_span line, struct ib_error *err)
{
	char say[IB_WHY_MAX];

	if (!ib_dialect_is_bracket_log(line) ||
	    !ib_dialect_describe(say, sizeof(say), line, (struct ib_span){ "", 0 }, IB_FORMAT_JSON))
		return IB_HEADER_COMPLETE;
	ib_fail(err, IB_E_DATA, "%s: not JSON: %s", s->name, say);
	return IB_HEADER_INVALID;
}

static enum ib_header_status
read_array_header(struct ib_source *s, const char *p, size_t n, bool last, size_t *used,
		  struct ib_error *err)
{
	const char *stop;
	size_t i = 0, seen;

	while (i < n && ib_is_space(p[i]))
		i++;
	if (i == n && !last)
		return IB_HEADER_INCOMPLETE;
	if (i == n || p[i] != '[') {
		ib_fail(err, IB_E_DATA, "%s: not a JSON array", s->name);
		return IB_HEADER_INVALID;
	}
	seen = n - i < LINE_SEEN ? n - i : LINE_SEEN;
	stop = memchr(p + i, '\n', seen);
	if (!stop && !last && seen < LINE_SEEN)
		return IB_HEADER_INCOMPLETE;
	s->first_line += ib_byte_scan_count_lines(p, i);
	*used = i + 1;
	return refuse_text_log(s, (struct ib_span){ p + i, stop ? (size_t)(stop - (p + i)) : seen },
			       err);
}

/* Set c->record to the element at p, and move c->at to the next element. */
static void
delimit_element(struct ib_cursor *c, const char *p)
{
	const char *stop = element_end(p, c->end);

	c->at = stop ? stop : c->end;
	c->record.p = p;
	c->record.n = (size_t)((stop ? stop - 1 : c->end) - p);
	while (c->record.n > 0 && ib_is_space(p[c->record.n - 1]))
		c->record.n--;
}

static enum ib_next
array_next(struct ib_cursor *c)
{
	struct ib_value any;
	const char *p = c->at, *stop;

	while (p < c->end && ib_is_space(*p))
		c->line += *p++ == '\n';
	if (p >= c->end || *p == ']') {
		c->line += ib_byte_scan_count_lines(p, (size_t)(c->end - p));
		c->at = c->end;
		return IB_NEXT_END;
	}
	c->number++;
	c->record.line = c->line;
	c->record.end = 0;
	c->record.unterminated = false;
	c->record.close = NULL;
	delimit_element(c, p);
	c->line += ib_byte_scan_count_lines(p, (size_t)(c->at - p));
	if (*p == '{') {
		stop = ib_json_read_object(&c->json, p, c->v);
		c->record.close = stop ? stop - 1 : NULL;
	} else if (c->source->any_value) {
		stop = ib_json_read_value(&c->json, p, &any);
		ib_cursor_clear_values(c);
	} else {
		return ib_cursor_fail(c, "not a JSON object");
	}
	if (!stop)
		return ib_cursor_fail(c, "malformed JSON at byte %zu: %s",
				      (size_t)(c->json.check.at - p) + 1, c->json.check.why);
	if (stop != c->record.p + c->record.n)
		return ib_cursor_fail(c, "malformed JSON: expected ',' or ']'");
	return IB_NEXT_RECORD;
}

static uint64_t
array_count(const struct ib_source *s, const char *p, size_t n)
{
	struct ib_block_cut cut = { 0 };

	(void)s;
	cut_array(p, n, false, &cut);
	return cut.element;
}

const struct ib_record_format ib_format_array = {
	.format = IB_FORMAT_JSON,
	.name = "a JSON array",
	.option = "json",
	.stop = '\0',
	.read_header = read_array_header,
	.cut_block = cut_array,
	.count = array_count,
	.next = array_next,
};
