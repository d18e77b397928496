"""Appending to a damaged log keeps every finished run, or fails with status 65
and changes nothing.

Each row of the table is a log with a different ending that ib-prune does not
write. This program finds the finished runs in the text that zstd decodes."""
import json
import os
import struct
import subprocess
import sys

import xxhash

from common import BIN, run, write_jsonl, zstd

write_jsonl('m.jsonl', [{'id': 's%d' % i} for i in range(3)])
PRUNE = [os.path.join(BIN, 'ib-prune'), '--rule', 'random', '-a', 't.zst',
         '-o', 'out', 'm.jsonl', '-e']


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def decode(data):
    """Return the text of a file, up to the end if the file is truncated."""
    return subprocess.run(['zstd', '-dcq'], input=data, capture_output=True).stdout


def is_json(line):
    try:
        return json.loads(line) is not None
    except ValueError:
        return False


def finished(text):
    """Return the texts of the finished runs, without newlines."""
    runs, now = [], None
    for line in text.replace(b'\r', b'').split(b'\n'):
        if line.startswith(b'{"ib_audit"'):
            now = [line]
        elif line and now is not None:
            now.append(line)
            if line.startswith(b'{"end":') and is_json(line):
                runs.append(now)
                now = None
    return runs


def append(name, data, want, lost=0):
    """want: expected status 0 or 65, or None for either. lost: number of unfinished runs at
    the end of a truncated frame that ib-prune wrote."""
    write('t.zst', data)
    if os.path.exists('out'):
        os.unlink('out')
    before = finished(decode(data))
    before = before[:len(before) - lost]
    p = subprocess.run(PRUNE + ['99'], capture_output=True, text=True)
    if p.returncode != want and (want is not None or p.returncode not in (0, 65)):
        sys.exit('%s: exit %d: %s' % (name, p.returncode, p.stderr))
    if p.returncode == 65:
        assert read('t.zst') == data and not os.path.exists('out'), name
        assert p.stderr.startswith('ib-prune: t.zst: '), p.stderr
        return
    after = finished(decode(read('t.zst')))
    if after[:-1] != before or not after[-1][0].startswith(b'{"ib_audit":1,"epoch":99'):
        sys.exit('%s: had %d finished runs, has %d with the new one' %
                 (name, len(before), len(after)))
    rows = json.loads(run('ib-audit', 'summary', '-q', '--json', 't.zst'))
    epochs = {json.loads(r[0])['epoch'] for r in after}
    assert {r['epoch'] for r in rows} == epochs, (name, rows)


def in_blocks(texts):
    """Return one frame that has a separate raw block for each text (RFC 8878)."""
    out = b'\x28\xb5\x2f\xfd\x04\x50'
    for i, t in enumerate(texts):
        out += struct.pack('<I', (i == len(texts) - 1) | len(t) << 3)[:3] + t
    return out + struct.pack('<Q', xxhash.xxh64_intdigest(b''.join(texts)))[:4]


# Three runs, as ib-prune writes them: each is a frame that is followed by an index.
ends = []
for e in range(3):
    subprocess.run(PRUNE + [str(e)], check=True)
    ends.append(os.path.getsize('t.zst'))
LOG = read('t.zst')
TEXT = decode(LOG)
RUNS = [b'\n'.join(r) + b'\n' for r in finished(TEXT)]
assert b''.join(RUNS) == TEXT and len(RUNS) == 3
BARE = b''.join(map(zstd, RUNS))                 # one frame per run, without an index
UNFINISHED = RUNS[0].replace(b'"epoch":0', b'"epoch":7')[:-40]
LATER = RUNS[2].replace(b'{"ib_audit":1,', b'{"ib_audit":2,')
SKIPPABLE = b'\x50\x2a\x4d\x18\x03\0\0\0abc'

TABLE = [
    ('as it was written', LOG, 0),
    ('no index', BARE, 0),
    ('one frame', zstd(TEXT), 0),
    ('one frame without a checksum', zstd(TEXT, '--no-check'), 0),
    ('one frame, a blank line at the end', zstd(TEXT + b'\n'), 0),
    ('one frame, blank lines at the end', zstd(TEXT + b'\n \t\n\r\n'), 0),
    ('blank lines between the runs', zstd(b'\n'.join(RUNS) + b'\n'), 0),
    ('a frame each, blank lines', b''.join(zstd(r + b'\n\n') for r in RUNS), 0),
    ('one frame, no last line end', zstd(TEXT[:-1]), 65),
    ('one run, no last line end', zstd(RUNS[0][:-1]), 65),
    ('one frame, the last tail is missing', zstd(TEXT[:TEXT.rindex(b'{"end"')]), 65),
    ('one frame, its last line is cut', zstd(TEXT[:-10]), 65),
    ('one frame, an unfinished run at its end', zstd(TEXT + UNFINISHED), 65),
    ('one frame, a line after the last footer', zstd(TEXT + b'{"id":"s9"}\n'), 65),
    ('two frames of several runs, the last unfinished',
     zstd(TEXT) + zstd(RUNS[0] + UNFINISHED), 65),
    ('an unfinished run in the middle of a frame', zstd(UNFINISHED + b'\n' + TEXT), 0),
    ('a frame of one unfinished run', LOG + zstd(UNFINISHED), 0),
    ('two frames of unfinished runs', LOG + zstd(UNFINISHED) + zstd(UNFINISHED), 0),
    ('one frame of two unfinished runs', LOG + zstd(UNFINISHED + b'\n' + UNFINISHED), 0),
    ('an unfinished run and a skippable frame', LOG + zstd(UNFINISHED) + SKIPPABLE, 65),
    ('an unfinished run of whole lines and a skippable frame',
     LOG + zstd(UNFINISHED + b'\n') + SKIPPABLE, 0),
    ('a skippable frame at the end', BARE + SKIPPABLE, 0),
    ('skippable frames everywhere',
     SKIPPABLE.join([b''] + [zstd(r) for r in RUNS] + [b'']), 0),
    ('a skippable frame that is cut', BARE + SKIPPABLE[:-1], 0),
    ('an empty file', b'', 0),
    ('an empty frame', zstd(b''), 0),
    ('an empty frame at the end', BARE + zstd(b''), 0),
    ('logs put together', LOG + LOG + BARE, 0),
    ('CRLF', zstd(TEXT.replace(b'\n', b'\r\n')), 0),
    ('CRLF, an unfinished run', zstd((TEXT + UNFINISHED).replace(b'\n', b'\r\n')), 65),
    ('a later version', LOG + zstd(LATER), 65),
    ('a later version with an index', None, 65),
    ('a later version, unfinished', LOG + zstd(LATER[:-40]), 65),
    ('a later version, cut', LOG + zstd(LATER)[:-3], None),
    ('a later version in the middle', zstd(LATER) + LOG, None),
    ('a foreign frame at the end', LOG + zstd(b'{"id":1}\n'), 65),
    ('a foreign frame first', zstd(b'{"id":1}\n') + BARE, 65),
    ('a foreign frame that is short', LOG + zstd(b'{'), 65),
    ('a blank line first', zstd(b'\n' + TEXT), 65),
    ('plain text', TEXT, 65),
    ('text at the end', LOG + b'some text\n', 65),
    ('gzip', b'\x1f\x8b\x08\x00abcdefgh', 65),
    ('a tail of the wrong type', zstd(TEXT.replace(b'"kept":', b'"kept":"1","x":')), 65),
]

# A later version of ib-prune has written the last frame and its index.
frame = zstd(LATER)
index = b'\x5b\x2a\x4d\x18' + struct.pack('<I8s4Q', 48, b'ibframe1',
                                         len(BARE) + len(frame), len(frame), 0, 0)
index += struct.pack('<Q', xxhash.xxh3_64_intdigest(index))
for name, data, want in TABLE:
    append(name, BARE + frame + index if data is None else data, want)

# Truncate the file: as ib-prune wrote it, compressed again as one frame, and as one frame with a
# block for each run. All lengths near the end of a run are tried.
def lengths(total, at, step):
    near = {n for e in at for n in range(e - 12, e + 8)}
    return sorted(n for n in near | set(range(0, total, step)) if 0 <= n < total)


frame_ends = [e - 56 for e in ends]
for n in lengths(len(LOG), frame_ends + ends, 11):
    whole = sum(n >= e for e in frame_ends)
    append('cut to %d bytes' % n, LOG[:n], 0, len(finished(decode(LOG[:n]))) - whole)
one, blocks = zstd(TEXT), in_blocks(RUNS)
for n in lengths(len(one), [len(one)], 13):
    append('one frame, cut to %d bytes' % n, one[:n], None)
ends = [6 + 3 * (k + 1) + len(b''.join(RUNS[:k + 1])) for k in range(3)]
for n in lengths(len(blocks), ends, 29):
    append('a block a run, cut to %d bytes' % n, blocks[:n], None)
# Truncate the text before it is compressed.
ends = [len(b''.join(RUNS[:k + 1])) for k in range(3)]
for n in lengths(len(TEXT), ends, 29):
    refused = n >= ends[0] - 1 and n not in ends
    append('text cut to %d bytes' % n, zstd(TEXT[:n]), 65 if refused else 0)

# The commands of REPAIR in ib-audit(1) repair the log.
write('run.audit.zst', zstd(TEXT + UNFINISHED))
subprocess.run(r'''zstd -dcq run.audit.zst |
	awk '{ run = run $0 "\n" } /^{"end":.*}$/ { printf "%s", run; run = "" }' |
	zstd -q >mended.audit.zst
ib-audit verify mended.audit.zst''', shell=True, check=True)
assert decode(read('mended.audit.zst')) == TEXT
