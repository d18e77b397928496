/* Write the cells of tables as text and as JSON. */
#include "audit/cell.h"

#include <math.h>

struct ib_cell
ib_cell_real(double x)
{
	if (isnan(x))
		return IB_NONE;
	return (struct ib_cell){ .kind = IB_CELL_REAL, .real = x };
}

struct ib_cell
ib_cell_score(float x)
{
	if (isnan(x))
		return IB_NONE;
	return (struct ib_cell){ .kind = IB_CELL_SCORE, .real = (double)x };
}

/*
 * Append a number with four decimals, so that the numbers of a column are aligned. Very large and
 * very small numbers have one decimal.
 */
static void
write_plain(struct ib_bytes *out, double x)
{
	double size = fabs(x);

	if (size >= 1e7 || (size > 0 && size < 0.00005))
		ib_bytes_printf(out, "%.1e", x);
	else
		ib_bytes_printf(out, size < 1000 ? "%.4f" : "%.1f", x);
}

void
ib_write_real(struct ib_bytes *out, enum ib_style style, double x)
{
	switch (style) {
	case IB_STYLE_PERCENT:
		ib_bytes_printf(out, "%.1f%%", 100 * x);
		break;
	case IB_STYLE_MONEY:
	case IB_STYLE_RATIO:
		ib_bytes_printf(out, "%.2f", x);
		break;
	case IB_STYLE_INTEGER:
		ib_bytes_printf(out, "%.0f", x);
		break;
	case IB_STYLE_SIGNED:
		ib_bytes_printf(out, "%+.1f", x);
		break;
	case IB_STYLE_SHORT:
		ib_bytes_printf(out, "%.4g", x);
		break;
	case IB_STYLE_PLAIN:
		write_plain(out, x);
		break;
	}
}

void
ib_cell_write_json(struct ib_json_writer *w, const char *name, const struct ib_cell *cell)
{
	switch (cell->kind) {
	case IB_CELL_NONE:
		ib_json_write_null(w, name);
		break;
	case IB_CELL_COUNT:
		ib_json_write_unsigned(w, name, cell->count);
		break;
	case IB_CELL_REAL:
		ib_json_write_real(w, name, cell->real);
		break;
	case IB_CELL_SCORE:
		ib_json_write_float(w, name, (float)cell->real);
		break;
	case IB_CELL_TEXT:
		ib_json_write_string(w, name, cell->text);
		break;
	case IB_CELL_BOOL:
		ib_json_write_bool(w, name, cell->count);
		break;
	case IB_CELL_JSON:
		ib_json_begin_value(w, name);
		ib_bytes_append(w->out, cell->text.p, cell->text.n);
		break;
	}
}

void
ib_write_cell_json(struct ib_bytes *out, const struct ib_cell *cell)
{
	struct ib_json_writer w = { .out = out };

	ib_cell_write_json(&w, NULL, cell);
}
