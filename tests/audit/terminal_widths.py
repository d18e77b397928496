"""On a terminal of 40 to 200 columns, no line is too long, and the output names the columns
that were left out."""
import json
import os
import re

import numpy as np

from common import BIN, run, table, write_jsonl
from pty_of import see

r = np.random.default_rng(6)
N, EPOCHS = 40, 60
IDS = ['data/a folder/%s/%03d.jpg' % ('long' * (k % 7), k) for k in range(N - 2)] + ['ü' * 50, '字' * 40]
write_jsonl('m.jsonl', [{'id': i, 'label': 'class %d ' % (k % 3) + 'of samples ' * 9}
                        for k, i in enumerate(IDS)])
for e in range(EPOCHS):
    run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-a', 'log.zst', '-o', 'e.jsonl', 'm.jsonl')
    kept = [json.loads(l)['id'] for l in open('e.jsonl')]
    write_jsonl('one.jsonl', [{'id': i, 'epoch': e, 'loss': float(r.exponential(9 / (e + 3)))}
                              for i in kept])
    run('ib-score', '-q', '-u', 'run.npz', 'one.jsonl')
write_jsonl('all.jsonl', [{'id': i, 'epoch': e, 'loss': float(r.exponential(9 / (e + 3)) + 9 * (e > 55))}
                          for e in range(EPOCHS) for i in IDS])


def columns(line):
    return sum(2 if c == '字' else 1 for c in re.sub('\x1b\\[[0-9;]*m', '', line))


COMMANDS = [['summary', '--cost-per-epoch', '1234.5', 'log.zst'],
            ['summary', '--by', 'label', '--manifest', 'm.jsonl', 'log.zst'],
            ['show', '-s', 'run.npz', 'log.zst', IDS[6], IDS[-1], IDS[-2]], ['show', 'log.zst', IDS[0]],
            ['list', 'log.zst'], ['list', '-e', '9', 'log.zst'],
            ['list', '--by', 'label', '--manifest', 'm.jsonl', 'log.zst'],
            ['suspects', 'all.jsonl'], ['drift', 'all.jsonl'],
            ['simulate', '-E', '99', '--cost-per-epoch', '1234.5', 'all.jsonl'],
            ['compare', '-E', '9', '--cost-per-epoch', '1234.5', 'all.jsonl'],
            ['compare', '-E', '9', '--by', 'label', '--manifest', 'm.jsonl', 'all.jsonl']]
for argv in COMMANDS:
    argv = [os.path.join(BIN, 'ib-audit'), argv[0], '-q'] + argv[1:]
    full = see(400, argv, NO_COLOR='1').split('\n')
    for width in (40, 50, 60, 80, 120, 200):
        for locale in ('C.UTF-8', 'C'):
            lines = see(width, argv, LC_ALL=locale, NO_COLOR='1').split('\n')
            assert max(map(columns, lines)) <= width, (width, argv, lines)
        text = re.sub(r'\s+', ' ', ' '.join(lines))
        missing = re.search(r'\((.*?): not shown; use a wider terminal or --json\)', text)
        heads = [h for h in re.split(r'  +', full[0].strip()) if h not in re.split(r'  +', lines[0].strip())]
        if missing and argv[1] != 'compare':
            assert re.split(r', | and ', missing[1]) == heads, (missing[1], heads, width, argv)

# The table of ib-prune --dry-run fits into 40 columns, and its numbers are rounded.
lines = see(40, [os.path.join(BIN, 'ib-prune'), '-q', '-s', 'run.npz', '-e', '60', '-n', 'm.jsonl']).split('\n')
assert max(map(len, lines)) <= 40 and len(lines) == 10, lines
plan = json.loads(run('ib-prune', '-q', '-s', 'run.npz', '-e', 60, '-n', 'm.jsonl'))
assert lines[2].split() == ['threshold', '%.4g' % plan['threshold']], (lines, plan)

# Sparklines: at most the width, with the smallest and the largest value, on the scale of the values.
share = [s['share'] for s in table('ib-audit', 'summary', '-q', 'log.zst')]
argv = [os.path.join(BIN, 'ib-audit'), 'summary', '-q', 'log.zst']
for width, marks in ((200, 60), (60, 60 - 12 - 2 - len('37.5% to 100.0%'))):
    line = [l for l in see(width, argv).split('\n') if l.startswith('share kept')][0]
    spark, low, high = re.fullmatch(r'share kept  (\S+)  (\S+) to (\S+)', line).groups()
    assert (low, high) == ('%.1f%%' % (100 * min(share)), '%.1f%%' % (100 * max(share))), line
    assert len(spark) == min(60, width - len('share kept') - 4 - len(low + high) - 4), line
    means = [np.mean(share[i * 60 // len(spark):(i + 1) * 60 // len(spark)]) for i in range(len(spark))]
    floor = min(share) if min(share) > max(share) / 2 else 0
    assert spark == ''.join('▁▂▃▄▅▆▇█'[int((m - floor) / (max(share) - floor) * 7 + .5)]
                            for m in means), (spark, means)

# An alarm is red if there are colours.
drift = [os.path.join(BIN, 'ib-audit'), 'drift', 'all.jsonl']
assert '\x1b[1;31mALARM\x1b[0m' in see(80, drift)
assert '\x1b' not in see(80, drift, NO_COLOR='1') and 'ALARM' in see(80, drift, NO_COLOR='1')
assert '\x1b[1;31mALARM\x1b[0m' in run(*['ib-audit', 'drift', '--color=always', 'all.jsonl']).decode()

# The summary has the totals of its lines.
d = table('ib-audit', 'summary', '-q', '--cost-per-epoch', 10, 'log.zst')
text = run('ib-audit', 'summary', '-q', '--cost-per-epoch', 10, 'log.zst').decode()
pruned, samples = sum(x['pruned'] for x in d), sum(x['samples'] for x in d)
cost = sum(10 * x['pruned'] / x['samples'] for x in d)
assert '\n%d of %d visits saved: %.1f%%\n' % (pruned, samples, 100 * pruned / samples) in text, text
assert '\nCost %.2f instead of %.2f: %.2f saved\n' % (600 - cost, 600, cost) in text, text

# The progress line fits, and is erased.
big = ''.join('{"id":"s%d","epoch":1,"loss":%d}\n' % (i, i) for i in range(40000))
open('big', 'w').write(big)
feed = 'for i in 1 2 3 4 5 6; do cat big; sleep 0.3; done | %s --allow-duplicates --rule random -e 1 -o o -' % (
    os.path.join(BIN, 'ib-prune'))
for width in (40, 60):
    shown = see(width, ['sh', '-c', feed], stderr=True)
    parts = [p for p in re.split('\r|\n', shown) if 'B' in p]
    assert parts and max(map(len, shown.replace('\n', '\r').split('\r'))) < width, shown
    assert all(re.match(r'ib-prune: [0-9.]+ [kM]?B', p) for p in parts), parts
    assert shown.endswith('\r'), shown
