#!/usr/bin/env python3
"""What an epoch's turn costs past this machine, from figures measured on it.

Measures CPU time and peak memory a record of each step, one thread, at two
sizes of which the larger gives the table; then runs one part of K = 64 of 10^9
samples (--part-rows) and compares it with the prediction.

  tests/cluster/plan.py --bin build/release [--rows N] [--part-rows N]
"""
import argparse
import os
import subprocess
import tempfile


def run(args, *words):
    """CPU seconds and peak KB of one command."""
    command = ['/usr/bin/env', os.path.join(args.bin, words[0]), '-q',
               '-T', '1', *words[1:]]
    p = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(p.pid, 0)
    if status:
        raise SystemExit(f'{" ".join(words)}: status {status}')
    return used.ru_utime + used.ru_stime, used.ru_maxrss


def write(n):
    import numpy
    r = numpy.random.default_rng(1)
    loss = r.exponential(0.5, n)
    with open('log', 'w') as log, open('man', 'w') as man:
        for i in range(n):
            log.write('{"id":"train/%010d","epoch":3,"loss":%.6g}\n'
                      % (i, loss[i]))
            man.write('{"id":"train/%010d","path":"img/%010d.jpg"}\n' % (i, i))


RULE = ['-e', '4', '--rule', 'proportional', '--keep', '0.7']


def steps(args, n):
    """{step: (CPU seconds, peak KB)} over n records."""
    write(n)
    t = {'fold': run(args, 'ib-score', '-o', 'a.npz', '--totals', 't', 'log'),
         'skip': run(args, 'ib-score', '-o', 'q.npz', '--part',
                     f'0/{1 << 40}', 'log')}
    if n <= 4 << 20:
        t['split'] = run(args, 'ib-score', '--split', '64', '-o', 'p.%d.npz',
                         'log')
    run(args, 'ib-prune', *RULE, '--totals', 't', '--refine', 'w')
    t['refine'] = run(args, 'ib-score', '--refine', 'w', '--totals', 'f',
                      'a.npz')
    t['prune'] = run(args, 'ib-prune', *RULE, '-s', 'a.npz', '--totals', 'f',
                     '-o', 'e', 'man')
    t['size'] = {x: os.path.getsize(x) for x in ('log', 'a.npz', 'man', 'f')}
    return t


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--bin', default='build/release')
    p.add_argument('--rows', type=int, default=1000000)
    p.add_argument('--part-rows', type=int, default=15625000)
    args = p.parse_args()
    args.bin = os.path.abspath(args.bin)
    where = '/dev/shm' if os.access('/dev/shm', os.W_OK) else None
    with tempfile.TemporaryDirectory(dir=where) as folder:
        os.chdir(folder)
        n = args.rows
        t = steps(args, n)
        names = [x for x in t if x != 'size']
        print(f'{n} records, one thread:')
        for x in names:
            print(f'  {x:7} {t[x][0] / n * 1e9:6.0f} ns a record, '
                  f'{t[x][1] / 1024:6.0f} MiB')
        print('predicted: a part of K, CPU seconds; GB read by all parts')
        print(f'{"samples":>8} {"K":>6} {"map":>6} {"reduce":>6} {"refine":>6}'
              f' {"prune":>6} {"MiB":>6} {"GB":>8}')
        for total in (10**9, 10**10, 10**11):
            for k in (64, 640, 6400):
                m = total / k
                if m > 2e8:
                    continue
                cpu = [t[x][0] / n * m for x in
                       ('split', 'fold', 'refine', 'prune')]
                gb = total / n * (t['size']['log'] + 3 * t['size']['a.npz'] +
                                  t['size']['man']) / 1e9
                print(f'{total:8.0e} {k:6}',
                      *[f'{x:6.1f}' for x in cpu],
                      f'{t["fold"][1] / n * m / 1024:6.0f} {gb:8.0f}')
        m = args.part_rows
        if not m:
            return
        big = steps(args, m)
        print(f'one part of {m} records, measured against predicted:')
        for x in ('fold', 'refine', 'prune'):
            print(f'  {x:7} {big[x][0]:6.2f} s of {t[x][0] / n * m:6.2f}, '
                  f'{big[x][1] / 1024:6.0f} MiB of '
                  f'{t[x][1] / n * m / 1024:6.0f}')
        print(f'  refined totals: {big["size"]["f"]} bytes')


if __name__ == '__main__':
    main()
