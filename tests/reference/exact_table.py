#!/usr/bin/env python3
"""Write tables for tests/unit/test_exact.c, from exact fractions.

    python3 tests/reference/exact_table.py >tests/unit/exact_table.h"""
import math
import random
import struct
from fractions import Fraction

PICKED = [1, 2**-24, 2**-53, 3 * 2**-54, 2**-149, 2**-1074, 2.0**53,
          -2**-53, 2**-150]
DIVISORS = [1, 1, 2, 3, 4, 7, 10**6 + 3, 2**32 - 1, 2**32, 2**33 + 1,
            2**63 + 5, 2**64 - 1, 2**64 - 2**30]
RANKS = [("0", 10), ("1", 10), ("0.5", 7), ("0.3", 10), ("0.1", 10),
         ("0.7", 10), ("0.2", 5), (".25", 3), ("1.", 9), ("1e-1", 30),
         ("0.30000000000000004", 10), ("0.29999999999999999", 10),
         ("0.9999999999999999999999", 2**64 - 1),
         ("0.333333333333333333333333", 3), ("1e-19", 2**64 - 1),
         ("1e-20", 2**64 - 1), ("0.05", 100), ("0.95", 20), ("0.6", 5),
         ("5e-324", 10), ("1e-400", 2**64 - 1), ("0.07", 100),
         ("0.29", 100), ("0.57", 100), ("0.1e1", 6), ("10E-1", 6),
         ("+0.5", 3), ("-0", 3), ("0.5", 0)]
RATIOS = [("0.7", 1000, 600), ("0.75", 10, 5), ("0.9", 10, 3), ("0.1", 3, 3),
          ("0.123456789012345678901234567890", 10**6 + 3, 999983),
          ("1", 5, 3), ("0", 5, 7),
          ("0.999999999999999999999999", 2**64 - 1, 1), ("1e-30", 7, 9),
          ("0.3", 1, 10**18 + 9), ("0.65", 10**7, 6543217),
          ("0.8", 123456789, 100000007), ("1e-400", 2**64 - 1, 1)]


def double(x):
    try:
        return float(x).hex()  # int / int is correctly rounded
    except OverflowError:
        return ("-" if x < 0 else "") + "(double)INFINITY"


def single(x):
    """Return the binary32 nearest to x (ties to even)."""
    if x == 0:
        return "0.0f"
    a, sign = abs(x), "-" if x < 0 else ""
    e = a.numerator.bit_length() - a.denominator.bit_length()
    if Fraction(2) ** e > a:
        e -= 1
    q = max(e - 23, -149)
    m = a / Fraction(2) ** q
    k = m.numerator // m.denominator
    if m - k > Fraction(1, 2) or (m - k == Fraction(1, 2) and k & 1):
        k += 1
    v = math.ldexp(k, q)
    return sign + ("INFINITY" if v >= 2.0**128 else v.hex() + "f")


def bits(n):
    return struct.unpack("<d", struct.pack("<Q", n))[0]


def draw(kind):
    sign = random.choice([1, -1])
    return [
        lambda: random.uniform(0, 5),
        lambda: bits(random.getrandbits(64) & ~(1 << 62)),
        lambda: bits(random.getrandbits(53)) * sign,
        lambda: math.ldexp(random.getrandbits(24), random.randrange(-149, -110)),
        lambda: math.ldexp(random.getrandbits(53), random.randrange(960, 972)) * sign,
        lambda: math.ldexp(random.getrandbits(24), random.randrange(60, 105)) * sign,
        lambda: float(random.choice(PICKED)),
    ][kind]()


def means():
    for kind in range(7):
        for _ in range(9):
            v = [draw(kind) for _ in range(4)]
            n = random.choice(DIVISORS)
            x = sum(map(Fraction, v))
            yield "{ { %s }, %du, %s, %s, %s }" % (
                ", ".join(a.hex() for a in v), n, double(x), double(x / n),
                single(x / n))


def products():
    for i in range(24):
        c = 0.0
        if i % 4 == 0:
            a, b = random.uniform(0, 4), random.uniform(0, 4)
            c = random.uniform(-20, 0)
        elif i % 4 == 1:
            a = math.ldexp(random.random(), -1010)
            b = math.ldexp(random.random(), -50 - random.randrange(20))
        elif i % 4 == 2:
            a = math.ldexp(random.random(), 1000)
            b = -math.ldexp(random.random(), 40)
        else:
            a = bits(random.getrandbits(64) & ~(1 << 62)) or 1.0
            b, c = 1 / a, -1.0
        t = random.getrandbits(64)
        x = Fraction(a) * Fraction(b) + Fraction(c)
        yield "{ %s, %s, %s, %du, %s, %s }" % (
            a.hex(), b.hex(), c.hex(), t, double(x), double(Fraction(a) * t))


def quotients():
    for i in range(40):
        x, y = ([draw(i % 7) for _ in range(2)] for _ in range(2))
        times = draw((i // 7) % 4)
        if i % 4 == 0:      # the quotient is exactly 3
            y, times = [x[0], 0.0], 1.0
            x = [x[0], x[0] * 2]
        if i % 4 == 1:      # quotients halfway between two doubles, and just above or below
            y, times = [3.0, 0.0], 1.0
            x = [3.0, 3 * 2.0**-53 * (1 + (i // 4 % 3 - 1) * 2.0**-50)]
        under = sum(map(Fraction, y)) * Fraction(times)
        yield "{ { %s, %s }, { %s, %s }, %s, %s }" % (
            *(v.hex() for v in x + y), times.hex(),
            double(sum(map(Fraction, x)) / under) if under else "NAN")


def decimal(text):
    return Fraction(text[:-1] if text.endswith(".") else text)


def ranks():
    for text, n in RANKS:
        yield '{ "%s", %du, %du }' % (text, n, math.ceil(decimal(text) * n))


def ratios():
    for text, n, low in RATIOS:
        yield '{ "%s", %du, %du, %s }' % (
            text, n, low, double((1 - decimal(text)) * n / low))


def main():
    random.seed(7)
    print("/* Made by tests/reference/exact_table.py: do not edit. */")
    for table in means, products, ranks, ratios, quotients:
        rows = ",\n\t".join(table())
        print("static struct %s %s_table[] = {\n\t%s,\n};"
              % (table.__name__[:-1], table.__name__, rows))


main()
