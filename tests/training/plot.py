"""A plot of two panels as SVG: the share kept in each epoch, and the figure against the cost saved."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#1b6ca8", "#d1495b", "#2e933c", "#8d5a97", "#e08e0b", "#5c5c5c", "#00a6a6"]
WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 260, 60, 50, 90


def ticks(low, high):
    """Round numbers between low and high: steps of 1, 2 or 5 times a power of ten, ten of them at the most."""
    size = 10.0 ** math.floor(math.log10((high - low) / 10))
    step = next(s * size for s in (1, 2, 5, 10) if (high - low) / (s * size) <= 10)
    return [round(k * step, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Panel:
    """Axes from low to high, drawn at an offset; data outside are cut by nothing, so choose them wide enough."""

    def __init__(self, left, x, y, names):
        self.left, self.x, self.y = left, x, y
        self.out = ['<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#888"/>' % (
            left, TOP, WIDTH, HEIGHT)]
        self.text(left + WIDTH / 2, TOP + HEIGHT + 36, names[0])
        self.text(left, TOP - 10, names[1], "start")
        for at in ticks(*x):
            self.text(self.px(at), TOP + HEIGHT + 16, "%g" % at)
        for at in ticks(*y):
            self.text(left - 6, self.py(at) + 4, "%g" % at, "end")

    def px(self, x):
        return self.left + WIDTH * (x - self.x[0]) / (self.x[1] - self.x[0])

    def py(self, y):
        return TOP + HEIGHT * (1 - (y - self.y[0]) / (self.y[1] - self.y[0]))

    def text(self, x, y, words, anchor="middle"):
        self.out.append('<text x="%g" y="%g" text-anchor="%s">%s</text>' % (x, y, anchor, escape(words)))

    def line(self, points, colour):
        self.out.append('<polyline fill="none" stroke-width="1.5" stroke="%s" points="%s"/>' % (
            colour, " ".join("%.1f,%.1f" % (self.px(x), self.py(y)) for x, y in points)))

    def dot(self, x, y, colour):
        self.out.append('<circle cx="%.1f" cy="%.1f" r="4" fill="%s"/>' % (self.px(x), self.py(y), colour))


def draw(path, title, shares, points, figure):
    """shares: (name, share kept an epoch); points: (name, % saved, mean difference, half its interval or NaN)."""
    colour = {name: COLOURS[k % len(COLOURS)] for k, (name, *_) in enumerate(points)}
    epochs = max([len(s) for _, s in shares] + [2])
    left = Panel(LEFT, (0, epochs - 1), (0, 1), ("epoch", "share kept (audit log, first seed)"))
    for name, share in shares:
        left.line(list(enumerate(share)), colour[name])
    half = [h if h == h else 0 for *_, h in points]
    low = min(m - h for (_, _, m, _), h in zip(points, half))
    high = max(m + h for (_, _, m, _), h in zip(points, half))
    room = 0.1 * (high - low) or 1
    saved = [s for _, s, *_ in points]
    right = Panel(LEFT + WIDTH + GAP, (min(0, min(saved)), max(saved) * 1.1 + 1), (low - room, high + room),
                  ("visits saved, %", figure + " (95 %)"))
    right.line([(x, 0) for x in right.x], "#ccc")
    for (name, x, mean, _), h in zip(points, half):
        right.line([(x, mean - h), (x, mean + h)], colour[name])
        right.dot(x, mean, colour[name])
    legend = []
    for k, (name, *_) in enumerate(points):
        x, y = LEFT + (k % 3) * 290, TOP + HEIGHT + 62 + 18 * (k // 3)
        legend.append('<circle cx="%g" cy="%g" r="4" fill="%s"/><text x="%g" y="%g">%s</text>' % (
            x, y - 4, colour[name], x + 9, y, escape(name)))
    size = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + 70 + 18 * ((len(points) + 2) // 3)
    with open(path, "w") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
                  'font-size="12">\n<rect width="100%%" height="100%%" fill="white"/>\n' % size)
        out.write('<text x="%d" y="20" font-size="15">%s</text>\n' % (LEFT, escape(title)))
        out.write("\n".join(left.out + right.out + legend) + "\n</svg>\n")
