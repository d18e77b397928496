/* The parts of a report that are the same for every run: style, head, rows. */
#ifndef IB_AUDIT_HTML_H
#define IB_AUDIT_HTML_H

#include "audit/svg.h"

void ib_html_begin(struct ib_bytes *out, const char *title, const char *source);
void ib_html_end(struct ib_bytes *out);

/* A section with its heading and what it tells, in words. */
void ib_html_section(struct ib_bytes *out, const char *heading, const char *words);
void ib_html_section_end(struct ib_bytes *out);

/* "swatch label" pairs above a chart: class, label, ..., NULL. */
void ib_html_legend(struct ib_bytes *out, const char *const *pairs);

/* One large figure of the top row. class: "", "good" or "bad". */
void ib_html_tile(struct ib_bytes *out, const char *class, const char *label, const char *figure,
		  const char *words);

/* A table: headings, then rows of cells; data-value has the figure in full. */
void ib_html_table(struct ib_bytes *out, const char *id, const struct ib_column *column, size_t n);
void ib_html_row(struct ib_bytes *out, const struct ib_column *column, size_t n,
		 const struct ib_cell *cell);
void ib_html_table_end(struct ib_bytes *out);

/* The parameters of the log's last run, and the commands that do it again. */
struct ib_audit_log;
void ib_html_reproduce(struct ib_bytes *out, const struct ib_audit_log *log);

#endif
