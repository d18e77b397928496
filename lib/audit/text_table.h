/*
 * Print rows of cells as a table for the terminal, as a JSON array of objects, or as a table of the
 * HTML report.
 */
#ifndef IB_AUDIT_TEXT_TABLE_H
#define IB_AUDIT_TEXT_TABLE_H

#include "audit/cell.h"
#include "io/output.h"

#define IB_TEXT_TABLE_COLUMNS 48

struct ib_text_table;

/* The destination of a table: either an output, as text or JSON, or the page of the HTML report. */
struct ib_table_target {
	const struct ib_audit_options *options;
	struct ib_output *out;
	struct ib_bytes *page; /* page of the report; NULL: write the table to `out` */
};

/*
 * Begin a table. column[0..n) is borrowed. `id` is the HTML id of the table in the report. Returns
 * NULL if memory runs out. The other functions accept this NULL, and ib_text_table_end() returns
 * the error.
 */
struct ib_text_table *ib_text_table_new(const char *id, const struct ib_column *column, size_t n,
					const struct ib_table_target *to);

/*
 * Add a row of n cells. In a report, the texts of the cells are borrowed until ib_text_table_end().
 */
void ib_text_table_row(struct ib_text_table *s, const struct ib_cell *cell);

/*
 * Write the remaining rows. Returns IB_E_IO if memory ran out in this call or an earlier call for
 * the table. Frees the table and sets *s to NULL, even after an error.
 */
enum ib_status ib_text_table_end(struct ib_text_table **s, struct ib_error *err);
/* Free a table without writing its remaining rows. NULL is allowed. */
void ib_text_table_discard(struct ib_text_table *s);

/*
 * Append a line with a sparkline: the label, one character per value, and the smallest and the
 * largest value. The characters are blocks of different heights, or the digits 0 to 9 if the
 * terminal has no UTF-8. If there are more values than columns, each character is the mean of
 * several values. The scale of the characters starts at 0, or at the minimum if the minimum is more
 * than half of the maximum.
 */
void ib_write_sparkline(struct ib_bytes *out, const char *label, const double *value, size_t n,
			enum ib_style numbers, const struct ib_audit_options *o);

#endif
