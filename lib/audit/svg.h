/*
 * Write charts as inline SVG: epochs are on the x axis, values on the y axis. The drawing is
 * stretched to the width of the page. The labels are HTML outside the drawing, and the width of
 * lines is in pixels, so labels and lines have the same size on every screen. The style sheet of
 * the page sets the color of each CSS class, for a light and a dark color scheme.
 */
#ifndef IB_AUDIT_SVG_H
#define IB_AUDIT_SVG_H

#include "audit/cell.h"

struct ib_svg {
	struct ib_bytes *out;
	size_t n;	      /* number of positions on the x axis */
	const int64_t *epoch; /* [n] epoch[i]: label of position i */
	double low, high;     /* range of the y axis */
	enum ib_style style;  /* style of the y labels */
	const char *unit;     /* label of the y axis */
	bool integers;	      /* true if the values, and therefore the labels, are integers */
};

/*
 * Write the axes and the grid. The function extends the range [c->low, c->high] to round numbers.
 * `about` is a description for screen readers.
 */
void ib_svg_begin(struct ib_svg *c, const char *about);
void ib_svg_end(struct ib_svg *c);

/*
 * Draw a line of the CSS class `class` through the c->n values of y[]. The line has a gap at each
 * value that is not finite. A value between two gaps is drawn as a point.
 */
void ib_svg_line(struct ib_svg *c, const char *class, const double *y);
/* Fill the area between the line through low[] and the line through high[]. */
void ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high);
/* Draw a bar between the values `from` and `to` at position i of the x axis. */
void ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to);
/* Draw a point at position i of the x axis. */
void ib_svg_point(struct ib_svg *c, const char *class, size_t i, double y);
/* Show a tooltip at position i of the x axis. `text` is HTML and is not escaped. */
void ib_svg_tooltip(struct ib_svg *c, size_t i, const char *text);

#endif
