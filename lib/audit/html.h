/* Parts of an HTML report: text, numbers, sections, tiles, tables. */
#ifndef IB_AUDIT_HTML_H
#define IB_AUDIT_HTML_H

#include "audit/svg.h"

void ib_html_begin(struct ib_bytes *out, const char *title);
void ib_html_end(struct ib_bytes *out);

/* ---- text and numbers ----------------------------------------------------------- */

/* Append untrusted text as HTML. Control bytes and invalid UTF-8 become \xNN. */
void ib_html_text(struct ib_bytes *out, struct ib_span text);
/* Append trusted text as HTML. The special characters of HTML become entities. */
void ib_html_plain(struct ib_bytes *out, struct ib_span text);

#define IB_HTML_NUMBER_MAX 32

/* Write a count with commas, such as 1,234,567, to out. Returns out. */
const char *ib_html_count(char out[IB_HTML_NUMBER_MAX], uint64_t n);
/* Write an amount with commas and two decimals to out. Returns out. */
const char *ib_html_amount(char out[IB_HTML_NUMBER_MAX], double x);

/* ---- sections, tiles --------------------------------------------------------------- */

/*
 * Open a section. The strings `heading` and `introduction` are HTML and are not
 * escaped.
 */
void ib_html_section(struct ib_bytes *out, const char *heading, const char *introduction);
void ib_html_section_end(struct ib_bytes *out);

/*
 * Write a legend above a chart. For each entry, pairs[] has two strings: a CSS class and a label.
 * pairs[] ends with NULL.
 */
void ib_html_legend(struct ib_bytes *out, const char *const *pairs);

/*
 * Write a tile: a result in the top row of the report. `class` is "", "good" or "bad". `label`,
 * `value` and `note` are HTML and are not escaped.
 */
void ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *value,
		  const char *note);

/* ---- tables -------------------------------------------------------------------------- */

/*
 * A table of the report. The caller sets `id`, `column` and `ncolumns`, and sets the other members
 * to 0. The texts of the cells are borrowed until ib_html_table_end(). Only the columns that have a
 * report_heading are written.
 */
struct ib_html_table {
	const char *id;
	const struct ib_column *column;
	size_t ncolumns;
	struct ib_cell *cell; /* [nrows * ncolumns] */
	size_t nrows, cap;
	bool failed; /* true if memory ran out */
};

void ib_html_table_row(struct ib_html_table *t, const struct ib_cell *cell);

/*
 * Write a table, and free its rows. All numbers in columns of the style IB_STYLE_PLAIN have the
 * same number of decimals. The attribute data-value of a cell contains the exact number. A long
 * table is collapsed until the user of the page opens it.
 */
void ib_html_table_end(struct ib_html_table *t, struct ib_bytes *out);

/*
 * Write the parameters of the run of the last epoch, and the commands that repeat and verify this
 * run.
 */
struct ib_audit_log;
void ib_html_reproduce(struct ib_bytes *out, const struct ib_audit_log *log);

#endif
