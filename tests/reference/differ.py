#!/usr/bin/python3
"""Differential test: compare the commands with the reference on random cases.

    differ.py --bin build/release --seed 1 --cases 200 [--only score]

A case that differs is made as small as possible and printed; its folder is kept. The
last line says how many cases passed and failed. The exit status is 1 if one failed."""
import argparse
import gzip
import io
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
sys.dont_write_bytecode = True

import numpy as np

import random_cases
import long_record_cases                     # these two add families to random_cases
import more_cases
import range_cases
import ibref
from ibbase import Malformed, parse_value, skip_ws

TIMEOUT = 1200  # seconds; a command that takes longer hangs
# cases whose message contains one of these words are skipped; '|' separates the words
SKIP = [x for x in os.environ.get('DIFFER_SKIP', '').encode().split(b'|') if x]


# ---- running -------------------------------------------------------------

def redirect(path, fd, flags):
    f = os.open(path, flags, 0o644)
    os.dup2(f, fd)
    os.close(f)


def reference(folder, n, prog, argv, stdin):
    """Run the reference in a child process, and return its exit status (negative for a signal)."""
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(folder)
            redirect(stdin or '/dev/null', 0, os.O_RDONLY)
            out = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
            redirect('stdout.%d' % n, 1, out)
            redirect('stderr.%d' % n, 2, out)
            sys.stdin = os.fdopen(0)
            sys.stdout = os.fdopen(1, 'w')
            sys.stderr = os.fdopen(2, 'w')
            signal.alarm(TIMEOUT)
            code = ibref.main(prog, argv)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            import traceback
            traceback.print_exc()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def command(folder, n, prog, argv, stdin, bindir):
    """Run the tested command, and return its exit status, which is negative for a signal."""
    with open(os.path.join(folder, 'stdout.%d' % n), 'wb') as out, \
            open(os.path.join(folder, 'stderr.%d' % n), 'wb') as err, \
            open(os.path.join(folder, stdin) if stdin else '/dev/null',
                 'rb') as inp:
        try:
            return subprocess.run([os.path.join(bindir, prog)] + argv,
                                  cwd=folder, stdin=inp, stdout=out,
                                  stderr=err, timeout=TIMEOUT,
                                  check=False).returncode
        except subprocess.TimeoutExpired:
            return -1000


def is_skipped(case):
    """True if an argument of the case is in DIFFER_WITHOUT, so that the case is skipped."""
    words = set(os.environ.get('DIFFER_WITHOUT', '').split())
    return any(words & set(argv) for _, argv, _ in case.commands)


def lay(folder, files):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for name, data in files.items():
        with open(os.path.join(folder, name), 'wb') as f:
            f.write(data)


# ---- comparing -----------------------------------------------------------

STATISTICS = ('samples', 'kept', 'pruned', 'low', 'reasons', 'expected_kept',
              'weight_sum', 'weight_var', 'max_weight', 'threshold')
FACTORS = 'normalize', 'weight_factor', 'rate_factor'


def undo(name, data):
    if name.endswith('.gz'):
        return name[:-3], gzip.decompress(data)
    if name.endswith('.zst'):
        p = subprocess.run(['zstd', '-dcq'], input=data, check=True,
                           stdout=subprocess.PIPE)
        return name[:-4], p.stdout
    return name, data


def elements(data):
    """Return the elements of a JSON array as unchanged bytes, or None."""
    try:
        i = skip_ws(data, 0)
        if data[i:i + 1] != b'[':
            return None
        i, out = skip_ws(data, i + 1), []
        while data[i:i + 1] != b']':
            v, end = parse_value(data, i)
            out.append(data[v.start:end])
            i = skip_ws(data, end)
            if data[i:i + 1] == b',':
                i = skip_ws(data, i + 1)
                if data[i:i + 1] == b']':
                    return None
        return out if skip_ws(data, i + 1) == len(data) else None
    except Malformed:
        return None


def tar_list(data):
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode='r:') as t:
            return [(m.name, m.type, m.size, int(m.mtime), m.mode,
                     t.extractfile(m).read() if m.isreg() else b'')
                    for m in t.getmembers()]
    except tarfile.TarError as e:
        return repr(e)


def npz_dict(data):
    try:
        z = np.load(io.BytesIO(data), allow_pickle=False)
        if 'score' not in z.files:
            return {k: (z[k].dtype.str, z[k].shape, z[k].tobytes())
                    for k in ('id_bytes', 'id_offset', 'weight', 'index', 'w',
                              'rate_factor')
                    if k in z.files}
        out = {k: (z[k].dtype.str, z[k].shape, z[k].tobytes())
               for k in ('id_bytes', 'id_offset', 'score', 'epoch', 'visits',
                         'prev') if k in z.files}
        if 'id_bytes' not in out and \
                b'"id":"range"' in z.zip.read('meta.json'):
            ids = [b'%d' % i for i in range(len(z['score']))]
            text = b''.join(ids)
            at = np.cumsum([0] + [len(i) for i in ids]).astype('<i8')
            out['id_bytes'] = ('|u1', (len(text),), text)
            out['id_offset'] = ('<i8', at.shape, at.tobytes())
        return out
    except Exception as e:
        return repr(e)


def receipt(data, inputs):
    d = json.loads(data)
    out = {k: d.get(k, 'absent') for k in STATISTICS + FACTORS}
    for k in ('expected_kept', 'weight_sum', 'weight_var', 'max_weight',
              'threshold'):
        if out[k] is not None and not isinstance(out[k], float):
            out[k] = '%r is not a real' % (out[k],)
    g = d.get('digests', {})
    out['manifest'] = g.get('manifest')
    out['scores'] = g.get('scores') if inputs else bool(g.get('scores'))
    if isinstance(g.get('output'), list):
        out['output'] = len(g['output'])
    return out


def audit(data):
    lines = data.split(b'\n')
    tail = json.loads(lines[-2])
    return lines[1:-2], {k: tail[k] for k in (
        'end', 'samples', 'kept', 'pruned', 'weight_sum', 'manifest')}


def stats(data):
    """Return the values of --stats. Values that are not sums are rounded to 13 digits."""
    d = json.loads(data)
    for k in ('ess', 'deff', 'saved', 'mean'):
        if d.get(k) is not None:
            d[k] = float('%.13g' % d[k])
    return d


def plan(data):
    d = json.loads(data)
    d = d[0] if isinstance(d, list) else d
    return {k: d.get(k) if not isinstance(d.get(k), float)
            else float('%.9g' % d[k])
            for k in ('expected_kept', 'saved', 'max_weight', 'ess',
                      'relative_variance')}


def floats(data, form):
    if form == 'text':
        return [float('%.14g' % float(x)) for x in data.split()]
    return data


def look(name, data, case):
    """Return an output in the form in which it is compared, or the reason why it cannot be decoded."""
    try:
        return decode(*undo(name, data), case)
    except Exception as e:
        return 'undecodable: %r' % e, data


def decode(name, data, case):
    argv = [x for c in case.commands for x in c[1]]
    if name.endswith('.npz') or data[:2] == b'PK':
        return npz_dict(data)
    if name == 'receipt.json':
        return receipt(data, any(f == '-s' and v in case.files
                                 for f, v in zip(argv, argv[1:])))
    if name == 'audit':
        return audit(data)
    if name.startswith('totals'):
        return bool(data)
    if name.endswith('.npy') or data[:6] == b'\x93NUMPY':
        a = np.load(io.BytesIO(data))
        return a.dtype.str, a.shape, a.tobytes()
    if getattr(case, 'fmt', '') == 'tar' and name != 'w.tsv':
        return tar_list(data)
    if getattr(case, 'fmt', '') == 'json':
        got = elements(data)
        if got is not None:
            return got
    if '--dry-run' in argv and data[:1] in (b'{', b'['):
        return plan(data)
    if '--stats' in argv and data[:1] == b'{':
        return stats(data)
    if '--normalize' in argv and 'text' in argv:
        return floats(data, 'text')
    return data


def outputs(folder, inputs):
    out = {}
    for name in sorted(os.listdir(folder)):
        if name in inputs or name.startswith(('stderr.', 'stdout.')) or \
                name.endswith('.lock'):
            continue
        with open(os.path.join(folder, name), 'rb') as f:
            out[name] = f.read()
    return out


def slurp(folder, name):
    with open(os.path.join(folder, name), 'rb') as f:
        return f.read()


def compare(case, bindir, work):
    """Run a case with the commands and with the reference. Returns a list of differences."""
    ref, got = os.path.join(work, 'want'), os.path.join(work, 'got')
    lay(ref, case.files)
    lay(got, case.files)
    diffs = []
    for n, (prog, argv, stdin) in enumerate(case.commands):
        want = reference(ref, n, prog, argv, stdin)
        have = command(got, n, prog, argv, stdin, bindir)
        said = slurp(got, 'stderr.%d' % n)
        if want == 70:
            diffs.append('the reference broke: ' + slurp(
                ref, 'stderr.%d' % n).decode(errors='replace')[-600:])
            break
        if any(x in said for x in SKIP):
            return []
        if have < 0:
            diffs.append('killed by signal %d' % -have
                         if have > -1000 else 'no end')
        elif want != have:
            diffs.append('exit %d, want %d; message %r, reference %r' % (
                have, want, said[:300], slurp(ref, 'stderr.%d' % n)[:300]))
        if b'Sanitizer' in said or b'runtime error' in said:
            diffs.append('a message of a sanitizer')
        if have == 0 and '-q' in argv and said:
            diffs.append('a message in spite of -q: %r' % said[:200])
        if diffs:
            break
        if have:
            if not said.strip():
                diffs.append('fails without a message')
            if have == 1 or prog == 'ib-score':
                if slurp(got, 'stdout.%d' % n):
                    diffs.append('output in spite of a failure')
            break
        a, b = (look('stdout', slurp(d, 'stdout.%d' % n), case)
                for d in (ref, got))
        if a != b:
            diffs.append('stdout of command %d differs: %s' % (
                n, first_difference(a, b)))
    if not diffs:
        a, b = outputs(ref, case.files), outputs(got, case.files)
        if set(a) != set(b):
            diffs.append('files %s, want %s' % (sorted(b), sorted(a)))
        for name in sorted(set(a) & set(b)):
            x, y = look(name, a[name], case), look(name, b[name], case)
            if x != y:
                diffs.append('%s differs: %s' % (name, first_difference(x, y)))
    return diffs


def first_difference(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        for k in list(a) + list(b):
            if a.get(k) != b.get(k):
                return '%s: want %.300r, got %.300r' % (k, a.get(k), b.get(k))
    if isinstance(a, bytes) and isinstance(b, bytes):
        a, b = a.split(b'\n'), b.split(b'\n')
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        for i in range(max(len(a), len(b))):
            x = a[i] if i < len(a) else None
            y = b[i] if i < len(b) else None
            if x != y:
                return 'at %d want %.300r, got %.300r' % (i, x, y)
    return 'want %.300r, got %.300r' % (a, b)


# ---- shrinking -----------------------------------------------------------

class Case:
    def __init__(self, files, commands, fmt):
        self.files, self.commands, self.fmt = files, commands, fmt


def smaller(case):
    """Yield smaller versions of the case."""
    for i in range(len(case.commands) - 1, -1, -1):
        if len(case.commands) > 1:
            yield Case(case.files, case.commands[:i] + case.commands[i + 1:],
                       case.fmt)
    for i, (prog, argv, stdin) in enumerate(case.commands):
        for j in range(len(argv)):
            for width in (2, 1):
                less = argv[:j] + argv[j + width:]
                if len(less) < len(argv):
                    yield Case(case.files, case.commands[:i] +
                               [(prog, less, stdin)] + case.commands[i + 1:],
                               case.fmt)
    used = {x for c in case.commands for x in list(c[1]) + [c[2]]}
    for name, data in case.files.items():
        if name not in used:
            yield Case({k: v for k, v in case.files.items() if k != name},
                       case.commands, case.fmt)
    for name, data in case.files.items():
        lines = data.split(b'\n')
        width = len(lines) // 2
        while width >= 1:
            for j in range(0, len(lines), width):
                less = b'\n'.join(lines[:j] + lines[j + width:])
                if len(less) < len(data):
                    files = dict(case.files)
                    files[name] = less
                    yield Case(files, case.commands, case.fmt)
            width //= 2


def kind_of(diffs):
    return [d.split(':')[0].split(';')[0].split(' of ')[0] for d in diffs][:1]


def shrink(case, diffs, bindir, work, budget=120):
    kind = kind_of(diffs)
    again = True
    while again and budget > 0:
        again = False
        for less in smaller(case):
            budget -= 1
            if budget <= 0:
                break
            d = compare(less, bindir, work)
            if d and kind_of(d) == kind:
                case, diffs, again = less, d, True
                break
    return case, diffs


def report(label, case, diffs, keep):
    print('--- %s: %s' % (label, keep))
    for name, data in case.files.items():
        shown = repr(data)
        if name.endswith(('.npz', '.tar')):
            shown = '%d bytes' % len(data)
        print('  %s = %s' % (name, shown if len(shown) < 1500
                             else shown[:1500] + '...'))
    for prog, argv, stdin in case.commands:
        print('  $ %s %s%s' % (prog, shlex.join(argv),
                               ' < ' + stdin if stdin else ''))
    for d in diffs:
        print('  ! ' + d)
    sys.stdout.flush()


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default=os.environ.get('IB_BIN', 'build/release'))
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--cases', type=int, default=200)
    p.add_argument('--only', choices=sorted(random_cases.FAMILIES))
    p.add_argument('--keep', help='folder for the cases that differ')
    p.add_argument('--no-shrink', action='store_true')
    p.add_argument('--stop', type=int, default=20,
                   help='end after so many differences')
    a = p.parse_args()
    families = [a.only] if a.only else [
        f for f in random_cases.FAMILIES if f != 'big']
    bindir = os.path.abspath(a.bin)
    keep = a.keep or tempfile.mkdtemp(prefix='differ.')
    work = tempfile.mkdtemp(prefix='differ-work.')
    passed = failed = 0
    for i in range(a.cases):
        family = families[i % len(families)]
        seed = '%d/%d/%s' % (a.seed, i, family)
        g = random_cases.FAMILIES[family](seed)
        case = Case(g.files, g.commands, getattr(g, 'fmt', ''))
        if is_skipped(case):
            continue
        diffs = compare(case, bindir, work)
        if not diffs:
            passed += 1
            continue
        failed += 1
        if not a.no_shrink:
            case, diffs = shrink(case, diffs, bindir, work)
        folder = os.path.join(keep, '%s-%d-%d' % (family, a.seed, i))
        lay(folder, case.files)
        with open(os.path.join(folder, 'cmd'), 'w') as f:
            for prog, argv, stdin in case.commands:
                f.write('%s %s%s\n' % (prog, shlex.join(argv),
                                       ' < ' + stdin if stdin else ''))
        report(seed, case, diffs, folder)
        if failed >= a.stop:
            break
    shutil.rmtree(work, ignore_errors=True)
    if not failed and not a.keep:
        shutil.rmtree(keep, ignore_errors=True)
    print('%d passed, %d failed' % (passed, failed))
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
