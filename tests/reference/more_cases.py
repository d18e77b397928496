"""More kinds of cases: keys of several parts, companions, totals, pipes, partitions."""
import random_cases
from random_inputs import Gen, NUMBERS


def key_case(g):
    """Composite, dotted and numbered keys."""
    n = g.pick([1, 4, 12])
    how = g.pick(['composite', 'dotted', 'exact', 'field', 'nested'])
    fmt = g.pick(['jsonl', 'jsonl', 'json', 'csv', 'tsv'])
    lines, known, seen = [], [], set()
    if how == 'field':
        return list_case(g)
    if how in ('dotted', 'nested'):
        fmt = g.pick(['jsonl', 'json'])
    for i in range(n):
        a = g.pick([b'wav/%d' % g.r.randrange(4), b'\xc3\xa9', b'x,y', b'q"'])
        off = g.pick([b'0', b'0.5', b'1.50', b'-0', b'1e3', b'12', b'7.0'])
        if fmt in ('csv', 'tsv') and b'\t' in a:
            continue
        ident = {'composite': a + b'\x1f' + off}.get(how, b'k%d' % i)
        if ident in seen:
            continue
        seen.add(ident)
        known.append(ident)
        if how == 'composite':
            if fmt in ('csv', 'tsv'):
                sep = b',' if fmt == 'csv' else b'\t'
                lines.append(sep.join([off, b'z', g.csv_text(a, fmt)]))
            else:
                lines.append(g.members([b'"offset":' + off,
                                        b'"path":' + g.json_text(a)]))
        elif how == 'exact':
            if fmt in ('csv', 'tsv'):
                sep = b',' if fmt == 'csv' else b'\t'
                lines.append(sep.join([b'1', b'2', ident]))
            else:
                lines.append(b'{"m":{"id":"no"},"m.id":%s}' %
                             g.json_text(ident))
        elif how == 'nested':
            lines.append(b'{"a":{"m.id":"no","m":{"id":%s}},"z":1}' %
                         g.json_text(ident))
        else:
            lines.append(g.members([b'"m":' + g.members(
                [b'"id":' + g.json_text(ident)])]))
    sep = b',' if fmt == 'csv' else b'\t'
    if fmt in ('csv', 'tsv'):
        head = [b'offset', b'z', b'path'] if how == 'composite' else \
            [b'm', b'id', b'm.id']
        data = g.ends([sep.join(head)] + lines, None, b'\n')
    elif fmt == 'json':
        data = g.array(lines)
    else:
        data = g.ends(lines, None, b'\n')
    key = {'composite': 'path,offset', 'nested': 'a.m.id'}.get(how, 'm.id')
    name = 'm.' + fmt
    g.files[name], g.fmt = data, fmt
    g.files['s.jsonl'] = g.score_rows([i for i in known if g.chance(.8)], 2)
    a = ['-s', 's.jsonl', '-e', '3', '-k', key]
    if g.chance(0.5):
        a += ['--id-field', 'sid']
    if g.chance(0.5):
        a += ['--keep-all', '--explain']
    g.commands.append(('ib-prune', a + [name], None))


def list_case(g):
    n = g.pick([1, 4, 12, 30])
    eol = g.pick([b'\n', b'\n', b'\r\n'])
    lines = []
    for i in range(n):
        lines.append(g.pick([b'utt%d /data/%d.wav', b'utt%d\t/data/%d.wav',
                             b'utt%d  x %d |', b'utt%d %d']) % (i, i))
    data = b''
    if g.chance(0.3):
        data += b'/root/folder' + eol
    head = bool(data)
    for line in lines:
        if g.chance(0.1):
            data += eol
        data += line + eol
    if g.chance(0.2):
        data = data[:-len(eol)]
    key = g.pick([None, '1', '2', '@line', '@hash'])
    g.files['m.txt'], g.fmt = data, 'list'
    a = ['-e', '3', '-f', 'list'] + (['-k', key] if key else [])
    if head:
        a += ['--header-lines', '1']
    if g.chance(0.5):
        ids = [b'utt%d' % i for i in range(n) if g.chance(.8)]
        if key == '@line':
            ids = [b'%d' % i for i in range(n)]
        g.files['s.jsonl'] = g.score_rows(ids, 2)
        a += ['-s', 's.jsonl']
    else:
        a += ['--rule', 'random']
    if g.chance(0.3) and (key in ('1', '@line') or g.chance(0.2)):
        a += ['-w', 'w.tsv']
    if g.chance(0.2):
        a += ['-U', 'rejects']
    if g.chance(0.2):
        a += ['--keep-all']
    if g.chance(0.3) and not head:
        count = data.count(b'\n') + (not data.endswith(b'\n'))
        count += g.pick([0, 0, 0, 0, 1, -1])
        g.files['other.txt'] = b''.join(b'line %d\n' % i if g.chance(.9)
                                        else b'\n' for i in range(count))
        a += ['--companion', 'other.txt:other.out']
    if g.chance(0.2):
        a += ['--split', '2', '-o', 'e.%d.txt']
        a = [{'w.tsv': 'w.%d.tsv', 'other.txt:other.out':
              'other.txt:other.%d.out'}.get(x, x) for x in a]
    g.commands.append(('ib-prune', a + ['m.txt'], None))


def header_case(g):
    """--header-lines with JSONL and CSV, with and without --companion."""
    fmt = g.pick(['csv', 'jsonl', 'tsv'])
    ids = [b'r%d' % i for i in range(g.pick([1, 5, 20]))]
    name = g.manifest('m', ids, fmt)
    k = g.pick([0, 1, 2])
    body = g.files[name]
    if body.startswith(b'\xef\xbb\xbf'):
        body = body[3:]
    g.files[name] = b'# made by hand\n' * k + body
    g.fmt = fmt
    a = ['--rule', 'random', '-e', '3', '-f', fmt, '--header-lines', str(k)]
    if g.chance(0.5):
        g.files['c.txt'] = b''.join(b'c%d\n' % i for i in range(
            len(ids) + g.pick([0, 0, 0, 1])))
        a += ['--companion', 'c.txt:c.out']
    if g.chance(0.4):
        a += ['-w', 'w.tsv']
    g.commands.append(('ib-prune', a + [name], None))


def totals_case(g):
    ids = [b'p%d' % i for i in range(g.pick([1, 3, 20]))]
    data = g.score_rows(ids, 2)
    k = g.pick([1, 2, 3])
    g.files['all.jsonl'] = data
    ext = g.pick(['jsonl', 'npz'])
    g.commands.append(('ib-score', ['--split', str(k), '-o', 'part.%d.' + ext,
                                    '--write-totals', 'totals.json', 'all.jsonl'],
                       None))
    totals = 'totals.json'
    if g.chance(0.5):
        for i in range(k):
            g.commands.append(('ib-score', [
                'part.%d.%s' % (i, ext), '--write-totals', 'totals%d.json' % i,
                '-o', 'x%d.jsonl' % i], None))
        g.commands.append(('ib-score', ['totals%d.json' % i for i in range(k)]
                           + ['--write-totals', 'totals-all.json'], None))
        totals = 'totals-all.json'
    m = g.manifest('m', ids + [b'new'], 'jsonl')
    g.fmt = 'jsonl'
    i = g.r.randrange(k)
    a = ['-e', '3', '--totals', totals, '--keep-all', '--explain',
         '--receipt', 'receipt.json']
    if g.chance(0.3):
        a += ['--rule', 'infobatch:threshold=' + g.pick(['mean', 'v0.5'])]
    elif g.chance(0.2):
        a += ['--rule', 'buckets:v0.2=0.5,mean=0.25']
    g.commands.append(('ib-prune', ['-s', 'part.%d.%s' % (i, ext), '--part',
                                    '%d/%d' % (i, k)] + a + [m], None))


def pipe_case(g):
    ids = g.some_ids(g.pick([2, 10, 30]))
    epochs = g.pick([[0], [0, 1, 2]])
    log = g.log('log', epochs, ids, fmt=g.pick(['jsonl', 'csv', 'json', 'npz',
                                                'batch']))
    fmt = g.pick(['jsonl', 'csv'])
    m = g.manifest('m', ids, fmt)
    g.fmt = fmt
    a = ['-e', '3', '--explain', '--keep-all', m]
    how = g.pick(['pipe', 'raw', 'file'])
    if how == 'pipe':
        g.commands.append(('ib-score', [log], None))
        g.commands.append(('ib-prune', ['-s', '-'] + a, 'stdout.0'))
    elif how == 'raw':
        g.commands.append(('ib-prune', ['-s', log] + a, None))
    else:
        g.commands.append(('ib-score', [log, '-o', 's.jsonl.zst'], None))
        g.commands.append(('ib-prune', ['-s', 's.jsonl.zst'] + a, None))


def format_case(g):
    """Detection of the format, with unusual file names and beginnings."""
    first = g.pick([b'id,loss', b'id\tloss', b'loss,id', b'a,b', b'x\ty',
                    b'1,2', b'\xef\xbb\xbfid,loss', b'"id",loss', b'id',
                    b'key\tloss', b'path,loss', b'foo,loss'])
    sep = b'\t' if b'\t' in first else b','
    rows = [sep.join([b'%d' % i, b'0.5']) for i in range(3)]
    name = g.pick(['x', 'x.csv', 'x.tsv', 'x.txt', 'x.jsonl'])
    g.files[name] = b'\n'.join([first] + rows) + b'\n'
    a = ['--rule', 'random', '-e', '3']
    if g.chance(0.4):
        a += ['-k', g.pick(['foo', 'a', 'x', '1', 'id', '2'])]
    if g.chance(0.5):
        g.commands.append(('ib-prune', a + [name], None))
    else:
        g.commands.append(('ib-score', a[4:] + [name], None))


def number_case(g):
    """One number in one record, in every format."""
    xs = [g.halfway() if g.chance(0.3) else g.loss() if g.chance(0.3)
          else g.pick(NUMBERS) for _ in range(60)]
    fmt = g.pick(['jsonl', 'csv', 'tsv'])
    if fmt == 'jsonl':
        data = b''.join(b'{"id":%d,"loss":%s}\n' % (i, x)
                        for i, x in enumerate(xs))
    else:
        sep = b',' if fmt == 'csv' else b'\t'
        data = b'id' + sep + b'loss\n' + b''.join(
            b'%d%s%s\n' % (i, sep, x) for i, x in enumerate(xs))
    g.files['n.' + fmt] = data
    g.commands.append(('ib-score', ['n.' + fmt], None))


def product_case(g):
    """--existing-weight multiply with existing weights of every form."""
    g.fmt = 'jsonl'
    xs = [x for x in (g.pick(NUMBERS) for _ in range(20))
          if 0 <= float(x) < 1e300 and not x.startswith(b'-')]
    g.files['m.jsonl'] = b''.join(b'{"id":%d,"weight":%s}\n' % (i, x)
                                  for i, x in enumerate(xs))
    a = ['--rule', 'random', '-e', '3', '-r', g.pick(['0.3', '0.9', '0.5'])]
    g.commands.append(('ib-prune', a + ['--existing-weight', 'multiply', '-o',
                                        'e.jsonl', 'm.jsonl'], None))
    g.commands.append(('ib-weights', ['e.jsonl'], None))
    g.commands.append(('ib-weights', ['--stats', 'e.jsonl'], None))
    g.commands.append(('ib-weights', ['-O', 'f32', 'e.jsonl'], None))


def plan_case(g):
    ids = [b'p%d' % i for i in range(g.pick([1, 3, 20]))]
    g.files['s.jsonl'] = g.score_rows(ids, 2)
    rule, a = random_cases.rule_options(g)
    a += ['-s', 's.jsonl', '-e', '3', '--dry-run']
    if g.chance(0.4):
        a.append(g.manifest('m', ids + [b'new'], 'jsonl'))
    g.fmt = 'jsonl'
    g.commands.append(('ib-prune', a, None))


def weight_text(g):
    k = g.r.random()
    if k < 0.8:
        return g.weight()
    return g.pick([b'1e-5', b'1e16', b'12345678901234567', b'0.1', b'3.3e-310',
                   b'1e100', b'0.30000000000000004', b'2.5e0'])


def direct_case(g):
    """Hand-made epoch manifests for ib-weights and --expect."""
    n = g.pick([0, 1, 5, 20])
    fmt = g.pick(['list', 'tsvlist', 'jsonl', 'csv', 'tsv', 'json'])
    ids = [b'k%d' % i if g.chance(.7) else b'k %d' % i for i in range(n)]
    rows = [(i, weight_text(g)) for i in ids]
    odd = g.pick([None] * 6 + [b'', b'x', b'NaN', b'inf', b'-1', b'null'])
    if odd is not None and rows:
        j = g.r.randrange(n)
        rows[j] = (rows[j][0], odd)
    field = g.pick([b'weight', b'weight', b'w'])
    g.fmt = 'list' if 'list' in fmt else fmt
    name = 'm.' + {'list': 'txt', 'tsvlist': 'tsv'}.get(fmt, fmt)
    if 'list' in fmt:
        data = b''.join(i + b'\t' + w + b'\n' for i, w in rows)
    elif fmt in ('csv', 'tsv'):
        sep = b',' if fmt == 'csv' else b'\t'
        data = b''.join(a + sep + b'z' + sep + b + b'\n'
                        for a, b in [(b'id', field)] + rows)
        if fmt == 'csv':
            data = data.replace(b'id,z', b'id,"z"')
    else:
        out = [b'{"id":%s,"%s":%s}' % (g.json_text(i), field,
                                       w if w not in (b'', b'x') else b'"x"')
               for i, w in rows]
        data = g.array(out) if fmt == 'json' else b''.join(
            x + b'\n' for x in out)
    g.files[name] = data
    a = [] if field == b'weight' or 'list' in fmt else ['--weight-field', 'w']
    if g.chance(0.35):
        log = b''.join(b'{"id":%s,"loss":1}\n' % g.json_text(i) for i in ids
                       if g.chance(0.9))
        g.files['log.jsonl'] = log
        g.commands.append(('ib-score', a + ['--expect', name, '--max-missing',
                                            g.pick(['0', '1', '20%']),
                                            'log.jsonl'], None))
        return
    if odd in (b'NaN', b'inf', b'-1') or g.chance(0.2):
        a += ['--check', '--total', str(g.pick([n, n + 1, 2 * n, 50]))]
    elif g.chance(0.3):
        a += ['--stats', '--batch', '4', '--total', str(n + 3)]
    else:
        a += ['-O', g.pick(['text', 'tsv', 'jsonl', 'npy', 'npz', 'f32'])]
    g.commands.append(('ib-weights', a + [name], None))


CASES = [direct_case, direct_case, plan_case, key_case, key_case, list_case, list_case, header_case, totals_case,
         pipe_case, format_case, number_case, product_case]


def more_case(seed):
    g = Gen(seed)
    g.pick(CASES)(g)
    return g


def fuzz_case(seed):
    """A case of another family with a few bytes of one text changed."""
    pick = Gen(seed + '/kind')
    g = random_cases.FAMILIES[pick.pick(['score', 'score', 'prune', 'weights',
                                  'more'])](seed)
    names = [n for n, d in g.files.items()
             if d and n.endswith(('.jsonl', '.json', '.csv', '.tsv', '.txt'))]
    if not names:
        return g
    name = g.pick(names)
    data = bytearray(g.files[name])
    for _ in range(g.pick([1, 1, 2, 4])):
        i = g.r.randrange(len(data) + 1)
        how = g.r.random()
        if how < 0.35:
            data[i:i + 1] = b''
        elif how < 0.6:
            data[i:i] = bytes([g.pick(b'{}[]",:\\\r\n\t 0123456789.eE+-nulaNiI'
                                      b'\0\x7f\xff')])
        elif how < 0.8:
            data[i:i + 1] = bytes([g.r.randrange(256)])
        elif how < 0.9:
            j = g.r.randrange(len(data) + 1)
            data[i:i] = data[j:j + 20]
        else:
            del data[i:i + 20]
        if not data:
            break
    g.files[name] = bytes(data)
    return g


random_cases.FAMILIES['more'] = more_case
random_cases.FAMILIES['fuzz'] = fuzz_case
