"""The base of the reference: errors, numbers, hashes, JSON over bytes, files.

The reference is slow and simple on purpose, because the fast commands are compared
with it. It shares no code with them."""
import bz2
import gzip
import lzma
import math
import os
import re
import struct
import subprocess
import sys
from decimal import Decimal, Context, ROUND_FLOOR, ROUND_CEILING
from fractions import Fraction

import numpy as np
import xxhash


class Fail(Exception):
    """Ends the run with an exit status and a message."""

    def __init__(self, code, msg):
        Exception.__init__(self, msg)
        self.code = code


def bad(msg):
    raise Fail(65, msg)


def misuse(msg):
    raise Fail(2, msg)


# ---- numbers -------------------------------------------------------------

JSON_NUM = re.compile(rb'-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?')
WORD = re.compile(rb'-?(?:infinity|inf|nan)', re.I)
INTEGER = re.compile(rb'-?[0-9]+')
CSV_NUM = re.compile(
    rb'[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?')


def to_double(text):
    """The double of a decimal text or of a word such as nan, as strtod reads it."""
    t = text.decode('ascii').lower()
    if t.lstrip('+-').startswith(('inf', 'nan')):
        if 'nan' in t:
            return math.nan
        return -math.inf if t[0] == '-' else math.inf
    return float(t)


BLANKS = b' \t\r\n'


def csv_double(text):
    """The double of a field of CSV or TSV (nan if the field is empty or NA), or None."""
    text = text.strip(BLANKS)
    if text in (b'', b'NA'):
        return math.nan
    if CSV_NUM.fullmatch(text) or WORD.fullmatch(text):
        return to_double(text)
    return None


def to_f32(x):
    """Round a double to binary32, as a double; None if the result is not finite."""
    if x is None or not math.isfinite(x):
        return None
    with np.errstate(all='ignore'):
        f = float(np.float32(x))
    if not math.isfinite(f):
        return None
    return f + 0.0 if f != 0 else 0.0


def fraction_f32(q):
    """The binary32 value nearest to a Fraction; ties to even."""
    if q == 0:
        return 0.0
    sign, q = (-1, -q) if q < 0 else (1, q)
    e = q.numerator.bit_length() - q.denominator.bit_length()
    if Fraction(2) ** e > q:
        e -= 1
    step = Fraction(2) ** (max(e, -126) - 23)
    n = q / step
    whole = n.numerator // n.denominator
    rest = n - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole & 1):
        whole += 1
    return float(sign * whole * step) + 0.0


def exact_sum(xs):
    """The exact sum of finite doubles as a Fraction."""
    return sum((Fraction(x) for x in xs), Fraction(0))


def nearest(q):
    """The double nearest to a Fraction."""
    try:
        return q.numerator / q.denominator
    except OverflowError:
        return math.inf if q > 0 else -math.inf


def real(x):
    """A double in the form of Python's repr."""
    return repr(float(x)).encode()


def score_text(f):
    """The shortest decimal that is f again if it is read as a double and rounded to binary32."""
    if f == 0:
        return b'0.0'
    exact = Decimal(abs(f))
    for p in range(1, 18):
        found = []
        for mode in (ROUND_FLOOR, ROUND_CEILING):
            d = exact.normalize(Context(prec=p, rounding=mode, Emin=-400,
                                        Emax=400))
            x = float(d)
            if to_f32(x) == abs(f):
                odd = d.as_tuple().digits[-1] % 2 if len(
                    d.as_tuple().digits) == p else 0
                found.append((abs(d - exact), odd, d))
        if found:
            d = min(found)[2]   # of two equally near decimals, the even one
            return (b'-' if f < 0 else b'') + repr(float(d)).encode()
    raise AssertionError(f)


def round15(x):
    return float('%.15g' % x)


# ---- hashes --------------------------------------------------------------

def digest(data):
    return xxhash.xxh3_128_hexdigest(data)


def draw_seed(seed, epoch):
    return xxhash.xxh3_64_intdigest(
        struct.pack('<QQ', seed & (2 ** 64 - 1), epoch))


def draw_u(ident, s):
    return (xxhash.xxh3_64_intdigest(ident, s) >> 11) * 2.0 ** -53


def part_of(ident, k):
    return (xxhash.xxh3_64_intdigest(ident) * k) >> 64


# ---- JSON ----------------------------------------------------------------

class Node:
    """A JSON value and its position: data[start:end]."""
    __slots__ = ('kind', 'start', 'end', 'text', 'items', 'lone')

    def __init__(self, kind, start):
        self.kind = kind        # obj arr str num word true false null
        self.start = start
        self.end = start
        self.text = None        # str: decoded bytes; num, word: unchanged bytes
        self.items = None       # obj: [(name node, value)], arr: [value]
        self.lone = False       # str: has an escape of an unpaired surrogate


class Malformed(Exception):
    pass


BOM = b'\xef\xbb\xbf'
WS = b' \t\r\n'
ESCAPES = {0x22: b'"', 0x5c: b'\\', 0x2f: b'/', 0x62: b'\b', 0x66: b'\f',
           0x6e: b'\n', 0x72: b'\r', 0x74: b'\t'}
PLAIN = re.compile(rb'[^"\\\x00-\x1f]+')
HEX4 = re.compile(rb'[0-9a-fA-F]{4}')


def skip_ws(b, i):
    while i < len(b) and b[i] in WS:
        i += 1
    return i


def utf8(cp):
    return chr(cp).encode('utf-8', 'surrogatepass')


def scan_string(b, i):
    n = Node('str', i)
    i += 1
    out = bytearray()
    while True:
        run = PLAIN.match(b, i)
        if run:
            out += run.group()
            i = run.end()
        if i >= len(b):
            raise Malformed('string without end')
        c = b[i]
        if c == 0x22:
            break
        if c < 0x20:
            raise Malformed('control byte in a string')
        if i + 1 >= len(b):
            raise Malformed('string without end')
        c = b[i + 1]
        if c in ESCAPES:
            out += ESCAPES[c]
            i += 2
            continue
        if c != 0x75 or not HEX4.match(b, i + 2):
            raise Malformed('bad escape')
        cp = int(b[i + 2:i + 6], 16)
        i += 6
        if 0xd800 <= cp < 0xdc00:
            low = -1
            if b[i:i + 2] == b'\\u' and HEX4.match(b, i + 2):
                low = int(b[i + 2:i + 6], 16)
            if 0xdc00 <= low < 0xe000:
                cp = 0x10000 + ((cp - 0xd800) << 10) + (low - 0xdc00)
                i += 6
            else:
                n.lone = True
        elif 0xdc00 <= cp < 0xe000:
            n.lone = True
        out += utf8(cp)
    n.end = i + 1
    n.text = bytes(out)
    return n


def scan_scalar(b, i):
    if b[i:i + 1] == b'"':
        return scan_string(b, i)
    for word in (b'true', b'false', b'null'):
        if b.startswith(word, i):
            n = Node(word.decode(), i)
            n.end = i + len(word)
            return n
    for kind, rx in (('word', WORD), ('num', JSON_NUM)):
        m = rx.match(b, i)
        if m:
            n = Node(kind, i)
            n.end = m.end()
            n.text = m.group()
            return n
    raise Malformed('no value')


def parse_value(b, i):
    """The value at b[i] (no recursion, because the depth is not limited)."""
    root, stack = None, []
    name = None                 # the name whose value comes next
    i = skip_ws(b, i)
    while True:
        # a value must begin at i
        if i >= len(b):
            raise Malformed('cut short')
        c = b[i]
        if c in b'{[':
            v = Node('obj' if c == 0x7b else 'arr', i)
            v.items = []
            i += 1
        else:
            v = scan_scalar(b, i)
            i = v.end
        if stack:
            top = stack[-1][0]
            if top.kind == 'obj':
                top.items.append((name, v))
            else:
                top.items.append(v)
        else:
            root = v
        fresh = v.kind in ('obj', 'arr')
        if fresh:
            stack.append((v, name))
        # after a value
        while True:
            if not stack:
                return root, root.end
            top = stack[-1][0]
            i = skip_ws(b, i)
            if i >= len(b):
                raise Malformed('cut short')
            close = 0x7d if top.kind == 'obj' else 0x5d
            if b[i] == close:
                i += 1
                top.end = i
                stack.pop()
                fresh = False
                continue
            if not fresh:
                if b[i] != 0x2c:
                    raise Malformed('no comma')
                i = skip_ws(b, i + 1)
            if top.kind == 'obj':
                if b[i:i + 1] != b'"':
                    raise Malformed('no name')
                name = scan_string(b, i)
                i = skip_ws(b, name.end)
                if b[i:i + 1] != b':':
                    raise Malformed('no colon')
                i = skip_ws(b, i + 1)
            break


def parse_json(b):
    """The Node of a complete text; Malformed if it is not JSON."""
    root, i = parse_value(b, 0)
    if skip_ws(b, i) != len(b):
        raise Malformed('bytes after the value')
    return root


def member(obj, name):
    """The last member with exactly this name, or None."""
    found = None
    for key, value in obj.items:
        if key.text == name and not key.lone:
            found = value
    return found


def lookup(obj, path):
    """The member with this name, or else the member at this dotted path, or None."""
    v = member(obj, path)
    if v is not None or b'.' not in path:
        return v
    v = obj
    for name in path.split(b'.'):
        if v.kind != 'obj':
            return None
        v = member(v, name)
        if v is None:
            return None
    return v


def json_string(b):
    """The bytes as a JSON string, in the form in which the commands write ids."""
    out = bytearray(b'"')
    for c in b:
        if c < 0x20:
            out += b'\\u%04x' % c
        elif c in b'"\\':
            out += b'\\' + bytes([c])
        else:
            out.append(c)
    return bytes(out + b'"')


# ---- files ---------------------------------------------------------------

SUFFIXES = ('.zst', '.gz', '.xz', '.bz2', '.lz4')
MAGICS = ((b'\x28\xb5\x2f\xfd', 'zstd'), (b'\x1f\x8b', 'gzip'),
          (b'\xfd7zXZ\0', 'xz'), (b'BZh', 'bzip2'),
          (b'\x04\x22\x4d\x18', 'lz4'))


def tool(cmd, data):
    p = subprocess.run(cmd, input=data, stdout=subprocess.PIPE,
                       stderr=subprocess.DEVNULL, check=False)
    if p.returncode:
        bad('compressed data are truncated or corrupt')
    return p.stdout


def plain(data):
    """Decompress data; the first bytes say how they are compressed."""
    kind = None
    for magic, name in MAGICS:
        if data.startswith(magic):
            kind = name
    if kind is None and data[:4] in [bytes([0x50 + k, 0x2a, 0x4d, 0x18])
                                     for k in range(16)]:
        kind = 'zstd'           # a skippable frame
    try:
        if kind == 'gzip':
            return gzip.decompress(data)
        if kind == 'xz':
            return lzma.decompress(data)
        if kind == 'bzip2':
            return bz2.decompress(data)
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        bad('compressed data are truncated or corrupt')
    if kind:
        return tool([kind, '-dcq'], data)
    return data


def read_file(name):
    """The bytes of an operand, decompressed; `-` is standard input."""
    if name == '-':
        return plain(sys.stdin.buffer.read())
    try:
        with open(name, 'rb') as f:
            return plain(f.read())
    except OSError as e:
        raise Fail(66, '%s: %s' % (name, e.strerror))


def stem(name):
    """A file name without its compression suffix."""
    for s in SUFFIXES:
        if name.endswith(s) and len(name) > len(s):
            return name[:-len(s)]
    return name


class Outputs:
    """The output files of a run, which are written together at its end, or not at all."""

    def __init__(self):
        self.files = []

    def add(self, name, data):
        if name.endswith(('.xz', '.bz2', '.lz4')):
            misuse('%s: unknown compression' % name)
        self.files.append((name, data))

    def commit(self):
        for name, data in self.files:
            if name == '-':
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()
                continue
            if name.endswith('.gz'):
                data = gzip.compress(data, mtime=0)
            elif name.endswith('.zst'):
                data = tool(['zstd', '-cq'], data)
            try:
                with open(name, 'wb') as f:
                    f.write(data)
            except OSError as e:
                for done, _ in self.files:
                    if done != '-' and done != name and os.path.isfile(done):
                        os.unlink(done)
                raise Fail(73, '%s: %s' % (name, e.strerror))


def warn(prog, msg):
    sys.stderr.write('%s: warning: %s\n' % (prog, msg))
