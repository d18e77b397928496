"""Random cases of data sets that are a range: --range, and losses by row number."""
import io

import numpy as np

import random_cases
from random_inputs import Gen


def save(**arrays):
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def losses(g, n):
    x = np.array([g.r.expovariate(1) for _ in range(n)], g.pick(['f4', 'f8', 'f2']))
    if n and g.chance(0.15):
        x[g.r.randrange(n)] = np.nan
    return x


def log(g, name, n):
    """Write the losses of some of the n samples. In most logs, these are all samples in order."""
    rows = list(range(n))
    k = g.r.random()
    if k < 0.3:
        rows = [i for i in rows if g.chance(0.8)]
    elif k < 0.4:
        g.r.shuffle(rows)
    elif k < 0.5:
        rows += [n + 3, 10 * n + 7]
    kind = g.pick(['i8', 'i4', 'u4', 'i8'])
    g.files[name] = save(index=np.array(rows, kind), loss=losses(g, len(rows)))
    return name


def range_case(seed):
    g = Gen(seed)
    n = g.pick([0, 1, 2, 9, 10, 11, 40, 101])
    for e in range(g.pick([1, 1, 2, 3])):
        g.commands.append(('ib-score', ['-q', '-e', str(e), '-u', 'run.npz',
                                        log(g, 'loss%d.npz' % e, n)], None))
    rule, a = random_cases.rule_options(g)
    a += ['-q', '-e', '4', '-s', 'run.npz', '--range',
          str(g.pick([n, n, n, n + 5, max(0, n - 1), 0]))]
    write_options(g, a)
    g.commands.append(('ib-prune', a, None))
    if 'epoch.npz' in a and '--dry-run' not in a and g.chance(0.5):
        b = ['-q', '-e', '4', '-u', 'run.npz', '--expect', 'epoch.npz', log(g, 'loss.npz', n)]
        if g.chance(0.3):
            b += ['--max-missing', g.pick(['1', '30%'])]
        if g.chance(0.2):
            b += ['--part', '1/2']
        g.commands.append(('ib-score', b, None))
    g.fmt = 'list'
    return g


def write_options(g, a):
    end = g.pick(['.npz', '.npz', '.npz', '.npz', '.jsonl', '.csv', '.tsv', '.txt', '.npz.zst'])
    if g.chance(0.2):
        a += ['--split', str(g.pick([1, 2, 3])), '-o', 'epoch.%d' + end]
    elif g.chance(0.95):
        a += ['-o', 'epoch' + end]
    if g.chance(0.3):
        a += ['-U', g.pick(['pruned.npz', 'pruned'])]
    if g.chance(0.2):
        a += ['--receipt', 'receipt.json']
    if g.chance(0.3):
        a += ['--normalize', 'mean']
    if g.chance(0.2):
        a += ['-a', 'audit.zst']
    if g.chance(0.2):
        a += ['--keep-all']
    if g.chance(0.15):
        a += ['--part', g.pick(['0/2', '1/2', '2/3'])]
    if g.chance(0.1) and '--split' not in a:
        a += ['-w', 'w.tsv']
    if g.chance(0.1):
        a += ['--weight-field', 'w']
    if g.chance(0.1):
        a += ['--explain']
    if g.chance(0.1):
        a += ['--max-unseen', g.pick(['0', '2', '50%'])]
    if g.chance(0.1):
        a += ['-T', g.pick(['1', '2', '4'])]
    if g.chance(0.05):
        a += g.pick([['-k', 'id'], ['m'], ['--header-lines', '1'], ['--dry-run']])


random_cases.FAMILIES['range'] = range_case
