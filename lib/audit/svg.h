/*
 * Charts as SVG inside a page: epochs from left to right, figures upwards.
 * Colours are classes of the page's style sheet, so that light and dark are
 * its affair; a <title> on each mark is what a pointer shows.
 */
#ifndef IB_AUDIT_SVG_H
#define IB_AUDIT_SVG_H

#include "audit/text_table.h"

struct ib_svg {
	struct ib_bytes *out;
	size_t n;	     /* places along x, 0 to n-1 */
	double low, high;    /* along y */
	enum ib_style style; /* of y's labels */
};

/*
 * Axes and grid. epoch[n] labels the places; low and high are moved outwards
 * to round numbers. about: a sentence for who cannot see it.
 */
void ib_svg_begin(struct ib_svg *c, const char *about, const int64_t *epoch);
void ib_svg_end(struct ib_svg *c);

/* A line through y[n]; NaN breaks it. */
void ib_svg_line(struct ib_svg *c, const char *class, const double *y);
/* The area between two lines. */
void ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high);
/* A bar at place i; part of parts beside each other. title: escaped. */
void ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to,
		const char *title);
void ib_svg_dot(struct ib_svg *c, const char *class, size_t i, double y, const char *title);

/* Text in a page: & < > " as entities; what is no text as \xNN. */
void ib_html_text(struct ib_bytes *out, struct ib_span text);
/* The same of text that is known to be such: whole, nothing clipped. */
void ib_html_plain(struct ib_bytes *out, struct ib_span text);

#endif
