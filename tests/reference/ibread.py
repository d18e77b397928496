"""Formats: the bytes of an operand -> records, their ids and their fields."""
import io
import math
import os
import re
import tarfile

from ibbase import (BLANKS, BOM, CSV_NUM, INTEGER, WORD, Malformed, bad, csv_double, digest,
                    lookup, misuse, parse_json, parse_value, skip_ws, stem,
                    to_double)

KNOWN = (b'id', b'__key__', b'key', b'uid', b'guid', b'sample_id', b'idx',
         b'index', b'audio_filepath', b'file_name', b'filename', b'path',
         b'image')


class Record:
    """One record of an operand."""

    def __init__(self, raw, eol, lineno, number):
        self.raw = raw          # bytes without the newline
        self.eol = eol
        self.lineno = lineno
        self.number = number    # from 0; invalid records are counted, empty lines are not
        self.slot = number      # line in a file of --companion
        self.obj = None         # JSON: its Node
        self.fields = None      # CSV, TSV: [(start, end, text)]
        self.fault = None       # reason why the record is malformed
        self.last_open = False  # this is the last record, and it has no newline
        self.members = None     # tar: members of the sample


class Source:
    """An operand and its records."""

    def __init__(self, name, data, fmt):
        self.name = name
        self.fmt = fmt
        self.data = data
        self.head = []          # --header-lines: raw lines with their newlines
        self.header = None      # CSV, TSV: the Record of the header
        self.columns = None     # CSV, TSV: names of the columns
        self.padded = False     # some names have space around them
        self.records = []
        self.cut = None         # json: reason why the array is not complete
        self.key = None
        self.entries = None     # tar: all entries in order


def split_lines(data, at=0):
    """Yield (offset, line, newline) of each line from `at` on. The newline is b'' at the end of the file."""
    while at < len(data):
        nl = data.find(b'\n', at)
        if nl < 0:              # a CR without LF at the end is dropped
            line = data[at:]
            yield at, line[:-1] if line.endswith(b'\r') else line, b''
            return
        line, eol = data[at:nl], b'\n'
        if line.endswith(b'\r'):
            line, eol = line[:-1], b'\r\n'
        yield at, line, eol
        at = nl + 1


def blank(line):
    return not line.strip(b' \t\r')


CSV_STOP = re.compile(rb'[,\n]|\Z')


def csv_scan(data, at):
    """One CSV record at `at` -> (fields, end of record, eol, fault)."""
    fields, fault, i, n = [], None, at, len(data)
    while True:
        start = i
        if data[i:i + 1] == b'"':
            text = bytearray()
            i += 1
            while True:
                q = data.find(b'"', i)
                if q < 0:
                    return (fields, n, b'', 'quote left open')
                text += data[i:q]
                i = q + 1
                if data[i:i + 1] != b'"':
                    break
                text += b'"'
                i += 1
            quoted_end = i
            i = CSV_STOP.search(data, i).start()
            rest = data[quoted_end:i]
            if rest == b'\r' and (i >= n or data[i:i + 1] == b'\n'):
                rest = b''
            if rest:
                fault = 'bytes after a closing quote'
            fields.append((start, quoted_end, bytes(text)))
        else:
            i = CSV_STOP.search(data, i).start()
            stop = i
            if (i >= n or data[i:i + 1] == b'\n') and stop > start and \
                    data[stop - 1] == 0x0d:
                stop -= 1
            fields.append((start, stop, data[start:stop]))
        if i >= n:
            return fields, n - (n > at and data[n - 1] == 0x0d), b'', fault
        if data[i] == 0x0a:
            crlf = i > at and data[i - 1] == 0x0d
            return (fields, i - crlf, b'\r\n' if crlf else b'\n', fault)
        i += 1


def delimited_rows(data, at, fmt):
    """Rows of CSV or TSV: (start, raw, eol, fields relative to raw, fault)."""
    if fmt == 'tsv':
        for start, line, eol in split_lines(data, at):
            fields, i = [], 0
            for part in line.split(b'\t'):
                fields.append((i, i + len(part), part))
                i += len(part) + 1
            yield start, line, eol, fields, None
        return
    while at < len(data):
        at += marks(data, at)
        first = at
        while data[first:first + 1] == b'\0':   # read_delimited() makes these a record
            first += 1
        fields, end, eol, fault = csv_scan(data, first)
        rel = [(s - at, e - at, t) for s, e, t in fields]
        yield at, data[at:end], eol, rel, fault
        at = end + len(eol) if eol else len(data)


def is_quoted(raw, field):
    return raw[field[0]:field[0] + 1] == b'"'


def nul_record(raw, lineno, number):
    """An invalid record, which begins with bytes 0x00 or consists of them."""
    r = Record(raw, b'', lineno, number)
    r.fields = []
    r.fault = 'begins with bytes 0x00'
    r.last_open = False
    return r


def read_delimited(src, data, at, lineno):
    number = 0
    for start, raw, eol, fields, fault in delimited_rows(data, at, src.fmt):
        here = lineno + data.count(b'\n', at, start)
        if raw.strip(b'\r') == b'':
            continue
        if src.header is None:
            src.header = Record(raw, eol, here, -1)
            src.header.fields = fields
            src.columns = [f[2] for f in fields]
            src.padded = any(f[2] and f[2] != f[2].strip(BLANKS) and
                             not is_quoted(raw, f) for f in fields)
            if fault:
                bad('%s: bad header: %s' % (src.name, fault))
            continue
        mark = marks(raw)
        if raw[mark:].strip(b'\r') == b'':
            continue
        if raw[mark:] == src.header.raw:
            continue
        if mark:
            raw = raw[mark:]
            fields = [(max(s - mark, 0), e - mark, t) for s, e, t in fields]
            fields[0] = (fields[0][0], fields[0][1], fields[0][2][mark:])
        if raw.startswith(b'\0'):
            src.records += [nul_record(raw, here, number)]
            if not raw.strip(b'\0'):
                src.records[-1].last_open = eol == b''
                number += 1
                continue
            gone = len(raw) - len(raw.lstrip(b'\0'))
            raw = raw[gone:]
            fields = [(max(s - gone, 0), e - gone, t) for s, e, t in fields]
            fields[0] = (fields[0][0], fields[0][1], fields[0][2].lstrip(b'\0'))
        if src.padded:
            fields = [(s, e, t if is_quoted(raw, (s, e, t))
                       else t.strip(BLANKS)) for s, e, t in fields]
        r = Record(raw, eol, here, number)
        r.fields = fields
        number += 1
        if fault:
            r.fault = fault
        elif len(fields) != len(src.columns):
            r.fault = 'has %d fields, the header %d' % (len(fields),
                                                        len(src.columns))
        r.last_open = eol == b''
        src.records.append(r)


def marks(data, at=0):
    """Return the length of the byte order marks at this offset of data."""
    n = 0
    while data.startswith(BOM, at + n):
        n += len(BOM)
    return n


def neighbours(line):
    """Split a line into its objects and the bytes 0x00 before an object. The last item is the rest."""
    out, at = [], 0
    while True:
        try:
            v, end = parse_value(line, skip_ws(line, at))
        except Malformed:
            break
        after = skip_ws(line, end)
        after += marks(line[after:])
        rest = line[after:].lstrip(b'\0')
        if v.kind != 'obj' or rest[skip_ws(rest, 0):][:1] != b'{':
            break
        out.append(line[at:end])
        at = len(line) - len(rest)
        if at > after:
            out.append(line[after:at])
    return out + [line[at:]]


def read_lines(src, data, at, lineno):
    number = slot = 0
    for _, line, eol in split_lines(data, at):
        line = line[marks(line):]
        empty = line == b'' if src.fmt == 'list' else blank(line)
        if empty:
            if src.fmt == 'list':
                number += 1
            slot += src.fmt == 'list'
            lineno += 1
            continue
        nuls = len(line) - len(line.lstrip(b'\0'))
        if nuls and nuls < len(line) and src.fmt == 'jsonl':
            src.records.append(nul_record(line[:nuls], lineno, number))
            line = line[nuls:]
            nuls = 0
        for part in neighbours(line) if src.fmt == 'jsonl' else [line]:
            r = Record(part, eol, lineno, number)
            r.slot = slot
            if src.fmt == 'jsonl' and part[:1] == b'\0' and not part.strip(b'\0') and not nuls:
                src.records.append(nul_record(part, lineno, number))
                continue
            if nuls:
                r.fault = 'begins with bytes 0x00'
            r.last_open = eol == b''
            if src.fmt == 'jsonl':
                try:
                    r.obj = parse_json(part)
                except Malformed as e:
                    r.fault = 'no JSON: %s' % e
            src.records.append(r)
            number += 1
            slot += 1
        lineno += 1


def read_array(src, data, at):
    """The elements of a JSON array. src.cut is the message if the array is not complete."""
    i = skip_ws(data, at)
    if i >= len(data):
        return
    if data[i:i + 1] != b'[':
        src.cut = 'no array'
        return
    i = skip_ws(data, i + 1)
    number, first = 0, True
    try:
        while True:
            if data[i:i + 1] == b']' and first:
                i += 1
                break
            v, end = parse_value(data, i)
            raw = data[v.start:end]
            r = Record(raw, b'', 1 + data.count(b'\n', 0, v.start), number)
            r.obj = parse_json(raw)
            src.records.append(r)
            number += 1
            first = False
            i = skip_ws(data, end)
            if data[i:i + 1] == b']':
                i += 1
                break
            if data[i:i + 1] != b',':
                raise Malformed('no comma')
            i = skip_ws(data, i + 1)
        if skip_ws(data, i) != len(data):
            raise Malformed('bytes after the array')
    except Malformed as e:
        src.cut = str(e)


# ---- tar -----------------------------------------------------------------

class Entry:
    def __init__(self, info, raw, body):
        self.info = info
        self.raw = raw          # headers, content and padding, unchanged
        self.body = body
        self.key = tar_key(info)


def tar_key(info):
    """The key of the sample to which a tar entry belongs, or None."""
    path = info.name
    if not info.isreg():
        return None
    folder, slash, last = path.rpartition('/')
    if '.' not in last or last.startswith('.'):
        return None
    first = path.split('/', 1)[0]
    if len(first) >= 4 and first.startswith('__') and first.endswith('__'):
        return None
    return (folder + slash + last.split('.', 1)[0]).encode(
        'utf-8', 'surrogateescape')


def read_tar(src, data):
    src.entries = []
    if not data:
        return
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode='r:',
                          ignore_zeros=True, encoding='utf-8', errors='surrogateescape') as t:
            infos = t.getmembers()
    except tarfile.TarError as e:
        bad('%s: %s' % (src.name, e))
    number, run = 0, None
    for k, info in enumerate(infos):
        end = info.offset_data + (info.size + 511) // 512 * 512
        if info.isreg() and end > len(data):
            bad('%s: cut short' % src.name)
        e = Entry(info, data[info.offset:end],
                  data[info.offset_data:info.offset_data + info.size])
        src.entries.append(e)
        if e.key is None:
            continue
        if run is None or run.key != e.key:
            run = Record(b'', b'', 0, number)
            run.key = e.key
            run.members = []
            src.records.append(run)
            number += 1
        run.members.append(e)


# ---- which format --------------------------------------------------------

def mere_number(t):
    return bool(CSV_NUM.fullmatch(t))


def header_format(line, key, known_only=False):
    names = set(KNOWN)
    if key and not known_only:
        names |= {k for k in key.split(b',') if not mere_number(k)}
    for fmt, mark in (('tsv', b'\t'), ('csv', b',')):
        if mark not in line:
            continue
        row = next(delimited_rows(line, 0, fmt))
        if names & {f[2].strip(BLANKS) for f in row[3]}:
            return fmt
    return None


def first_line(data):
    for _, line, _ in split_lines(data):
        if not blank(line):
            return line
    return b''


def is_text(data):
    """UTF-8 without NUL."""
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return b'\0' not in data


def named_format(name):
    """The format that a file name indicates."""
    low = stem(name).lower()
    for suffix, fmt in (('.jsonl', 'json'), ('.ndjson', 'json'),
                        ('.json', 'json'), ('.csv', 'csv'), ('.tsv', 'tsv')):
        if low.endswith(suffix):
            return fmt
    return None


def names_id(line, fmt, key):
    """True if the header names an id, which may have several columns."""
    mark = b',' if fmt == 'csv' else b'\t'
    return header_format(line + mark, key) == fmt


def detect(name, data, key, fallback, epoch_manifest=False):
    """Detect the format, as infobatch-formats(5) defines it."""
    if data[:2] == b'PK':
        return 'zip'
    if data[257:262] == b'ustar':
        return 'tar'
    i = skip_ws(data, 0)
    first = data[i:i + 1]
    line = first_line(data)
    named = named_format(name)
    if named in ('csv', 'tsv'):
        if names_id(line, named, key):
            return named
        if first in (b'{', b'[') and first or not is_text(line):
            bad('%s: no %s' % (name, named))
        return 'list' if named == 'tsv' and epoch_manifest else named
    if first == b'{':
        return 'jsonl'
    if first == b'[':
        return 'json'
    if named == 'json':
        if fallback != 'jsonl' and first not in (b'', b'"'):
            bad('%s: no JSON' % name)
        return 'jsonl'
    fmt = header_format(line, key) or fallback
    if fmt == 'list' and not is_text(data):
        bad('%s: binary data' % name)
    return fmt


def open_source(name, data, fmt, key, fallback='list', header_lines=0,
                epoch_manifest=False):
    """Read the records of an operand."""
    data = data[marks(data):]
    if b'\r' in data and b'\n' not in data and \
            data[:2] != b'PK' and data[257:262] != b'ustar':
        data = data.replace(b'\r', b'\n')
    head, at = [], 0
    for start, line, eol in split_lines(data):
        if len(head) == header_lines:
            break
        head.append(line + (eol or b'\n'))
        at = start + len(line) + len(eol)
    guessed = fmt in (None, 'auto')
    if guessed:
        fmt = detect(name, data[at:], key, fallback, epoch_manifest)
    src = Source(name, data, fmt)
    src.head = head
    if fmt in ('csv', 'tsv'):
        read_delimited(src, data, at, 1 + len(head))
    elif fmt == 'json':
        read_array(src, data, at)
    elif fmt == 'tar':
        read_tar(src, data)
    elif fmt == 'zip':
        bad('%s: a zip archive is not a manifest' % name)
    else:
        read_lines(src, data, at, 1 + len(head))
    if guessed and fmt == 'list' and not data[at:] and key != b'@shard':
        key = None              # an empty operand is of any format
    src.key = choose_key(src, key)
    return src


# ---- keys ----------------------------------------------------------------

def choose_key(src, key):
    """The key of this operand in the form of -k, or None if it is unknown."""
    if src.fmt == 'tar':
        if key not in (None, b'@shard'):
            misuse('with tar, -k must be @shard')
        if key == b'@shard' and src.name == '-':
            misuse('-k @shard: standard input has no name')
        return key or b'@tar'
    if key == b'@shard':
        misuse('-k @shard is for tar')
    if src.fmt == 'list':
        if key in (None, b'@line', b'@hash'):
            return key or b'@whole'
        if not key.isdigit() or int(key) < 1:
            misuse('-k of a list is a number of a field')
        return key
    if key is not None:
        return key
    if src.columns is not None:
        for name in KNOWN:
            if column(src, name) is not None:
                return name
        return None
    for r in src.records:
        if r.obj is None or r.obj.kind != 'obj' or is_batch(src, r):
            continue
        for name in KNOWN:
            if lookup_exact(r.obj, name) is not None:
                return name
        return None
    return None


def lookup_exact(obj, name):
    found = None
    for k, v in obj.items:
        if k.text == name:
            found = v
    return found


def is_batch(src, r):
    """True if the record is a batch: it has several ids, and not one id."""
    if r.obj is None or r.obj.kind != 'obj':
        return False
    v = lookup_exact(r.obj, b'ids')
    if v is None or v.kind != 'arr':
        return False
    if src.key is not None and src.key.startswith(b'@'):
        return False
    names = KNOWN if src.key is None else src.key.split(b',')[:1]
    return all(lookup(r.obj, name) is None for name in names)


def batch_ids(src, r):
    """(name, array) of the ids of a batch, or None if the record is not a batch."""
    if is_batch(src, r):
        return b'ids', lookup_exact(r.obj, b'ids')
    if r.obj is None or r.obj.kind != 'obj' or src.key is None or \
            src.key.startswith(b'@') or b',' in src.key:
        return None
    v = lookup(r.obj, src.key)
    return (src.key, v) if v is not None and v.kind == 'arr' else None


def node_id(v, part=False):
    """The id that a JSON value holds, or None."""
    if v.kind == 'str':
        return None if v.lone else v.text
    if v.kind == 'num' and (part or INTEGER.fullmatch(v.text)):
        return v.text
    return None


def column(src, name):
    """The number of the last column with this name, or None."""
    found = None
    for i, c in enumerate(src.columns):
        if c == name:
            found = i
    if found is None:
        for i, c in enumerate(src.columns):
            if c.strip(BLANKS) == name:
                found = i
    return found


def record_id(src, r):
    """(id, None), or (None, the reason why there is no id)."""
    key = src.key
    if key == b'@line':
        return b'%d' % r.number, None
    if key == b'@hash':
        return digest(r.raw).encode(), None
    if key == b'@tar':
        return r.key, None
    if key == b'@shard':
        return os.path.basename(stem(src.name)).encode(
            'utf-8', 'surrogateescape') + b'/' + r.key, None
    if key == b'@whole':
        return r.raw, None
    if src.fmt == 'list':
        words = r.raw.split()
        n = int(key)
        if n > len(words):
            return None, 'has no field %d' % n
        return words[n - 1], None
    if key is None:
        return None, 'has no id'
    if src.columns is None and r.obj.kind != 'obj':
        return None, 'is not an object'
    names = key.split(b',')
    out = []
    for name in names:
        if src.columns is not None:
            c = column(src, name)
            if c is None:
                return None, 'no column %r' % name
            out.append(r.fields[c][2])
            continue
        v = lookup(r.obj, name)
        if v is None:
            return None, 'has no %r' % name
        ident = node_id(v, len(names) > 1)
        if ident is None:
            return None, '%r is not an id' % name
        out.append(ident)
    return b'\x1f'.join(out), None


def node_double(v):
    """A JSON value -> double (nan for null), or None if it is not a number."""
    if v.kind in ('num', 'word'):
        return to_double(v.text)
    if v.kind == 'null':
        return math.nan
    return wrapped_double(v)


def wrapped_double(v):
    """The double of a string that holds a number, or of an array that holds one number; or None."""
    while v.kind == 'arr' and len(v.items) == 1:
        v = v.items[0]
    if v.kind in ('num', 'word'):
        return to_double(v.text)
    if v.kind != 'str':
        return None
    text = v.text.strip(BLANKS)
    if CSV_NUM.fullmatch(text) or WORD.fullmatch(text):
        return to_double(text)
    return None


def field_double(src, r, name):
    """(double, None), or (None, the reason why it is not a number)."""
    if src.columns is not None:
        c = column(src, name)
        if c is None:
            return None, 'no column %r' % name
        x = csv_double(r.fields[c][2])
    else:
        v = lookup(r.obj, name)
        if v is None:
            return None, 'has no %r' % name
        x = node_double(v)
    if x is None:
        return None, '%r is not a number' % name
    return x, None


def field_epoch(src, r, name):
    """(epoch, None), (None, None) if there is no epoch, or (None, the reason why it is invalid)."""
    if src.columns is not None:
        c = column(src, name)
        if c is None:
            return None, None
        text = r.fields[c][2].strip(BLANKS)
        if text in (b'', b'NA'):
            return None, None
        if not CSV_NUM.fullmatch(text):
            return None, '%r is not an epoch' % name
    else:
        v = lookup(r.obj, name)
        if v is None or v.kind == 'null':
            return None, None
        text = wrapped_double(v)
        if text is None:
            return None, '%r is not an epoch' % name
    x = float(text)
    if not 0 <= x < 2 ** 31 or x != math.floor(x):
        return None, '%r is not an epoch' % name
    return int(x), None


def lone_name(obj):
    """True if the name of a member has an escape of an unpaired surrogate."""
    return any(k.lone for k, _ in obj.items)


def list_weight(raw):
    """Split a line of a list in an epoch manifest at the last TAB: (record, weight)."""
    left, tab, right = raw.rpartition(b'\t')
    if tab and (CSV_NUM.fullmatch(right) or WORD.fullmatch(right)):
        return left, right
    return raw, None
