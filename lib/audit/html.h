/* Parts of an HTML report: style sheet, sections, tiles, tables. */
#ifndef IB_AUDIT_HTML_H
#define IB_AUDIT_HTML_H

#include "audit/svg.h"

void ib_html_begin(struct ib_bytes *out, const char *title, const char *source);
void ib_html_end(struct ib_bytes *out);

/* Open a section with a heading and an introduction. Both are HTML, not escaped. */
void ib_html_section(struct ib_bytes *out, const char *heading, const char *words);
void ib_html_section_end(struct ib_bytes *out);

/* Write a legend above a chart. pairs: class, label, class, label, ..., NULL. */
void ib_html_legend(struct ib_bytes *out, const char *const *pairs);

/* Write a large number of the top row. class: "", "good" or "bad". */
void ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *value,
		  const char *words);

/* Write a table. The attribute data-value of a cell has the number unrounded. */
void ib_html_table(struct ib_bytes *out, const char *id, const struct ib_column *column, size_t n);
void ib_html_row(struct ib_bytes *out, const struct ib_column *column, size_t n,
		 const struct ib_cell *cell);
void ib_html_table_end(struct ib_bytes *out);

/* Write the parameters of the last run of the log and the commands that repeat it. */
struct ib_audit_log;
void ib_html_reproduce(struct ib_bytes *out, const struct ib_audit_log *log);

#endif
