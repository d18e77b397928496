"""ib-weights as the manual defines it."""
import io
import json
import math
from fractions import Fraction

import numpy as np

from ibbase import (Fail, Outputs, bad, exact_sum, json_string, lookup, misuse,
                    nearest, read_file, real)
from ibexpect import weighed
from ibread import column, lone_name, lookup_exact, open_source, record_id

PROG = 'ib-weights'


def fail_check(msg):
    raise Fail(1, msg)


def check_source(src):
    if src.key in (b'@line', b'@hash'):
        misuse('-k @line and @hash cannot be used for an epoch manifest')


def ids_free(src):
    """Use the record numbers as ids, because ids are not needed."""
    src.key = b'@line'


def read_weights(opt, operands, need_ids):
    """[(source, record, id, weight)] for the records of the epoch manifest."""
    out = []
    for name in operands:
        src = open_manifest(name, opt.format, opt.key, need_ids)
        for r, ident, w in weighed(src, opt.weight_field):
            if w is None or (math.isnan(w) and not carried_word(src, r, opt)):
                bad('%s:%d: has no weight' % (name, r.lineno))
            out.append((src, r, ident, w))
        if src.cut:
            bad('%s: %s' % (name, src.cut))
    return out


def carried_word(src, r, opt):
    """True if a weight that is read as NaN was written as NaN."""
    if src.columns is not None:
        c = column(src, opt.weight_field)
        return r.fields[c][2] not in (b'', b'NA')
    return True


def open_manifest(name, fmt, key, need_ids=True):
    if key in (b'@line', b'@hash'):
        misuse('-k @line and @hash cannot be used for an epoch manifest')
    try:
        src = open_source(name, read_file(name), fmt, key,
                          epoch_manifest=True)
    except Fail as e:
        if need_ids or e.code != 65:
            raise
        src = open_source(name, read_file(name), fmt, b'@line',
                          epoch_manifest=True)
    check_source(src) if need_ids else ids_free_unless_tar(src)
    return src


def ids_free_unless_tar(src):
    if src.fmt != 'tar':
        ids_free(src)


def read_base(opt):
    """[(source, record, id)] for the records of --base."""
    out, offset = [], 0
    key = opt.base_key if opt.base_key is not None else opt.key
    for name in opt.base:
        src = open_source(name, read_file(name), None, key)
        for r in src.records:
            r.number += offset
        offset += len(src.records)
        for r in src.records:
            where = '%s:%d' % (name, r.lineno)
            if r.fault or (r.obj is not None and r.obj.kind == 'obj' and
                           lone_name(r.obj)):
                bad('%s: %s' % (where, r.fault or 'a name'))
            ident, why = record_id(src, r)
            if why:
                bad('%s: %s' % (where, why))
            out.append((src, r, ident))
        if src.cut:
            bad('%s: %s' % (name, src.cut))
    return out


# ---- forms ---------------------------------------------------------------

def npy(a):
    out = io.BytesIO()
    np.save(out, a)
    return out.getvalue()


def in_form(form, pairs, rate_factor=None):
    ws = [w for _, w in pairs]
    with np.errstate(all='ignore'):
        f4 = np.array(ws, dtype='<f8').astype('<f4')
    if form == 'text':
        return b''.join(real(w) + b'\n' for w in ws)
    if form == 'f32':
        return f4.tobytes()
    if form == 'npy':
        return npy(f4)
    if form == 'tsv':
        for i, _ in pairs:
            if any(c in i for c in b'\t\n'):
                bad('an id holds a TAB or a line end')
        return b''.join(i + b'\t' + real(w) + b'\n' for i, w in pairs)
    if form == 'jsonl':
        return b''.join(b'{"id":%s,"weight":%s}\n' % (json_string(i), real(w))
                        for i, w in pairs)
    out = io.BytesIO()
    rate = {} if rate_factor is None else {'rate_factor': np.float64(rate_factor)}
    np.savez(out, **rate,
             id_bytes=np.frombuffer(b''.join(i for i, _ in pairs), 'u1'),
             id_offset=np.cumsum([0] + [len(i) for i, _ in pairs]).astype(
                 '<i8'), weight=f4)
    return out.getvalue()


def normalised(how, ws):
    if how == 'none':
        return ws
    plus = [w for w in ws if w > 0]
    total = exact_sum(plus)
    if total == 0:
        return ws
    goal = Fraction(len(plus)) if how == 'mean' else Fraction(how)
    return [nearest(Fraction(w) * goal / total) for w in ws]


def statistics(ws, total, batch):
    plus = [w for w in ws if w > 0]
    n = len(plus)
    s, s2 = exact_sum(plus), sum((Fraction(w) ** 2 for w in plus), Fraction(0))
    return {
        'n': n, 'total': total, 'sum': nearest(s),
        'min': min(plus, default=None), 'max': max(plus, default=None),
        'mean': nearest(s / n) if n else None,
        'ess': nearest(s * s / s2) if n else None,
        'deff': nearest(n * s2 / (s * s)) if n else None,
        'saved': None if not total else 1 - n / total,
        'batch': batch, 'steps': None if batch is None else -(-n // batch),
    }


# ---- --check -------------------------------------------------------------

def without(raw, obj, names):
    """The bytes of a JSON object without the members that have these names."""
    cuts = []
    for i, (k, v) in enumerate(obj.items):
        if k.text in names:
            if i == 0 and len(obj.items) > 1:
                cuts.append((k.start, obj.items[1][0].start))
            else:
                cuts.append((raw.index(b',', obj.items[i - 1][1].end) if i
                             else k.start, v.end))
    for start, end in sorted(cuts, reverse=True):
        raw = raw[:start] + raw[end:]
    return raw


def intact(opt, src, r, base_src, b):
    """True if r without the members that the commands add equals b."""
    if src.fmt == 'list':
        return r.raw.rpartition(b'\t')[0] == b.raw
    added = {b'ib'}
    if base_src.columns is not None:
        lost = [i for i, name in enumerate(src.columns)
                if name not in base_src.columns]
        sep = b',' if src.fmt == 'csv' else b'\t'
        left = sep.join(r.raw[f[0]:f[1]] for i, f in enumerate(r.fields)
                        if i not in lost)
        return left == b.raw
    names = opt.weight_field.split(b'.')
    if len(names) > 1 and lookup_exact(r.obj, opt.weight_field) is None:
        return True             # a nested weight is not checked here
    added.add(opt.weight_field)
    if opt.key is not None and lookup(b.obj, opt.key) is None:
        added.add(opt.key)
    return without(r.raw, r.obj, added) == without(b.raw, b.obj, added)


def check(opt, items, base):
    n = len(base) if base is not None else opt.total
    for _, r, ident, w in items:
        if not math.isfinite(w) or w < 0:
            fail_check('%r: weight %r' % (ident, w))
    if base is not None:
        by_id = {i: (s, r) for s, r, i in base}
        seen = set()
        for src, r, ident, _ in items:
            if ident not in by_id:
                fail_check('%r is not in the base' % ident)
            if ident in seen:
                fail_check('%r is duplicated' % ident)
            seen.add(ident)
            if src.fmt != 'tar' and not intact(opt, src, r, *by_id[ident]):
                fail_check('%r is not intact' % ident)
    ws = [w for _, _, _, w in items if w > 0]
    total = exact_sum(ws)
    factor = 1
    var = nearest(sum((Fraction(w) * (Fraction(w) - 1) for w in ws),
                      Fraction(0)))
    if opt.receipt is not None:
        receipt = json.loads(read_file(opt.receipt))
        var = receipt['weight_var']
        factor = receipt.get('weight_factor', 1)
        whole = receipt['weight_sum'] * factor
        off = 1e-9 * whole if factor < 1 else 0
        if receipt['kept'] != len(ws) or receipt['samples'] != n or \
                abs(whole - nearest(total)) > off or \
                receipt['max_weight'] * factor != max(ws, default=0.0):
            fail_check('the receipt has other statistics')
    allowed = 4 * math.sqrt(max(var, 0)) if var > 0 else 1e-9 * n
    if abs(nearest(total / Fraction(factor) - n)) > allowed:
        fail_check('the weights add up to %r instead of %d' % (nearest(total), n))
    return 0


# ---- the command ---------------------------------------------------------

def run_weights(opt, operands):
    if opt.base and opt.total is not None:
        misuse('--base cannot be combined with --total')
    if opt.check and not opt.base and opt.total is None:
        misuse('--check needs --base or --total')
    if opt.index is not None and not opt.base:
        misuse('--index needs --base')
    need = opt.form in ('tsv', 'jsonl', 'npz') or bool(opt.base) or opt.check
    items = read_weights(opt, operands or ['-'], need)
    base = read_base(opt) if opt.base else None
    if opt.check:
        return check(opt, items, base)
    for _, r, ident, w in items:
        if not math.isfinite(w) or w < 0:
            bad('%r: weight %r' % (ident, w))
    before = [w for _, _, _, w in items if w > 0]
    ws = normalised(opt.normalize, [w for _, _, _, w in items])
    rate = None
    if before:
        factor = 1
        if opt.receipt is not None:
            factor = json.loads(read_file(opt.receipt)).get('weight_factor', 1)
        rate = math.sqrt(nearest(exact_sum(before) / len(before)) / factor)
    out = Outputs()
    pairs = [(i, w) for (_, _, i, _), w in zip(items, ws)]
    total = len(base) if base is not None else opt.total
    if base is not None:
        places = {i: k for k, (_, _, i) in enumerate(base)}
        for i, _ in pairs:
            if i not in places:
                bad('%r is not in the base' % i)
        got = dict(pairs)
        if opt.index is not None:
            rows = sorted(places[i] for i, w in pairs if w > 0)
            out.add(opt.index, npy(np.array(rows, dtype='<i8')))
        pairs = [(i, got.get(i, 0.0)) for _, _, i in base]
    if opt.stats:
        said = statistics(ws, total, opt.batch)
        if opt.normalize == 'mean':
            said['rate_factor'] = rate
        text = json.dumps(said).encode() + b'\n'
    else:
        text = in_form(opt.form, pairs,
                       rate if opt.normalize == 'mean' else None)
    out.add(opt.output or '-', text)
    out.commit()
    return 0
