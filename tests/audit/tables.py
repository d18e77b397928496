"""summary, show and list against the lines of the log."""
import json
import os
import subprocess

import numpy as np

from common import BIN, Log, near, run, table, u_of, write_jsonl

IDS = ['s/%03d' % i for i in range(120)] + ['c\x01\x7f' + 'long' * 30]
r = np.random.default_rng(5)


def epoch(e, *options, manifest='m.jsonl'):
    run('ib-prune', '-q', '-s', 'run.npz', '-e', e, '-E', 9, '-a', 'log.zst',
        '-o', 'epoch.jsonl', *options, manifest)
    kept = [json.loads(l)['id'] for l in open('epoch.jsonl')]
    write_jsonl('loss.%d.jsonl' % e, [
        {'id': i, 'epoch': e, 'loss': float(r.exponential(2 / (e + 1)))}
        for i in kept])
    run('ib-score', '-u', 'run.npz', 'loss.%d.jsonl' % e)


write_jsonl('m.jsonl', [{'id': i} for i in IDS])
write_jsonl('less.jsonl', [{'id': i} for i in IDS[1:]])
for e in range(6):
    epoch(e)
# Back to epoch 3, and on again with other samples: the last runs count.
run('ib-score', '--until', 2, '-o', 'run.npz',
    *['loss.%d.jsonl' % e for e in range(6)])
epoch(3, manifest='less.jsonl')
epoch(4, manifest='less.jsonl')

runs = {}
for lines in Log('log.zst').runs:
    d = [json.loads(l) for l in lines]
    runs[d[0]['epoch']] = d
    assert d[0]['epoch'] == d[-1]['end']
assert sorted(runs) == list(range(6))

# ---- summary
out, err = run('ib-audit', 'summary', 'log.zst', '--json', '--cost-per-epoch',
               2.5, keep=True)
assert err.count('different manifests') == 2, err
pruned = samples = 0
saved = 0.0
for got, e in zip(json.loads(out), sorted(runs)):
    head, tail = runs[e][0], runs[e][-1]
    pruned += tail['pruned']
    samples += tail['samples']
    saved += tail['pruned'] / tail['samples']
    want = {'epoch': e, 'samples': tail['samples'], 'kept': tail['kept'],
            'pruned': tail['pruned'],
            'share': tail['kept'] / tail['samples'],
            'threshold': head['threshold'], 'weight_sum': tail['weight_sum'],
            'saved': pruned / samples,
            'cost': 2.5 * tail['kept'] / tail['samples'],
            'cost_saved': 2.5 * saved}
    assert list(got) == list(want), got
    for k in want:
        near(k, got[k], want[k], rel=1e-15)
for got in table('ib-audit', 'summary', '-q', 'log.zst', '--errors'):
    lines = runs[got['epoch']][1:-1]
    near('weight_error', got['weight_error'],
         sum((1 - l['pi']) / l['pi'] for l in lines) ** 0.5)
assert len(table('ib-audit', 'summary', '-q', 'log.zst', '--last', 2)) == 2

# ---- show
score = {s['id']: s for s in map(json.loads, run(
    'ib-score', 'run.npz').splitlines())}
for ident in IDS[:30]:
    got = table('ib-audit', 'show', '-q', 'log.zst', ident, '-s', 'run.npz')
    for g, e in zip(got, sorted(runs)):
        line = [l for l in runs[e][1:-1] if l['id'] == ident]
        want = {'id': ident, 'epoch': e, 'score': None, 'pi': None, 'u': None,
                'fate': '-', 'visits': None}
        if line:
            want.update(score=line[0]['score'], pi=line[0]['pi'],
                        u=u_of(0, e, ident),
                        fate='drawn' if line[0]['kept'] else 'pruned')
        assert g == want, (g, want)
    now = got[-1]
    assert now['fate'] == 'now' and len(got) == len(runs) + 1
    for k in ('score', 'epoch', 'visits'):
        assert now[k] == score[ident][k], (now, score[ident])
out, err = run('ib-audit', 'show', '-e', 1, '--json', 'log.zst', 'nobody',
               keep=True)
assert 'no line of' in err and json.loads(out)[0]['fate'] == '-'

# ---- list
lines = runs[5][1:-1]
got = table('ib-audit', 'list', '-q', 'log.zst', '-e', 5)
assert [g['id'] for g in got] == [l['id'] for l in lines]
assert [g['fate'] == 'drawn' for g in got] == [l['kept'] for l in lines]
assert table('ib-audit', 'list', '-q', 'log.zst', '-e', 5, '--pruned') == \
    [g for g in got if g['fate'] == 'pruned']
low = sorted((g for g in got if g['fate'] == 'drawn'),
             key=lambda g: g['score'])
assert table('ib-audit', 'list', '-q', 'log.zst', '-e', 5, '--drawn', '--top',
             7) == low[:7]
counts = {}
for e in sorted(runs):
    for l in runs[e][1:-1]:
        c = counts.setdefault(l['id'], {'id': l['id'], 'pruned': 0,
                                        'drawn': 0, 'last': None})
        c['drawn' if l['kept'] else 'pruned'] += 1
        if not l['kept']:
            c['last'] = e
want = sorted(counts.values(), key=lambda c: -c['pruned'])
assert table('ib-audit', 'list', '-q', 'log.zst') == want
assert table('ib-audit', 'list', '-q', 'log.zst', '--top', 9) == want[:9]
assert table('ib-audit', 'list', '-q', 'log.zst', '--pruned') == \
    [w for w in want if w['pruned']]

# ---- tables
for argv in (['summary', 'log.zst', '--cost-per-epoch', '123.45'],
             ['show', 'log.zst', *IDS], ['list', 'log.zst'],
             ['list', 'log.zst', '-e', '4'],
             ['simulate', '-E', '9', '--cost-per-epoch', '1e6',
              'loss.0.jsonl', 'loss.1.jsonl'],
             ['suspects', '--min-epochs', '2', 'loss.0.jsonl',
              'loss.1.jsonl'],
             ['drift', 'loss.0.jsonl', 'loss.1.jsonl']):
    p = subprocess.run([os.path.join(BIN, 'ib-audit')] + argv + ['-q'],
                       capture_output=True,
                       env=dict(os.environ, LC_ALL='C'))
    assert p.returncode == 0, p.stderr
    text = p.stdout.decode()
    assert max(map(len, text.split('\n'))) <= 80, argv
    assert text.isascii() and '\x1b' not in text and '\x01' not in text
assert '\\x01\\x7f' in run('ib-audit', 'list', '-q', 'log.zst').decode()

# ---- terminals


def on_terminal(**env):
    master, slave = os.openpty()
    p = subprocess.Popen([os.path.join(BIN, 'ib-audit'), 'summary', '-q',
                          'log.zst'], stdout=slave, stdin=subprocess.DEVNULL,
                         env=dict(os.environ, **env))
    os.close(slave)
    text = b''
    try:
        while True:
            piece = os.read(master, 65536)
            if not piece:
                break
            text += piece
    except OSError:
        pass
    assert p.wait() == 0
    return text.decode()


for var in ('NO_COLOR', 'LC_ALL', 'LANG'):
    os.environ.pop(var, None)
text = on_terminal(TERM='xterm', LC_ALL='C.UTF-8')
assert '\x1b[1m' in text and '\u2588' in text, text
text = on_terminal(TERM='xterm', LC_ALL='C.UTF-8', NO_COLOR='1')
assert '\x1b' not in text and '\u2588' in text
text = on_terminal(TERM='xterm', LC_ALL='C')
assert '\x1b[1m' in text and text.isascii() and 'share kept' in text
assert '\x1b' not in on_terminal(TERM='dumb', LC_ALL='C')
