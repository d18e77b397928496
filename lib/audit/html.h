/* Parts of an HTML report: style sheet, sections, tiles, tables. */
#ifndef IB_AUDIT_HTML_H
#define IB_AUDIT_HTML_H

#include "audit/svg.h"

void ib_html_begin(struct ib_bytes *out, const char *title, const char *source);
void ib_html_end(struct ib_bytes *out);

/* Open a section. heading and words (the introduction) are HTML and are not escaped. */
void ib_html_section(struct ib_bytes *out, const char *heading, const char *words);
void ib_html_section_end(struct ib_bytes *out);

/* Write a legend above a chart. pairs contains class, label, class, label, ..., NULL. */
void ib_html_legend(struct ib_bytes *out, const char *const *pairs);

/* Write a tile: a large number in the top row of the report. class is "", "good" or "bad". */
void ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *value,
		  const char *words);

/* Write a table. Each cell has an attribute data-value with the unrounded number. */
void ib_html_table(struct ib_bytes *out, const char *id, const struct ib_column *column, size_t n);
void ib_html_row(struct ib_bytes *out, const struct ib_column *column, size_t n,
		 const struct ib_cell *cell);
void ib_html_table_end(struct ib_bytes *out);

/* Write the parameters of the last run of the log, and the commands that repeat this run. */
struct ib_audit_log;
void ib_html_reproduce(struct ib_bytes *out, const struct ib_audit_log *log);

#endif
