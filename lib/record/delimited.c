/*
 * CSV (RFC 4180) and TSV, both with a header line. A CSV field may be in double quotes; a quote
 * inside such a field is doubled. TSV has neither quotes nor escapes.
 *
 * A quoted CSV field may contain newlines, so a block of CSV ends at a newline outside quotes. A
 * field whose quote is not closed extends to the end of the file. As a sentinel, a newline is
 * stored after each block and after the header. A scan for a delimiter stops at the sentinel at the
 * latest; its caller then compares the position with the end of the block (c->end).
 */
#include "record/delimited.h"

#include "base/predict_end.h"
#include "base/numbers.h"
#include "base/short_number.h"
#include "record/cursor.h"
#include "record/dialect.h"

/*
 * Return the position after the closing quote of the quoted field at p, or NULL if the quote is
 * not closed.
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
 * Return the newline that ends the CSV record at p, or NULL if the record does not end before
 * `end`. A quote opens a quoted field only at the start of a field.
 */
static const char *
csv_record_stop(const char *p, const char *end)
{
	bool doubled;

	if (p < end && ib_begins_with_mark_or_nul(p))
		p = ib_skip_nuls(ib_skip_byte_order_mark(p, end), end);
	for (;;) {
		if (p < end && *p == '"') {
			p = close_quote(p, end, &doubled);
			if (!p)
				return NULL;
		}
		p = ib_byte_scan_field(p, ',');
		if (p >= end)
			return NULL;
		if (*p == '\n')
			return p;
		p++;
	}
}

static void
cut_csv(const char *p, size_t n, bool last, struct ib_block_cut *cut)
{
	const char *start = p, *end = p + n, *stop;

	if (last || !memchr(p, '"', n)) {
		ib_cut_lines(p, n, last, cut);
		return;
	}
	while ((stop = csv_record_stop(p, end)) != NULL)
		p = stop + 1;
	cut->n = (size_t)(p - start);
}

bool
ib_delimited_is_empty_line(const char *p, const char *end)
{
	if (p < end && *p == '\r')
		p++;
	return p == end || *p == '\n';
}

/*
 * True if the row at p repeats the header byte for byte. Sets *stop to the newline of the row, or
 * to the block's end.
 */
static bool
is_header(const struct ib_source *s, const char *p, const char *end, const char **stop)
{
	size_t n = s->header.n;

	while (n > 0 && memchr("\r\n", s->header.p[n - 1], 2))
		n--;
	if (n == 0 || p == s->header.p || (size_t)(end - p) < n || memcmp(p, s->header.p, n) != 0)
		return false;
	*stop = p + n;
	*stop += *stop < end && **stop == '\r';
	return *stop == end || **stop == '\n';
}

/*
 * Skip byte order marks and NULs at the start of a line. Sets *nuls to true if the last skipped
 * byte is a NUL.
 */
static __attribute__((noinline)) const char *
skip_odd_start(const char *p, const char *end, bool *nuls)
{
	const char *start, *after;

	do {
		start = p;
		p = ib_skip_byte_order_mark(p, end);
		after = ib_skip_nuls(p, end);
		if (after > start)
			*nuls = after > p;
		p = after;
	} while (p > start);
	return p;
}

/*
 * True if the line at p is counted as a record. Byte order marks and NULs at the start of the line
 * are skipped first. The rest of the line is counted unless it is empty or repeats the header. A
 * line of NULs is also counted, as an invalid record.
 */
static bool
is_row(const struct ib_source *s, const char *p, const char *end)
{
	const char *stop;
	bool nuls = false;

	if (p < end && ib_begins_with_mark_or_nul(p))
		p = skip_odd_start(p, end, &nuls);
	return ib_delimited_is_empty_line(p, end) ? nuls : !is_header(s, p, end, &stop);
}

const char *
ib_delimited_record_stop(char delimiter, const char *p, const char *end)
{
	return delimiter == ',' ? csv_record_stop(p, end) : memchr(p, '\n', (size_t)(end - p));
}

static uint64_t
count_rows(const struct ib_source *s, const char *p, size_t n)
{
	const char *end = p + n, *stop;
	uint64_t count = 0;

	for (; p < end; p = stop + 1) {
		count += is_row(s, p, end);
		stop = ib_delimited_record_stop(s->delimiter, p, end);
		if (!stop)
			break;
	}
	return count;
}

/* ---- fields ------------------------------------------------------------- */

static inline bool
read_field(char delimiter, const char *p, const char *end, struct ib_value *v, const char **stop)
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
		while (q < end && *q == ' ') /* skip the space of a padded column */
			q++;
		*stop = q;
		if (q < end && *q == '\r' && (q + 1 == end || q[1] == '\n'))
			*stop = ++q;
		return q >= end || *q == ',' || *q == '\n';
	}
	q = ib_byte_scan_field(p, delimiter);
	if (q > end)
		q = end;
	*stop = q;
	v->n = (uint32_t)(q - p);
	if (v->n > 0 && q[-1] == '\r' && (q == end || *q == '\n'))
		v->n--;
	return true;
}

bool
ib_delimited_read_field(char delimiter, const char *p, const char *end, struct ib_value *v,
			const char **stop)
{
	return read_field(delimiter, p, end, v, stop);
}

void
ib_delimited_trim(struct ib_value *v, char delimiter)
{
	struct ib_span s = ib_span_trim(ib_value_span(v));

	v->p = s.p;
	v->n = (uint32_t)s.n;
	if (delimiter != ',' || v->quoted || s.n < 2 || s.p[0] != '"' ||
	    close_quote(s.p, s.p + s.n, &v->escaped) != s.p + s.n)
		return;
	v->quoted = true;
	v->p++;
	v->n -= 2;
}

/* Convert a field to a number. "" and NA become IB_NULL. Text that is not a number stays text. */
static void
convert_number(struct ib_value *v, char delimiter)
{
	struct ib_value converted = *v;
	struct ib_span s;

	ib_delimited_trim(&converted, delimiter);
	s = ib_span_trim(ib_value_span(&converted));
	if (s.n == 0 || ib_span_is(s, "NA"))
		converted.type = IB_NULL;
	else if (ib_number_text(s, &converted.number))
		converted.type = IB_REAL;
	else
		return;
	*v = converted;
}

/*
 * Read a field that has no quotes and is not the last field before CR LF or the block's end. This
 * is the common case. Returns the end of the field. Returns NULL for any other field, which
 * read_field() must read.
 */
static inline const char *
plain_field(struct ib_cursor *c, const char *p, struct ib_value *v, uint32_t *length)
{
	char delimiter = c->source->delimiter;
	const char *q;

	if (*p == '"' && delimiter == ',')
		return NULL;
	q = ib_predict_end(p, ib_byte_scan_field(p, delimiter), length);
	if (*q == '\n' && (q >= c->end || (q > p && q[-1] == '\r')))
		return NULL;
	*v = (struct ib_value){ .p = p, .n = (uint32_t)(q - p), .type = IB_TEXT };
	return q;
}

/*
 * Read a field that is exactly a JSON number, as most numbers in CSV are. Returns the end of the
 * field, or NULL if convert_number() must read the field. This function saves 8 % of the time of a
 * run; see tests/PERFORMANCE.md.
 */
static inline const char *
plain_number(char delimiter, const char *p, struct ib_value *v, uint32_t *length)
{
	bool fraction;
	const char *q = ib_short_number(p, true, &v->number, &fraction);

	if (!q)
		q = ib_number_json(p, &v->number);
	if (!q)
		return NULL;
	q = ib_predict_end(p, q, length);
	if (*q != delimiter && *q != '\n')
		return NULL;
	v->p = p;
	v->n = (uint32_t)(q - p);
	v->type = IB_REAL;
	v->escaped = v->quoted = false;
	return q;
}

/*
 * Read one field of a row into v, as text or as a number. Sets *stop to the delimiter or newline
 * that ends the field. Returns false if the quotes of the field are malformed.
 */
static inline bool
read_value(struct ib_cursor *c, const char *p, bool number, struct ib_value *v, uint32_t *length,
	   const char **stop)
{
	char delimiter = c->source->delimiter;

	*stop = number ? plain_number(delimiter, p, v, length) : plain_field(c, p, v, length);
	if (*stop)
		return true;
	if (!read_field(delimiter, p, c->end, v, stop))
		return false;
	if (number)
		convert_number(v, delimiter);
	return true;
}

/* ---- rows --------------------------------------------------------------- */

/* Return the newline that ends the record at p, or the end of the block. */
static const char *
row_stop(const struct ib_cursor *c, const char *p)
{
	const char *stop = ib_delimited_record_stop(c->source->delimiter, p, c->end);

	return stop ? stop : c->end;
}

/* Count the fields from p to the end of the row. Returns 0 if the quotes are malformed. */
static size_t
count_fields(const struct ib_cursor *c, const char *p)
{
	struct ib_value v;
	const char *stop;
	size_t n = 1;

	for (;; n++, p = stop + 1) {
		if (!read_field(c->source->delimiter, p, c->end, &v, &stop))
			return 0;
		if (stop >= c->end || *stop == '\n')
			return n;
	}
}

/*
 * Set c->record to a malformed row, and move c->at to the next record. A row with a quote that is
 * not closed extends to the end of the file. If a complete row follows NULs, the malformed row
 * ends after the NULs.
 */
static __attribute__((noinline)) enum ib_next
bad_row(struct ib_cursor *c, const char *start, const char *why)
{
	const char *stop = row_stop(c, start);
	const char *nuls = memchr(start, '\0', (size_t)(stop - start));
	const char *after = nuls ? ib_skip_nuls(nuls, stop) : stop;
	bool open = c->source->delimiter == ',' && stop == c->end;
	const char *header_stop;
	uint64_t lines;

	if (after < stop && count_fields(c, after) == c->source->columns.n &&
	    !is_header(c->source, after, c->end, &header_stop))
		return ib_cursor_fail_nuls(c, start, after);
	ib_cursor_finish_line(c, start, stop);
	lines = ib_byte_scan_count_lines(start, c->record.n);
	c->line += lines;
	/* If the file ends inside a quoted field, a final newline belongs to the field. */
	if (open && lines == 1 && c->end[-1] == '\n')
		c->record.unterminated = true;
	return ib_cursor_fail(c, "%s", why);
}

/*
 * Return a hint that says why the row has more fields than the header, or "" if no cause is
 * known.
 */
static const char *
hint_for_extra_fields(const struct ib_cursor *c, const char *start)
{
	struct ib_span row = { start, c->record.n };

	if (c->source->delimiter == '\t')
		return memchr(row.p, '"', row.n)
			       ? " (TSV has no quotes, so a TAB between quotes separates fields; "
				 "convert the file with mlr --icsv --ifs tab --ojsonl cat)"
			       : "";
	return ib_dialect_decimal_comma(row) ? " (a decimal comma? write 0.5, not 0,5)" : "";
}

static enum ib_next
wrong_count(struct ib_cursor *c, const char *start, size_t n)
{
	size_t want = c->source->columns.n;

	bad_row(c, start, "");
	if (c->why[0])
		return IB_NEXT_BAD;
	if (ib_dialect_describe(c->why, sizeof(c->why), ib_bytes_span(&c->source->header),
				(struct ib_span){ start, c->record.n }, c->source->format))
		return IB_NEXT_BAD;
	if (n > want)
		return ib_cursor_fail(c, "the row has more fields than the header, which has %zu%s",
				      want, hint_for_extra_fields(c, start));
	return ib_cursor_fail(c, "the row has %zu field%s, but the header has %zu", n,
			      n == 1 ? "" : "s", want);
}

/*
 * Skip an empty line, a byte order mark or a repeated header at c->at. Returns IB_NEXT_END if
 * something was skipped, or IB_NEXT_RECORD if a row begins at c->at. If NULs begin at c->at,
 * returns IB_NEXT_BAD and sets c->record to the NULs.
 */
static __attribute__((noinline)) enum ib_next
skip_non_row(struct ib_cursor *c)
{
	const char *start = c->at, *stop;

	if (ib_delimited_is_empty_line(start, c->end)) {
		stop = memchr(start, '\n', (size_t)(c->end - start));
		c->at = stop ? stop + 1 : c->end;
		c->line++;
		return IB_NEXT_END;
	}
	c->at = ib_skip_byte_order_mark(start, c->end);
	if (c->at > start)
		return IB_NEXT_END;
	if (is_header(c->source, start, c->end, &stop)) {
		c->source->notes->headers++;
		c->line += 1 + ib_byte_scan_count_lines(start, (size_t)(stop - start));
		c->at = stop < c->end ? stop + 1 : stop;
		return IB_NEXT_END;
	}
	if (*start != '\0')
		return IB_NEXT_RECORD;
	c->record.line = c->line++;
	c->number++;
	stop = ib_skip_nuls(start, c->end);
	if (!ib_delimited_is_empty_line(stop, c->end))
		return ib_cursor_fail_nuls(c, start, stop);
	return bad_row(c, start, "NUL bytes instead of a record, perhaps after a power cut");
}

/*
 * Return false if the first bytes show that a row begins at p. This is the common case. If this
 * function returns true, skip_non_row() must decide.
 */
static inline bool
may_be_non_row(const struct ib_source *s, const char *p)
{
	uint64_t head;

	memcpy(&head, p, sizeof(head));
	return ((head ^ s->columns.head) & s->columns.head_mask) == 0 ||
	       (unsigned char)(*p - ' ') >= 0xef - ' ';
}

/* Move c->at to the next row. Returns IB_NEXT_RECORD if a row was found. */
static inline enum ib_next
find_row(struct ib_cursor *c)
{
	enum ib_next next;

	while (c->at < c->end) {
		if (!may_be_non_row(c->source, c->at))
			return IB_NEXT_RECORD;
		next = skip_non_row(c);
		if (next != IB_NEXT_END)
			return next;
	}
	return IB_NEXT_END;
}

/* Trim all text fields without quotes, because the columns of the file are padded. */
static __attribute__((noinline)) void
trim_texts(struct ib_cursor *c)
{
	size_t i;

	for (i = 0; i < c->source->fields.nslots; i++)
		if (c->v[i].type == IB_TEXT && !c->v[i].quoted)
			ib_delimited_trim(&c->v[i], c->source->delimiter);
}

/*
 * True if the row is another header, because its id is the name of the id column. In this case,
 * sets c->why.
 */
static __attribute__((noinline)) bool
is_other_header(struct ib_cursor *c)
{
	const struct ib_key *key = &c->source->key;
	struct ib_span id = ib_value_span(&c->v[c->source->key_slot[0]]);

	if (c->record.p == c->source->header.p || !ib_span_equal(id, key->name[0]) ||
	    !ib_key_is_known(id))
		return false;
	ib_cursor_explain_other_header(c);
	return true;
}

/* True if the id is in quotes, although TSV has no quotes. */
static inline bool
is_quoted_tsv(const struct ib_source *s, const struct ib_value *id)
{
	return s->delimiter == '\t' && id->n > 1 && *id->p == '"' && id->p[id->n - 1] == '"';
}

/* True if check_id() must check the id. This is rare. */
static inline bool
is_suspect_id(const struct ib_source *s, const struct ib_value *id)
{
	return id->n == s->key.name[0].n || is_quoted_tsv(s, id);
}

/*
 * If the id is in quotes in a TSV, count it in notes->quotes. Returns false and sets c->why if the
 * row is another header.
 */
static __attribute__((noinline)) bool
check_id(struct ib_cursor *c)
{
	const struct ib_source *s = c->source;

	if (is_other_header(c))
		return false;
	s->notes->quotes += is_quoted_tsv(s, &c->v[s->key_slot[0]]);
	return true;
}

static enum ib_next
row_next(struct ib_cursor *c)
{
	const struct ib_source *s = c->source;
	enum ib_next found = find_row(c);
	const char *start, *p, *stop;
	struct ib_value other, *v;
	bool quoted = false, number;
	size_t i;

	if (found != IB_NEXT_RECORD)
		return found;
	start = p = c->at;
	c->record.line = c->line++;
	c->number++;
	c->record.close = NULL;
	/* Fields without a column remain IB_ABSENT, as set by ib_cursor_start(). */
	for (i = 0;; i++, p = stop + 1) {
		v = &other;
		number = false;
		if (i < s->columns.n && s->columns.slot[i] >= 0) {
			v = &c->v[s->columns.slot[i]];
			number = s->columns.number[i];
		}
		if (!read_value(c, p, number, v, &c->length[i % IB_CURSOR_LENGTHS], &stop))
			return bad_row(c, start, "malformed quotes");
		quoted |= v->quoted;
		if (stop >= c->end || *stop == '\n')
			break;
	}
	if (i + 1 != s->columns.n)
		return wrong_count(c, start, i + 1);
	ib_fields_apply_aliases(&s->fields, c->v); /* a column name may contain a dot */
	ib_cursor_finish_line(c, start, stop);
	if (quoted)
		c->line += ib_byte_scan_count_lines(start, c->record.n);
	if (s->columns.padded)
		trim_texts(c);
	if (s->key.n == 1 && is_suspect_id(s, &c->v[s->key_slot[0]]) && !check_id(c))
		return IB_NEXT_BAD;
	return IB_NEXT_RECORD;
}

const struct ib_record_format ib_format_csv = {
	.format = IB_FORMAT_CSV,
	.name = "CSV",
	.option = "csv",
	.suffix = { ".csv" },
	.delimiter = ',',
	.stop = '\n',
	.read_header = ib_delimited_read_header,
	.cut_block = cut_csv,
	.count = count_rows,
	.next = row_next,
};

const struct ib_record_format ib_format_tsv = {
	.format = IB_FORMAT_TSV,
	.name = "TSV",
	.option = "tsv",
	.suffix = { ".tsv" },
	.delimiter = '\t',
	.stop = '\n',
	.read_header = ib_delimited_read_header,
	.cut_block = ib_cut_lines,
	.count = count_rows,
	.next = row_next,
};
