"""The results of ib-audit simulate equal those of a loop over the samples."""
import math
from fractions import Fraction

import numpy as np

from common import near, table, u_of, write_jsonl

r = np.random.default_rng(11)
ids = ['s/%d' % i for i in range(400)]
epochs, horizon = 7, 9
logs = {e: {i: float(np.float32(r.exponential(2 / (e + 1)))) for i in ids
            if r.random() < 0.97} for e in range(epochs)}
for e in range(epochs):
    write_jsonl('loss.%d.jsonl' % e,
                [{'id': i, 'epoch': e, 'loss': x} for i, x in logs[e].items()])
samples = list(dict.fromkeys(i for e in range(epochs) for i in logs[e]))


def simulate(ratio, rule, threshold, delta, max_age, seed):
    score, seen = {}, {}
    for e in range(horizon):
        full = e + 1 > delta * horizon + 1e-9
        known = sorted(score.values())
        t = None
        if known and rule == 'infobatch':
            t = float(sum(Fraction(x) for x in known) / len(known))
            if threshold:
                t = known[max(math.ceil(Fraction(threshold) * len(known)), 1)
                          - 1]
        kept, weights = [], Fraction(0)
        for i in samples:
            pi = 1.0
            if not full and (rule == 'random' or
                             (i in score and score[i] < t)):
                pi = float('%.15g' % (1 - ratio))
                if max_age and i in seen and e - seen[i] >= max_age:
                    pi = 1.0
            if pi == 1 or u_of(seed, e, i) < pi:
                kept.append(i)
                weights += Fraction(1 / pi)
        yield {'epoch': e, 'samples': len(samples), 'kept': len(kept),
               'pruned': len(samples) - len(kept), 'threshold': t,
               'weight_sum': float(weights)}
        for i in kept:
            if e in logs and i in logs[e]:
                score[i], seen[i] = logs[e][i], e


for ratio, rule, threshold, delta, age, seed in (
        (0.5, 'infobatch', None, 0.875, 0, 0),
        (0.9, 'infobatch', '0.7', 0.9, 2, 5),
        (0.3, 'random', None, 1.0, 3, 1)):
    text = rule + ':threshold=q' + threshold if threshold else rule
    options = ['-E', horizon, '-r', ratio, '--rule', text, '--delta', delta,
               '--seed', seed]
    if age:
        options += ['--max-age', age]
    got = table('ib-audit', 'simulate', *options,
                *['loss.%d.jsonl' % e for e in range(epochs)])
    want = list(simulate(ratio, rule, threshold, delta, age, seed))
    assert got == want, [(g, w) for g, w in zip(got, want) if g != w][0]
assert sum(w['pruned'] for w in want) > 0
