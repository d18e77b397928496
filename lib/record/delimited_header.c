/*
 * The header of a CSV or TSV file: the column names, and the columns of the needed fields.
 */
#include "record/delimited.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/error.h"
#include "record/dialect.h"

static bool
names_column(const struct ib_source *s, size_t i, struct ib_span want, bool trimmed)
{
	struct ib_value name = { .p = s->columns.name[i].p,
				 .n = (uint32_t)s->columns.name[i].n,
				 .type = IB_TEXT };

	if (trimmed)
		ib_delimited_trim(&name, s->delimiter);
	return ib_span_equal(ib_value_span(&name), want);
}

/*
 * Return the index of the last column with the name `want`, or columns.n if no column has this
 * name.
 */
static size_t
find_column(const struct ib_source *s, struct ib_span want, bool trimmed)
{
	size_t i;

	for (i = s->columns.n; i-- > 0;)
		if (names_column(s, i, want, trimmed))
			return i;
	return s->columns.n;
}

bool
ib_source_has_column(const struct ib_source *s, struct ib_span want)
{
	return find_column(s, want, false) < s->columns.n ||
	       find_column(s, want, true) < s->columns.n;
}

/*
 * Give each needed field the column of the same name. If `trimmed` is true, ignore the space and
 * quotes around column names, and skip the fields whose exact name is a column name.
 */
static void
map_columns(struct ib_source *s, bool trimmed)
{
	const struct ib_node *wanted = &s->fields.node[0];
	const struct ib_member *m;
	size_t i, at;

	for (i = 0; i < wanted->n; i++) {
		m = &wanted->member[i];
		if (m->slot < 0 || (trimmed && find_column(s, m->name, false) < s->columns.n))
			continue;
		at = find_column(s, m->name, trimmed);
		if (at == s->columns.n || s->columns.slot[at] >= 0)
			continue;
		s->columns.slot[at] = m->slot;
		s->columns.number[at] = m->number;
	}
}

void
ib_delimited_map_columns(struct ib_source *s)
{
	size_t i;

	for (i = 0; i < s->columns.n; i++) {
		s->columns.slot[i] = -1;
		s->columns.number[i] = false;
	}
	map_columns(s, false);
	map_columns(s, true);
}

/*
 * Allocate the column arrays. A header of n bytes has at most n + 1 columns. If the first block
 * had no complete row, the header is read again, and this function is called again.
 */
static bool
allocate_columns(struct ib_source *s)
{
	size_t n = s->header.n + 1;

	free(s->columns.slot);
	free(s->columns.number);
	free(s->columns.name);
	s->columns.n = 0;
	s->columns.slot = malloc(n * sizeof(*s->columns.slot));
	s->columns.number = malloc(n * sizeof(*s->columns.number));
	s->columns.name = malloc(n * sizeof(*s->columns.name));
	return s->columns.slot && s->columns.number && s->columns.name;
}

static enum ib_status
bad_header(const struct ib_source *s, struct ib_error *err)
{
	struct ib_span line = ib_bytes_span(&s->header);
	char why[IB_WHY_MAX];

	if (!ib_dialect_describe(why, sizeof(why), line, (struct ib_span){ "", 0 }, s->format))
		snprintf(why, sizeof(why), "malformed quotes in the header");
	return ib_fail(err, IB_E_DATA, "%s: %s", s->name, why);
}

static enum ib_status
read_names(struct ib_source *s, struct ib_error *err)
{
	const char *p = s->header.p, *end = p + s->header.n, *stop;
	struct ib_span name;
	struct ib_value v;

	for (;; p = stop + 1) {
		if (!ib_delimited_read_field(s->delimiter, p, end, &v, &stop))
			return bad_header(s, err);
		ib_value_text(&v, &s->columns.names, &name);
		if (!name.p)
			return ib_fail_memory(err);
		s->columns.name[s->columns.n++] = name;
		s->columns.padded |= !v.quoted && name.n > 0 && ib_span_trim(name).n < name.n;
		if (stop >= end || *stop == '\n')
			return IB_OK;
	}
}

static enum ib_status
read_header(struct ib_source *s, struct ib_error *err)
{
	char mask[sizeof(s->columns.head)];
	size_t i;

	if (!allocate_columns(s))
		return ib_fail_memory(err);
	for (i = 0; i < sizeof(mask); i++)
		mask[i] = i < s->header.n && !memchr("\r\n", s->header.p[i], 2) ? '\xff' : '\0';
	memcpy(&s->columns.head, s->header.p, sizeof(s->columns.head));
	memcpy(&s->columns.head_mask, mask, sizeof(mask));
	return read_names(s, err);
}

/* Store the header line, add the sentinel and the padding that scans need, and parse the header. */
enum ib_header_status
ib_delimited_read_header(struct ib_source *s, const char *p, size_t n, bool last, size_t *used,
			 struct ib_error *err)
{
	const char *start = p, *end = p + n, *stop;

	s->delimiter = s->format == IB_FORMAT_CSV ? ',' : '\t';
	while (p < end && ib_delimited_is_empty_line(p, end)) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p) {
			p = end;
			break;
		}
		p++;
		s->first_line++;
	}
	stop = ib_delimited_record_stop(s->delimiter, p, end);
	if (!stop && !last)
		return IB_HEADER_INCOMPLETE;
	stop = stop ? stop + 1 : end;
	s->header.n = 0;
	ib_bytes_append(&s->header, p, (size_t)(stop - p));
	s->first_line += ib_byte_scan_count_lines(p, (size_t)(stop - p));
	ib_bytes_append(&s->header, "\n", 1);
	if (!ib_bytes_reserve(&s->header, IB_BYTE_SCAN_PAD)) {
		ib_fail_memory(err);
		return IB_HEADER_INVALID;
	}
	/* The newline that was just added is a sentinel and not part of the header. */
	s->header.n--;
	*used = (size_t)(stop - start);
	return read_header(s, err) ? IB_HEADER_INVALID : IB_HEADER_COMPLETE;
}
