/* Draw charts as SVG. */
#include "audit/svg.h"

#include <math.h>
#include <stdio.h>

/* Width and height of the drawing. The browser stretches it to the width of the page. */
#define DRAWING_SIZE 1000.0
/* free space above the highest and below the lowest value, so that points fit */
#define DRAWING_MARGIN 30.0

#define MAX_TICKS 8
/* if there are more epochs than this, bars touch each other and points are small */
#define SPACED_EPOCHS_MAX 60

/* ---- coordinates -------------------------------------------------------------- */

static double
step_of(const struct ib_svg *c)
{
	return DRAWING_SIZE / (double)(c->n ? c->n : 1);
}

static double
x_of(const struct ib_svg *c, size_t i)
{
	return ((double)i + 0.5) * step_of(c);
}

static double
y_of(const struct ib_svg *c, double y)
{
	return DRAWING_MARGIN +
	       (c->high - y) / (c->high - c->low) * (DRAWING_SIZE - 2 * DRAWING_MARGIN);
}

/*
 * Return the smallest step that divides a range of length `range` into at most `most` steps. A step
 * is 1, 2 or 5 times a power of ten.
 */
static double
round_step(double range, double most)
{
	double power = pow(10, floor(log10(range / most)));

	if (range <= 1.000001 * most * power)
		return power;
	if (range <= 2.000001 * most * power)
		return 2 * power;
	return range <= 5.000001 * most * power ? 5 * power : 10 * power;
}

/* ---- axes --------------------------------------------------------------------- */

/* Return the number of decimals that labels need if they are multiples of step. */
static int
decimals_of(double step)
{
	int n = (int)-floor(log10(step) + 1e-9);

	return n > 0 ? n : 0;
}

/*
 * Return the number by which the y labels are divided, and set *suffix to the text that follows
 * every label except 0.
 */
static double
y_unit(const struct ib_svg *c, const char **suffix)
{
	double most = fmax(fabs(c->low), fabs(c->high));

	*suffix = "";
	if (c->style == IB_STYLE_PERCENT || c->style == IB_STYLE_SIGNED)
		return 0.01;
	if (most < 1e4 || most >= 1e13)
		return 1;
	*suffix = most < 1e6 ? "k" : most < 1e9 ? "M" : "G";
	return most < 1e6 ? 1e3 : most < 1e9 ? 1e6 : 1e9;
}

/* Write a y label. All labels of an axis have the same number of decimals, except the label 0. */
static void
write_y_label(struct ib_svg *c, double y, double step)
{
	const char *suffix, *sign = c->style == IB_STYLE_SIGNED && y > 0 ? "+" : "";
	double unit = y_unit(c, &suffix);
	int decimals = decimals_of(step / unit);

	if (y == 0)
		ib_bytes_append_char(c->out, '0');
	else if (decimals > 4 || fabs(y / unit) >= 1e6)
		ib_bytes_printf(c->out, "%s%.2g%s", sign, y / unit, suffix);
	else
		ib_bytes_printf(c->out, "%s%.*f%s", sign, decimals, y / unit, suffix);
	if (unit == 0.01)
		ib_bytes_append_char(c->out, '%');
}

static void
write_y_tick(struct ib_svg *c, double y, double step)
{
	ib_bytes_printf(c->out, "<span class=\"y\" style=\"top:%.2f%%\">",
			y_of(c, y) / DRAWING_SIZE * 100);
	write_y_label(c, y, step);
	ib_bytes_printf(c->out, "</span>");
}

/* Write labels below the x axis for round epoch numbers, such as 0, 50, 100. */
static void
write_x_ticks(struct ib_svg *c)
{
	int64_t step, first = c->n ? c->epoch[0] : 0, last = c->n ? c->epoch[c->n - 1] : 0;
	size_t i;

	step = last > first ? (int64_t)round_step((double)(last - first), MAX_TICKS) : 1;
	step = step > 1 ? step : 1;
	for (i = 0; i < c->n; i++)
		if (c->n == 1 || c->epoch[i] % step == 0)
			ib_bytes_printf(c->out,
					"<span class=\"x\" style=\"left:%.2f%%\">%lld</span>",
					x_of(c, i) / DRAWING_SIZE * 100, (long long)c->epoch[i]);
}

void
ib_svg_begin(struct ib_svg *c, const char *about)
{
	double step, y;
	size_t i, n;

	if (!(c->high > c->low))
		c->high = c->low + 1;
	step = round_step(c->high - c->low, 5);
	step = c->integers ? fmax(step, 1) : step;
	c->low = floor(c->low / step + 1e-9) * step;
	c->high = ceil(c->high / step - 1e-9) * step;
	n = (size_t)lround((c->high - c->low) / step);
	ib_bytes_printf(c->out, "<div class=\"unit\">%s</div>\n<div class=\"plot\">", c->unit);
	for (i = 0; i <= n; i++) {
		y = c->low + (double)i * step;
		write_y_tick(c, fabs(y) < step / 1e6 ? 0 : y, step);
	}
	ib_bytes_printf(c->out, "<span class=\"y epoch\">epoch</span>");
	write_x_ticks(c);
	ib_bytes_printf(
		c->out,
		"\n<svg viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" role=\"img\" "
		"aria-label=\"%s\">\n",
		DRAWING_SIZE, DRAWING_SIZE, about);
	for (i = 0; i <= n; i++)
		ib_bytes_printf(c->out, "<path class=\"grid\" d=\"M0 %.1fH%.0f\"/>",
				y_of(c, c->low + (double)i * step), DRAWING_SIZE);
	ib_bytes_append_char(c->out, '\n');
}

void
ib_svg_end(struct ib_svg *c)
{
	ib_bytes_printf(c->out, "</svg></div>\n");
}

/* ---- lines, areas, bars, points ----------------------------------------------- */

/* Return the smallest k >= i for which y[k] is not finite, or c->n if there is none. */
static size_t
end_of_run(const struct ib_svg *c, const double *y, size_t i)
{
	while (i < c->n && isfinite(y[i]))
		i++;
	return i;
}

void
ib_svg_line(struct ib_svg *c, const char *class, const double *y)
{
	size_t i, j, k;

	for (i = 0; i<c->n; i = k> i ? k : i + 1) {
		k = end_of_run(c, y, i);
		if (k == i + 1)
			ib_svg_point(c, class, i, y[i]);
		if (k < i + 2)
			continue;
		ib_bytes_printf(c->out, "<path class=\"line %s\" d=\"", class);
		for (j = i; j < k; j++)
			ib_bytes_printf(c->out, "%c%.1f %.1f", j == i ? 'M' : 'L', x_of(c, j),
					y_of(c, y[j]));
		ib_bytes_printf(c->out, "\"/>\n");
	}
}

/*
 * Fill the area between low[] and high[] over the positions [i, k). If k is i + 1, the area is a
 * bar.
 */
static void
write_area(struct ib_svg *c, const char *class, const double *low, const double *high, size_t i,
	   size_t k)
{
	double wide = k == i + 1 ? fmin(step_of(c) / 4, DRAWING_SIZE / 40) : 0;
	size_t j;

	ib_bytes_printf(c->out, "<path class=\"area %s\" d=\"M", class);
	for (j = i; j < k; j++)
		ib_bytes_printf(c->out, "%.1f %.1f ", x_of(c, j) - wide, y_of(c, high[j]));
	if (wide > 0)
		ib_bytes_printf(c->out, "h%.1f L", 2 * wide);
	for (j = k; j-- > i;)
		ib_bytes_printf(c->out, "%.1f %.1f ", x_of(c, j) + wide, y_of(c, low[j]));
	if (wide > 0)
		ib_bytes_printf(c->out, "h%.1f", -2 * wide);
	ib_bytes_printf(c->out, "Z\"/>\n");
}

void
ib_svg_band(struct ib_svg *c, const char *class, const double *low, const double *high)
{
	size_t i, k, h;

	for (i = 0; i<c->n; i = k> i ? k : i + 1) {
		k = end_of_run(c, low, i);
		h = end_of_run(c, high, i);
		k = h < k ? h : k;
		if (k > i)
			write_area(c, class, low, high, i, k);
	}
}

void
ib_svg_bar(struct ib_svg *c, const char *class, size_t i, double from, double to)
{
	double width = step_of(c) * (c->n > SPACED_EPOCHS_MAX ? 1 : 0.72), top = y_of(c, to);
	double height = y_of(c, from) - top;

	width = width > DRAWING_SIZE / 12 ? DRAWING_SIZE / 12 : width;
	if (height > 0)
		ib_bytes_printf(c->out,
				"<rect class=\"%s\" x=\"%.2f\" y=\"%.1f\" width=\"%.2f\" "
				"height=\"%.1f\"/>\n",
				class, x_of(c, i) - width / 2, top, width, height);
}

/* A point is a line of length 0 with round ends, which stays round if the drawing is stretched. */
void
ib_svg_point(struct ib_svg *c, const char *class, size_t i, double y)
{
	if (!isfinite(y))
		return;
	ib_bytes_printf(c->out,
			"<path class=\"case%s\" d=\"M%.1f %.1fh0\"/>"
			"<path class=\"point%s %s\" d=\"M%.1f %.1fh0\"/>\n",
			c->n > SPACED_EPOCHS_MAX ? " small" : "", x_of(c, i), y_of(c, y),
			c->n > SPACED_EPOCHS_MAX ? " small" : "", class, x_of(c, i), y_of(c, y));
}

void
ib_svg_tooltip(struct ib_svg *c, size_t i, const char *text)
{
	ib_bytes_printf(c->out,
			"<rect class=\"tip\" x=\"%.2f\" y=\"0\" width=\"%.2f\" height=\"%.0f\">"
			"<title>%s</title></rect>\n",
			(double)i * step_of(c), step_of(c), DRAWING_SIZE, text);
}
