#!/usr/bin/env python3
"""Run 64 parts of a real epoch; kill every task at random moments and run it again.

After each SIGKILL an output file must be the complete old one or the complete new
one. At the end the epoch's manifest must have the SHA-256 of a single run's.

  tests/cluster/killed_parts.py --bin build/release [--seed N]"""
import argparse
import glob
import hashlib
import os
import random
import subprocess
import sys
import tempfile
import time

K = 64
RULES = [['-r', '0.5'],
         ['--rule', 'buckets:q0.2=0.75,q0.85=0.5'],
         ['--rule', 'proportional', '--keep', '0.7']]


def sha(lines):
    return hashlib.sha256(b''.join(lines)).hexdigest()


class Tasks:
    def __init__(self, bin, seed):
        self.bin, self.r = bin, random.Random(seed)
        self.kills = self.tasks = 0

    def start(self, words):
        return subprocess.Popen([os.path.join(self.bin, words[0]), '-q',
                                 *words[1:]], stdin=subprocess.DEVNULL)

    def sure(self, *words):
        if self.start(words).wait():
            sys.exit(f'{words}: failed')

    def task(self, outputs, *words):
        """Run a command that is killed up to three times. Files that a killed run left must equal the result."""
        left = []
        self.tasks += 1
        for _ in range(self.r.choice([0, 1, 1, 2, 3])):
            p = self.start(words)
            time.sleep(self.r.random() ** 2 * 0.03)
            p.kill()
            self.kills += p.wait() < 0
            left += [(o, open(o, 'rb').read()) for o in outputs
                     if os.path.exists(o)]
        self.sure(*words)
        for name, data in left:
            if data != open(name, 'rb').read():
                sys.exit(f'{words}: left a part of {name}')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default='build/release')
    p.add_argument('--seed', type=int, default=1)
    args = p.parse_args()
    data = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                        '../../testdata/fashion')
    t = Tasks(os.path.abspath(args.bin), args.seed)
    where = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        os.chdir(folder)
        log, base = f'{data}/log-001.jsonl.zst', f'{data}/base.jsonl.zst'
        t.sure('ib-score', '-e', '1', '-o', 'all.npz', '--write-totals', 'whole', log)
        t.task([f'map.{i}.npz' for i in range(K)], 'ib-score', '-e', '1',
               '--split', str(K), '-o', 'map.%d.npz', log)
        for i in range(K):
            t.task([f'part.{i}.npz', f't.{i}'], 'ib-score', '--part',
                   f'{i}/{K}', '--write-totals', f't.{i}', '-o', f'part.{i}.npz',
                   f'map.{i}.npz')
        t.sure('ib-score', '-o', '/dev/null', '--write-totals', 'all',
               *glob.glob('t.*'))
        if open('all').read() != open('whole').read():
            sys.exit('totals differ')
        for rule in RULES:
            rule = ['-e', '2', *rule]
            t.sure('ib-prune', *rule, '-s', 'all.npz', '-o', 'one', base)
            t.sure('ib-prune', *rule, '--totals', 'all', '--write-bins', 'want')
            for name in glob.glob('f.*') + glob.glob('next.*'):
                os.remove(name)
            for i in range(K):
                t.task([f'f.{i}'], 'ib-score', '--bins', 'want', '--write-totals',
                       f'f.{i}', f'part.{i}.npz')
            t.sure('ib-score', '-o', '/dev/null', '--write-totals', 'fine',
                   *glob.glob('f.*'))
            for i in range(K):
                t.task([f'next.{i}'], 'ib-prune', *rule, '-s',
                       f'part.{i}.npz', '--totals', 'fine', '--part',
                       f'{i}/{K}', '-o', f'next.{i}', base)
            one = open('one', 'rb').readlines()
            parts = [x for i in range(K) for x in open(f'next.{i}', 'rb')]
            place = {line: at for at, line in enumerate(one)}
            if not set(parts) <= place.keys():
                sys.exit(f'{rule}: parts and one run differ')
            a, b = sha(one), sha(sorted(parts, key=place.get))
            print(f'{a[:16]} {b[:16]} {" ".join(rule)}')
            if a != b:
                sys.exit(f'{rule}: SHA-256 differs')
        print(f'{t.tasks} tasks, {t.kills} killed')


if __name__ == '__main__':
    main()
