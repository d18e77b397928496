/*
 * Print rows of cells as a table for the terminal, as a JSON array of objects, or as a table of the
 * HTML report.
 */
#ifndef IB_AUDIT_TEXT_TABLE_H
#define IB_AUDIT_TEXT_TABLE_H

#include "base/bytes.h"
#include "io/output.h"

enum ib_cell_kind {
	IB_CELL_NONE, /* no value: null in JSON, "-" in a table */
	IB_CELL_COUNT,
	IB_CELL_REAL,
	IB_CELL_SCORE, /* a binary32 */
	IB_CELL_TEXT,  /* untrusted bytes */
	IB_CELL_BOOL,
	IB_CELL_JSON /* a complete JSON value; only in columns without a heading */
};

struct ib_cell {
	enum ib_cell_kind kind;
	uint64_t count; /* value of IB_CELL_COUNT or IB_CELL_BOOL */
	double real;
	struct ib_span text;
};

#define IB_NONE ((struct ib_cell){ .kind = IB_CELL_NONE })
#define IB_COUNT(x) ((struct ib_cell){ .kind = IB_CELL_COUNT, .count = (x) })
#define IB_REAL(x) ib_cell_real(x) /* NaN becomes IB_NONE */
#define IB_SCORE(x) ib_cell_score(x)
#define IB_TEXT(x) ((struct ib_cell){ .kind = IB_CELL_TEXT, .text = (x) })
#define IB_BOOL_CELL(x) ((struct ib_cell){ .kind = IB_CELL_BOOL, .count = (x) })
#define IB_JSON_CELL(x) ((struct ib_cell){ .kind = IB_CELL_JSON, .text = (x) })
struct ib_cell ib_cell_real(double x);
struct ib_cell ib_cell_score(float x);

/* The format of a real number in a table. JSON always contains the shortest exact decimal. */
enum ib_style {
	IB_STYLE_PLAIN,	  /* four decimals */
	IB_STYLE_SHORT,	  /* four significant digits */
	IB_STYLE_PERCENT, /* 0.25 becomes 25.0% */
	IB_STYLE_MONEY,	  /* two decimals: an amount of money */
	IB_STYLE_RATIO,	  /* two decimals: a ratio or a weight */
	IB_STYLE_INTEGER, /* no decimals */
	IB_STYLE_SIGNED	  /* one decimal and a sign */
};

struct ib_column {
	const char *name;    /* name of the JSON member; NULL: not in JSON */
	const char *heading; /* heading of the table column; NULL: not in the table */
	enum ib_style style;
	const char *report; /* heading of the column in the report; NULL: not in the report */
	bool left;	    /* align to the left, for texts */
	bool alarm;	    /* a true value is an alarm, which is red if the terminal has colors */
	bool hidden;	    /* neither in JSON nor in the table, because no option asks for it */
	int drop; /* the column with the highest number is dropped first if the table is too wide */
};

#define IB_TEXT_TABLE_COLUMNS 48

struct ib_text_table;

/* Where a table goes: to an output as text or JSON, or to the page of the report. */
struct ib_table_target {
	const struct ib_audit_options *options;
	struct ib_output *out;
	struct ib_bytes *page; /* NULL: write to out */
};

/*
 * Begin a table. The columns are borrowed; the id is for the report. Returns NULL if memory runs
 * out; then the table has no rows, and ib_text_table_end() returns the error.
 */
struct ib_text_table *ib_text_table_new(const char *id, const struct ib_column *column, size_t n,
					const struct ib_table_target *to);

/* Add a row of n cells. In a report, texts are borrowed until ib_text_table_end(). */
void ib_text_table_row(struct ib_text_table *s, const struct ib_cell *cell);

/* Write the remaining rows. Returns IB_E_IO if memory ran out in this or an earlier call. */
enum ib_status ib_text_table_end(struct ib_text_table *s, struct ib_error *err);
void ib_text_table_free(struct ib_text_table *s); /* s may be NULL */

/*
 * Append a line with a sparkline: the label, a block character (or a digit from 0 to 9 if the
 * terminal has no UTF-8) per value, and the smallest and the largest value. If there are more
 * values than columns, each character is the mean of several values. The scale of the characters
 * starts at 0, or at the minimum if the minimum is more than half of the maximum.
 */
void ib_write_sparkline(struct ib_bytes *out, const char *label, const double *value, size_t n,
			enum ib_style numbers, const struct ib_audit_options *o);

/* Append a number in a table style. */
void ib_write_real(struct ib_bytes *out, enum ib_style style, double x);

/* Append a cell as a JSON value. */
void ib_write_cell_json(struct ib_bytes *out, const struct ib_cell *cell);

#endif
