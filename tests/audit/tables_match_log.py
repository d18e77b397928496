"""The tables of ib-audit summary, show and list agree with the lines of the log."""
import json
import math
import os
import re
import subprocess
from fractions import Fraction

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
# Return to epoch 3, and continue with other samples. The tables use the last run of each epoch.
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
log_epochs = [json.loads(r[0])['epoch'] for r in Log('log.zst').runs]


def why_kept(ident, e):
    """Return the columns fate and why of a sample without a line, as defined in ib-audit(1)."""
    head, s = runs[e][0], score[ident]
    at = max(i for i, x in enumerate(log_epochs) if x == e)
    if e + 1 > head['delta'] * head['epochs'] + 1e-9:
        return 'kept', 'anneal'
    if head['scores'] is None:
        return 'kept', 'unseen'
    if min(log_epochs[at:] + [e + 1]) < e:
        return 'kept', 'high or unseen'
    if s['epoch'] >= e and s['visits'] == 1:
        return 'kept', 'unseen'
    if s['epoch'] >= e:  # a later epoch has replaced the score, so count the epochs that saw it
        each = [x for x in sorted(runs) if x <= s['epoch'] and not any(
            l['id'] == ident and not l['kept'] for l in runs[x][1:-1])]
        if len(each) != s['visits']:
            return 'kept', 'high or unseen'
        return 'kept', 'unseen' if e == each[0] else 'high'
    if s['score'] >= head['threshold']:
        return 'kept', 'high'
    return '-', 'not in the manifest'


reasons = set()
for ident in IDS[:30]:
    got = table('ib-audit', 'show', '-q', 'log.zst', ident, '-s', 'run.npz')
    for g, e in zip(got, sorted(runs)):
        line = [l for l in runs[e][1:-1] if l['id'] == ident]
        want = {'id': ident, 'epoch': e, 'score': None, 'pi': None, 'u': None,
                'fate': None, 'why': None, 'visits': None, 'threshold': None, 'weight': None}
        want['fate'], want['why'] = why_kept(ident, e)
        if want['fate'] == 'kept':
            want.update(weight=1.0, threshold=runs[e][0]['threshold'])
        if line:
            want.update(score=line[0]['score'], pi=line[0]['pi'],
                        u=u_of(0, e, ident), why=None,
                        fate='drawn' if line[0]['kept'] else 'pruned',
                        threshold=runs[e][0]['threshold'],
                        weight=1 / line[0]['pi'] if line[0]['kept'] else 0.0)
        assert g == want, (g, want)
        reasons.add(g['why'])
    now = got[-1]
    assert now['fate'] == 'now' and len(got) == len(runs) + 1
    for k in ('score', 'epoch', 'visits'):
        assert now[k] == score[ident][k], (now, score[ident])
assert reasons >= {None, 'unseen', 'high', 'high or unseen'}, reasons
out, err = run('ib-audit', 'show', '-e', 1, '--json', 'log.zst', 'nobody',
               keep=True)
assert '"nobody" is not in epoch 1 of the log; either the sample was not eligible' in err, err
assert (json.loads(out)[0]['fate'], json.loads(out)[0]['why']) == ('kept', 'high or unseen')
# For many ids, one of which is repeated, the rows are the same as for each id alone.
many = IDS[:100] + IDS[:1] + ['nobody']
assert table('ib-audit', 'show', '-q', 'log.zst', *many) == \
    [g for i in many for g in table('ib-audit', 'show', '-q', 'log.zst', i)]
# For an unpruned epoch, show gives the reason.
run('ib-prune', '-q', '-s', 'run.npz', '-e', 6, '--warmup', 7, '-a', 'warm.zst', '-o', 'o',
    'm.jsonl')
assert [(g['fate'], g['why']) for g in table('ib-audit', 'show', '-q', 'warm.zst', IDS[1])] == \
    [('kept', 'warmup')]
# The log of a partition has lines only for its own samples.
run('ib-prune', '-q', '-s', 'run.npz', '-e', 6, '--part', '0/2', '-a', 'part.zst', '-o', 'o',
    'm.jsonl')
mine = {json.loads(l)['id'] for l in open('o')}
for ident in set(IDS) - mine:
    got = table('ib-audit', 'show', '-q', 'part.zst', ident)[0]
    assert got['fate'] == 'pruned' or got['why'] == 'in another partition', got



def words(epochs, every):
    """Return '2, 5 and 7 to 9': three or more adjacent epochs are a range."""
    parts, run_of = [], []
    for e in every + [None]:
        if e in epochs:
            run_of.append(e)
            continue
        parts += ['%d to %d' % (run_of[0], run_of[-1])] if len(run_of) > 2 else map(str, run_of)
        run_of = []
    return ' in epoch%s ' % ('s' if len(epochs) > 1 else '') + (
        ', '.join(parts[:-1]) + ' and ' + parts[-1] if len(parts) > 1 else parts[0])


def sentence(ident):
    """Return the sentence of show about an id, computed from the lines of the log."""
    of = {'pruned': [], 'drawn': [], 'high or unseen': [], 'unseen': []}
    for e in sorted(runs):
        line = [l for l in runs[e][1:-1] if l['id'] == ident]
        of[('drawn' if line[0]['kept'] else 'pruned') if line else
           'high or unseen' if runs[e][0]['threshold'] is not None else 'unseen'].append(e)
    every, parts = sorted(runs), []
    reasons = ', '.join(k + words(of[k], every) for k in ('unseen', 'high or unseen') if of[k])
    kept = len(of['unseen'] + of['high or unseen'])
    if kept == len(every):
        return ('%s is not in the log; either the sample was never eligible for pruning: kept in '
                'all %d epochs (%s), or the id is not in the manifest (--manifest FILE or -s '
                'checks this).' % (ident, kept, reasons))
    if of['pruned']:
        parts.append('was pruned%s: its score was below the mean of the scores, and u was not below pi'
                     % words(of['pruned'], every))
    if of['drawn']:
        parts.append('%skept by its draw with weight 2%s' % (
            '' if of['pruned'] else 'was never pruned: ', words(of['drawn'], every)))
    parts.append('not eligible in the other %d epoch%s (%s)' % (kept, '' if kept == 1 else 's', reasons))
    return ident + ' ' + '; '.join(parts) + '.'


for ident in IDS[:40] + ['nobody']:
    got = run('ib-audit', 'show', '-q', 'log.zst', ident).decode().splitlines()
    assert got[-1] == sentence(ident), (got[-1], sentence(ident))
    assert ('never eligible' in got[-1]) == (len(got) == 1), got


assert run('ib-audit', 'show', '-q', '-e', 99, 'log.zst', 'x').decode() == \
    'x has no decision: the log has no finished run of epoch 99.\n'
one = run('ib-audit', 'show', '-q', '-e', 0, 'log.zst', IDS[0]).decode()
assert one.startswith(IDS[0] + ' is not in epoch 0 of the log; either the sample was not eligible '
                      'for pruning: kept (unseen in epoch 0), or'), one

# An id that is neither in the log nor in the manifest: the nearest ids, by Levenshtein distance.
def distance(a, b):
    row = range(len(b) + 1)
    for i, x in enumerate(a, 1):
        last, row = row, [i]
        for j, y in enumerate(b, 1):
            row.append(min(row[-1] + 1, last[j] + 1, last[j - 1] + (x != y)))
    return row[-1]


some = runs[5][1]['id']
names = ['a%dword%d' % (k, k * k % 97) for k in range(50)]
write_jsonl('names.jsonl', [{'id': i} for i in names])
for near in ('a5word2', 'aword9', 'a12wrd47', 'b30word27'):
    out, err = run('ib-audit', 'show', 'log.zst', near, some, '--manifest', 'names.jsonl',
                   status=1, keep=True)
    got = err.split('nearest: ')[1].split(')')[0].replace('"', '').split(', ')
    best = [d for d in sorted(distance(near, i) for i in names)[:3] if d <= 1 + len(near) // 3]
    assert [distance(near, i) for i in got] == best, (near, got, best)
    assert some in out.decode() and near not in out.decode()
for also in (['-s', 'run.npz'], ['--manifest', 'm.jsonl'], ['--manifest', 'less.jsonl', '-s', 'run.npz']):
    err = run('ib-audit', 'show', 'log.zst', 's/05', 'far away', *also, status=1, keep=True)[1]
    assert '2 ids are not in the log' in err and '"far away"' in err, err
    near = re.findall(r'nearest: ([^)]*)', err)[0].split(', ')
    assert '"s/005"' in near and len(set(near)) == len(near), err

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

# If an id has several lines in an epoch, the epoch is counted once.
write_jsonl('twice.jsonl', [{'id': i} for i in IDS[:40] + IDS[:20] + IDS[:5]])
for e in (6, 7, 8):
    run('ib-prune', '-q', '--rule', 'random', '-e', e, '--allow-duplicates', '-a', 'twice.zst',
        '-o', 'o', 'twice.jsonl')
kept_in = {}
for lines in Log('twice.zst').runs:
    head = json.loads(lines[0])
    for l in map(json.loads, lines[1:-1]):
        kept_in.setdefault(l['id'], {})[head['epoch']] = l['kept']
for got in table('ib-audit', 'list', '-q', 'twice.zst'):
    kept = kept_in[got['id']]
    assert got['pruned'] == sum(not k for k in kept.values()), (got, kept)
    assert got['drawn'] == sum(kept.values()), (got, kept)
    assert got['last'] == max((e for e, k in kept.items() if not k), default=None), (got, kept)

# ---- the receipt and the log have the same variance: exact sums that are rounded once
for k, options in enumerate((['--rule', 'random', '-r', '0.3'], ['-r', '0.7'],
                             ['--rule', 'buckets:q0.2=0.75,q0.85=0.5'])):
    run('ib-prune', '-q', '-s', 'run.npz', '-e', 6 + k, '--sampling', 'fixed', *options,
        '--receipt', 'receipt.json', '-a', 'fixed.zst', '-o', 'o', 'less.jsonl')
    head = json.loads(Log('fixed.zst').runs[-1][0])
    variance = Fraction(0)
    lines = [json.loads(l) for l in Log('fixed.zst').runs[-1][1:-1]]
    for g in head['groups']:
        m = sum(l['pi'] == g['k'] / g['n'] and l['score'] is not None for l in lines)
        if g['n'] > 1:
            variance += Fraction(m * (g['n'] - m) * (g['n'] - g['k']), g['k'] * (g['n'] - 1))
    receipt = json.load(open('receipt.json'))
    error = table('ib-audit', 'summary', '-q', 'fixed.zst', '--errors')[-1]['weight_error']
    assert error == math.sqrt(receipt['weight_var']), (error, receipt['weight_var'])
    if len(head['groups']) == 1 and options[0] != '--rule':
        assert receipt['weight_var'] == float(variance), (receipt, variance)

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
    # No id is shortened, because the output is a pipe.
    assert argv[0] not in ('show', 'list') or 'long' * 30 in text, argv
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
