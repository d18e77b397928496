"""Random sets of options for the inputs of random_inputs.py: one case per seed."""
from random_inputs import Gen


def score_case(seed):
    g = Gen(seed)
    kind = g.pick(['fold'] * 5 + ['update', 'merge', 'split', 'expect',
                                  'expect', 'smooth', 'name'])
    odd = g.chance(0.3)
    ids = g.some_ids(g.pick([1, 3, 8, 20]), odd)
    bad = g.pick([0.0, 0.0, 0.0, 0.15])
    {'fold': fold, 'update': update, 'merge': merge, 'split': split,
     'expect': expect, 'smooth': smooth, 'name': name}[kind](g, ids, bad)
    return g


def fold_options(g, bad, terms):
    a = []
    if bad and g.chance(0.6):
        a += ['--max-bad', str(g.pick([0, 1, 3, 100]))]
    if g.chance(0.2):
        a += ['--duplicates', g.pick(['last', 'first', 'mean', 'max', 'min'])]
    if g.chance(0.2):
        a += ['--nonfinite', g.pick(['keep', 'skip', 'fail'])]
    if g.chance(0.15):
        a += ['-e', str(g.pick([0, 1, 3, 2147483647]))]
    if g.chance(0.1):
        a += ['--until', str(g.pick([0, 1, 2]))]
    if g.chance(0.1) and not bad:
        k = g.pick([1, 2, 3, 7, 2 ** 64 - 1])
        a += ['--part', '%d/%d' % (g.r.randrange(k), k)]
    if terms:
        a += ['--loss', g.pick(['cls+0.5*box', 'cls', 'box+cls', '2*cls',
                                '1e-3*cls+.5*box', 'cls+box+cls'])]
    if g.chance(0.2):
        a += ['-q']
    if g.chance(0.06):
        a += ['-k', g.pick(['@line', '@hash', 'id,step', 'x.id',
                            'step', 'note', 'id'])]
    if g.chance(0.04):
        a += ['--epoch-field', g.pick(['step', 'x.loss', 'e', 'epoch'])]
    if g.chance(0.04) and '--loss' not in a:
        a += ['--loss', g.pick(['x.loss', 'step', 'loss', '0.1*loss',
                                'loss+step', 'big'])]
    if g.chance(0.1):
        a += ['-T', g.pick(['1', '2', '4'])]
    return a


def fold(g, ids, bad):
    terms = g.chance(0.12)
    logs = [g.log('log%d' % k, [0, 1, 2, 3], ids, bad=bad, terms=terms)
            for k in range(g.pick([1, 1, 1, 2, 3]))]
    a = fold_options(g, bad, terms)
    if any(x.endswith('.npz') for x in logs) and (
            terms or {'-k', '--loss', '--epoch-field'} & set(a)):
        g.files.clear()         # its arrays have fixed names
        return fold(g, ids, bad)
    if g.chance(0.2):
        g.files['old.jsonl'] = g.score_rows(g.some_ids(5) + ids, 2)
        a += ['-s', 'old.jsonl']
        if '-e' not in a:
            a += ['-e', '2']
    stdin = None
    if len(logs) == 1 and g.chance(0.2):
        stdin = logs.pop()
        if '.csv' in stdin or '.tsv' in stdin:
            a += ['-f', stdin[-3:]]
    if g.chance(0.25):
        a += ['-o', g.pick(['out.npz', 'out.jsonl', 'out.jsonl.gz',
                            'out.jsonl.zst', 'out'])]
    if g.chance(0.1):
        a += ['--write-totals', 'totals.json']
    if stdin is None and g.chance(0.1):
        c = g.pick(['gz', 'zst', 'xz', 'bz2', 'lz4'])
        logs[0] = compress(g, logs[0], c)
    g.commands.append(('ib-score', a + logs, stdin))


def compress(g, name, how):
    import subprocess
    tool = {'gz': 'gzip', 'zst': 'zstd', 'xz': 'xz', 'bz2': 'bzip2',
            'lz4': 'lz4'}[how]
    data = g.files.pop(name)
    if g.chance(0.4):
        k = g.r.randrange(len(data) + 1)
        halves = [data[:k], data[k:]]
    else:
        halves = [data]
    out = b''.join(subprocess.run([tool, '-cq'], input=h, check=True,
                                  stdout=subprocess.PIPE).stdout
                   for h in halves)
    if g.chance(0.1):
        out = out[:-g.pick([1, 4, 9])]
    g.files[name + '.' + how] = out
    return name + '.' + how


def update(g, ids, bad):
    state = g.pick(['run.npz', 'run.jsonl', 'run'])
    for e in range(g.pick([2, 3, 4])):
        log = g.log('log%d' % e, [e], ids, bad=0)
        a = ['-e', str(e), '-u', state]
        g.commands.append(('ib-score', a + [log], None))
        if g.chance(0.4):
            g.commands.append(('ib-score', a + [log], None))
    g.commands.append(('ib-score', [state], None))


def merge(g, ids, bad):
    names = []
    for k in range(g.pick([1, 2, 3])):
        n = 'part%d.jsonl' % k
        g.files[n] = g.score_rows(g.some_ids(6) + ids, g.pick([0, 1, 3]),
                                  prev=g.chance(0.15))
        if g.chance(0.5):
            g.commands.append(('ib-score', [n, '-o', 'p%d.npz' % k], None))
            n = 'p%d.npz' % k
        names.append(n)
    if g.chance(0.3):
        names.insert(g.r.randrange(len(names) + 1),
                     g.log('log', [1, 2], ids, with_epoch=True))
    a = []
    if g.chance(0.3) and not names[0].startswith('log'):
        a = ['-s', names.pop(0)] + ['-e', '1']
    if g.chance(0.3):
        a += ['-o', 'all.npz']
    if not names:
        g.files['empty.jsonl'] = b''
        names = ['empty.jsonl']
    g.commands.append(('ib-score', a + names, None))


def split(g, ids, bad):
    logs = [g.log('log%d' % k, [0, 1, 2], ids, with_epoch=True)
            for k in range(g.pick([1, 2]))]
    k = g.pick([1, 2, 3, 5])
    suffix = g.pick(['npz', 'jsonl'])
    g.commands.append(('ib-score', ['--split', str(k), '-o',
                                    'part.%d.' + suffix] + logs, None))
    i = g.r.randrange(k)
    g.commands.append(('ib-score', ['--part', '%d/%d' % (i, k)] + logs, None))
    g.commands.append(('ib-score', ['part.%d.%s' % (j, suffix)
                                    for j in range(k)], None))


def smooth(g, ids, bad):
    b = g.pick(['0.5', '0.9', '0.1', '0', '0.333'])
    logs = [g.log('log%d' % e, [e], ids, with_epoch=True) for e in range(3)]
    how = g.pick(['one', 'chain', 'again'])
    if how == 'one':
        if g.chance(0.3):
            logs.append(g.log('log3', [0, 1, 2], ids, with_epoch=True))
        if g.chance(0.7):
            b += ' --duplicates ' + g.pick(['mean', 'mean', 'first', 'max', 'min'])
        g.commands.append(('ib-score', ['--smooth'] + b.split() + logs, None))
        return
    for log in logs + (logs[-1:] if how == 'again' else []):
        g.commands.append(('ib-score', ['--smooth', b, '-u', 'run.jsonl', log],
                           None))
    if g.chance(0.4):
        g.commands.append(('ib-score', ['run.jsonl'], None))
        g.commands.append(('ib-score', ['-s', 'run.jsonl', logs[-1]], None))


def name(g, ids, bad):
    numbers = g.r.sample(range(12), g.pick([1, 2, 3]))
    form = g.pick(['r.loss.%d', 'r2.epoch%d', 'r2-Ep_%02d', '9.e%d', 'loss-%d',
                   'r2.loss.%d', '1e3_%d', 'e2e-epoch=%d'])
    logs = [g.log(form % k, [0, 5], ids, with_epoch=g.chance(0.3),
                  fmt=g.pick(['jsonl', 'csv', 'tsv'])) for k in numbers]
    g.commands.append(('ib-score', ['-e', 'name'] + logs, None))


def expect(g, ids, bad):
    log = g.log('log', [0, 1, 2], ids, bad=bad)
    extra = g.some_ids(g.pick([0, 0, 1, 4]))
    fmt = g.pick(['jsonl', 'jsonl', 'csv', 'json', 'tsv'])
    field = g.pick([b'id', b'id', b'key', b'sid'])
    if fmt == 'tsv' and field == b'sid':
        field = b'uid'          # with another name, the .tsv would be read as a list
    mine = [i for i in ids if g.chance(0.9)]
    m = g.manifest('epoch', mine + extra, fmt, field, g.pick([0.0, 0.7]))
    a = ['--expect', m]
    if field == b'sid':
        a += ['--expect-key', 'sid']
    if g.chance(0.7):
        a += ['--max-missing', g.pick(['0', '1', '3', '50%', '33%', '90%',
                                       '12.5%', '100%'])]
    if g.chance(0.1):
        m2 = g.manifest('epoch2', g.some_ids(3), 'jsonl')
        a += ['--expect', m2]
    g.commands.append(('ib-score', a + fold_options(g, bad, False) + [log],
                       None))


# ---- ib-prune ------------------------------------------------------------

def rule_options(g):
    rule = g.pick(['infobatch'] * 5 + ['buckets', 'random', 'random',
                                       'proportional', 'proportional',
                                       'hard', 'rank'])
    a, p = [], []
    cuts = ['mean', 'median', 'q0.2', 'q0.85', 'q1', 'q0.5', 'v0.5', 'v1e-3',
            'v-1', 'q0.333333', 'v0.1']
    if rule in ('infobatch', 'hard') and g.chance(0.4):
        p.append('threshold=' + g.pick(cuts))
    if rule == 'buckets':
        p.append(g.pick(['q0.2=0.75,q0.85=0.5', 'q0.5=0.3', 'v0.1=0.9,v1=0.1',
                         'mean=0.5,q0.9=0.2', 'v2=0.5,mean=0.4',
                         'q0.1=0.5,median=0', 'q0.3=0.5,v0.4=0.7,q0.9=0.33']))
    if rule == 'rank':
        if g.chance(0.6):
            p.append('power=' + g.pick(['0', '0.5', '2', '3.7', '100',
                                        '1e-3']))
        if g.chance(0.4):
            p.append('floor=' + g.pick(['0.2', '1', '0.01']))
    if rule == 'proportional':
        if g.chance(0.5):
            a += ['--keep', g.pick(['0.3', '0.5', '0.75', '0.9', '0.05',
                                    '1', '0.123'])]
        else:
            p.append('scale=' + g.pick(['1', '0.5', '1.2', '5', '1e-3',
                                        '0.7']))
        if g.chance(0.4):
            p.append('floor=' + g.pick(['0.2', '0.25', '0.05', '1', '0.01']))
        if g.chance(0.4):
            p.append('proxy=' + g.pick(['loss', 'bounded']))
    g.r.shuffle(p)
    if rule != 'infobatch' or p:
        a += ['--rule', ':'.join([rule] + ([','.join(p)] if p else []))]
    if rule in ('infobatch', 'random'):
        k = g.r.random()
        if k < 0.4:
            a += ['-r', g.pick(['0', '0.1', '0.25', '0.3', '0.7', '0.9',
                                '0.999', '1e-3', '0.3333333333333333'])]
        elif k < 0.55:
            a += ['--keep', g.pick(['0.3', '0.5', '0.75', '0.9', '0.05',
                                    '1', '0.66667'])]
    if rule in ('infobatch', 'random', 'buckets', 'rank') and g.chance(0.25):
        a += ['--sampling', 'fixed']
    if g.chance(0.15):
        a += ['--max-age', str(g.pick([1, 2, 3]))]
    return rule, a


def when_options(g):
    e = g.pick([3, 3, 3, 4, 5, 7])
    a = ['-e', str(e)]
    k = g.r.random()
    if k < 0.1:
        a += ['-E', str(g.pick([4, 5, 8, 90]))]
        if g.chance(0.4):
            a += ['--delta', g.pick(['0.5', '1', '0', '0.9'])]
    elif k < 0.15:
        a += ['--full-from', str(g.pick([3, 4, 5]))]
    elif k < 0.2:
        a += ['--warmup', str(g.pick([1, 4, 5]))]
    if g.chance(0.3):
        a += ['--seed', str(g.pick([1, 9, 2 ** 63, 2 ** 64 - 1]))]
    return a


def prune_case(seed):
    g = Gen(seed)
    fmt = g.pick(['jsonl'] * 4 + ['csv', 'csv', 'tsv', 'json', 'list', 'tar'])
    field = b'id'
    a = []
    k = g.r.random()
    if fmt != 'list' and fmt != 'tar' and k < 0.2:
        field = g.pick([b'key', b'path', b'guid', b'sid', b'index'])
        if field == b'sid':
            a += ['-k', 'sid']
    odd = g.chance(0.2)
    n = g.pick([1, 4, 10, 40])
    ids = g.some_ids(n, odd)
    carried = g.pick([0.0] * 5 + [0.6]) if fmt != 'list' else 0.0
    bad = g.pick([0.0] * 9 + [0.05])
    names = [g.manifest('m', ids, fmt, field, carried, bad)]
    if g.chance(0.2):
        more = [b'other/%d' % j for j in range(g.r.randrange(6))]
        if fmt != 'tar':
            if fmt == 'csv' or fmt == 'tsv':
                if g.chance(0.7):
                    g.files['n.' + fmt] = again(g.files[names[0]], fmt, more)
                    names.append('n.' + fmt)
            else:
                names.append(g.manifest('n', more, fmt, field))
    known = [i for i in dict.fromkeys(ids) if g.chance(0.85)]
    if fmt == 'tar':
        known = [i for i in (tar_key(g, j, names[0]) for j in range(len(ids)))
                 if g.chance(0.8)]
        if g.chance(0.3):
            a += ['-k', '@shard']
            known = [b'm.tar/' + i for i in known]
    elif fmt != 'tar' and field == b'id' and g.chance(0.08):
        a += ['-k', g.pick(['@line', '@hash'])]
        known = [b'%d' % j for j in range(n)]
    rule, more = rule_options(g)
    a += more + when_options(g)
    known += [b'elsewhere/%d' % j for j in range(g.pick([0, 0, 3, 20]))]
    g.r.shuffle(known)
    if rule != 'random' or g.chance(0.6):
        g.files['s.jsonl'] = g.score_rows(known, g.pick([0, 2, 2, 2, 3]))
        s = 's.jsonl'
        if g.chance(0.2):
            g.commands.append(('ib-score', ['s.jsonl', '-o', 's.npz'], None))
            s = 's.npz'
        a += ['-s', s if g.chance(0.97) else 'absent.npz']
    write_options(g, a, names, fmt, bad)
    return g


def tar_key(g, j, name):
    data = g.files[name]
    for folder in (b'd/', b'./', b'a.b/', b'l' * 90 + b'/'):
        if folder + b'000000.' in data:
            return folder + b'%06d' % j
    return b'%06d' % j


def again(data, fmt, ids):
    """A second table with the header of the first table."""
    if data.startswith(b'\xef\xbb\xbf'):
        data = data[3:]
    head = data.split(b'\n', 1)[0].rstrip(b'\r')
    sep = b',' if fmt == 'csv' else b'\t'
    cols = [c.strip(b'"') for c in head.split(sep)]
    out = head + b'\n'
    for i in ids:
        out += sep.join(b'1' if c in (b'label', b'weight', b'note') else i
                        for c in cols) + b'\n'
    return out


def write_options(g, a, names, fmt, bad):
    text = fmt in ('jsonl', 'csv', 'tsv', 'json')
    opts = []
    base = g.chance(0.15)
    if base:
        opts += ['--existing-weight', g.pick(['multiply', 'replace'])]
    if text and g.chance(0.1):
        opts += ['--weight-field', g.pick(['w', 'custom.weight', 'a.b.c',
                                           'e.w', 'x.loss'])]
    if text and g.chance(0.12):
        opts += ['--id-field', g.pick(['sid2', 'name'])]
    if g.chance(0.3):
        opts += ['--keep-all']
    if text and g.chance(0.2):
        opts += ['--explain']
    if g.chance(0.25):
        opts += ['-U', 'rejects']
    if g.chance(0.35):
        opts += ['--receipt', 'receipt.json']
    if g.chance(0.25):
        opts += ['--normalize', g.pick(['mean', 'mean', 'none'])]
    if g.chance(0.12) and not base:
        opts = [o for o in opts if o != '--explain']
        if '--id-field' in opts:
            i = opts.index('--id-field')
            del opts[i:i + 2]
        opts += ['-w', 'w.tsv']
    if g.chance(0.1):
        opts += ['--max-unseen', g.pick(['0', '2', '50%', '10%', '99.5%'])]
    if g.chance(0.08):
        k = g.pick([2, 3, 5])
        opts += ['--part', '%d/%d' % (g.r.randrange(k), k)]
    if g.chance(0.1):
        opts += ['-a', 'audit.zst']
    if g.chance(0.07):
        opts += ['--allow-duplicates']
    suffix = {'jsonl': 'jsonl', 'list': 'txt'}.get(fmt, fmt)
    k = g.r.random()
    if k < 0.12 and '-w' not in opts and '--part' not in opts:
        opts += ['--split', str(g.pick([1, 2, 3])), '-o', 'e.%d.' + suffix]
    elif k < 0.22:
        opts += ['-o', 'out-%s']
    elif k < 0.45:
        opts += ['-o', 'e.' + suffix + g.pick(['', '', '.gz', '.zst'])]
    stdin = None
    if len(names) == 1 and g.chance(0.15) and 'out-%s' not in opts and \
            '@shard' not in a:
        stdin = names[0]
        a += ['-f', fmt]
        names = []
    if g.chance(0.2):
        opts += ['-q']
    if g.chance(0.15):
        opts += ['-T', g.pick(['1', '2', '3'])]
    g.commands.append(('ib-prune', a + opts + names, stdin))
    g.fmt = fmt


# ---- ib-weights ----------------------------------------------------------

def weights_case(seed):
    g = Gen(seed)
    fmt = g.pick(['jsonl', 'jsonl', 'jsonl', 'csv', 'tsv', 'json', 'list'])
    g.fmt = fmt
    ids = g.some_ids(g.pick([1, 5, 20]), g.chance(0.1))
    base = g.manifest('base', ids, fmt)
    known = [i for i in dict.fromkeys(ids) if g.chance(0.9)]
    g.files['s.jsonl'] = g.score_rows(known, 2)
    if g.chance(0.25) and fmt != 'list':
        m = g.manifest('direct', ids, fmt, b'id', 1.0)
    else:
        m = 'e' + ('.txt' if fmt == 'list' else '.' + fmt)
        rule, more = rule_options(g)
        a = more + ['-e', '3', '-s', 's.jsonl', '-o', m,
                    '--receipt', 'receipt.json']
        if g.chance(0.3):
            a += ['--normalize', 'mean']
        if g.chance(0.3):
            a += ['--keep-all']
        if g.chance(0.2) and fmt != 'list':
            a += ['--explain']
        g.commands.append(('ib-prune', a + [base], None))
    use = []
    if g.chance(0.4):
        use += ['--base', base]
        if g.chance(0.3):
            use += ['--index', 'index.npy']
    k = g.r.random()
    if k < 0.25:
        use += ['--stats']
        if g.chance(0.3):
            use += ['--normalize', 'mean']
            if 'direct' not in m:
                use += ['--receipt', 'receipt.json']
        if '--base' not in use and g.chance(0.5):
            use += ['--total', '50']
        if g.chance(0.5):
            use += ['--batch', g.pick(['1', '7', '64'])]
    elif k < 0.45:
        use = [u for u in use if u not in ('--index', 'index.npy')]
        if '--base' not in use:
            use += ['--base', base]
        use += ['--check']
        if 'direct' not in m and g.chance(0.5):
            use += ['--receipt', 'receipt.json']
    else:
        use += ['-O', g.pick(['text', 'tsv', 'jsonl', 'npy', 'npz', 'f32'])]
        if g.chance(0.2):
            use += ['--normalize', g.pick(['none', 'mean', 'sum:100'])]
        if g.chance(0.3):
            use += ['-o', 'w.out']
    g.commands.append(('ib-weights', use + [m], None))
    return g


FAMILIES = {'score': score_case, 'prune': prune_case, 'weights': weights_case}
