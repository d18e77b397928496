"""The results of ib-audit drift equal scipy's Wasserstein distance, and sums computed here."""
import math
import sys

import numpy as np
from scipy.stats import wasserstein_distance

from common import near, run, table, write_jsonl


def quantile(values, weights, share):
    order = np.argsort(values, kind='stable')
    upto = np.cumsum(weights[order])
    return float(values[order][np.argmax(upto >= share * upto[-1] - 1e-9)])


def psi(p, wp, q, wq):
    cuts = sorted({quantile(q, wq, d / 10) for d in range(1, 10)})
    edges = [-math.inf] + cuts + [math.inf]
    total = 0
    for a, b in zip(edges, edges[1:]):
        x = max(wp[(p > a) & (p <= b)].sum() / wp.sum(), 1e-4)
        y = max(wq[(q > a) & (q <= b)].sum() / wq.sum(), 1e-4)
        total += (x - y) * math.log(x / y)
    return total


def page_hinkley(means, deviations, delta=0.05, alarm=0.5):
    level = None
    for m, s in zip(means, deviations):
        if level is None or m < level - delta * unit:
            level, k, g, unit = m, 1, 0.0, s if s > 0 else 1.0
        else:
            g = max(0.0, g + (m - level) / unit - delta)
            level = (k * level + m) / (k + 1)
            k += 1
        yield g, g > alarm


def check(seed, weighted, shift, options=()):
    r = np.random.default_rng(seed)
    epochs, records = {}, []
    for e in (0, 1, 2, 4, 5, 7):
        n = int(r.integers(1, 400))
        loss = np.round(r.exponential(2.0 / (e + 1), n), 3).astype('f4')
        loss[r.random(n) < 0.3] = np.float32(0.125)
        if e >= 5:
            loss = (loss + np.float32(shift)).astype('f4')
        weight = r.choice([1.0, 2.0, 1.25], n) if weighted else np.ones(n)
        bad = r.random(n) < 0.05
        for i in range(n):
            x = {'id': str(i), 'epoch': e,
                 'loss': None if bad[i] else float(loss[i])}
            if weighted and weight[i] != 1:
                x['weight'] = float(weight[i])
            records.append(x)
        if (~bad).any():
            epochs[e] = (loss[~bad].astype('f8'), weight[~bad], int(bad.sum()))
    write_jsonl('log.jsonl', records)
    got = {d['epoch']: d for d in
           table('ib-audit', 'drift', '-q', *options, 'log.jsonl')}
    assert sorted(got) == sorted({x['epoch'] for x in records})
    names = sorted(epochs)
    ref = epochs[names[0]]
    mean = [np.average(epochs[e][0], weights=epochs[e][1]) for e in names]
    dev = [math.sqrt(np.average((epochs[e][0] - m) ** 2, weights=epochs[e][1]))
           for e, m in zip(names, mean)]
    ph = list(page_hinkley(mean, dev))
    for i, e in enumerate(names):
        v, w, bad = epochs[e]
        d = got[e]
        assert d['n'] == len(v) and d['nonfinite'] == bad, d
        near('weight_sum', d['weight_sum'], w.sum())
        near('mean', d['mean'], mean[i])
        for q in (5, 25, 50, 75, 95):
            near('q%d' % q, d['q%02d' % q], quantile(v, w, q / 100))
        near('w1_reference', d['w1_reference'],
             wasserstein_distance(v, ref[0], w, ref[1]))
        near('psi_reference', d['psi_reference'], psi(v, w, ref[0], ref[1]))
        if i:
            b = epochs[names[i - 1]]
            near('w1_before', d['w1_before'],
                 wasserstein_distance(v, b[0], w, b[1]))
            near('psi_before', d['psi_before'], psi(v, w, b[0], b[1]))
        else:
            assert d['w1_before'] is None and d['psi_before'] is None
        near('page_hinkley', d['page_hinkley'], ph[i][0])
        assert d['alarm'] == ph[i][1], (e, d, ph[i])
    return any(a for _, a in ph)


assert not any(check(s, s % 2, 0.0) for s in range(6))
assert all(check(s, s % 2, 3.0) for s in range(6))
run('ib-audit', 'drift', '-q', '--fail', 'log.jsonl', status=1)
# An epoch without a finite loss causes an alarm, and does not change the average of the test.
write_jsonl('log.jsonl', [{'id': 'a', 'epoch': e, 'loss': l} for e, l in
                          ((0, 2.0), (1, None), (2, 2.0))])
rows = table('ib-audit', 'drift', '-q', 'log.jsonl')
assert [d['alarm'] for d in rows] == [False, True, False], rows
assert rows[1]['mean'] is None and rows[2]['w1_before'] is None, rows
assert rows[2]['w1_reference'] == 0.0, rows
sys.exit(0)
