"""Functions that the checks of ib-audit share. These functions use no code of the commands."""
import json
import os
import re
import struct
import subprocess
import sys

import xxhash

BIN = os.environ['IB_BIN']
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), '../../man/infobatch.7')


def run(*argv, status=0, data=None, keep=False):
    p = subprocess.run([os.path.join(BIN, argv[0])] + [str(a) for a in argv[1:]],
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                       input=data)
    if status is not None and p.returncode != status:
        sys.exit('%s: exit %d, not %d: %s%s' % (
            ' '.join(str(a) for a in argv), p.returncode, status,
            p.stdout.decode()[:500], p.stderr.decode()))
    return (p.stdout, p.stderr.decode()) if keep else p.stdout


def table(*argv):
    return json.loads(run(*argv, '--json'))


def u_of(seed, epoch, ident):
    key = xxhash.xxh3_64_intdigest(struct.pack('<QQ', seed, epoch))
    return (xxhash.xxh3_64_intdigest(ident.encode(), key) >> 11) * 2.0 ** -53


def write_jsonl(path, records):
    with open(path, 'w') as f:
        for r in records:
            f.write(json.dumps(r, separators=(',', ':')) + '\n')


def zstd(data, *flags):
    return subprocess.run(['zstd', '-qc'] + list(flags), input=data,
                          stdout=subprocess.PIPE, check=True).stdout


def unzstd(path):
    return subprocess.run(['zstd', '-dqc', path], stdout=subprocess.PIPE,
                          check=True).stdout


def write_trainer(rise='0'):
    """Write the program `trainer` of infobatch(7). `rise` is added to each loss."""
    with open('trainer', 'w') as f:
        f.write('''#!/usr/bin/python3
import json, sys, zlib
manifest, log = sys.argv[2], sys.argv[4]
epoch = int(log.split('.')[1])
with open(log, 'w') as f:
    for line in open(manifest):
        i = json.loads(line)['id']
        loss = (zlib.crc32(i.encode()) % 1000 + 1) / 500 / (epoch + 1) + (RISE)
        f.write(json.dumps({'id': i, 'epoch': epoch, 'loss': loss}) + '\\n')
'''.replace('RISE', rise))
    os.chmod('trainer', 0o755)


def manual_blocks(page):
    """Return the blocks of commands of a manual."""
    return [b.replace('\\e\n', '\\\n')
            for b in re.findall(r'^\.Bd -literal[^\n]*\n(.*?)^\.Ed', page, re.S | re.M)]


def paste(script):
    """Run commands of a manual, and return what they print on standard error."""
    p = subprocess.run(['bash', '-eu'], input=script, text=True, capture_output=True,
                       env=dict(os.environ, PATH=BIN + ':.:' + os.environ['PATH']))
    if p.returncode != 0:
        sys.exit(p.stdout[-2000:] + p.stderr[-2000:])
    return p.stderr


def near(name, got, want, rel=1e-9, small=1e-12):
    if got is None or want is None:
        if got is not want:
            sys.exit('%s: %r, not %r' % (name, got, want))
    elif abs(got - want) > max(rel * abs(want), small):
        sys.exit('%s: %r, not %r' % (name, got, want))


class Log:
    """The runs of an audit log, which a check can change and write again."""

    def __init__(self, path):
        text = unzstd(path).split(b'\n')[:-1]
        self.runs, now = [], None
        for line in text:
            if line.startswith(b'{"ib_audit"'):
                now = []
                self.runs.append(now)
            now.append(line)

    def copy(self):
        other = Log.__new__(Log)
        other.runs = [list(r) for r in self.runs]
        return other

    def edit(self, run, line, **changes):
        d = json.loads(self.runs[run][line])
        d.update(changes)
        self.runs[run][line] = json.dumps(d, separators=(',', ':')).encode()

    def chain(self):
        """Compute all hashes again for the changed runs."""
        prev = None
        for r in self.runs:
            h = xxhash.xxh3_64(b''.join(x + b'\n' for x in r[:-1])).hexdigest()
            tail = json.loads(r[-1])
            tail.update(prev=prev, xxh3=h)
            r[-1] = json.dumps(tail, separators=(',', ':')).encode()
            prev = h

    def write(self, path):
        with open(path, 'wb') as f:
            for r in self.runs:
                f.write(zstd(b''.join(x + b'\n' for x in r)))
