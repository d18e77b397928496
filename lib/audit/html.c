/* Write the parts of an HTML report. */
#include "audit/html.h"

#include <stdio.h>

#define PUT(b, text) ib_bytes_put(b, text, sizeof(text) - 1)

extern const char ib_report_css[]; /* contents of audit/report.css; the Makefile embeds the file */

void
ib_html_begin(struct ib_bytes *out, const char *title, const char *source)
{
	PUT(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
		 "<meta charset=\"utf-8\">\n"
		 "<meta name=\"viewport\" content=\"width=device-width,"
		 "initial-scale=1\">\n"
		 "<link rel=\"icon\" href=\"data:,\">\n<title>");
	ib_html_text(out, ib_span_of(title));
	PUT(out, "</title>\n<style>\n");
	ib_bytes_put(out, ib_report_css, strlen(ib_report_css));
	PUT(out, "</style>\n</head>\n<body>\n<main>\n<h1>");
	ib_html_text(out, ib_span_of(title));
	PUT(out, "</h1>\n<p class=\"soft\">Audit log <code>");
	ib_html_text(out, ib_span_of(source));
	PUT(out, "</code>, read by infobatch " IB_VERSION "</p>\n");
}

void
ib_html_end(struct ib_bytes *out)
{
	PUT(out, "</main>\n</body>\n</html>\n");
}

void
ib_html_section(struct ib_bytes *out, const char *heading, const char *words)
{
	ib_bytes_printf(out,
			"<section>\n<h2>%s</h2>\n<p class=\"words\">%s"
			"</p>\n",
			heading, words);
}

void
ib_html_section_end(struct ib_bytes *out)
{
	PUT(out, "</section>\n");
}

void
ib_html_legend(struct ib_bytes *out, const char *const *pairs)
{
	PUT(out, "<div class=\"legend\">");
	for (; *pairs; pairs += 2)
		ib_bytes_printf(out, "<span><i class=\"%s\"></i>%s</span>", pairs[0], pairs[1]);
	PUT(out, "</div>\n");
}

void
ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *figure,
	     const char *words)
{
	ib_bytes_printf(out,
			"<div class=\"tile %s\"><span>%s</span><b>%s</b>"
			"<span>%s</span></div>\n",
			class, label, figure, words);
}

void
ib_html_table(struct ib_bytes *out, const char *id, const struct ib_column *column, size_t n)
{
	size_t i;

	ib_bytes_printf(out, "<table id=\"%s\">\n<thead><tr>", id);
	for (i = 0; i < n; i++)
		ib_bytes_printf(out, "<th%s>%s</th>", column[i].left ? " class=\"l\"" : "",
				column[i].heading);
	PUT(out, "</tr></thead>\n<tbody>\n");
}

static void
write_value(struct ib_bytes *out, const struct ib_cell *cell)
{
	if (cell->kind == IB_CELL_TEXT)
		return;
	PUT(out, " data-value=\"");
	ib_write_cell_json(out, cell);
	ib_bytes_put_char(out, '"');
}

void
ib_html_row(struct ib_bytes *out, const struct ib_column *column, size_t n,
	    const struct ib_cell *cell)
{
	bool alarm;
	size_t i;

	PUT(out, "<tr>");
	for (i = 0; i < n; i++) {
		alarm = cell[i].kind == IB_CELL_BOOL && cell[i].count;
		ib_bytes_printf(out, "<td%s",
				alarm		 ? " class=\"alarm\""
				: column[i].left ? " class=\"l\""
						 : "");
		write_value(out, &cell[i]);
		ib_bytes_put_char(out, '>');
		switch (cell[i].kind) {
		case IB_CELL_TEXT:
			ib_html_text(out, cell[i].text);
			break;
		case IB_CELL_REAL:
		case IB_CELL_SCORE:
			ib_write_real(out, column[i].style, cell[i].real);
			break;
		case IB_CELL_BOOL:
			ib_bytes_printf(out, alarm ? "alarm" : "&ndash;");
			break;
		case IB_CELL_NONE:
			PUT(out, "&ndash;");
			break;
		case IB_CELL_COUNT:
			ib_write_cell_json(out, &cell[i]);
			break;
		}
		PUT(out, "</td>");
	}
	PUT(out, "</tr>\n");
}

void
ib_html_table_end(struct ib_bytes *out)
{
	PUT(out, "</tbody>\n</table>\n");
}
