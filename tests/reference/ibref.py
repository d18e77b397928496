#!/usr/bin/python3
"""An independent, slow implementation of the commands; see README.md in this folder."""
import getopt
import os
import re
import sys
from fractions import Fraction
from types import SimpleNamespace

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from ibbase import Fail, misuse
import ibfold
import ibprune
import ibweights
import ibwrite


def raw(text):
    return text.encode('utf-8', 'surrogateescape')


def whole(low, high):
    def read(text):
        if not re.fullmatch('[0-9]{1,25}', text) or \
                not low <= int(text) <= high:
            misuse('%r is not a whole number from %d to %d' % (text, low, high))
        return int(text)
    return read


def number(test):
    def read(text):
        if not re.fullmatch(r'-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?',
                            text) or not test(float(text)):
            misuse('%r is out of range' % text)
        return float(text)
    return read


def share(text):
    number(lambda x: 0 <= x <= 1)(text)
    return Fraction(text)


def one_of(*names):
    def read(text):
        if text not in names:
            misuse('%r is not one of %s' % (text, ', '.join(names)))
        return text
    return read


def limit(text):
    """A count or P%."""
    m = re.fullmatch(r'([0-9]{1,18}(?:\.[0-9]+)?)(%?)', text)
    if not m or (not m.group(2) and '.' in m.group(1)):
        misuse('%r is neither a count nor a percentage' % text)
    return m.group(2), Fraction(m.group(1))


def part(text):
    m = re.fullmatch(r'([0-9]{1,20})/([0-9]{1,20})', text)
    if not m or not int(m.group(1)) < int(m.group(2)) < 2 ** 64:
        misuse('--part %r' % text)
    return int(m.group(1)), int(m.group(2))


def buckets(items):
    out, last = [], None
    for item in items:
        cut, equals, drop = item.partition('=')
        if not equals:
            misuse('buckets: CUT=FRACTION, not %r' % item)
        spec = ibprune.parse_cut(cut)
        if last and last[0] == spec[0] and spec[1] is not None and \
                spec[1] < last[1]:
            misuse('buckets: cuts ascend')
        last = spec
        out.append((spec, number(lambda x: 0 <= x < 1)(drop)))
    return out


def rule(text):
    """NAME[:PARAMETER=VALUE,...] -> {'rule': NAME, PARAMETER: value, ...}."""
    name, colon, rest = text.partition(':')
    one_of(*RULES)(name)
    out = {'rule': name, **RULE_DEFAULTS}
    items = rest.split(',') if colon else []
    names = [item.partition('=')[0] for item in items]
    if len(set(names)) < len(names):
        misuse('--rule: a parameter twice')
    if name == 'buckets':
        out['buckets'] = buckets(items)
        return out
    for item in items:
        key, equals, value = item.partition('=')
        if key not in RULES[name] or not equals:
            misuse('--rule %s: %r is not one of %s' % (name, item, RULES[name]))
        out[key] = RULES[name][key](value)
    return out


def epoch_or_name(text):
    return text if text == 'name' else EPOCH(text)


def loss(text):
    return ibfold.parse_loss(text)


def normal(text):
    if text in ('none', 'mean'):
        return text
    if text.startswith('sum:'):
        return number(lambda x: x > 0)(text[4:])
    misuse('--normalize %r' % text)


def pair(text):
    a, colon, b = text.partition(':')
    if not colon:
        misuse('--companion IN:OUT')
    return a, b


EPOCH = whole(0, 2 ** 31 - 1)
COUNT = whole(0, 2 ** 63 - 1)
FLOOR = number(lambda x: 0 < x <= 1)
RULES = {
    'infobatch': {'threshold': ibprune.parse_cut}, 'buckets': {}, 'random': {},
    'proportional': {'scale': number(lambda x: x > 0), 'floor': FLOOR,
                     'proxy': one_of('bounded', 'loss')},
    'hard': {'threshold': ibprune.parse_cut},
    'rank': {'power': number(lambda x: 0 <= x <= 100), 'floor': FLOOR},
}
RULE_DEFAULTS = {'threshold': ('mean', None), 'proxy': 'bounded', 'floor': 0.1,
                 'power': 1.0, 'scale': None, 'buckets': None}
COMMON = {
    'k:key': ('key', raw), 'o:output': ('output', str),
    'T:threads': ('threads', COUNT), 'q:quiet': ('quiet', None),
    'v:verbose': ('verbose', None), 'progress': ('progress', str),
    'f:format': ('format', one_of('auto', 'jsonl', 'json', 'csv', 'tsv',
                                  'list', 'tar')),
    'weight-field': ('weight_field', raw),
    'h:help': ('help', None), 'V:version': ('version', None),
}
SCORE = {
    'loss': ('terms', loss), 'until': ('until', EPOCH),
    'epoch-field': ('epoch_field', raw), 'e:epoch': ('epoch', epoch_or_name),
    'duplicates': ('duplicates', one_of('last', 'first', 'mean', 'max',
                                        'min')),
    'nonfinite': ('nonfinite', one_of('keep', 'skip', 'fail')),
    'max-bad': ('max_bad', COUNT), 'expect': ('expect+', str),
    'max-missing': ('max_missing', limit), 'expect-key': ('expect_key', raw),
    's:scores': ('start', str), 'u:update': ('update', str),
    'no-wait': ('no_wait', None),
    'smooth': ('smooth', number(lambda x: 0 <= x < 1)),
    'write-totals': ('totals', str), 'part': ('part', part),
    'split': ('split', whole(1, 2 ** 20)),
}
PRUNE = {
    's:scores': ('scores', str), 'e:epoch': ('epoch', EPOCH),
    'E:epochs': ('epochs', EPOCH),
    'delta': ('delta', number(lambda x: 0 <= x <= 1)),
    'full-from': ('full_from', EPOCH),
    'r:ratio': ('ratio', number(lambda x: 0 <= x < 1)),
    'seed': ('seed', whole(0, 2 ** 64 - 1)), 'warmup': ('warmup', EPOCH),
    'rule': ('rule*', rule), 'keep': ('keep', share),
    'max-age': ('max_age', EPOCH),
    'sampling': ('sampling', one_of('poisson', 'fixed')),
    'n:dry-run': ('plan', None),
    'max-unseen': ('max_unseen', limit),
    'allow-duplicates': ('allow_duplicates', None),
    'existing-weight': ('base_weight', one_of('fail', 'multiply', 'replace')),
    'id-field': ('id_field', raw), 'keep-all': ('mark', None),
    'U:rejects': ('rejects', str), 'explain': ('explain', None),
    'receipt': ('receipt', str), 'a:audit': ('audit', str),
    'w:weights': ('companion', str), 'companion': ('also+', pair),
    'header-lines': ('header_lines', COUNT),
    'split': ('split', whole(1, 2 ** 20)), 'part': ('part', part),
    'totals': ('totals', str), 'range': ('range', whole(0, 2 ** 32 - 3)),
    'normalize': ('normalize', one_of('none', 'mean')),
}
WEIGHTS = {
    'O:output-format': ('form', one_of('text', 'tsv', 'jsonl', 'npy', 'npz',
                                       'f32')),
    'base': ('base+', str), 'base-key': ('base_key', raw),
    'index': ('index', str), 'normalize': ('normalize', normal),
    'stats': ('stats', None), 'check': ('check', None),
    'total': ('total', COUNT), 'batch': ('batch', whole(1, 2 ** 53)),
    'receipt': ('receipt', str), 'id-field': ('id_field', raw),
}
DEFAULTS = {
    'ib-score': {'terms': [(1.0, b'loss')], 'epoch_field': b'epoch',
                 'duplicates': 'last', 'nonfinite': 'keep', 'max_bad': 0,
                 'smooth': 0.0, 'max_missing': ('', 0)},
    'ib-prune': {'rule': 'infobatch', **RULE_DEFAULTS, 'seed': 0, 'warmup': 0,
                 'sampling': 'poisson', 'header_lines': 0,
                 'normalize': 'none'},
    'ib-weights': {'form': 'text', 'normalize': 'none'},
}
TABLES = {'ib-score': (SCORE, ibfold.run_score),
          'ib-prune': (PRUNE, ibwrite.run_prune),
          'ib-weights': (WEIGHTS, ibweights.run_weights)}


def parse(prog, argv):
    table = dict(COMMON)
    table.update(TABLES[prog][0])
    short, longs, by_flag = '', [], {}
    for names, (field, read) in table.items():
        letter, _, name = names.rpartition(':')
        if letter:
            short += letter + (':' if read else '')
            by_flag['-' + letter] = (field, read)
        longs.append(name + ('=' if read else ''))
        by_flag['--' + name] = (field, read)
    opt = SimpleNamespace(weight_field=b'weight')
    for field, _ in table.values():
        many = field.endswith('+')
        if not hasattr(opt, field.rstrip('+*')):
            setattr(opt, field.rstrip('+*'), [] if many else None)
    for field, value in DEFAULTS[prog].items():
        setattr(opt, field, value)
    try:
        pairs, operands = getopt.gnu_getopt(argv, short, longs)
    except getopt.GetoptError as e:
        misuse(str(e))
    given = set()
    for flag, text in pairs:
        field, read = by_flag[flag]
        given.add(field)
        value = read(text) if read else True
        if field.endswith('*'):
            vars(opt).update(value)
        elif field.endswith('+'):
            getattr(opt, field[:-1]).append(value)
        else:
            setattr(opt, field, value)
    opt.given = given
    if operands.count('-') > 1:
        misuse('standard input can be used only once')
    return opt, operands


def check_score(opt):
    if opt.split is not None and (opt.part or '%d' not in (opt.output or '')):
        misuse('--split needs -o with %d, and cannot be combined with --part')
    if not opt.expect and ('max_missing' in opt.given or
                           'expect_key' in opt.given):
        misuse('--max-missing and --expect-key need --expect')
    if opt.update is not None and (opt.start is not None or
                                   opt.output is not None):
        misuse('-u cannot be combined with -s and -o')


def main(prog, argv):
    try:
        opt, operands = parse(prog, argv)
        if prog == 'ib-score':
            check_score(opt)
        return TABLES[prog][1](opt, operands)
    except Fail as e:
        sys.stderr.write('%s: %s\n' % (prog, e))
        return e.code


if __name__ == '__main__':
    PROG = os.path.basename(sys.argv[1])
    sys.exit(main(PROG, sys.argv[2:]))
