#!/usr/bin/python3
"""Let the system calls and allocations of the commands fail, one after the other.

Every command line of commands.py runs once without a failure, then many times with one
failing call: an allocation, an open, a read, a write ... (shim.c). Each time the exit
status must be a documented one, the message must name the cause, each output must be
the old or the complete new one, and no other file may be left. Then runs are killed at
their n-th system call and at random moments; the files must be valid, and the next run
must succeed and remove leftovers.

  tests/torture/torture.py --bin build/release --shim build/release/shim.so
      [--seed N] [--all] [--only TEXT] [--kills N] [--jobs N]"""
import argparse
import concurrent.futures
import errno
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import commands
import fixtures

SAMPLES = 24       # number of samples in the runs in which calls fail
MANY = 5000        # number of samples in the runs that are killed at random moments
PER_CLASS = 24     # maximum number of calls of a class that fail, one per run
ALLOCATIONS = 80   # the same for allocations
FAILURES = {       # class -> values of errno; 0: a short read or write
    'alloc': [errno.ENOMEM],
    'zstd': [errno.ENOMEM],
    'open': [errno.EIO, errno.EINTR, errno.ENOSPC],
    'read': [errno.EIO, errno.EINTR, 0],
    'write': [errno.EIO, errno.ENOSPC, errno.EINTR, 0],
    'sync': [errno.EIO, errno.EINTR],
    'rename': [errno.EIO],
    'link': [errno.EIO, errno.ENOSPC],
    'close': [errno.EIO, errno.EINTR],
    'lock': [errno.EIO, errno.EINTR, errno.ENOLCK],
}
STICKY = {errno.ENOMEM, errno.EIO, errno.ENOSPC}
KILLED = ['write', 'sync', 'link', 'rename', 'close', 'lock']
LOGS = ('out.audit.zst', 'out.joined.zst', 'out.fresh.zst')
MEMORY = 'out of memory'


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def runs_of(log):
    """Return the number of finished runs in an audit log."""
    r = subprocess.run(['zstd', '-dcq'], input=log or b'', capture_output=True)
    return r.stdout.count(b'{"end":')


class Line:
    """A command line."""

    def __init__(self, text, folder, bin):
        self.text = text
        program, *words = text.split()
        self.argv = [os.path.join(bin, program), program.startswith('ib-audit') and words.pop(0) or '-q', '-T', '1',
                     '-q', *[self.place(w, folder) for w in words]]

    @staticmethod
    def place(word, folder):
        name, colon, rest = word.partition(':')
        known = os.path.exists(os.path.join(folder, 'in', name))
        return commands.IN + word if known else word

    def olds(self):
        return {n: f for n, f in commands.OLD.items() if n in self.text.split() or
                any('%d' in w and n == w.replace('%d', '0') for w in self.text.split())}


class Place:
    """A folder in which one worker runs commands."""

    def __init__(self, folder, shim):
        self.root, self.shim = folder, shim
        self.folder = tempfile.mkdtemp(prefix='run', dir=folder)

    def clear(self, line):
        shutil.rmtree(self.folder)
        os.mkdir(self.folder)
        for name, fixture in line.olds().items():
            shutil.copyfile(os.path.join(self.root, 'in', fixture), os.path.join(self.folder, name))

    def start(self, line, **variables):
        env = {'PATH': os.environ['PATH'], 'LC_ALL': 'C', 'TMPDIR': self.folder, 'SLURM_CPUS_PER_TASK': '1',
               'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '')}
        if variables:
            env.update(variables, LD_PRELOAD=self.shim)
        return subprocess.Popen(line.argv, cwd=self.folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, close_fds=False)

    def run(self, line, **variables):
        p = self.start(line, **variables)
        try:
            out, err = p.communicate(timeout=300)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            return 'hung', out, err.decode(errors='replace')
        return p.returncode, out, err.decode(errors='replace')

    def files(self):
        return {n: read(os.path.join(self.folder, n)) for n in os.listdir(self.folder)
                if not n.endswith('.lock') and n != 'counts'}


class Good:
    """The results of a run without failures: its files, its number of calls, and what a second run repeats."""

    def __init__(self, place, line):
        place.clear(line)
        self.before = place.files()
        self.status, self.out, err = place.run(line, TORTURE_COUNTS='counts')
        self.counts = {}
        for row in read(os.path.join(place.folder, 'counts')).decode().split('\n'):
            if row:
                name, n = row.split()
                self.counts[name] = int(n)
        self.files = place.files()
        place.clear(line)
        _, again, _ = place.run(line)
        self.repeats = again == self.out
        self.same = {n for n, data in place.files().items() if self.files.get(n) == data}
        if self.status not in (0, 1):
            raise SystemExit(f'{line.text}: exit {self.status}: {err}')


def allowed(good, kind, number):
    """Return the exit statuses that are allowed after this failure."""
    fine = {good.status}
    if number in (errno.EINTR, 0) or (kind, number) == ('lock', errno.ENOLCK):
        return fine
    if kind in ('alloc', 'zstd', 'read', 'write', 'sync', 'close', 'lock'):
        return fine | {74}
    return fine | {66, 73, 74}


def cause(kind, number):
    return MEMORY if kind in ('alloc', 'zstd') else os.strerror(number)


def fault_of_files(place, good, status):
    now = place.files()
    for name in sorted(set(now) | set(good.files)):
        if name not in good.files and name not in good.before:
            return f'left {name}'
        if now.get(name) == good.before.get(name) and status != good.status:
            continue
        if now.get(name) == good.files.get(name):
            continue
        if name in good.same:
            return f'{name} is no whole output'
        if name in LOGS:
            if status == good.status and runs_of(now.get(name)) == runs_of(good.files[name]):
                continue
            return f'{name} is neither the old log nor has the run'
        if status == good.status and name not in now:
            return f'{name} is missing'
    return None


def fault_of(place, line, good, kind, number, status, out, err):
    """Return a text about the first fault, or None if there is none."""
    if status == 'hung':
        return 'hung'
    if 'runtime error:' in err or 'Sanitizer' in err:
        return 'sanitizer'
    if status == 1 and 'Fatal Internal Error in libarchive' in err:
        status = 74  # libarchive itself ends the process; see ib-prune(1)
        err = MEMORY
    if status not in allowed(good, kind, number):
        return f'exit {status}'
    if status != good.status and cause(kind, number).lower() not in err.lower():
        return 'the cause is not named'
    if status == good.status and good.repeats and out != good.out:
        return 'other standard output'
    return fault_of_files(place, good, status)


def places_of(r, count, most, every):
    if every or count <= most:
        return list(range(1, count + 1))
    return sorted(r.sample(range(1, count + 1), most))


def torture(task):
    text, args, root = task
    line, place = Line(text, root, args.bin), Place(root, args.shim)
    r = random.Random(f'{args.seed} {text}')
    good = Good(place, line)
    tried, faults = 0, []
    for kind, numbers in FAILURES.items():
        most = ALLOCATIONS if kind == 'alloc' else PER_CLASS
        # The compressor of libzstd 1.5.4 may crash if memory runs out.
        if kind == 'zstd' and '.zst' in text.replace('jsonl.zst', '') or kind == 'zstd' and '-a' in text.split():
            continue
        for number in numbers:
            for mode in ('once', 'sticky') if number in STICKY else ('once',):
                for n in places_of(r, good.counts[kind], most if mode == 'once' else most // 3, args.all):
                    place.clear(line)
                    spec = f'{kind}:{n}:{number}:{mode}'
                    status, out, err = place.run(line, TORTURE=spec)
                    tried += 1
                    fault = fault_of(place, line, good, kind, number, status, out, err)
                    if fault:
                        faults.append(f'{text}\n    TORTURE={spec}: {fault}: exit {status}: {err.strip()[:200]!r}')
    shutil.rmtree(place.folder)
    return tried, faults


# ---- kills ----------------------------------------------------------------------


def verify_logs(place, args):
    for name in os.listdir(place.folder):
        if name in LOGS:
            r = subprocess.run([os.path.join(args.bin, 'ib-audit'), 'verify', '-q', name], cwd=place.folder,
                               capture_output=True, text=True)
            if r.returncode:
                return f'{name} does not verify: {r.stderr.strip()[:200]}'
    return None


def fault_after_kill(place, line, good, twice, args):
    """Check that the files are valid, and that the next run succeeds and removes leftover files."""
    for name, data in place.files().items():
        if name in LOGS or re.fullmatch(r'[.].*[.]ib-[0-9]{6}', name):
            continue
        if name not in good.files and name not in good.before:
            return f'left {name}'
        if name in good.same and data not in (good.before.get(name), good.files.get(name)):
            return f'{name} is neither the old output nor the new one'
    status, _, err = place.run(line)
    if status != good.status:
        return f'the next run fails: exit {status}: {err.strip()[:200]}'
    for name, data in place.files().items():
        if name not in good.files:
            return f'the next run leaves {name}'
        if name in LOGS:  # if the kill came after the append, the log has the run twice
            if runs_of(data) - runs_of(good.files[name]) not in (0, 1):
                return f'the next run loses runs of {name}'
        elif name in good.same and data not in (good.files[name], twice.get(name)):
            return f'the next run writes another {name}'
    return verify_logs(place, args)


def kill_by_call(place, line, good, r, every):
    """Send a signal just before some of the calls. Yields (how, signal, status of the run)."""
    for kind in KILLED:
        for sig in (signal.SIGKILL, signal.SIGTERM):
            for n in places_of(r, good.counts[kind], 6, every):
                place.clear(line)
                spec = f'{kind}:{n}:{-sig}'
                yield f'TORTURE={spec}', sig, place.run(line, TORTURE=spec)[0]


def kill_by_time(place, line, r, count):
    place.clear(line)
    began = time.monotonic()
    place.run(line)
    takes = time.monotonic() - began
    for i in range(count):
        sig = (signal.SIGKILL, signal.SIGTERM)[i % 2]
        place.clear(line)
        after = r.random() * takes
        p = place.start(line)
        time.sleep(after)
        p.send_signal(sig)
        p.communicate()
        yield f'{sig.name} after {after:.4f} s', sig, p.returncode


def killing(task):
    text, count, args, root = task
    line, place = Line(text, root, args.bin), Place(root, args.shim)
    r = random.Random(f'{args.seed} kill {text}')
    good = Good(place, line)
    place.run(line)
    twice = place.files()
    tried, faults = 0, []
    ends = kill_by_time(place, line, r, count) if count else kill_by_call(place, line, good, r, args.all)
    for how, sig, status in ends:
        tried += 1
        fault = None
        if status not in (-sig, good.status):
            fault = f'exit {status}'
        elif sig == signal.SIGTERM and any('.ib-' in n for n in place.files()):
            fault = 'a temporary is left'
        fault = fault or fault_after_kill(place, line, good, twice, args)
        if fault:
            faults.append(f'{text}\n    {how}: {fault}')
    shutil.rmtree(place.folder)
    return tried, faults


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default='build/release')
    p.add_argument('--shim', default='build/release/shim.so')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--all', action='store_true', help='every call of every class')
    p.add_argument('--only', default='', help='command lines that hold this text')
    p.add_argument('--kills', type=int, default=1000)
    p.add_argument('--jobs', type=int, default=2)
    args = p.parse_args()
    args.bin, args.shim = os.path.abspath(args.bin), os.path.abspath(args.shim)
    root = tempfile.mkdtemp(prefix='torture-')
    small, big = os.path.join(root, 'small'), os.path.join(root, 'big')
    for folder, samples in (small, SAMPLES), (big, MANY):
        os.makedirs(os.path.join(folder, 'in'))
        os.chdir(os.path.join(folder, 'in'))
        fixtures.make(args.bin, samples)
    tried, failed = 0, 0
    lines = [text for text in commands.LINES if args.only in text]
    killed = [text for text in commands.KILLED if args.only in text]
    share = -(-args.kills // len(killed)) if killed else 0
    with concurrent.futures.ProcessPoolExecutor(args.jobs) as pool:
        ends = [pool.submit(torture, (text, args, small)) for text in lines]
        ends += [pool.submit(killing, (text, 0, args, small)) for text in killed if args.kills]
        ends += [pool.submit(killing, (text, share, args, big)) for text in killed if args.kills]
        for end in ends:
            n, faults = end.result()
            tried += n
            failed += len(faults)
            for f in faults:
                print(f, flush=True)
    os.chdir('/')
    shutil.rmtree(root)
    print(f'{tried - failed} passed, {failed} failed')
    return failed > 0


if __name__ == '__main__':
    sys.exit(main())
