/*
 * Write charts as inline SVG: epochs are on the x axis, values on the y axis. Colors are
 * classes of the page's style sheet, which has a light and a dark color scheme. Each shape
 * has a <title>, which browsers show as a tooltip.
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
 * Write the axes and the grid. epoch[n] contains the x labels. The function extends low and
 * high to round numbers. about: a description for screen readers.
 */
void ib_svg_begin(struct ib_svg *c, const char *about, const int64_t *epoch);
void ib_svg_end(struct ib_svg *c);

/* Draw a line through the values y[n]. The line has a gap at each NaN. */
void ib_svg_line(struct ib_svg *c, const char *class, const double *y);
/* Fill the area between two lines. */
void ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high);
/* Draw a bar at position i of the x axis. title is HTML and is not escaped. */
void ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to,
		const char *title);
void ib_svg_point(struct ib_svg *c, const char *class, size_t i, double y, const char *title);

/* Append untrusted text as HTML. Bytes that are not text become \xNN; long text is shortened. */
void ib_html_text(struct ib_bytes *out, struct ib_span text);
/* Append trusted text as HTML. Special characters become entities; the text is never shortened. */
void ib_html_plain(struct ib_bytes *out, struct ib_span text);

#endif
