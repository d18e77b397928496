#!/usr/bin/env python3
"""Write tables for tests/unit/test_numbers.c: Python's repr of doubles, and the shortest
decimals of binary32, found by trying all decimals nearby.

    python3 tests/reference/numbers_table.py >tests/unit/numbers_table.h"""
import math
import random
import struct
from fractions import Fraction

# For each of these floats, there is a decimal of 8 digits just next to the point halfway to
# the next float. If the decimal is first rounded to a double, it becomes this point, and is then
# rounded to the wrong float. The list has all such floats below 2^23.
DOUBLE_ROUNDING = [0x0A4170A7, 0x0F3DA5A7, 0x128289D0, 0x152E43FD, 0x15AE43FD,
                   0x162E43FD, 0x16AE43FD, 0x172E43FD]


def from_bits(n):
    return struct.unpack("<d", struct.pack("<Q", n))[0]


def float_from_bits(n):
    return struct.unpack("<f", struct.pack("<I", n))[0]


def is_read_as(text, value):
    try:
        return struct.unpack("<f", struct.pack("<f", float(text)))[0] == value
    except OverflowError:
        return False


def shortest_float(value):
    if value < 0:
        return "-" + shortest_float(-value)
    exact = Fraction(value)
    e = len(str(exact.numerator)) - len(str(exact.denominator))
    if Fraction(10) ** e > exact:
        e -= 1
    for digits in range(1, 18):
        unit = Fraction(10) ** (e - digits + 1)
        below = math.floor(exact / unit)
        near = [n for n in range(max(below - 3, 1), below + 5)
                if is_read_as("%de%d" % (n, e - digits + 1), value)]
        if near:
            best = min(near, key=lambda n: (abs(n * unit - exact), n & 1))
            return repr(float("%de%d" % (best, e - digits + 1)))
    raise AssertionError


def doubles():
    yield from (0.0, 1.0, 1.25, -2.0, 0.1, 0.3, 123.0, 0.001, 1e-4, 1e-5,
                9.999e-5, 0.000123456, 123456789012345680.0, 1e15,
                9999999999999998.0, 1e16, 12345678901234567.0,
                9007199254740993.0, 1.5e300, 1e100, 1e22, 1e23, 5e-324,
                1e-323, 1.5e-323, 1 / 3, 10 / 3, 1 / (1 - 0.7),
                2.2250738585072014e-308, 2.225073858507201e-308,
                1.7976931348623157e308, 2.0**63, 2.0**64, 100.0, 120.5)
    for k in range(-1074, 1024, 29):
        yield math.ldexp(1.0, k)
        yield math.nextafter(math.ldexp(1.0, k), 0)
        yield math.nextafter(math.ldexp(1.0, k), math.inf)
    for k in range(-44, -40):
        yield math.ldexp(1.0, k)
    for _ in range(60):
        n = random.getrandbits(64)
        if math.isfinite(from_bits(n)):
            yield from_bits(n)
        yield random.random()
        yield random.getrandbits(53) * 2.0 ** random.randrange(-30, 10)


def floats():
    yield from (0x3F800000, 0x3DCCCCCD, 0x1, 0x2, 0x3, 0x7FFFFF, 0x800000,
                0x800001, 0x7F7FFFFF, 0x4B800000, 0x4B800001, 0x38D1B717,
                0x38D1B716, 0x5A0E1BCA, 0x5A0E1BC9, 0xBF000000, 0x42F60000)
    for n in DOUBLE_ROUNDING:
        yield n
        yield n + 1
    for e in range(1, 255, 9):
        yield e << 23
        yield (e << 23) - 1
        yield (e << 23) + 1
    for _ in range(60):
        n = random.getrandbits(32)
        if n >> 23 & 0xFF != 0xFF:
            yield n
        yield 0x3C000000 + random.getrandbits(26)


def main():
    random.seed(5)
    print("/* Made by tests/reference/numbers_table.py: do not edit. */")
    print("static struct printed printed_table[] = {")
    for value in doubles():
        print('\t{ %s, "%s" },' % (value.hex(), repr(value)))
    print("};\nstatic struct printed_float printed_float_table[] = {")
    for n in floats():
        print('\t{ 0x%08x, "%s" },' % (n, shortest_float(float_from_bits(n))))
    print("};")


main()
