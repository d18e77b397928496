"""Cases with inputs of a few MB, whose records cross the borders of blocks."""
import random_cases
from random_inputs import Gen

UNITS = [b'y', b'\\"', b'\\\\', b'}{', b'\\u00e9', b'\xc3\xa9', b'[,]', b' ']
QUOTED = [b'"%s"', b'"a\n%s"', b'"%s\r\n,"', b'""""']


def pad(g):
    """Long text with bytes that could mislead the code that divides the input into blocks."""
    unit = g.pick(UNITS)
    size = g.pick([100, 5000, 70000, 300000, 1 << 20])
    return unit * (size // len(unit) + g.r.randrange(20))


def row_of(g, fmt, i):
    ident, x = b'id/%d' % (i // g.pick([1, 1, 2])), g.loss()
    if fmt in ('jsonl', 'json'):
        return b'{"id":"%s","pad":"%s","loss":%s}' % (ident, pad(g), x)
    if fmt == 'batch':
        k = g.pick([1, 100, 20000])
        return b'{"ids":[%s],"losses":[%s]}' % (
            b','.join(b'%d' % (i * k + j) for j in range(k)),
            b','.join([x] * k))
    if fmt == 'csv':
        p = g.pick(QUOTED).replace(b'%s', pad(g).replace(b'"', b'""'))
        return b'%s,%s,%s' % (ident, p, x)
    if fmt == 'tsv':
        return b'%s\t%s\t%s' % (ident, pad(g), x)
    if fmt == 'list':
        return b'%d' % i + pad(g).rstrip()
    return b'{"id":%d,"loss":%s}' % (i, x)


def big_case(seed):
    g = Gen(seed)
    fmt = g.pick(['jsonl', 'csv', 'tsv', 'json', 'batch', 'list', 'tiny'])
    g.fmt = 'json' if fmt == 'json' else 'jsonl'
    eol = g.pick([b'\n', b'\n', b'\r\n'])
    rows, total = [], 0
    want = g.pick([1, 2, 3, 5]) << 20
    while total < want and len(rows) < 30000:
        rows.append(row_of(g, fmt, len(rows)))
        total += len(rows[-1]) + 1
    if fmt in ('csv', 'tsv'):
        sep = b',' if fmt == 'csv' else b'\t'
        rows.insert(0, sep.join([b'id', b'pad', b'loss']))
    data = g.array(rows) if fmt == 'json' else \
        eol.join(rows) + g.pick([eol, b''])
    if g.chance(0.15):
        data = data[:g.r.randrange(len(data))]
    name = 'big.' + {'batch': 'jsonl', 'tiny': 'jsonl', 'list': 'txt'}.get(
        fmt, fmt)
    g.files[name] = data
    if g.chance(0.3):
        name = random_cases.compress(g, name, g.pick(['gz', 'zst', 'lz4']))
    threads = ['-T', g.pick(['1', '2', '3'])]
    if fmt == 'batch' or fmt != 'list' and g.chance(0.5):
        g.commands.append(('ib-score', threads + [name], None))
        return g
    a = ['--rule', 'random', '-e', '1', '--allow-duplicates']
    if fmt in ('jsonl', 'json') and g.chance(0.3):
        a += ['-k', g.pick(['@line', '@hash'])]
    if g.chance(0.3):
        a += ['-U', 'rejects']
    g.commands.append(('ib-prune', a + threads + [name], None))
    return g


random_cases.FAMILIES['big'] = big_case
