/* Cells and columns of tables, and functions that write a cell as text and as JSON. */
#ifndef IB_AUDIT_CELL_H
#define IB_AUDIT_CELL_H

#include "base/json_writer.h"

enum ib_cell_kind {
	IB_CELL_NONE, /* no value: null in JSON, "-" in a table */
	IB_CELL_COUNT,
	IB_CELL_REAL,
	IB_CELL_SCORE, /* a float */
	IB_CELL_TEXT,  /* untrusted bytes */
	IB_CELL_BOOL,
	IB_CELL_JSON /* a complete JSON value; allowed only in columns without a heading */
};

struct ib_cell {
	enum ib_cell_kind kind;
	uint64_t count; /* value of IB_CELL_COUNT or IB_CELL_BOOL */
	double real;
	struct ib_span text;
};

#define IB_NONE ((struct ib_cell){ .kind = IB_CELL_NONE })
#define IB_COUNT(x) ((struct ib_cell){ .kind = IB_CELL_COUNT, .count = (x) })
#define IB_REAL(x) ib_cell_real(x) /* IB_NONE if x is NaN */
#define IB_SCORE(x) ib_cell_score(x)
#define IB_TEXT(x) ((struct ib_cell){ .kind = IB_CELL_TEXT, .text = (x) })
#define IB_BOOL_CELL(x) ((struct ib_cell){ .kind = IB_CELL_BOOL, .count = (x) })
#define IB_JSON_CELL(x) ((struct ib_cell){ .kind = IB_CELL_JSON, .text = (x) })
struct ib_cell ib_cell_real(double x);
struct ib_cell ib_cell_score(float x);

/*
 * The format of a real number in a table. JSON always contains the shortest decimal that reads back
 * as the same number.
 */
enum ib_style {
	IB_STYLE_PLAIN,	  /* four decimals; one for very large and very small numbers */
	IB_STYLE_SHORT,	  /* four significant digits */
	IB_STYLE_PERCENT, /* percent with one decimal: 25.0% for 0.25 */
	IB_STYLE_MONEY,	  /* two decimals, for amounts of money */
	IB_STYLE_RATIO,	  /* two decimals, for ratios and weights */
	IB_STYLE_INTEGER, /* no decimals */
	IB_STYLE_SIGNED	  /* one decimal, always with a sign: +2.5 */
};

struct ib_column {
	const char *name;    /* name of the JSON member; NULL: not in JSON */
	const char *heading; /* heading of the table column; NULL: not in the table */
	enum ib_style style;
	const char *report_heading; /* heading in the HTML report; NULL: not in the report */
	bool align_left;	    /* true for a text column */
	/* true if a cell with the value true is an alarm, shown in red on a color terminal */
	bool alarm;
	/* true if the column is left out of JSON and of the table, because no option requests it */
	bool hidden;
	/* If the table is too wide, the column with the highest drop_order is dropped first. */
	int drop_order;
};

/* Append a number in a table style. */
void ib_write_real(struct ib_bytes *out, enum ib_style style, double x);

/* Append a cell as a JSON value. */
void ib_write_cell_json(struct ib_bytes *out, const struct ib_cell *cell);

/* Write a cell as the member `name` of an object, or as a value without a name if name is NULL. */
void ib_cell_write_json(struct ib_json_writer *w, const char *name, const struct ib_cell *cell);

#endif
