/* Draw charts as SVG. */
#include "audit/svg.h"

#include <math.h>
#include <stdio.h>

#include "base/error.h"

#define WIDTH 720.0
#define HEIGHT 230.0
#define LEFT 58.0
#define RIGHT 12.0
#define TOP 10.0
#define BOTTOM 30.0

/* ---- coordinates -------------------------------------------------------------- */

static double
step_of(const struct ib_svg *c)
{
	return (WIDTH - LEFT - RIGHT) / (double)(c->n ? c->n : 1);
}

static double
x_of(const struct ib_svg *c, size_t i)
{
	return LEFT + ((double)i + 0.5) * step_of(c);
}

static double
y_of(const struct ib_svg *c, double y)
{
	return TOP + (c->high - y) / (c->high - c->low) * (HEIGHT - TOP - BOTTOM);
}

/*
 * Return 1, 2 or 5 times a power of ten, such that the range has four to eight steps of this
 * size.
 */
static double
nice_step(double range)
{
	double step = pow(10, floor(log10(range / 4)));

	if (range / step > 20)
		return 5 * step;
	return range / step > 8 ? 2 * step : step;
}

/* ---- text --------------------------------------------------------------------- */

static void
write_entity(struct ib_bytes *out, char c)
{
	switch (c) {
	case '&':
		ib_bytes_put(out, "&amp;", 5);
		break;
	case '<':
		ib_bytes_put(out, "&lt;", 4);
		break;
	case '>':
		ib_bytes_put(out, "&gt;", 4);
		break;
	case '"':
		ib_bytes_put(out, "&quot;", 6);
		break;
	default:
		ib_bytes_put_char(out, c);
	}
}

void
ib_html_text(struct ib_bytes *out, struct ib_span text)
{
	char show[IB_SHOW_MAX];
	const char *p = ib_show(show, text);
	size_t n = strlen(p), i;

	/* Skip the outer quotes, and the backslashes before quotes inside the text. */
	for (i = 1; i + 1 < n; i++)
		if (p[i] != '\\' || p[i + 1] != '"' || i + 2 == n)
			write_entity(out, p[i]);
}

void
ib_html_plain(struct ib_bytes *out, struct ib_span text)
{
	size_t i;

	for (i = 0; i < text.n; i++)
		write_entity(out, text.p[i]);
}

/* ---- axes --------------------------------------------------------------------- */

static void
write_tick(struct ib_svg *c, double y)
{
	struct ib_bytes *b = c->out;
	enum ib_style style = c->style;

	ib_bytes_printf(b,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" "
			"y1=\"%.1f\" y2=\"%.1f\"/>",
			LEFT, WIDTH - RIGHT, y_of(c, y), y_of(c, y));
	ib_bytes_printf(b,
			"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"end\">",
			LEFT - 8, y_of(c, y) + 4);
	if (style == IB_STYLE_PERCENT)
		ib_bytes_printf(b, "%.3g%%", 100 * y);
	else if (style == IB_STYLE_SIGNED)
		ib_bytes_printf(b, "%+.3g%%", 100 * y);
	else
		ib_bytes_printf(b, "%.7g", y);
	ib_bytes_printf(b, "</text>\n");
}

void
ib_svg_begin(struct ib_svg *c, const char *about, const int64_t *epoch)
{
	size_t every = c->n / 16 + 1, i;
	double step, y;

	if (!(c->high > c->low))
		c->high = c->low + 1;
	step = nice_step(c->high - c->low);
	c->low = floor(c->low / step + 1e-9) * step;
	c->high = ceil(c->high / step - 1e-9) * step;
	ib_bytes_printf(c->out,
			"<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" "
			"aria-label=\"%s\">\n",
			WIDTH, HEIGHT, about);
	for (i = 0; (y = c->low + (double)i * step) <= c->high + step / 2; i++)
		write_tick(c, fabs(y) < step / 1e6 ? 0 : y);
	ib_bytes_printf(c->out,
			"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" "
			"text-anchor=\"end\">epoch</text>",
			LEFT - 8, HEIGHT - BOTTOM + 18);
	for (i = 0; i < c->n; i += every)
		ib_bytes_printf(c->out,
				"<text class=\"tick\" x=\"%.1f\" "
				"y=\"%.1f\" text-anchor=\"middle\">%lld</text>",
				x_of(c, i), HEIGHT - BOTTOM + 18, (long long)epoch[i]);
	ib_bytes_put_char(c->out, '\n');
}

void
ib_svg_end(struct ib_svg *c)
{
	ib_bytes_printf(c->out, "</svg>\n");
}

/* ---- lines, areas, bars, points ----------------------------------------------- */

void
ib_svg_line(struct ib_svg *c, const char *class, const double *y)
{
	bool down = false;
	size_t i;

	ib_bytes_printf(c->out, "<path class=\"line %s\" d=\"", class);
	for (i = 0; i < c->n; i++) {
		if (!isfinite(y[i])) {
			down = false;
			continue;
		}
		ib_bytes_printf(c->out, "%c%.1f %.1f", down ? 'L' : 'M', x_of(c, i), y_of(c, y[i]));
		down = true;
	}
	ib_bytes_printf(c->out, "\"/>\n");
}

/* Fill the area from i to the first value that is not finite. Returns the next i. */
static size_t
write_area(struct ib_svg *c, const char *class, const double *low, const double *high, size_t i)
{
	size_t k = i, j;

	while (k < c->n && isfinite(low[k]) && isfinite(high[k]))
		k++;
	if (k == i)
		return i + 1;
	ib_bytes_printf(c->out, "<path class=\"area %s\" d=\"M", class);
	for (j = i; j < k; j++)
		ib_bytes_printf(c->out, "%.1f %.1f ", x_of(c, j), y_of(c, high[j]));
	for (j = k; j-- > i;)
		ib_bytes_printf(c->out, "%.1f %.1f ", x_of(c, j), y_of(c, low[j]));
	ib_bytes_printf(c->out, "Z\"/>\n");
	return k;
}

void
ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high)
{
	size_t i;

	for (i = 0; i < c->n;)
		i = write_area(c, class, low, high, i);
}

void
ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to, const char *title)
{
	double width = step_of(c) * 0.72, top = y_of(c, to);
	double height = y_of(c, from) - top;

	width = width > 40 ? 40 : width;
	if (!(height > 0))
		return;
	/* Leave a gap of 1 between stacked bars. */
	ib_bytes_printf(c->out,
			"<rect class=\"%s\" x=\"%.1f\" y=\"%.1f\" "
			"width=\"%.1f\" height=\"%.1f\" rx=\"1.5\"><title>%s"
			"</title></rect>\n",
			class, x_of(c, i) - width / 2, top, width,
			height > 1.5 ? height - 1 : height, title);
}

void
ib_svg_point(struct ib_svg *c, const char *class, size_t i, double y, const char *title)
{
	if (isfinite(y))
		ib_bytes_printf(c->out,
				"<circle class=\"%s\" cx=\"%.1f\" "
				"cy=\"%.1f\" r=\"4\"><title>%s</title>"
				"</circle>\n",
				class, x_of(c, i), y_of(c, y), title);
}
