/*
 * Print tables. The first rows determine the widths of the columns. Every row after them is written
 * immediately, so a table may have any number of rows. libsmartcols is not used because it keeps
 * all rows in memory and cannot write the same cells as JSON numbers.
 */
#include "audit/text_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "audit/html.h"
#include "audit/text.h"
#include "base/error.h"
#include "base/json_writer.h"

#define TEXT_WIDTH_MIN 12    /* minimum width of a text column */
#define ROWS_FOR_WIDTHS 1000 /* number of first rows that determine the widths of the columns */
/* if the text is longer than this, it is passed to the output */
#define FLUSH_BYTES ((size_t)64 << 10)
#define ALARM "ALARM"

struct ib_text_table {
	const struct ib_column *column;
	size_t n;
	struct ib_table_target to;
	struct ib_bytes text;	    /* text that is not yet written to `to.out` */
	struct ib_json_writer json; /* writes to `text` */
	uint64_t rows;
	struct ib_html_table html; /* all rows, if the table is for the report */
	/* used for text tables: */
	struct ib_bytes *cells; /* [ROWS_FOR_WIDTHS * n] texts of the first rows */
	size_t waiting;		/* number of rows in `cells` */
	bool widths_known;
	size_t width[IB_TEXT_TABLE_COLUMNS];
	bool omitted[IB_TEXT_TABLE_COLUMNS];
	bool dropped[IB_TEXT_TABLE_COLUMNS]; /* true if the column is omitted because the terminal
					     is too narrow */
	bool failed;
};

/* ---- one value ---------------------------------------------------------------- */

static void
format_cell(struct ib_bytes *out, enum ib_style style, const struct ib_cell *cell)
{
	switch (cell->kind) {
	case IB_CELL_NONE:
		ib_bytes_append_char(out, '-');
		break;
	case IB_CELL_COUNT:
		ib_write_cell_json(out, cell);
		break;
	case IB_CELL_REAL:
	case IB_CELL_SCORE:
		ib_write_real(out, style, cell->real);
		break;
	case IB_CELL_TEXT:
		ib_write_text(out, cell->text);
		break;
	case IB_CELL_BOOL:
		ib_bytes_printf(out, "%s", cell->count ? ALARM : "-");
		break;
	case IB_CELL_JSON:
		break;
	}
}

/* ---- sparklines ----------------------------------------------------------------- */

#define SPARK_WIDTH 80 /* width of a sparkline if the width of the terminal is unknown */

/* Set *least and *most to the smallest and the largest finite value. */
static void
find_range(const double *value, size_t n, double *least, double *most)
{
	size_t i;

	*least = INFINITY;
	*most = -INFINITY;
	for (i = 0; i < n; i++) {
		if (!isfinite(value[i]))
			continue;
		*least = fmin(*least, value[i]);
		*most = fmax(*most, value[i]);
	}
}

/* Return the mean of the finite values, or NaN if there are none. */
static double
mean_of(const double *value, size_t n)
{
	double sum = 0;
	size_t i, finite = 0;

	for (i = 0; i < n; i++) {
		if (!isfinite(value[i]))
			continue;
		sum += value[i];
		finite++;
	}
	return sum / (double)finite;
}

/* Append one character that shows a value on a scale from `least` to `most`. */
static void
write_block(struct ib_bytes *out, double value, double least, double most, bool utf8)
{
	char block[3] = { '\xe2', '\x96', 0 };
	int level;

	if (!isfinite(value) || most <= least) {
		ib_bytes_append_char(out, isfinite(value) ? '_' : ' ');
		return;
	}
	level = (int)((value - least) / (most - least) * 7 + 0.5);
	block[2] = (char)(0x81 + level);
	if (utf8)
		ib_bytes_append(out, block, 3);
	else
		ib_bytes_append_char(out, "0123456789"[level + level / 4]);
}

/* Append at most `columns` characters that show n values. */
static void
write_blocks(struct ib_bytes *out, const double *value, size_t n, size_t columns, bool utf8)
{
	size_t i, from = 0, to;
	double least, most;

	find_range(value, n, &least, &most);
	if (least > 0 && least > most / 2)
		least = most > least ? least : 0;
	else if (least > 0)
		least = 0;
	columns = columns < n ? columns : n;
	for (i = 0; i < columns; i++, from = to) {
		to = (i + 1) * n / columns;
		write_block(out, mean_of(value + from, to - from), least, most, utf8);
	}
}

void
ib_write_sparkline(struct ib_bytes *out, const char *label, const double *value, size_t n,
		   enum ib_style numbers, const struct ib_audit_options *o)
{
	size_t width = o->width > 0 ? (size_t)o->width : SPARK_WIDTH, used;
	struct ib_bytes range = { 0 };
	double least, most;

	find_range(value, n, &least, &most);
	if (least <= most) {
		ib_write_real(&range, numbers, least);
		ib_bytes_printf(&range, " to ");
		ib_write_real(&range, numbers, most);
	}
	used = strlen(label) + 2 + range.n + 2;
	ib_bytes_printf(out, "%s  ", label);
	write_blocks(out, value, n, width > used ? width - used : 1, o->utf8);
	ib_bytes_printf(out, "  %.*s\n", (int)range.n, range.n > 0 ? range.p : "");
	out->failed |= range.failed;
	ib_bytes_release(&range);
}

/* ---- tables ------------------------------------------------------------------- */

static size_t
table_width(const struct ib_text_table *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (!s->omitted[i])
			n += s->width[i] + 2;
	return n > 2 ? n - 2 : n;
}

/*
 * Return a pointer to the width of the widest text column, or NULL if all columns contain numbers.
 */
static size_t *
widest_text(struct ib_text_table *s)
{
	size_t *widest = NULL, i;

	for (i = 0; i < s->n; i++)
		if (!s->omitted[i] && s->column[i].align_left && (!widest || s->width[i] > *widest))
			widest = &s->width[i];
	return widest;
}

/*
 * Return the index of the column to drop next, or 0 if no column can be dropped. The first column
 * is never dropped.
 */
static size_t
spare_column(const struct ib_text_table *s)
{
	size_t i, spare = 0;
	int drop = 0;

	for (i = 1; i < s->n; i++) {
		if (s->omitted[i] || s->column[i].drop_order < drop)
			continue;
		drop = s->column[i].drop_order;
		spare = i;
	}
	return spare;
}

/*
 * Make the table fit into `room` columns of the terminal. First make the widest text column
 * narrower, but not narrower than `least`. If this is not enough, drop columns. Finally, widen the
 * text column as far as the room allows.
 */
static void
fit_columns(struct ib_text_table *s, size_t room)
{
	size_t least = room / 3 > TEXT_WIDTH_MIN ? room / 3 : TEXT_WIDTH_MIN, most, spare;
	size_t *text = widest_text(s);

	if (table_width(s) <= room)
		return;
	most = text ? *text : 0;
	if (text && *text > least)
		*text = least;
	while (table_width(s) > room && (spare = spare_column(s)) > 0) {
		s->omitted[spare] = s->dropped[spare] = true;
		if (text == &s->width[spare])
			text = NULL;
	}
	if (text)
		*text = table_width(s) + most - *text <= room ? most
							      : room - table_width(s) + *text;
}

/* Append the names of the columns that were dropped. */
static void
write_dropped(struct ib_text_table *s)
{
	struct ib_bytes b = { 0 };
	size_t i, n = 0, all = 0;

	for (i = 0; i < s->n; i++)
		all += s->dropped[i];
	if (all == 0)
		return;
	ib_bytes_append_char(&b, '(');
	for (i = 0; i < s->n; i++)
		if (s->dropped[i])
			ib_bytes_printf(&b, "%s%s", ib_list_separator(n++, all, " and "),
					s->column[i].heading);
	ib_bytes_printf(&b, ": not shown; use a wider terminal or --json)");
	ib_write_sentence(&s->text, ib_bytes_span(&b), (size_t)s->to.options->width,
			  s->to.options->utf8);
	s->failed |= b.failed;
	ib_bytes_release(&b);
}

static void
flush_text(struct ib_text_table *s)
{
	s->failed |= s->text.failed;
	ib_output_write_bytes(s->to.out, &s->text);
}

#define BOLD "\033[1m"
#define RED "\033[1;31m"
#define NORMAL "\033[0m"

static void
write_color(struct ib_text_table *s, const char *code)
{
	if (s->to.options->color)
		ib_bytes_append(&s->text, code, strlen(code));
}

/* Append the text of a cell in column i. If `last` is true, the text is not padded on the right. */
static void
write_cell(struct ib_text_table *s, size_t i, struct ib_span text, bool last)
{
	size_t n = ib_text_columns(text), pad = s->width[i] > n ? s->width[i] - n : 0;
	bool left = s->column[i].align_left, alarm = s->column[i].alarm && ib_span_is(text, ALARM);

	if (!left)
		ib_bytes_printf(&s->text, "%*s", (int)pad, "");
	if (alarm)
		write_color(s, RED);
	if (left && s->to.options->width > 0)
		ib_write_shortened(&s->text, text, s->width[i], s->to.options->utf8);
	else
		ib_bytes_append(&s->text, text.p, text.n);
	if (alarm)
		write_color(s, NORMAL);
	if (!last)
		ib_bytes_printf(&s->text, "%*s", left ? (int)pad + 2 : 2, "");
}

static size_t
last_column(const struct ib_text_table *s)
{
	size_t i = s->n - 1;

	while (i > 0 && s->omitted[i])
		i--;
	return i;
}

static void
write_table_row(struct ib_text_table *s, const struct ib_bytes *cell)
{
	size_t i, last = last_column(s);

	for (i = 0; i < s->n; i++)
		if (!s->omitted[i])
			write_cell(s, i, ib_bytes_span(&cell[i]), i == last);
	ib_bytes_append_char(&s->text, '\n');
	if (s->text.n > FLUSH_BYTES)
		flush_text(s);
}

/*
 * Determine the widths of the columns. Then append the headings and the rows that are stored in
 * `cells`.
 */
static void
finish_widths(struct ib_text_table *s)
{
	size_t i, last;

	s->widths_known = true;
	if (s->to.options->width > 0)
		fit_columns(s, (size_t)s->to.options->width);
	last = last_column(s);
	write_color(s, BOLD);
	for (i = 0; i < s->n; i++)
		if (!s->omitted[i])
			write_cell(s, i, ib_span_of(s->column[i].heading), i == last);
	write_color(s, NORMAL);
	ib_bytes_append_char(&s->text, '\n');
	for (i = 0; i < s->waiting; i++)
		write_table_row(s, s->cells + i * s->n);
}

static void
table_row(struct ib_text_table *s, const struct ib_cell *cell)
{
	struct ib_bytes *shown = s->cells + (s->widths_known ? 0 : s->waiting) * s->n;
	size_t i, n;

	for (i = 0; i < s->n; i++) {
		shown[i].n = 0;
		if (s->omitted[i])
			continue;
		format_cell(&shown[i], s->column[i].style, &cell[i]);
		s->failed |= shown[i].failed;
		n = ib_text_columns(ib_bytes_span(&shown[i]));
		if (!s->widths_known && n > s->width[i])
			s->width[i] = n;
	}
	if (s->widths_known)
		write_table_row(s, shown);
	else if (++s->waiting == ROWS_FOR_WIDTHS)
		finish_widths(s);
}

/* ---- tables and JSON ------------------------------------------------------------ */

static void
json_row(struct ib_text_table *s, const struct ib_cell *cell)
{
	size_t i;

	ib_json_break_line(&s->json);
	ib_json_begin_object(&s->json, NULL);
	for (i = 0; i < s->n; i++)
		if (s->column[i].name && !s->column[i].hidden)
			ib_cell_write_json(&s->json, s->column[i].name, &cell[i]);
	ib_json_end_object(&s->json);
	if (s->text.n > FLUSH_BYTES)
		flush_text(s);
}

struct ib_text_table *
ib_text_table_new(const char *id, const struct ib_column *column, size_t n,
		  const struct ib_table_target *to)
{
	bool text = !to->page && !to->options->json;
	struct ib_text_table *s = calloc(1, sizeof(*s));
	size_t i;

	if (s && text)
		s->cells = calloc(ROWS_FOR_WIDTHS * n, sizeof(*s->cells));
	if (!s || (text && !s->cells)) {
		if (to->page)
			to->page->failed = true;
		free(s);
		return NULL;
	}
	s->column = column;
	s->n = n;
	s->to = *to;
	s->html = (struct ib_html_table){ .id = id, .column = column, .ncolumns = n };
	s->json.out = &s->text;
	if (!to->page && to->options->json)
		ib_json_begin_array(&s->json, NULL);
	for (i = 0; i < n; i++) {
		s->omitted[i] = !column[i].heading || column[i].hidden;
		s->width[i] = s->omitted[i] ? 0 : strlen(column[i].heading);
	}
	return s;
}

void
ib_text_table_row(struct ib_text_table *s, const struct ib_cell *cell)
{
	if (!s)
		return;
	if (s->to.page)
		ib_html_table_row(&s->html, cell);
	else if (s->to.options->json)
		json_row(s, cell);
	else
		table_row(s, cell);
	s->rows++;
}

static void
end_json(struct ib_text_table *s)
{
	if (s->rows > 0)
		ib_json_break_line(&s->json);
	ib_json_end_array(&s->json);
	ib_bytes_append_char(&s->text, '\n');
	flush_text(s);
}

static void
end_text(struct ib_text_table *s)
{
	if (!s->widths_known)
		finish_widths(s);
	write_dropped(s);
	flush_text(s);
}

void
ib_text_table_discard(struct ib_text_table *s)
{
	size_t i;

	if (!s)
		return;
	for (i = 0; s->cells && i < ROWS_FOR_WIDTHS * s->n; i++)
		ib_bytes_release(&s->cells[i]);
	free(s->cells);
	free(s->html.cell);
	ib_bytes_release(&s->text);
	free(s);
}

enum ib_status
ib_text_table_end(struct ib_text_table **table, struct ib_error *err)
{
	struct ib_text_table *s = *table;
	bool failed;

	if (!s)
		return ib_fail_memory(err);
	if (s->to.page)
		ib_html_table_end(&s->html, s->to.page);
	else if (s->to.options->json)
		end_json(s);
	else
		end_text(s);
	failed = s->failed || s->html.failed;
	ib_text_table_discard(s);
	*table = NULL;
	return failed ? ib_fail_memory(err) : IB_OK;
}
