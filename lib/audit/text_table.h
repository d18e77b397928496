/*
 * Rows of figures for people or for scripts: a table of 80 columns, or an
 * array of JSON objects, from the same cells.
 */
#ifndef IB_AUDIT_TEXT_TABLE_H
#define IB_AUDIT_TEXT_TABLE_H

#include "base/arena.h"
#include "base/bytes.h"
#include "io/output.h"

enum ib_cell_kind {
	IB_CELL_NONE, /* null, "-" */
	IB_CELL_COUNT,
	IB_CELL_REAL,
	IB_CELL_SCORE, /* a binary32 */
	IB_CELL_TEXT,  /* outside bytes */
	IB_CELL_BOOL
};

struct ib_cell {
	enum ib_cell_kind kind;
	uint64_t count; /* of COUNT and BOOL */
	double real;
	struct ib_span text;
};

#define IB_NONE ((struct ib_cell){ .kind = IB_CELL_NONE })
#define IB_COUNT(x) ((struct ib_cell){ .kind = IB_CELL_COUNT, .count = (x) })
#define IB_REAL(x) ib_cell_real(x) /* NaN: none */
#define IB_SCORE(x) ib_cell_score(x)
#define IB_TEXT(x) ((struct ib_cell){ .kind = IB_CELL_TEXT, .text = (x) })
#define IB_BOOL_CELL(x) ((struct ib_cell){ .kind = IB_CELL_BOOL, .count = (x) })
struct ib_cell ib_cell_real(double x);
struct ib_cell ib_cell_score(float x);

/* How a table shows a real number; JSON has them all in full. */
enum ib_style {
	IB_STYLE_PLAIN,	  /* four significant digits */
	IB_STYLE_PERCENT, /* 0.25: 25.0% */
	IB_STYLE_MONEY,	  /* two decimals */
	IB_STYLE_WHOLE,	  /* none */
	IB_STYLE_SIGNED	  /* one, and a sign */
};

struct ib_column {
	const char *name;    /* of the member; NULL: in tables alone */
	const char *heading; /* NULL: in JSON alone */
	enum ib_style style;
	bool left; /* aligned to the left, as texts are */
	int drop;  /* the larger, the sooner it is left out where the
		      table is too wide; 0: never */
};

/* How results look. */
struct ib_table_style {
	bool json;
	bool color, utf8; /* on a terminal that has them */
	bool spark;	  /* small drawings: on a terminal */
	int width;	  /* columns of the terminal; 0: 80 */
};

#define IB_TEXT_TABLE_COLUMNS 16

struct ib_text_table;

enum ib_status ib_text_table_new(const struct ib_column *column, size_t n, const struct ib_table_style *look,
			    struct ib_output *out, struct ib_text_table **sheet, struct ib_error *err);

/* One row of n cells; texts are copied where they have to wait. */
void ib_text_table_row(struct ib_text_table *s, const struct ib_cell *cell);

/* The end of it. Memory that ran out shows here. */
enum ib_status ib_text_table_end(struct ib_text_table *s, struct ib_error *err);
void ib_text_table_free(struct ib_text_table *s); /* NULL is fine */

/* Values as a line of blocks (ASCII: digits 0 to 9), from 0 or their least. */
void ib_spark(struct ib_bytes *out, const double *value, size_t n, bool utf8);

/* A number in the style of a table. */
void ib_show_real(struct ib_bytes *out, enum ib_style style, double x);

/* A cell as JSON. */
void ib_put_json(struct ib_bytes *out, const struct ib_cell *cell);

#endif
