#!/usr/bin/env python3
"""Predict the cost of an epoch on a cluster from measurements on one machine.

It measures CPU time and peak memory of each step, with one thread, at the given
sizes. From the largest size that does not exceed a part, it predicts one part of K
for 10^9 samples and more. Then it runs one part of K = 64 of 10^9 samples and
compares.

  tests/cluster/predict_cost.py --bin build/release [--rows N,N...] [--part-rows N]
                        [--dir DIR]"""
import argparse
import contextlib
import multiprocessing
import os
import subprocess
import tempfile


def run(args, *words):
    """Return CPU seconds and peak KB of a command: the best of several runs."""
    command = [os.path.join(args.bin, words[0]), '-q', '-T', '1', *words[1:]]
    best = None
    for _ in range(args.runs):
        p = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        _, status, used = os.wait4(p.pid, 0)
        if status:
            raise SystemExit(f'{" ".join(words)}: status {status}')
        cpu = used.ru_utime + used.ru_stime
        if not best or cpu < best[0]:
            best = cpu, used.ru_maxrss
    return best


def write(n):
    """Write log.N and man.N."""
    import numpy
    r = numpy.random.default_rng(1)
    with open(f'log.{n}', 'w') as log, open(f'man.{n}', 'w') as man:
        for first in range(0, n, 1000000):
            loss = r.exponential(0.5, min(1000000, n - first)).tolist()
            log.writelines('{"id":"train/%010d","epoch":3,"loss":%.6g}\n'
                           % x for x in enumerate(loss, first))
            man.writelines('{"id":"train/%010d","path":"img/%010d.jpg"}\n'
                           % (i, i) for i in range(first, first + len(loss)))


RULE = ['-e', '4', '--rule', 'proportional', '--keep', '0.7']


def steps(args, n):
    """Measure the steps with n records. Returns {step: (CPU seconds, peak KB)} and the file sizes."""
    log, man = f'log.{n}', f'man.{n}'
    if not os.path.exists(man):
        # Write the data in another process, because the peak of a child includes its parent's memory.
        p = multiprocessing.Process(target=write, args=(n,))
        p.start()
        p.join()
    t = {'fold': run(args, 'ib-score', '-o', 'a.npz', '--write-totals', 't', log),
         'skip': run(args, 'ib-score', '-o', 'q.npz', '--part',
                     f'0/{1 << 40}', log)}
    if n <= 16 << 20:
        t['split'] = run(args, 'ib-score', '--split', '64', '-o', 'p.%d.npz',
                         log)
    run(args, 'ib-prune', *RULE, '--totals', 't', '--write-bins', 'w')
    t['refine'] = run(args, 'ib-score', '--bins', 'w', '--write-totals', 'f',
                      'a.npz')
    t['prune'] = run(args, 'ib-prune', *RULE, '-s', 'a.npz', '--totals', 'f',
                     '-o', 'e', man)
    t['size'] = {x: os.path.getsize(y) for x, y in
                 (('log', log), ('scores', 'a.npz'), ('manifest', man),
                  ('epoch', 'e'), ('totals', 'f'))}
    if n <= 16 << 20:
        t['size']['log.zst'] = len(subprocess.run(
            ['zstd', '-3', '-qc', log], stdout=subprocess.PIPE,
            check=True).stdout)
    return t


def table(n, t):
    print(f'{n} records, one thread:')
    for x in t:
        if x != 'size':
            print(f'  {x:7} {t[x][0] / n * 1e9:6.0f} ns a record, '
                  f'{t[x][1] / 1024:6.0f} MiB', flush=True)
    print('  bytes a record:', *[f'{x} {t["size"][x] / n:.1f}'
                                 for x in t['size']], flush=True)


def predict(n, t):
    print('predicted: a part of K, CPU seconds, MiB of the largest step; GB '
          'that all\nparts read and write; the turn on 64 cores where files '
          'cost nothing')
    print(f'{"samples":>8} {"K":>6} {"map":>6} {"reduce":>6} {"refine":>6}'
          f' {"prune":>6} {"MiB":>6} {"read":>7} {"write":>7} {"turn":>7}')
    size = {x: t['size'][x] / n for x in t['size']}
    chain = 'split', 'fold', 'refine', 'prune'
    m = 15625000
    for total in (10**9, 10**10, 10**11):
        cpu = [t[x][0] / n * m for x in chain]
        # Read: the log, its parts, the old scores, the new scores twice, and the manifest of the part.
        read = size['log'] + 4 * size['scores'] + size['manifest']
        write = 2 * size['scores'] + size['epoch']
        print(f'{total:8.0e} {total // m:6}', *[f'{x:6.1f}' for x in cpu],
              f'{max(t[x][1] for x in chain) / n * m / 1024:6.0f}'
              f' {total * read / 1e9:7.0f} {total * write / 1e9:7.0f}'
              f' {sum(cpu) * total / m / 64:5.0f} s')
    cpu = sum(t[x][0] / n for x in chain)
    print(f'a busy core reads and writes {read + write:.0f} bytes a sample in '
          f'{cpu * 1e6:.2f} microseconds, {(read + write) / cpu / 1e9:.1f} '
          'GB/s')


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default='build/release')
    p.add_argument('--rows', default='1000000')
    p.add_argument('--part-rows', type=int, default=15625000)
    p.add_argument('--runs', type=int, default=1)
    p.add_argument('--dir', help='a folder on the disk to measure on')
    p.add_argument('--write', type=int, metavar='N',
                   help='only write the files of N records into --dir, where '
                   'later runs find them')
    args = p.parse_args()
    args.bin = os.path.abspath(args.bin)
    if args.write:
        os.chdir(args.dir)
        return write(args.write)
    with contextlib.ExitStack() as stack:
        os.chdir(args.dir or
                 stack.enter_context(tempfile.TemporaryDirectory()))
        first = None
        for n in map(int, args.rows.split(',')):
            t = steps(args, n)
            table(n, t)
            if n <= args.part_rows or not first:
                first = n, t
        n, t = first
        if 'split' in t:
            predict(n, t)
        m = args.part_rows
        if not m:
            return
        big = steps(args, m)
        table(m, big)
        print('measured against predicted:')
        for x in ('fold', 'refine', 'prune', 'split'):
            if x not in t or x not in big:
                continue
            print(f'  {x:7} {big[x][0]:6.2f} s of {t[x][0] / n * m:6.2f}, '
                  f'{big[x][1] / 1024:6.0f} MiB of '
                  f'{t[x][1] / n * m / 1024:6.0f}')


if __name__ == '__main__':
    main()
