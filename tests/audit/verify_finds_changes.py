"""ib-audit verify accepts an unchanged log and finds each kind of change."""
import json
import os
import subprocess
import sys

from common import BIN, Log, run, u_of, write_jsonl

IDS = ['train/%d' % i for i in range(60)]
write_jsonl('m.jsonl', [{'id': i} for i in IDS])


def make(*options):
    """Make a log with the runs of three epochs; the scores of epoch E are in s.E.jsonl."""
    for e in range(1, 4):
        write_jsonl('s.%d.jsonl' % e,
                    [{'id': i, 'score': (k * 7 % 60 + e) / 16, 'epoch': e - 1,
                      'visits': 1} for k, i in enumerate(IDS)])
        run('ib-prune', '-q', '-s', 's.%d.jsonl' % e, '-e', e, '-a', 'log.zst',
            '-o', 'out', *options, 'm.jsonl')
    log = Log('log.zst')
    os.unlink('log.zst')
    return log


def verify(log, status, what, *options):
    log.write('t.zst')
    p = subprocess.run([os.path.join(BIN, 'ib-audit'), 'verify', 't.zst',
                        *options], capture_output=True)
    if p.returncode != status or (status > 0) != bool(p.stderr):
        sys.exit('%s: exit %d, not %d: %s' % (what, p.returncode, status,
                                              p.stderr.decode()))
    return p.stderr.decode()


def line_of(log, r, kept):
    for n, l in enumerate(log.runs[r][1:-1], 1):
        if json.loads(l)['kept'] is kept:
            return n


def lines(log):
    """Change single lines and headers, and compute all hashes again."""
    def flip_decision(x):
        n = line_of(x, 1, False)
        x.edit(1, n, kept=True)
        t = json.loads(x.runs[1][-1])
        pi = json.loads(x.runs[1][n])['pi']
        x.edit(1, -1, kept=t['kept'] + 1, pruned=t['pruned'] - 1,
               weight_sum=t['weight_sum'] + 1 / pi)

    def remove_line(x):
        del x.runs[1][line_of(x, 1, True)]

    def remove_pruned_line(x):
        del x.runs[1][line_of(x, 1, False)]

    def repeat_line(x):
        n = line_of(x, 1, True)
        x.runs[1].insert(n, x.runs[1][n])

    def repeat_pruned_line(x):
        n = line_of(x, 1, False)
        x.runs[1].insert(n + 3, x.runs[1][n])
        t = json.loads(x.runs[1][-1])
        x.edit(1, -1, pruned=t['pruned'] + 1, samples=t['samples'] + 1)

    yield 'a flipped decision', flip_decision
    yield 'a line removed', remove_line
    yield 'a pruned line removed', remove_pruned_line
    yield 'a line doubled', repeat_line
    yield 'a line doubled and counted', repeat_pruned_line
    yield 'a seed', lambda x: x.edit(1, 0, seed=1)
    yield 'an epoch', lambda x: x.edit(1, 0, epoch=5)
    yield 'a pi', lambda x: x.edit(1, 1, pi=0.51)
    yield 'a threshold', lambda x: x.edit(1, 0, threshold=0.2)
    yield 'a score above', lambda x: x.edit(1, 1, score=100.0)
    yield 'an unknown score', lambda x: x.edit(1, 1, score=None)
    for k in ('samples', 'kept', 'pruned'):
        yield k, lambda x, k=k: x.edit(
            1, -1, **{k: json.loads(x.runs[1][-1])[k] + 1})
    yield 'a weight', lambda x: x.edit(
        1, -1, weight_sum=json.loads(x.runs[1][-1])['weight_sum'] + 1)


def changed_lines():
    log = make()
    verify(log, 0, 'the log as it was written again')
    for what, change in lines(log):
        x = log.copy()
        change(x)
        verify(x, 1, what + ', hashes as they were')
        x.chain()
        err = verify(x, 1, what)
        assert 't.zst: the run of epoch' in err, err
    # A change that affects no decision is found only by the digest.
    x = log.copy()
    x.edit(1, 1, score=json.loads(x.runs[1][1])['score'] / 2)
    assert 'xxh3' in verify(x, 1, 'a score below')
    # The same is true for an id, unless the u of the new id would change the decision.
    x = log.copy()
    x.edit(1, line_of(x, 1, False), id='x7')
    verify(x, 1, 'another id')
    # Complete runs are removed, repeated or exchanged. Each run keeps its own hashes.
    a, b, c = log.runs
    for what, runs in (('first removed', [b, c]), ('middle removed', [a, c]),
                       ('repeated', [a, b, b, c]), ('first repeated', [a, a, b, c]),
                       ('exchanged', [b, a, c]), ('exchanged', [a, c, b])):
        x = log.copy()
        x.runs = [list(r) for r in runs]
        assert 'prev' in verify(x, 1, what) or what == 'first repeated'
    # The first run of an appended log refers to no earlier run, so joined logs are valid.
    other = make('--seed', '9')
    x = log.copy()
    x.runs += other.runs
    verify(x, 0, 'two logs')


def types():
    """A member of the wrong type is invalid data, even if all hashes are correct."""
    wrong = {'ib_audit': ['1', None, True], 'epoch': ['1', 1.5, -2, None],
             'rule': [1, 'none', None, []], 'seed': ['0', 0.5, None, {}],
             'ratio': ['0.5', True, None], 'warmup': ['0', 0.5, None],
             'epochs': ['9', 0.5, True], 'delta': ['1', None], 'full_from': ['x', 1.5],
             'threshold': ['1', True, []], 'threshold_spec': [1, True], 'buckets': [3, []],
             'keep': [0.5, {}], 'scale': [1], 'c': ['1'], 'floor': ['0.1', None],
             'proxy': [1, 'none', None], 'max_age': ['1', 0.5], 'sampling': [True, 'x', None],
             'part': [1, '1', '3/3', 'a/b'], 'duplicates': [1, True],
             'cuts': [3.5, 'x', {}, {'a': [1, 0.5]}, [[1]], [[1, 0.5, 2]], [['1', 0.5]], [1],
                      [{'a': 1, 'b': 0.5}]],
             'groups': [3.5, 'x', {}, {'a': 1}, [1], [{'pi': '0.5', 'n': 2, 'k': 1}],
                        [{'pi': 0.5, 'n': 2.5, 'k': 1}], [{'pi': 0.5}]],
             'scores': [1, 'x', 'A' * 32], 'totals': [True, '0' * 31]}
    tail = {'end': ['1', 1.5, None], 'samples': ['60', 1.5, None, -1], 'kept': [True, [1]],
            'pruned': ['1'], 'weight_sum': ['60', None, []], 'manifest': [1, 'x', '0' * 31],
            'prev': [1, 'x', '0' * 15], 'xxh3': [1, None, 'G' * 16]}
    log = make()
    for place, table in ((0, wrong), (-1, tail)):
        for name, values in table.items():
            for value in values:
                x = log.copy()
                x.edit(1, place, **{name: value})
                if place == 0:
                    x.chain()
                err = verify(x, 65, '%s: %r' % (name, value))
                assert "'%s'" % name in err and 'invalid' in err, (name, value, err)
    # An append does not change such a log.
    for place, member, value in ((-1, 'kept', '1'), (0, 'ib_audit', '1'), (0, 'ib_audit', None),
                                 (0, 'ib_audit', -1), (0, 'ib_audit', 2)):
        x = log.copy()
        x.edit(2, place, **{member: value})
        x.write('t.zst')
        before = open('t.zst', 'rb').read()
        run('ib-prune', '-q', '-s', 's.3.jsonl', '-e', 4, '-a', 't.zst', '-o', 'out', 'm.jsonl',
            status=65)
        assert open('t.zst', 'rb').read() == before


def scores():
    log = make()
    for e in range(1, 4):
        verify(log, 0, 'its scores', '-s', 's.%d.jsonl' % e)
    write_jsonl('other.jsonl', [{'id': 'x', 'score': 1.0, 'epoch': 0,
                                 'visits': 1}])
    assert 'no run' in verify(log, 1, 'other scores', '-s', 'other.jsonl')
    x = log.copy()
    x.edit(1, 0, threshold=json.loads(x.runs[1][0])['threshold'] + 0.01)
    x.edit(1, 1, score=json.loads(x.runs[1][1])['score'] / 2)
    x.chain()
    verify(x, 0, 'consistent in itself')
    assert 'threshold' in verify(x, 1, 'threshold', '-s', 's.2.jsonl')
    x.runs[1][0] = log.runs[1][0]
    x.chain()
    assert 'score' in verify(x, 1, 'score', '-s', 's.2.jsonl')


def fixed_groups(log):
    """Change the groups of a run with --sampling=fixed."""
    def group(**changes):
        x = log.copy()
        g = json.loads(x.runs[1][0])['groups']
        g[0].update(changes)
        x.edit(1, 0, groups=g)
        x.chain()
        return x

    g = json.loads(log.runs[1][0])['groups'][0]
    assert 'requires' in verify(group(k=g['k'] + 1), 1, 'another k')
    assert 'requires' in verify(group(n=g['n'] + 4), 1, 'another n')
    # a pi that no sample has, by one unit in the last place
    assert 'in the run header has pi' in verify(group(pi=g['pi'] * (1 + 2**-52)), 1, 'another pi')
    assert "entry 1 of 'groups'" in verify(group(n=g['n'] - 2, k=g['k'] - 1), 1, 'two samples fewer')
    # two decisions are exchanged; the score file shows which line is wrong
    x = log.copy()
    a, b = line_of(x, 1, True), line_of(x, 1, False)
    x.edit(1, a, kept=False)
    x.edit(1, b, kept=True)
    x.chain()
    assert 'according to the score file' in verify(x, 1, 'exchanged', '-s', 's.2.jsonl')
    # the footer counts fewer kept samples than there are lines of kept samples
    x = log.copy()
    t = json.loads(x.runs[1][-1])
    x.edit(1, -1, kept=0, pruned=t['samples'])
    x.chain()
    verify(x, 1, 'no sample kept')


def against_scores():
    """Change numbers that the run computed from the scores, so that lines still agree with the
    header."""
    log = make('--rule', 'buckets:q0.2=0.75,q0.85=0.5')
    x = log.copy()
    cuts = json.loads(x.runs[1][0])['cuts']
    cuts[1][0] += 2**-20
    x.edit(1, 0, cuts=cuts)
    x.chain()
    assert "'cuts'" in verify(x, 1, 'cuts', '-s', 's.2.jsonl')
    for options, name in ((('--rule', 'proportional', '--keep', '0.6'), 'c'),
                          (('--keep', '0.8'), 'ratio')):
        x = make(*options)
        x.edit(1, 0, **{name: json.loads(x.runs[1][0])[name] * (1 + 2**-50)})
        x.chain()
        assert name + ' is ' in verify(x, 1, name, '-s', 's.2.jsonl')
    x = make('--sampling', 'fixed')
    g = json.loads(x.runs[1][0])['groups']
    x.edit(1, 0, groups=[dict(g[0], n=g[0]['n'] + 2, k=g[0]['k'] + 1)])
    x.chain()
    assert "'groups'" in verify(x, 1, 'groups', '-s', 's.2.jsonl')
    # a line for a sample that was not seen for long, which the run kept without a draw
    write_jsonl('age.jsonl', [{'id': i, 'score': 0.25 if k < 30 else 4, 'epoch': 0 if k == 0 else 5,
                               'visits': 1} for k, i in enumerate(IDS)])
    run('ib-prune', '-q', '-s', 'age.jsonl', '-e', 6, '--max-age', 3, '-a', 'log.zst', '-o', 'out',
        'm.jsonl')
    x = Log('log.zst')
    os.unlink('log.zst')
    verify(x, 0, 'max-age', '-s', 'age.jsonl')
    line = json.loads(x.runs[0][1])
    line.update(id=IDS[0], kept=u_of(0, 6, IDS[0]) < line['pi'])
    x.runs[0].insert(1, json.dumps(line).encode())
    x.chain()
    assert '(age)' in verify(x, 1, 'a line of a sample that was not drawn', '-s', 'age.jsonl')


def designs():
    for options in (('--rule', 'random', '-r', '0.3'),
                    ('--rule', 'buckets:q0.2=0.75,q0.85=0.5'),
                    ('--sampling', 'fixed', '-r', '0.7'),
                    ('--sampling', 'fixed', '--rule', 'buckets:q0.2=0.75,q0.85=0.5'),
                    ('--rule', 'proportional', '--keep', '0.6'),
                    ('--rule', 'proportional:scale=0.5,proxy=loss'),
                    ('--rule', 'hard',), ('--keep', '0.8'), ('-r', '0'),
                    ('--warmup', '3'), ('--part', '1/3'), ('-E', '3'),
                    ('--seed', '18446744073709551615'), ('--max-age', '1'),
                    ('--rule', 'random', '--sampling', 'fixed')):
        log = make(*options)
        verify(log, 0, options)
        for e in range(1, 4):
            verify(log, 0, options, '-s', 's.%d.jsonl' % e)
        n = max(range(3), key=lambda r: len(log.runs[r]))
        at = line_of(log, n, False)
        if at:
            x = log.copy()
            x.edit(n, at, kept=True)
            t = json.loads(x.runs[n][-1])
            x.edit(n, -1, kept=t['kept'] + 1, pruned=t['pruned'] - 1)
            x.chain()
            verify(x, 1, options)
    # With --sampling=fixed, exchanging two decisions changes no count.
    log = make('--sampling', 'fixed')
    x = log.copy()
    a, b = line_of(x, 1, True), line_of(x, 1, False)
    x.edit(1, a, kept=False)
    x.edit(1, b, kept=True)
    x.chain()
    assert 'smaller u' in verify(x, 1, 'exchanged')
    fixed_groups(log)
    against_scores()
    # Duplicates that were allowed are not an error.
    write_jsonl('m.jsonl', [{'id': i} for i in IDS + IDS[:9]])
    verify(make('--allow-duplicates'), 0, 'duplicates')


changed_lines()
types()
scores()
designs()
