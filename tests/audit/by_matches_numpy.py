"""The numbers of ib-audit --by equal those that numpy computes from log lines and manifest."""
import csv
import gzip
import json

import numpy as np

from common import Log, near, run, table, write_jsonl

r = np.random.default_rng(8)
N, EPOCHS = 1500, 7
IDS = ['s%04d.jpg' % i for i in range(N)]
CLASS = r.choice(['cat', 'dog', 'ox', 'éléphant "x"'], N, p=[.6, .25, .14, .01])
SIZE = r.exponential(3, N).round(2)
RARE = r.choice(['v%d' % i for i in range(200)], N)
NONE = r.random(N) < .1

write_jsonl('m.jsonl', [
    {'id': i, 'a': {'b': None if n else str(c), 'size': float(z)}, 'rare': str(v), 'few': int(z > 2)}
    for i, c, z, v, n in zip(IDS, CLASS, SIZE, RARE, NONE)])
LOSS = r.exponential(1, (EPOCHS, N)) * np.where(CLASS == 'cat', 1, 3)


def make_log(name, *options, part=lambda i: True):
    run('ib-score', '-o', 'run.npz', data=b'')
    for e in range(EPOCHS):
        run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-E', EPOCHS, '-a', name, '-o', 'e.jsonl',
            *options, 'm.jsonl')
        kept = {json.loads(l)['id'] for l in open('e.jsonl')}
        write_jsonl('loss.jsonl', [{'id': i, 'epoch': e, 'loss': float(LOSS[e, k])}
                                   for k, i in enumerate(IDS) if i in kept])
        run('ib-score', '-q', '-u', 'run.npz', 'loss.jsonl')


def visits(name, epochs=range(EPOCHS)):
    """Return kept and weight of each visit [epoch, sample], from the lines of the log."""
    kept, weight = np.ones((EPOCHS, N), bool), np.ones((EPOCHS, N))
    for lines in Log(name).runs:
        e = json.loads(lines[0])['epoch']
        for l in map(json.loads, lines[1:-1]):
            k = IDS.index(l['id'])
            kept[e, k], weight[e, k] = l['kept'], 1 / l['pi'] if l['kept'] else 0
    return kept[epochs], weight[epochs]


def check(got, of, kept, weight, only=None):
    """Compare the rows with numpy. of: the value of each sample, or None. only: the values with a row."""
    names = sorted(set(of), key=str)
    share = {}
    for g in got:
        at = np.array([v == (g['value'] if g['kind'] != 'missing' else None) for v in of])
        if g['kind'] == 'others':
            at = np.array([v not in only for v in of])
            assert g['values'] == len(names) - len(only)
        if g['kind'] == 'range':
            low, high = (g['value'].split(' to ') * 2)[:2]
            at = (np.float32(of) >= np.float32(low)) & (np.float32(of) <= np.float32(high))
        pruned = int((~kept[:, at]).sum())
        assert (g['samples'], g['visits'], g['pruned']) == (at.sum(), kept[:, at].size, pruned), g
        near('share', g['share_pruned'], pruned / kept[:, at].size)
        near('ratio', g['ratio'], pruned / kept[:, at].size / (~kept).mean())
        near('weight', g['mean_weight'], weight[:, at].sum() / kept[:, at].sum())
        near('saved', g['share_of_saved'], pruned / (~kept).sum())
        share[g['value'] or g['kind']] = g['share_pruned']
    assert sum(g['samples'] for g in got) == N
    assert list(share.values()) == sorted(share.values(), reverse=True), share


make_log('log.zst')
kept, weight = visits('log.zst')
labels = [None if n else c for c, n in zip(CLASS, NONE)]
by = ['log.zst', '--manifest', 'm.jsonl', '--by']
got = table('ib-audit', 'summary', *by, 'a.b')
check(got, labels, kept, weight)
assert {g['value'] for g in got} == set(labels) and len(got) == len(set(labels))
assert table('ib-audit', 'list', *by, 'a.b') == got
check(table('ib-audit', 'list', '-e', 3, *by, 'a.b'), labels, kept[[3]], weight[[3]])
check(table('ib-audit', 'summary', '--last', 3, *by, 'a.b'), labels, kept[4:], weight[4:])
assert table('ib-audit', 'list', '--top', 2, *by, 'a.b') == got[:2]

# If the manifest is in several files (CSV, and compressed TSV), the rows are the same.
for name, delimiter, rows in (('a.csv', ',', slice(0, 700)), ('b.tsv', '\t', slice(700, N))):
    with open(name, 'w', newline='') as f:
        w = csv.writer(f, delimiter=delimiter, lineterminator='\n')
        w.writerow(['x', 'id', 'a.b', 'size'])
        for i, c, z in list(zip(IDS, labels, SIZE))[rows]:
            w.writerow(['x', i, (c or '').replace('"', "'") if name == 'b.tsv' else c or '', z])
open('b.tsv.gz', 'wb').write(gzip.compress(open('b.tsv', 'rb').read().replace(b"'", b'"')))
two = ['log.zst', '--manifest', 'a.csv', '--manifest', 'b.tsv.gz', '--manifest-key', 'id', '--by']
assert table('ib-audit', 'summary', *two, 'a.b') == got

# Many numbers are divided into ten ranges of about the same size. A few numbers have a row each.
got = table('ib-audit', 'summary', *by, 'a.size')
assert len(got) == 10 and {g['kind'] for g in got} == {'range'}
assert all(.8 * N / 10 < g['samples'] < 1.2 * N / 10 for g in got), got
assert sum(g['values'] for g in got) == len(set(SIZE))
check(got, SIZE, kept, weight)
assert [g['samples'] for g in table('ib-audit', 'summary', *two, 'size')] == \
    [g['samples'] for g in got]
got = table('ib-audit', 'summary', *by, 'few')
assert {g['value'] for g in got} == {'0', '1'}
check(got, [str(int(z > 2)) for z in SIZE], kept, weight)
# The manifest has numbers for 10000 samples. The log has decisions about 1500 of them.
write_jsonl('big.jsonl', [{'id': i, 'n': float(z)} for i, z in zip(IDS, SIZE)] +
            [{'id': 'x%d' % i, 'n': 1 / (i + 1)} for i in range(8500)])
got = table('ib-audit', 'summary', '-q', 'log.zst', '--by', 'n', '--manifest', 'big.jsonl')
values = np.float32(list(SIZE) + [1 / (i + 1) for i in range(8500)])
assert sum(g['samples'] for g in got) == 10000 and len(got) == 10
for g in got:
    low, high = (np.float32(x) for x in (g['value'].split(' to ') * 2)[:2])
    assert g['samples'] == ((values >= low) & (values <= high)).sum(), g
    assert g['pruned'] == (~kept[:, (np.float32(SIZE) >= low) & (np.float32(SIZE) <= high)]).sum()
# If there are many texts, the 50 most frequent ones have a row each, and the others share a row.
got = table('ib-audit', 'summary', *by, 'rare')
names, count = np.unique(RARE, return_counts=True)
only = {g['value'] for g in got if g['kind'] == 'value'}
assert len(only) == 50 and len(got) == 51
assert sorted((count[list(names).index(n)] for n in only)) == sorted(count)[-50:]
check(got, RARE, kept, weight, only)

# --sampling=fixed gives other weights. The log of a partition counts only its own samples.
make_log('fixed.zst', '--sampling', 'fixed')
k2, w2 = visits('fixed.zst')
heads = [json.loads(l[0]) for l in Log('fixed.zst').runs]
check(table('ib-audit', 'summary', 'fixed.zst', '--manifest', 'm.jsonl', '--by', 'a.b'), labels,
      k2, w2)
for e in range(EPOCHS):
    run('ib-prune', '-q', '-s', 'run.npz', '-e', EPOCHS + e, '--part', '0/2', '-a', 'part.zst',
        '-o', 'e.jsonl', 'm.jsonl')
mine = [json.loads(l)['id'] for lines in Log('part.zst').runs for l in lines[1:-1]]
got = table('ib-audit', 'summary', 'part.zst', '--manifest', 'm.jsonl', '--by', 'a.b')
samples = json.loads(Log('part.zst').runs[0][-1])['samples']
assert samples < N and sum(g['samples'] for g in got) == samples
assert sum(g['pruned'] for g in got) == sum(
    json.loads(l[-1])['pruned'] for l in Log('part.zst').runs)

# simulate makes the decisions of the real run, because the losses are the same
write_jsonl('all.jsonl', [{'id': i, 'epoch': e, 'loss': float(LOSS[e, k])}
                          for e in range(EPOCHS) for k, i in enumerate(IDS)])
check(table('ib-audit', 'simulate', '-E', EPOCHS, 'all.jsonl', '--manifest', 'm.jsonl', '--by',
            'a.b'), labels, kept, weight)

# ---- warn of a value that is pruned more than twice as often as the average (30 samples or more)
write_jsonl('w.jsonl', [{'id': i, 'c': 'low' if k < 30 else 'tiny' if k < 59 else 'rest'}
                        for k, i in enumerate(IDS)])
write_jsonl('w.loss', [{'id': i, 'epoch': e, 'loss': .1 if k < 59 else 5 + k % 2}
                       for e in range(4) for k, i in enumerate(IDS)])
argv = ['ib-audit', 'simulate', '-E', 4, '--delta', 1, '--rule', 'infobatch:threshold=v1', 'w.loss',
        '--manifest', 'w.jsonl', '--by', 'c']
err = run(*argv, keep=True)[1]
assert err.count('more than twice the average') == 1 and '"low"' in err, err
err = run(*argv, '-q', keep=True)[1]
assert err == '', err
