"""An SVG plot of two panels: the fraction kept in each epoch, and the change of the figure over the visits saved."""
import math
from xml.sax.saxutils import escape

COLOURS = ["#1b6ca8", "#5c5c5c", "#d1495b", "#8d5a97", "#e08e0b", "#2e933c", "#00a6a6"]
WIDTH, HEIGHT, LEFT, TOP, GAP = 380, 260, 60, 66, 90
APART = 11      # px between points that saved the same, so that their intervals can be told apart


def ticks(low, high, least=0):
    """Round numbers between low and high: steps of 1, 2 or 5 times a power of ten, eight of them at the most."""
    size = 10.0 ** math.floor(math.log10((high - low) / 8))
    step = next(s * size for s in (1, 2, 5, 10) if (high - low) / (s * size) <= 8 and s * size >= least)
    return [round(k * step, 10) for k in range(math.ceil(low / step), math.floor(high / step) + 1)]


class Panel:
    """Axes from low to high, drawn at an offset; data outside are not clipped, so choose a wide range."""

    def __init__(self, left, x, y, names, least=0):
        self.left, self.x, self.y, self.out = left, x, y, []
        for at in ticks(*x, least):
            self.rule((at, at), y)
            self.text(self.px(at), TOP + HEIGHT + 17, "%g" % at)
        for at in ticks(*y):
            self.rule(x, (at, at))
            self.text(left - 6, self.py(at) + 4, "%g" % at, "end")
        self.out.append('<rect x="%g" y="%g" width="%g" height="%g" fill="none" stroke="#888"/>' % (
            left, TOP, WIDTH, HEIGHT))
        self.text(left + WIDTH / 2, TOP + HEIGHT + 38, names[0])
        self.text(left, TOP - 10, names[1], "start")

    def px(self, x):
        return self.left + WIDTH * (x - self.x[0]) / (self.x[1] - self.x[0])

    def py(self, y):
        return TOP + HEIGHT * (1 - (y - self.y[0]) / (self.y[1] - self.y[0]))

    def text(self, x, y, words, anchor="middle"):
        self.out.append('<text x="%g" y="%g" text-anchor="%s">%s</text>' % (x, y, anchor, escape(words)))

    def rule(self, x, y, colour="#e4e4e4"):
        self.line(zip(x, y), colour, 1)

    def line(self, points, colour, width=2, aside=0):
        self.out.append('<polyline fill="none" stroke-width="%g" stroke="%s" points="%s"/>' % (
            width, colour, " ".join("%.1f,%.1f" % (self.px(x) + aside, self.py(y)) for x, y in points)))

    def dot(self, x, y, colour, size=4.5, aside=0):
        self.out.append('<circle cx="%.1f" cy="%.1f" r="%g" fill="%s"/>' % (
            self.px(x) + aside, self.py(y), size, colour))


def spread(at):
    """The shift in px of each position. Shifted positions are at least APART px apart, and groups stay centred."""
    moved, groups = [0.0] * len(at), []
    for k in sorted(range(len(at)), key=lambda k: at[k]):
        if groups and at[k] - at[groups[-1][-1]] < APART:
            groups[-1].append(k)
        else:
            groups.append([k])
    for group in groups:
        centre = sum(at[k] for k in group) / len(group)
        for place, k in enumerate(sorted(group)):
            moved[k] = centre + APART * (place - (len(group) - 1) / 2) - at[k]
    return moved


def draw(path, title, shares, points, unit):
    """shares: (name, fraction kept per epoch); points: (name, % saved, mean difference, half its interval or NaN)."""
    colour = {name: COLOURS[k % len(COLOURS)] for k, (name, *_) in enumerate(points)}
    epochs = max([len(s) for _, s in shares] + [2])
    left = Panel(LEFT, (-0.3, epochs - 0.7), (0, 105), ("epoch, from 0", "samples kept, % (audit log of the first seed)"), 1)
    for name, share in shares:
        left.line([(e, 100 * s) for e, s in enumerate(share)], colour[name])
        for e, s in enumerate(share):
            left.dot(e, 100 * s, colour[name], 2.5)
    half = [h if h == h else 0 for *_, h in points]
    low = min(m - h for (_, _, m, _), h in zip(points, half))
    high = max(m + h for (_, _, m, _), h in zip(points, half))
    room = 0.1 * (high - low) or 1
    saved = [s for _, s, *_ in points]
    wide = 0.08 * (max(saved) - min(saved)) + 2
    right = Panel(LEFT + WIDTH + GAP, (min(saved) - wide, max(saved) + wide), (low - room, high + room),
                  ("visits saved, % (equal ones side by side)", "against all data, %s (mean, 95 %% interval)" % unit))
    right.rule(right.x, (0, 0), "#888")
    for (name, x, mean, _), h, aside in zip(points, half, spread([right.px(s) for s in saved])):
        right.line([(x, mean - h), (x, mean + h)], colour[name], 2, aside)
        right.dot(x, mean, colour[name], aside=aside)
    legend = []
    for k, (name, *_) in enumerate(points):
        x, y = LEFT + (k % 4) * 215, TOP + HEIGHT + 66 + 20 * (k // 4)
        legend.append('<circle cx="%g" cy="%g" r="5" fill="%s"/><text x="%g" y="%g">%s</text>' % (
            x + 5, y - 4, colour[name], x + 15, y, escape(name)))
    size = LEFT + 2 * WIDTH + GAP + 20, TOP + HEIGHT + 76 + 20 * ((len(points) + 3) // 4 - 1)
    with open(path, "w") as out:
        out.write('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="sans-serif" '
                  'font-size="13">\n<rect width="100%%" height="100%%" fill="white"/>\n' % size)
        out.write('<text x="%d" y="28" font-size="17">%s</text>\n' % (LEFT, escape(title)))
        out.write("\n".join(left.out + right.out + legend) + "\n</svg>\n")
