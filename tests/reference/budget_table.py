#!/usr/bin/env python3
"""Write tests/unit/budget_table.h: c of --rule proportional, from exact fractions.

  tests/reference/budget_table.py >tests/unit/budget_table.h

c is the smallest number for which the sum over all x of min(1, max(floor, c*x)) is
keep*n. The sum is a broken line in c: try every c at which a sample reaches the floor
or 1, and solve between two of them. Only the result is rounded. All values are in a
plain list, without bins and counts."""
import random
import struct
from fractions import Fraction as F

XMAX = 12


def f32(x):
    return struct.unpack('f', struct.pack('f', x))[0]


def cost(xs, floor, c):
    return sum(min(F(1), max(floor, c * x)) for x in xs)


def solve(xs, keep, floor):
    keep, floor = F(keep), F(floor)
    xs = [F(x) for x in xs]
    target = keep * len(xs)
    turns = sorted({t for x in xs if x > 0 for t in (1 / x, floor / x)} | {F(0)})
    if cost(xs, floor, turns[-1]) <= target:
        return turns[-1]  # every x > 0 is kept with pi 1
    for a, b in zip(turns, turns[1:]):
        lo, hi = cost(xs, floor, a), cost(xs, floor, b)
        if lo < target <= hi:
            return a + (target - lo) / (hi - lo) * (b - a)
    raise AssertionError


def any_x(r, kind):
    if kind == 0:  # a few values, which many samples have
        return r.choice([0.25, 0.5, 1.0, 2.0])
    if kind == 1:  # values like losses
        return f32(r.lognormvariate(-1, 1.5))
    if kind == 2:  # values of all sizes, also 0 and negative values
        return f32(r.choice([0.0, -1.5, 2.0 ** r.randint(-149, 100) * 1.25,
                             r.random()]))
    return f32(1 + r.random() * 1e-5)  # values in one bin


def main():
    r = random.Random(11)
    print('/* Made by tests/reference/budget_table.py: do not edit. */')
    print('static struct budget budgets[] = {')
    made = 0
    while made < 120:
        kind = made % 4
        n = r.randint(1, XMAX)
        xs = [any_x(r, kind) for _ in range(n)]
        keep = r.choice([0.5, 0.7, 0.1, 0.25, r.random()])
        floor = r.choice([0.0, 0.0, 0.0625, keep / 2, keep * 0.99])
        if not any(x > 0 for x in xs) or not floor < keep:
            continue
        c = float(solve(xs, keep, floor))
        if not 1e-30 < c < 1e30:
            continue
        print('\t{ %du, { %s }, %s, %s, %s },' % (
            n, ', '.join(x.hex() + 'f' for x in xs), keep.hex(), floor.hex(),
            c.hex()))
        made += 1
    print('};')


if __name__ == '__main__':
    main()
