"""--expect: check that a log is complete. Also reads the weights of an epoch manifest."""
import io

import numpy as np

from ibbase import (bad, csv_double, lookup, misuse, part_of, read_file,
                    warn)
from ibread import (column, list_weight, lone_name, node_double, open_source,
                    record_id)

PROG = 'ib-score'


def expected_ids(opt):
    """The ids of the --expect manifests as {id: needs a loss}, in the order of the manifests."""
    out = {}
    for name in opt.expect:
        data = read_file(name)
        if data[:2] == b'PK':
            for ident, w in array_samples(data, opt.weight_field):
                if not opt.part or part_of(ident, opt.part[1]) == opt.part[0]:
                    out[ident] = out.get(ident, False) or w != 0
            continue
        src = open_source(name, read_file(name), None, opt.expect_key,
                          epoch_manifest=True)
        if src.key in (b'@line', b'@hash'):
            misuse('--expect-key: @line and @hash cannot be used here')
        for r, ident, w in weighed(src, opt.weight_field):
            if opt.part and part_of(ident, opt.part[1]) != opt.part[0]:
                continue
            wanted = w is None or w != 0
            out[ident] = out.get(ident, False) or wanted
        if src.cut:
            bad('%s: %s' % (name, src.cut))
    return out


def array_samples(data, field):
    """(id, weight) for each row of the arrays of ib-prune --range."""
    z = np.load(io.BytesIO(data))
    weights = z[field.decode()] if field.decode() in z.files else np.ones(len(z['index']))
    return [(b'%d' % i, w) for i, w in zip(z['index'], weights)]


def weighed(src, field):
    """(record, id, weight or None) for each record of an epoch manifest."""
    for r in src.records:
        where = '%s:%d' % (src.name, r.lineno)
        if r.fault:
            bad('%s: %s' % (where, r.fault))
        if src.fmt == 'list':
            left, w = list_weight(r.raw)
            keep, r.raw = r.raw, left
            ident, why = record_id(src, r)
            r.raw = keep
            if why:
                bad('%s: %s' % (where, why))
            yield r, ident, None if w is None else csv_double(w)
            continue
        if src.fmt == 'tar':
            ident, _ = record_id(src, r)
            yield r, ident, tar_weight(src, r)
            continue
        if src.columns is None and (r.obj.kind != 'obj' or lone_name(r.obj)):
            bad('%s: is not an object' % where)
        ident, why = record_id(src, r)
        if why:
            bad('%s: %s' % (where, why))
        w = None
        if src.columns is not None:
            c = column(src, field)
            if c is not None:
                text = r.fields[c][2]
                w = csv_double(text)
                if w is None or text in (b'', b'NA'):
                    bad('%s: the weight is not a number' % where)
        else:
            v = lookup(r.obj, field)
            if v is not None:
                if v.kind not in ('num', 'word'):
                    bad('%s: the weight is not a number' % where)
                w = node_double(v)
        yield r, ident, w


def tar_weight(src, r):
    for e in r.members:
        if e.info.name.encode('utf-8', 'surrogateescape') == \
                r.key + b'.weight.json':
            w = csv_double(e.body.strip())
            if w is None or not e.body.strip():
                bad('%s: %s is not a number' % (src.name, e.info.name))
            return w
    return None


def check_expect(opt, seen):
    want = expected_ids(opt)
    due = [i for i, w in want.items() if w]
    missing = [i for i in due if i not in seen]
    kind, limit = opt.max_missing
    over = 100 * len(missing) > limit * len(due) if kind == '%' \
        else len(missing) > limit
    if over:
        bad('%d of %d ids have no record, the first %r' % (
            len(missing), len(due), missing[0]))
    strangers = len(seen - set(want))
    if strangers:
        warn(PROG, '%d ids are not in the manifest' % strangers)


