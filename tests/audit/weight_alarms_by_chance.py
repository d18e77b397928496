"""The alarm on the sum of the weights uses the standard error of this sum. A correct run of 1000
samples and 300 epochs has as few alarms as the binomial distribution predicts. Lost weights
cause an alarm.

Independent computation: the number of kept eligible samples is binomial, so the standard
error and the probability of each deviation follow from scipy.stats.binom."""
import json
import math

import numpy as np
from scipy.stats import binom

from common import Log, near, run, table, write_jsonl

N, EPOCHS, LIMIT = 1000, 300, 4
RATIOS = 0.5, 0.9  # r of the default rule
IDS = ['s/%04d' % i for i in range(N)]
loss = np.float32(np.random.default_rng(23).lognormal(size=N))
low = int(np.sum(loss < loss.mean(dtype=np.float64)))


def metrics(log):
    text = run('ib-audit', 'metrics', '-q', log).decode().split('\n')
    pairs = [l.rsplit(' ', 1) for l in text if l and l[0] != '#']
    return {k.split('{')[0].replace('ib_prune_', ''): float(v)
            for k, v in pairs if 'outcome' not in k}


def probability(sigmas, error, weight):
    """Return P(|sum of the weights - N| > sigmas * error). An eligible sample is kept with its
    weight or adds 0."""
    kept = np.arange(low + 1)
    off = np.abs(kept * weight - low)
    return binom.pmf(kept, low, 1 / weight)[off > sigmas * error].sum()


def check_chance(rows, ratio):
    weight = 1 / (1 - ratio)
    error = math.sqrt(low * ratio / (1 - ratio))
    for s in rows:
        near('weight_error', s['weight_error'], error, 1e-12)
        near('weight_off', s['weight_off'], (s['weight_sum'] - N) / error, 1e-9, 1e-9)
    for sigmas in 1, 2, 3, LIMIT:
        alarms = sum(abs(s['weight_off']) > sigmas for s in rows)
        p = probability(sigmas, error, weight)
        least, most = binom.ppf([1e-6, 1 - 1e-6], EPOCHS, p)
        assert least <= alarms <= most, (ratio, sigmas, alarms, least, most)
    assert most <= 3, most  # alarms in 300 epochs, which chance alone may cause
    percent = sum(abs(s['weight_sum'] - N) > 0.02 * N for s in rows)
    assert percent > EPOCHS / 4, percent  # a limit of 2 % would alarm all the time


write_jsonl('m.jsonl', [{'id': i} for i in IDS])
write_jsonl('loss.jsonl', [{'id': i, 'epoch': 0, 'loss': float(l)} for i, l in zip(IDS, loss)])
run('ib-score', '-o', 's.npz', 'loss.jsonl')
for ratio in RATIOS:
    log = '%g.audit.zst' % ratio
    for e in range(1, EPOCHS + 1):
        run('ib-prune', '-q', '-s', 's.npz', '-e', e, '-r', ratio, '-a', log, '-o',
            'epoch.jsonl', 'm.jsonl')
    rows = table('ib-audit', 'summary', '--errors', log)
    check_chance(rows, ratio)
    m = metrics(log)
    assert m['last_run_weights'] == rows[-1]['weight_sum']
    assert m['last_run_weights_expected'] == N
    near('error', m['last_run_weights_error'], rows[-1]['weight_error'])
    near('deviation', m['last_run_weights_deviation'], rows[-1]['weight_off'])

# The weights of the last epoch are lost, so each kept sample has weight 1.
damaged = Log('0.5.audit.zst')
last = json.loads(damaged.runs[-1][-1])
damaged.edit(-1, -1, weight_sum=float(last['kept']))
damaged.chain()
damaged.write('damaged.audit.zst')
rows = table('ib-audit', 'summary', '--errors', 'damaged.audit.zst')
assert rows[-1]['weight_off'] < -LIMIT and \
    sum(abs(s['weight_off']) > LIMIT for s in rows[:-1]) <= 3
assert metrics('damaged.audit.zst')['last_run_weights_deviation'] < -LIMIT
assert b'tile bad' in run('ib-audit', 'report', 'damaged.audit.zst')
assert b'tile bad' not in run('ib-audit', 'report', '0.5.audit.zst')

# A biased rule alarms too: its standard error is 0, but the sum is not the number of samples.
run('ib-prune', '-q', '-s', 's.npz', '-e', 1, '--rule', 'hard', '-a', 'hard.zst', '-o', 'o',
    'm.jsonl')
assert metrics('hard.zst')['last_run_weights_deviation'] == -math.inf
assert b'tile bad' in run('ib-audit', 'report', 'hard.zst')

# The weight field of one record of an epoch manifest is lost.
lines = open('epoch.jsonl').read().splitlines()
k = next(i for i, l in enumerate(lines) if json.loads(l)['weight'] != 1)
record = json.loads(lines[k])
del record['weight']
lines[k] = json.dumps(record)
open('lost.jsonl', 'w').write('\n'.join(lines) + '\n')
run('ib-weights', '--check', '--base', 'm.jsonl', 'epoch.jsonl')
out, err = run('ib-weights', '--check', '--base', 'm.jsonl', 'lost.jsonl', status=65, keep=True)
assert 'lost.jsonl:%d: ' % (k + 1) in err, err
