#!/usr/bin/env python3
"""Writes lib/base/powers.c: python3 lib/base/powers.py >lib/base/powers.c"""
import re
import sys
from pathlib import Path

HEADER = Path(__file__).with_name("powers.h").read_text(encoding="ascii")
LOWEST = int(re.search(r"IB_POWER_MIN \((-\d+)\)", HEADER).group(1))
HIGHEST = int(re.search(r"IB_POWER_MAX (\d+)", HEADER).group(1))
EXACT = int(re.search(r"IB_POWER_EXACT (\d+)", HEADER).group(1))


def leading(q):
    """The leading 128 bits of 5^q, those below cut off; is nothing below?"""
    num, den = (5**q, 1) if q >= 0 else (1, 5**-q)
    shift = 128 - (num.bit_length() - den.bit_length())
    value = (num << shift if shift >= 0 else num) // (
        den if shift >= 0 else den << -shift)
    while value >> 128:
        shift -= 1
        value >>= 1
    assert value >> 127 == 1
    exact = num << max(shift, 0) == value * den << max(-shift, 0)
    # floor(log2(10^q)) as powers.h has it
    assert 127 - shift + q == (q * 1741647) >> 19
    return value, exact


def main():
    rows = []
    for q in range(LOWEST, HIGHEST + 1):
        value, exact = leading(q)
        assert exact == (0 <= q <= EXACT)
        assert exact or (value + 1) % 2**64  # the next one has the same hi
        rows.append("{ 0x%016x, 0x%016x }" % (value >> 64, value % 2**64))
    print("/* Made by powers.py: do not edit. */")
    print('#include "base/powers.h"\n')
    print("const struct ib_wide ib_powers[] = {")
    print("\t" + ",\n\t".join(rows) + ",\n};")


if __name__ == "__main__":
    sys.exit(main())
