#!/usr/bin/env python3
"""Score, merge and prune random partitions, and compare with one run, byte for byte.

The loss logs of a run are distributed over ranks at random. Each rank also gets some
samples of other ranks, as a distributed sampler pads its batches; these records are
equal, so it does not matter which one is used. The logs are read in K parts, in
any order and some of them twice. The totals are merged in a random order, a second
pass counts what the rule needs, and each part prunes its records.

  tests/cluster/parts_equal_one_run.py --bin build/release [--seed N] [--cases N] [--rows N]"""
import argparse
import hashlib
import math
import os
import random
import subprocess
import sys
import tempfile

RULES = [
    ['-r', '0.5'],
    ['--rule', 'infobatch:threshold=median', '-r', '0.3'],
    ['--rule', 'infobatch:threshold=q0.123456', '--keep', '0.8'],
    ['--keep', '0.75'],
    ['--rule', 'infobatch:threshold=v0.25', '--keep', '0.9'],
    ['--rule', 'buckets:q0.2=0.75,q0.85=0.5'],
    ['--rule', 'buckets:v0.01=0.9,mean=0.5,q0.9=0.2,q1=0.1'],
    ['--rule', 'proportional', '--keep', '0.6'],
    ['--rule', 'proportional:floor=0.25', '--keep', '0.9'],
    ['--rule', 'proportional:proxy=loss', '--keep', '0.35'],
    ['--rule', 'proportional', '--keep', '0.99'],
    ['--rule', 'proportional:floor=0.5', '--keep', '1'],
    ['--rule', 'proportional', '--keep', '0.02'],
    ['--rule', 'proportional:scale=1.5'],
    ['--rule', 'rank:power=0.7,floor=0.2'],
    ['--rule', 'random', '--keep', '0.5'],
    ['--rule', 'hard:threshold=q0.3'],
    ['--rule', 'infobatch:threshold=q0.5', '--max-age', '2', '--seed', '7'],
]


class Case:
    def __init__(self, args, seed, folder):
        self.r = random.Random(seed)
        self.bin = args.bin
        self.rows = args.rows or self.r.choice([1, 7, 300, 3000])
        self.k = self.r.choice([1, 2, 3, 8, 64])
        self.ranks = self.r.choice([1, 2, 5, 8])
        self.epochs = self.r.choice([1, 3])
        self.folder = folder

    def path(self, name):
        return os.path.join(self.folder, name)

    def run(self, command, *words):
        subprocess.run([os.path.join(self.bin, command), '-q', *words],
                       check=True, cwd=self.folder)

    def loss(self):
        r = self.r
        kind = r.random()
        if kind < 0.05:
            return r.choice(['NaN', '0', '1e-30', '1e-12', '-0.25', '40'])
        if kind < 0.3:  # values that many samples have
            return r.choice(['0.25', '0.5', '1'])
        return repr(math.exp(r.gauss(-1, 1.5)))

    def write_logs(self):
        """Write a log for each rank and epoch."""
        r = self.r
        for e in range(self.epochs):
            records = [f'{{"id":"s{i}","epoch":{e},"loss":{self.loss()}}}\n'
                       for i in range(self.rows) if r.random() < 0.8]
            r.shuffle(records)
            for rank in range(self.ranks):
                padded = records[rank::self.ranks] + \
                    r.sample(records, min(len(records), 3))
                with open(self.path(f'rank.{rank}.{e}'), 'w') as f:
                    f.write(''.join(padded))
        ids = [f'{{"id":"s{i}"}}\n' for i in range(self.rows + 5)]
        r.shuffle(ids)
        with open(self.path('manifest'), 'w') as f:
            f.write(''.join(ids))

    def map_and_reduce(self, e):
        ranks = list(range(self.ranks))
        self.r.shuffle(ranks)
        for rank in ranks + ranks[:2]:  # two ranks are processed twice
            self.run('ib-score', '--split', str(self.k),
                     '-o', f'map.{rank}.%d.npz', f'rank.{rank}.{e}')
        parts = list(range(self.k))
        self.r.shuffle(parts)
        for part in parts + parts[:2]:
            self.run('ib-score', '--write-totals', f'totals.{part}',
                     '-u', f'part.{part}.npz', '--part', f'{part}/{self.k}',
                     *[f'map.{x}.{part}.npz' for x in range(self.ranks)])

    def merge(self, prefix):
        """Merge the totals in groups, in a random order. Returns the name of the final file."""
        names = [f'{prefix}.{i}' for i in range(self.k)]
        self.r.shuffle(names)
        step = 0
        while len(names) > 1 or step == 0:
            some = [names.pop() for _ in range(min(len(names),
                                                   self.r.randint(2, 20)))]
            names.insert(0, f'{prefix}.tree.{step}')
            self.run('ib-score', '-o', '/dev/null', '--write-totals', names[0],
                     *some)
            step += 1
        return names[0]

    def same(self, a, b, what):
        da, db = (hashlib.sha256(open(self.path(x), 'rb').read()).hexdigest()
                  for x in (a, b))
        if da != db:
            sys.exit(f'{what}: {a} and {b} differ')

    def check_scores(self):
        """Check that the rows of some parts are the rows of the complete score file, in its order."""
        for part in self.r.sample(range(self.k), min(self.k, 5)):
            self.run('ib-score', '--part', f'{part}/{self.k}', '-o',
                     'whole.npz', 'all.npz')
            self.same('whole.npz', f'part.{part}.npz', f'part {part}')

    def check_rule(self, rule):
        e = ['-e', str(self.epochs)]
        self.run('ib-prune', *e, *rule, '-s', 'all.npz', '-o', 'want',
                 'manifest')
        self.run('ib-prune', *e, *rule, '--totals', 'merged', '--write-bins',
                 'plan')
        for part in range(self.k):
            self.run('ib-score', '--bins', 'plan', '--write-totals',
                     f'refined.{part}', f'part.{part}.npz')
        totals = self.merge('refined')
        got = set()
        for part in range(self.k):
            self.run('ib-prune', *e, *rule, '-s', f'part.{part}.npz',
                     '--totals', totals, '--part', f'{part}/{self.k}', '-o',
                     'got', 'manifest')
            lines = open(self.path('got')).read().splitlines(True)
            if not got.isdisjoint(lines):
                sys.exit(f'{rule}: a record in two parts')
            got.update(lines)
        order = [x for x in open(self.path('want')) if x in got]
        if len(order) != len(got) or \
                ''.join(order) != open(self.path('want')).read():
            sys.exit(f'{rule}: parts and whole differ')

    def check(self, rules):
        self.write_logs()
        for e in range(self.epochs):
            self.run('ib-score', '-u', 'all.npz', '--write-totals', 'all',
                     *[f'rank.{x}.{e}' for x in range(self.ranks)])
            self.map_and_reduce(e)
        self.check_scores()
        os.rename(self.path(self.merge('totals')), self.path('merged'))
        self.same('merged', 'all', 'totals')
        for rule in rules:
            self.check_rule(rule)


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default='build/release')
    p.add_argument('--seed', type=int, default=1)
    p.add_argument('--cases', type=int, default=20)
    p.add_argument('--rows', type=int)
    p.add_argument('--rules', type=int, default=4, help='a case')
    args = p.parse_args()
    args.bin = os.path.abspath(args.bin)
    for seed in range(args.seed, args.seed + args.cases):
        # Use a file system in memory if there is one, because every output is synced.
        where = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=where) as folder:
            case = Case(args, seed, folder)
            rules = [RULES[(seed * args.rules + i) % len(RULES)]
                     for i in range(args.rules)]
            try:
                case.check(rules)
            except (SystemExit, subprocess.CalledProcessError) as e:
                sys.exit(f'seed {seed} (K {case.k}, {case.rows} samples, '
                         f'{case.ranks} ranks): {e}')


if __name__ == '__main__':
    main()
