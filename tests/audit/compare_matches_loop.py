"""Each row of ib-audit compare equals the sums of a loop of ib-prune and ib-score."""
import json

import numpy as np

from common import near, run, table, write_jsonl

r = np.random.default_rng(4)
N, EPOCHS, LOGGED = 400, 9, 7
IDS = ['s%03d' % i for i in range(N)]
CLASS = r.choice(['cat', 'dog', 'ox'], N, p=[.6, .3, .1])
LOSS = r.exponential(1, (LOGGED, N)) * np.where(CLASS == 'cat', 1, 3)
write_jsonl('m.jsonl', [{'id': i, 'label': str(c)} for i, c in zip(IDS, CLASS)])
for e in range(LOGGED):
    write_jsonl('loss.%d.jsonl' % e, [{'id': i, 'epoch': e, 'loss': float(x)}
                                      for i, x in zip(IDS, LOSS[e])])

# The rules of the manual, in its order, and two more: for compare, and for ib-prune.
DEFAULTS = [('infobatch', ['--rule', 'infobatch']),
            ('infobatch:ratio=0.7', ['--rule', 'infobatch', '-r', '0.7']),
            ('infobatch:keep=0.7', ['--rule', 'infobatch', '--keep', '0.7']),
            ('infobatch:max-age=8', ['--rule', 'infobatch', '--max-age', '8']),
            ('rank', ['--rule', 'rank']),
            ('buckets:q0.2=0.75,q0.85=0.5', ['--rule', 'buckets:q0.2=0.75,q0.85=0.5']),
            ('proportional:keep=0.7', ['--rule', 'proportional', '--keep', '0.7']),
            ('random:keep=0.7', ['--rule', 'random', '--keep', '0.7'])]
OWN = [('proportional:max-age=2,scale=2,floor=0.3',
        ['--rule', 'proportional:scale=2,floor=0.3', '--max-age', '2']),
       ('infobatch:sampling=fixed,threshold=q0.7',
        ['--rule', 'infobatch:threshold=q0.7', '--sampling', 'fixed'])]


def loop(options, delta):
    """Return the weight of each visit [epoch, sample] of a run; 0 if pruned."""
    run('ib-score', '-q', '-o', 'run.npz', data=b'')
    weight = np.zeros((EPOCHS, N))
    for e in range(EPOCHS):
        run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-E', EPOCHS, '--delta', delta, *options,
            '-o', 'e.jsonl', 'm.jsonl')
        for l in map(json.loads, open('e.jsonl')):
            weight[e, IDS.index(l['id'])] = l['weight']
        if e < LOGGED:
            write_jsonl('own.jsonl', [{'id': i, 'epoch': e, 'loss': float(LOSS[e, k])}
                                      for k, i in enumerate(IDS) if weight[e, k] > 0])
            run('ib-score', '-q', '-u', 'run.npz', 'own.jsonl')
    return weight


def check(g, w, delta):
    kept = w > 0
    assert (g['visits'], g['pruned']) == (w.size, (~kept).sum()), g
    near('saved', g['saved'], (~kept).mean())
    near('max weight', g['max_weight'], w.max())
    near('mean weight', g['mean_weight'], w[kept].mean())
    deff = [k.sum() * (x ** 2).sum() / x.sum() ** 2 for x, k in zip(w, kept) if not k.all()]
    near('deff', g['deff'], np.mean(deff))
    gaps = [len(x) for k in range(N)
            for x in ''.join('x' if v else '-' for v in kept[:, k]).split('x')]
    assert g['longest_unseen'] == max(gaps), g
    near('cost', g['cost'], 2.5 * kept.mean(axis=1).sum())
    near('cost saved', g['cost_saved'], 2.5 * (~kept).mean(axis=1).sum())
    assert list(g['share_pruned']) == ['cat', 'dog', 'ox']
    for c, share in g['share_pruned'].items():
        near(c, share, (~kept[:, CLASS == c]).mean())


logs = ['loss.%d.jsonl' % e for e in range(LOGGED)]
by = ['--by', 'label', '--manifest', 'm.jsonl', '--cost-per-epoch', 2.5]
for rules, argv in ((DEFAULTS, []), (OWN, [x for s, _ in OWN for x in ('--rule', s)])):
    for delta in (0.875, 1)[:1 + (rules is OWN)]:
        got = table('ib-audit', 'compare', '-q', '-E', EPOCHS, '--delta', delta, *argv, *by, *logs)
        assert [g['options'] for g in got] == [' '.join(o) for _, o in rules], got
        for g, (_, options) in zip(got, rules):
            check(g, loop(options, delta), delta)

# The table has a line per rule and a line per value, and then says what it does not show.
text = run('ib-audit', 'compare', '-q', '-E', EPOCHS, *by, *logs).decode().splitlines()
assert len([l for l in text if '--rule ' in l]) == len(DEFAULTS)
assert [l.split()[0] for l in text if l.startswith(('cat', 'dog', 'ox'))] == ['cat', 'dog', 'ox']
assert text[-2] == 'Epochs 7 to 8 are estimated from the last losses'
assert text[-1].startswith('This table does not show') and 'infobatch-training(7)' in text[-1]
# The last row of simulate and its total line show the same percentage.
text = run('ib-audit', 'simulate', '-E', EPOCHS, *logs).decode().splitlines()
assert text[-2].endswith(text[EPOCHS].split()[-1]), text
