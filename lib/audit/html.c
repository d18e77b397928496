#include "audit/html.h"

#include <stdio.h>

#define PUT(b, text) ib_bytes_put(b, text, sizeof(text) - 1)

/*
 * Blue and orange of different lightness, which color-blind readers can tell
 * apart, in a light and a dark set. Gray for everything except data.
 */
static const char style[] =
	":root{color-scheme:light dark;--page:#f9f9f7;--card:#fff;--ink:#14140f;"
	"--soft:#5c5b55;--line:#e3e2dc;--kept:#2a78d6;--pruned:#c9d9ee;"
	"--drawn:#2a78d6;--warm:#d9622b;--band:#2a78d6;--good:#137333;"
	"--bad:#b3261e}\n"
	"@media (prefers-color-scheme:dark){:root{--page:#0f0f0e;--card:#1a1a19;"
	"--ink:#f1f0ea;--soft:#a3a29a;--line:#33332f;--kept:#5a9bee;"
	"--pruned:#27425f;--drawn:#5a9bee;--warm:#f08a55;--band:#5a9bee;"
	"--good:#6fcf8b;--bad:#ff8a80}}\n"
	"*{box-sizing:border-box}body{margin:0;background:var(--page);"
	"color:var(--ink);font:15px/1.5 system-ui,-apple-system,'Segoe UI',"
	"sans-serif}\n"
	"main{max-width:860px;margin:0 auto;padding:32px 20px 64px}"
	"h1{font-size:26px;line-height:1.2;margin:0 0 4px}"
	"h2{font-size:17px;margin:0 0 4px}p{margin:0 0 12px}"
	".soft,p.words{color:var(--soft)}p.words{max-width:68ch}\n"
	"section{background:var(--card);border:1px solid var(--line);"
	"border-radius:10px;padding:20px 22px;margin:18px 0;overflow-x:auto}"
	".tiles{display:grid;gap:12px;margin:22px 0 0;"
	"grid-template-columns:repeat(auto-fit,minmax(175px,1fr))}"
	".tile{background:var(--card);border:1px solid var(--line);"
	"border-radius:10px;padding:14px 16px}.tile b{display:block;"
	"font-size:26px;line-height:1.25;font-weight:650}"
	".tile span{color:var(--soft);font-size:13px;display:block}"
	".tile.good b{color:var(--good)}.tile.bad b{color:var(--bad)}\n"
	"svg{display:block;width:100%;height:auto;margin-top:6px}"
	".grid{stroke:var(--line);stroke-width:1}.tick{fill:var(--soft);"
	"font-size:11.5px}.line{fill:none;stroke-width:2;"
	"stroke-linejoin:round;stroke-linecap:round}"
	".area{stroke:none}.b1{fill:var(--band);opacity:.13}"
	".b2{fill:var(--band);opacity:.24}"
	"rect.kept,circle.kept{fill:var(--kept)}rect.pruned{fill:var(--pruned)}"
	"circle.warm,rect.warm{fill:var(--warm)}.line.kept{stroke:var(--kept)}"
	".line.warm{stroke:var(--warm)}.line.soft{stroke:var(--soft);"
	"stroke-dasharray:4 4;stroke-width:1.2}circle{stroke:var(--card);"
	"stroke-width:1.5}\n"
	".legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;"
	"color:var(--soft)}.legend i{display:inline-block;width:12px;"
	"height:12px;border-radius:3px;margin-right:6px;vertical-align:-1px}"
	"i.kept{background:var(--kept)}i.pruned{background:var(--pruned)}"
	"i.warm{background:var(--warm)}i.b1{background:var(--band);opacity:.2}"
	"i.b2{background:var(--band);opacity:.42}i.soft{background:var(--soft)}\n"
	"table{border-collapse:collapse;font-size:13.5px;width:100%;"
	"font-variant-numeric:tabular-nums}th{font-weight:600;"
	"color:var(--soft)}th,td{padding:4px 10px 4px 0;text-align:right;"
	"border-bottom:1px solid var(--line);white-space:nowrap}"
	"th.l,td.l{text-align:left}tr:last-child td{border-bottom:0}"
	"td.alarm{color:var(--bad);font-weight:600}"
	"pre{margin:8px 0 0;padding:12px 14px;background:var(--page);"
	"border:1px solid var(--line);border-radius:8px;white-space:pre-wrap;"
	"font-size:13px}.cols{display:grid;gap:0 26px;"
	"grid-template-columns:repeat(auto-fit,minmax(320px,1fr))}\n"
	"@media print{body{background:#fff}section,.tile{break-inside:avoid}}\n";

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
	PUT(out, style);
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
