/*
 * Charts as inline SVG: epochs on the x axis, values on the y axis. Colors are
 * classes of the style sheet of the page, which has a light and a dark set. A
 * <title> in each shape is shown as its tooltip.
 */
#ifndef IB_AUDIT_SVG_H
#define IB_AUDIT_SVG_H

#include "audit/text_table.h"

struct ib_svg {
	struct ib_bytes *out;
	size_t n;	     /* number of positions on the x axis */
	double low, high;    /* range of the y axis */
	enum ib_style style; /* style of the y labels */
};

/*
 * Write the axes and the grid. epoch[n] has the x labels. Extends low and high
 * to round numbers. about: a description for screen readers.
 */
void ib_svg_begin(struct ib_svg *c, const char *about, const int64_t *epoch);
void ib_svg_end(struct ib_svg *c);

/* Draw a line through y[n]. NaN interrupts the line. */
void ib_svg_line(struct ib_svg *c, const char *class, const double *y);
/* Fill the area between two lines. */
void ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high);
/* Draw a bar at position i. title: HTML, not escaped. */
void ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to,
		const char *title);
void ib_svg_point(struct ib_svg *c, const char *class, size_t i, double y, const char *title);

/* Append untrusted text as HTML: entities, \xNN for bytes that are not text, shortened. */
void ib_html_text(struct ib_bytes *out, struct ib_span text);
/* Append trusted text as HTML: entities only, never shortened. */
void ib_html_plain(struct ib_bytes *out, struct ib_span text);

#endif
