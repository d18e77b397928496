"""On real loss logs, the loop prunes what ib-audit simulate predicts. drift gives
an alarm only if the losses shift. The suspects and the size of the log are as
expected."""
import json
import os

from common import Log, run, table, unzstd

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    '../../testdata/fashion')
E, EVERY = 16, 6  # use every sixth sample, so that the test takes only seconds

with open('m.jsonl', 'wb') as f:
    f.writelines(unzstd(DATA + '/base.jsonl.zst').splitlines(True)[::EVERY])
chosen = {json.loads(l)['id'] for l in open('m.jsonl')}
full = []
for e in range(E):
    full.append('full.%d.jsonl' % e)
    with open(full[-1], 'wb') as f:
        for l in unzstd('%s/log-%03d.jsonl.zst' % (DATA, e)).splitlines(True):
            if json.loads(l)['id'] in chosen:
                f.write(l)


def alarms(*logs):
    return [d['epoch'] for d in table('ib-audit', 'drift', '-q', *logs)
            if d['alarm']]


# A run that learns causes no alarm. If the losses of all samples or of a fraction of them rise from
# epoch 10 on, there is an alarm if the rise is as large as the manual says.
SENSITIVE = ['--page-hinkley', '0.05:0.15']
assert alarms(*full) == [] and alarms(*SENSITIVE, *full) == []
for first, change, options in (
        (10, lambda x, k: x + 0.5, []), (11, lambda x, k: x + 0.3, []),
        (None, lambda x, k: x + 0.2, []), (10, lambda x, k: x * 4, []),
        (11, lambda x, k: x * 3, []), (None, lambda x, k: x * 2, []),
        (11, lambda x, k: x + 3 * (k % 10 == 0), []),
        (None, lambda x, k: x + 3 * (k % 20 == 0), []),
        (10, lambda x, k: x + 0.2, SENSITIVE),
        (10, lambda x, k: x + 3 * (k % 20 == 0), SENSITIVE),
        (None, lambda x, k: x * 2, SENSITIVE)):
    shifted = []
    for e, name in enumerate(full):
        shifted.append('shifted.%d.jsonl' % e)
        with open(shifted[-1], 'w') as f:
            for l in open(name):
                d = json.loads(l)
                if e >= 10:
                    k = int(d['id'].split('/')[1]) // EVERY
                    d['loss'] = change(d['loss'], k)
                f.write(json.dumps(d) + '\n')
    got = alarms(*options, *shifted)
    assert (got[0] if got else None) == first, (first, got)

# A loop over the same logs prunes exactly as many samples as simulate predicts.
logs = []
for e in range(E):
    run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-E', E, '-a', 'log.zst',
        '-o', 'epoch.jsonl', 'm.jsonl')
    kept = {json.loads(l)['id'] for l in open('epoch.jsonl')}
    logs.append('loss.%d.jsonl' % e)
    with open(logs[-1], 'w') as f:
        f.writelines(l for l in open(full[e]) if json.loads(l)['id'] in kept)
    run('ib-score', '-e', e, '-u', 'run.npz', logs[-1])
keys = ('epoch', 'samples', 'kept', 'pruned', 'threshold', 'weight_sum')
done = table('ib-audit', 'summary', 'log.zst')
assert [[s[k] for k in keys] for s in done] == \
    [[s[k] for k in keys]
     for s in table('ib-audit', 'simulate', '-E', E, *full)]
assert done[-1]['saved'] > 0.25

# With the weights of the audit log, the pruned run causes no alarm, and the mean losses are nearly
# those of the run on all data.
assert alarms('-a', 'log.zst', *logs) == []
weighed = table('ib-audit', 'drift', '-a', 'log.zst', *logs)
plain = table('ib-audit', 'drift', *logs)
means = [d['mean'] for d in table('ib-audit', 'drift', *full)]
for e in range(1, 14):
    assert abs(weighed[e]['mean'] / means[e] - 1) < 0.1, (e, weighed[e])
    assert plain[e]['mean'] > 1.15 * means[e], (e, plain[e])

# The log has less than 12 bytes per decision.
decisions = sum(len(r) - 2 for r in Log('log.zst').runs)
assert os.path.getsize('log.zst') < 12 * decisions
