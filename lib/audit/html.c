/* Write the parts of an HTML report. */
#include "audit/html.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/error.h"

#define APPEND_LITERAL(b, text) ib_bytes_append(b, text, sizeof(text) - 1)

#define FOLD_ROWS 40   /* a table with more rows than this is collapsed until the user opens it */
#define MAX_DECIMALS 4 /* maximum number of decimals for losses and for numbers without a unit */
#define SHOW_BYTES 20  /* ib_show() does not shorten a text of up to this many bytes */

extern const char ib_report_css[]; /* contents of audit/report.css; the Makefile embeds the file */

void
ib_html_begin(struct ib_bytes *out, const char *title)
{
	APPEND_LITERAL(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			    "<meta charset=\"utf-8\">\n"
			    "<meta name=\"viewport\" content=\"width=device-width,"
			    "initial-scale=1\">\n"
			    "<link rel=\"icon\" href=\"data:,\">\n<title>");
	ib_html_text(out, ib_span_of(title));
	APPEND_LITERAL(out, "</title>\n<style>\n");
	ib_bytes_append(out, ib_report_css, strlen(ib_report_css));
	APPEND_LITERAL(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	ib_html_text(out, ib_span_of(title));
	APPEND_LITERAL(out, "</h1>\n");
}

void
ib_html_end(struct ib_bytes *out)
{
	APPEND_LITERAL(out, "</main>\n</body>\n</html>\n");
}

/* ---- text and numbers ----------------------------------------------------------- */

static void
write_entity(struct ib_bytes *out, char c)
{
	switch (c) {
	case '&':
		APPEND_LITERAL(out, "&amp;");
		break;
	case '<':
		APPEND_LITERAL(out, "&lt;");
		break;
	case '>':
		APPEND_LITERAL(out, "&gt;");
		break;
	case '"':
		APPEND_LITERAL(out, "&quot;");
		break;
	default:
		ib_bytes_append_char(out, c);
	}
}

/* Write a text that is so short that ib_show() does not shorten it. */
static void
write_short_text(struct ib_bytes *out, struct ib_span text)
{
	char show[IB_SHOW_MAX];
	const char *p = ib_show(show, text);
	size_t n = strlen(p), i;

	/*
	 * Skip what ib_show() adds: the quotes around the text, and the backslashes before quotes.
	 */
	for (i = 1; i + 1 < n; i++)
		if (p[i] != '\\' || p[i + 1] != '"' || i + 2 == n)
			write_entity(out, p[i]);
}

void
ib_html_text(struct ib_bytes *out, struct ib_span text)
{
	size_t n;

	for (; text.n > 0; text.p += n, text.n -= n) {
		n = text.n < SHOW_BYTES ? text.n : SHOW_BYTES;
		while (n < text.n && n > SHOW_BYTES - 3 &&
		       ((unsigned char)text.p[n] & 0xc0) == 0x80)
			n--; /* do not split a UTF-8 sequence */
		write_short_text(out, (struct ib_span){ text.p, n });
	}
}

void
ib_html_plain(struct ib_bytes *out, struct ib_span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		write_entity(out, text.p[i]);
}

const char *
ib_html_count(char out[IB_HTML_NUMBER_MAX], uint64_t n)
{
	char digits[IB_HTML_NUMBER_MAX];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t i, o = 0;

	for (i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			out[o++] = ',';
		out[o++] = digits[i];
	}
	out[o] = '\0';
	return out;
}

const char *
ib_html_amount(char out[IB_HTML_NUMBER_MAX], double x)
{
	double cents = round(100 * x);
	size_t n;

	if (!(cents >= 0 && cents < 1e18)) {
		snprintf(out, IB_HTML_NUMBER_MAX, "%.4g", x);
		return out;
	}
	n = strlen(ib_html_count(out, (uint64_t)cents / 100));
	snprintf(out + n, IB_HTML_NUMBER_MAX - n, ".%02d", (int)((uint64_t)cents % 100));
	return out;
}

/* ---- sections, tiles --------------------------------------------------------------- */

void
ib_html_section(struct ib_bytes *out, const char *heading, const char *introduction)
{
	ib_bytes_printf(out,
			"<section>\n<h2>%s</h2>\n<p class=\"words\">%s"
			"</p>\n",
			heading, introduction);
}

void
ib_html_section_end(struct ib_bytes *out)
{
	APPEND_LITERAL(out, "</section>\n");
}

void
ib_html_legend(struct ib_bytes *out, const char *const *pairs)
{
	APPEND_LITERAL(out, "<div class=\"legend\">");
	for (; *pairs; pairs += 2)
		ib_bytes_printf(out, "<span><i class=\"%s\"></i>%s</span>", pairs[0], pairs[1]);
	APPEND_LITERAL(out, "</div>\n");
}

void
ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *figure,
	     const char *note)
{
	ib_bytes_printf(out,
			"<div class=\"tile %s\"><span>%s</span><b>%s</b>"
			"<span>%s</span></div>\n",
			class, label, figure, note);
}

/* ---- tables -------------------------------------------------------------------------- */

void
ib_html_table_row(struct ib_html_table *t, const struct ib_cell *cell)
{
	t->failed |= !ib_array_reserve(&t->cell, &t->cap, (t->nrows + 1) * t->ncolumns,
				       sizeof(*t->cell));
	if (t->failed)
		return;
	memcpy(t->cell + t->nrows * t->ncolumns, cell, t->ncolumns * sizeof(*cell));
	t->nrows++;
}

/*
 * Return the number of decimals with which the largest number of a column has four significant
 * digits, at most MAX_DECIMALS.
 */
static int
column_decimals(const struct ib_html_table *t, size_t column)
{
	const struct ib_cell *cell;
	double most = 0;
	size_t i;
	int n;

	for (i = 0; i < t->nrows; i++) {
		cell = &t->cell[i * t->ncolumns + column];
		if (cell->kind == IB_CELL_REAL && isfinite(cell->real))
			most = fmax(most, fabs(cell->real));
	}
	n = most > 0 ? 3 - (int)floor(log10(most)) : 0;
	return n < 0 ? 0 : n > MAX_DECIMALS ? MAX_DECIMALS : n;
}

/* Return the number of decimals for all numbers in columns of the style IB_STYLE_PLAIN. */
static int
decimals_of(const struct ib_html_table *t)
{
	int n, most = 0;
	size_t k;

	for (k = 0; k < t->ncolumns; k++) {
		if (!t->column[k].report_heading || t->column[k].style != IB_STYLE_PLAIN)
			continue;
		n = column_decimals(t, k);
		most = n > most ? n : most;
	}
	return most;
}

static void
write_real(struct ib_bytes *out, enum ib_style style, int decimals, double x)
{
	char number[IB_HTML_NUMBER_MAX];

	if (style == IB_STYLE_INTEGER && x >= 0 && x < 1e18)
		ib_bytes_printf(out, "%s", ib_html_count(number, (uint64_t)llround(x)));
	else if (style == IB_STYLE_PLAIN)
		ib_bytes_printf(out, "%.*f", decimals, x);
	else
		ib_write_real(out, style, x);
}

static void
write_cell(const struct ib_html_table *t, size_t column, int decimals, const struct ib_cell *cell,
	   struct ib_bytes *out)
{
	bool alarm = cell->kind == IB_CELL_BOOL && cell->count;
	const struct ib_column *c = &t->column[column];
	char number[IB_HTML_NUMBER_MAX];

	ib_bytes_printf(out, "<td%s",
			alarm		? " class=\"alarm\""
			: c->align_left ? " class=\"l\""
					: "");
	if (cell->kind != IB_CELL_TEXT) {
		APPEND_LITERAL(out, " data-value=\"");
		ib_write_cell_json(out, cell);
		ib_bytes_append_char(out, '"');
	}
	ib_bytes_append_char(out, '>');
	if (cell->kind == IB_CELL_TEXT)
		ib_html_text(out, cell->text);
	else if (cell->kind == IB_CELL_COUNT)
		ib_bytes_printf(out, "%s", ib_html_count(number, cell->count));
	else if (cell->kind == IB_CELL_REAL || cell->kind == IB_CELL_SCORE)
		write_real(out, c->style, decimals, cell->real);
	else
		ib_bytes_printf(out, alarm ? "alarm" : "&ndash;");
	APPEND_LITERAL(out, "</td>");
}

static void
write_rows(const struct ib_html_table *t, struct ib_bytes *out)
{
	int decimals = decimals_of(t);
	size_t i, k;

	for (i = 0; i < t->nrows; i++) {
		APPEND_LITERAL(out, "<tr>");
		for (k = 0; k < t->ncolumns; k++)
			if (t->column[k].report_heading)
				write_cell(t, k, decimals, &t->cell[i * t->ncolumns + k], out);
		APPEND_LITERAL(out, "</tr>\n");
	}
}

void
ib_html_table_end(struct ib_html_table *t, struct ib_bytes *out)
{
	bool folded = t->nrows > FOLD_ROWS;
	size_t k, shown = 0;

	for (k = 0; k < t->ncolumns; k++)
		shown += t->column[k].report_heading != NULL;
	out->failed |= t->failed;
	if (folded)
		ib_bytes_printf(out, "<details><summary>Show all %zu rows</summary>\n", t->nrows);
	if (shown > 4)
		APPEND_LITERAL(
			out,
			"<p class=\"hint\">Scroll the table sideways to see all columns.</p>\n");
	ib_bytes_printf(out, "<div class=\"scroll\" tabindex=\"0\"><table id=\"%s\">\n<thead><tr>",
			t->id);
	for (k = 0; k < t->ncolumns; k++)
		if (t->column[k].report_heading)
			ib_bytes_printf(out, "<th%s>%s</th>",
					t->column[k].align_left ? " class=\"l\"" : "",
					t->column[k].report_heading);
	APPEND_LITERAL(out, "</tr></thead>\n<tbody>\n");
	write_rows(t, out);
	APPEND_LITERAL(out, "</tbody>\n</table></div>\n");
	if (folded)
		APPEND_LITERAL(out, "</details>\n");
	free(t->cell);
	t->cell = NULL;
}
