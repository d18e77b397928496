"""ib-score as the manual defines it: logs and score files -> rows, totals, parts."""
import io
import json
import math
import re
import zipfile
from fractions import Fraction

import numpy as np

from ibbase import (BOM, Malformed, Outputs, bad, exact_sum, fraction_f32,
                    json_string, lookup, misuse, nearest, parse_json, part_of,
                    plain, read_file, score_text, stem, to_f32, warn)
from ibexpect import check_expect
from ibread import (batch_ids, field_double, field_epoch, lone_name,
                    lookup, lookup_exact, node_double, node_id, open_source,
                    record_id, wrapped_double)

PROG = 'ib-score'


class Row:
    __slots__ = ('score', 'epoch', 'visits', 'prev', 'run')

    def __init__(self):
        self.score = None       # a binary32 value as a double; None: unknown
        self.epoch = -1
        self.visits = 0
        self.prev = None
        self.run = None         # losses at this epoch that this run has read


class Table:
    """Rows by id, in the order in which ids first appeared."""

    def __init__(self, duplicates='last', smooth=0.0):
        self.rows = {}
        self.duplicates = duplicates
        self.smooth = smooth
        self.stale = 0

    def value(self, xs):
        how = self.duplicates
        if how == 'last':
            return xs[-1]
        if how == 'first':
            return xs[0]
        if None in xs:
            return None
        if how == 'mean':
            return fraction_f32(exact_sum(xs) / len(xs))
        return max(xs) if how == 'max' else min(xs)

    def fold(self, ident, epoch, loss):
        """Fold one record. loss is a binary32 value as a double, or None if it is not finite."""
        row = self.rows.get(ident)
        if row is None:
            row = self.rows[ident] = Row()
        if epoch < row.epoch:
            self.stale += 1
            return False
        if epoch > row.epoch:
            row.prev = row.score
            row.epoch = epoch
            row.visits += 1
            row.run = []
        elif row.run is None:
            row.run = []
        row.run.append(loss)
        v = self.value(row.run)
        if self.smooth and v is not None and row.prev is not None:
            b = self.smooth
            v = to_f32(b * row.prev + (1 - b) * v)
        row.score = v
        return True

    def merge(self, ident, score, epoch, visits, prev):
        """Merge one row of a score file."""
        row = self.rows.get(ident)
        if row is None:
            row = self.rows[ident] = Row()
            row.visits = visits
        elif epoch == row.epoch:
            row.visits = max(row.visits, visits)
        else:
            row.visits += visits
        if epoch >= row.epoch:
            row.score, row.epoch, row.prev = score, epoch, prev
            row.run = None


# ---- score files ---------------------------------------------------------

def is_npz(data):
    return data[:2] == b'PK'


def load_npz(name, data):
    try:
        z = np.load(io.BytesIO(data), allow_pickle=False)
        return {k: z[k] for k in z.files if not k.endswith('.json')}
    except (ValueError, OSError, zipfile.BadZipFile, KeyError, EOFError) as e:
        bad('%s: %s' % (name, e))


def npz_rows(name, a):
    try:
        ids, off = a['id_bytes'].tobytes(), [int(x) for x in a['id_offset']]
        score, epoch, visits = a['score'], a['epoch'], a['visits']
    except KeyError as e:
        bad('%s: no array %s' % (name, e))
    n = len(score)
    if len(off) != n + 1 or len(epoch) != n or len(visits) != n or \
            off[0] != 0 or off[-1] != len(ids) or \
            any(x > y for x, y in zip(off, off[1:])):
        bad('%s: arrays do not fit' % name)
    prev = a.get('prev')
    rows = []
    for i in range(n):
        rows.append((ids[off[i]:off[i + 1]], to_f32(float(score[i])),
                     int(epoch[i]), int(visits[i]),
                     None if prev is None else to_f32(float(prev[i]))))
    return rows, prev is not None


def int_member(obj, name, limit):
    v = lookup_exact(obj, name)
    if v is None or v.kind != 'num':
        return None
    x = float(v.text)
    return int(x) if 0 <= x < limit and x == int(x) else None


def jsonl_rows(src):
    rows, has_prev = [], False
    for r in src.records:
        where = '%s:%d' % (src.name, r.lineno)
        if r.fault or r.obj.kind != 'obj':
            bad('%s: malformed' % where)
        v = lookup_exact(r.obj, b'id')
        ident = None if v is None else node_id(v)
        epoch = int_member(r.obj, b'epoch', 2 ** 31)
        visits = int_member(r.obj, b'visits', 2 ** 32)
        s = lookup_exact(r.obj, b'score')
        score = None if s is None else node_double(s)
        if ident is None or epoch is None or visits is None or score is None:
            bad('%s: is not a row of a score file' % where)
        p = lookup_exact(r.obj, b'prev')
        prev = None
        if p is not None:
            has_prev = True
            prev = to_f32(node_double(p))
        rows.append((ident, to_f32(score), epoch, visits, prev))
    return rows, has_prev


def first_object(data):
    while data.startswith(BOM):
        data = data[len(BOM):]
    for line in data.split(b'\n'):
        if line.strip(b' \t\r'):
            try:
                v = parse_json(line)
            except Malformed:
                return None
            return v if v.kind == 'obj' else None
    return None


def is_score_file(data, terms):
    obj = first_object(data)
    if obj is None:
        return False
    if any(lookup(obj, f) is not None for _, f in terms):
        return False
    return lookup_exact(obj, b'score') is not None and \
        lookup_exact(obj, b'visits') is not None


def row_text(ident, row, with_prev):
    s = b'null' if row.score is None else score_text(row.score)
    out = b'{"id":%s,"score":%s,"epoch":%d,"visits":%d' % (
        json_string(ident), s, row.epoch, row.visits)
    if with_prev:
        out += b',"prev":' + (b'null' if row.prev is None
                              else score_text(row.prev))
    return out + b'}\n'


def npz_bytes(rows, with_prev):
    """The bytes of a score file, which the tested commands can read too."""
    nan = float('nan')
    ids = [i for i, _ in rows]
    arrays = {
        'id_bytes': np.frombuffer(b''.join(ids), dtype='u1'),
        'id_offset': np.cumsum([0] + [len(i) for i in ids]).astype('<i8'),
        'score': np.array([nan if r.score is None else r.score
                           for _, r in rows], dtype='<f4'),
        'epoch': np.array([r.epoch for _, r in rows], dtype='<i4'),
        'visits': np.array([r.visits for _, r in rows], dtype='<u4'),
    }
    if with_prev:
        arrays['prev'] = np.array([nan if r.prev is None else r.prev
                                   for _, r in rows], dtype='<f4')
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def write_rows(name, rows, with_prev):
    if stem(name).endswith('.npz'):
        return npz_bytes(rows, with_prev)
    return b''.join(row_text(i, r, with_prev) for i, r in rows)


# ---- totals --------------------------------------------------------------

class Totals:
    """The number, the exact sum, the minimum and the maximum of the known scores."""

    def __init__(self):
        self.n, self.sum, self.min, self.max = 0, Fraction(0), None, None

    def add(self, n, total, low, high):
        if n == 0:
            return
        self.min = low if self.n == 0 else min(self.min, low)
        self.max = high if self.n == 0 else max(self.max, high)
        self.n += n
        self.sum += total

    def add_rows(self, rows):
        xs = [r.score for r in rows if r.score is not None]
        if xs:
            self.add(len(xs), exact_sum(xs), min(xs), max(xs))

    def mean(self):
        return nearest(self.sum / self.n) if self.n else None

    def text(self):
        return json.dumps({
            'ibref_totals': 1, 'n': self.n, 'min': self.min, 'max': self.max,
            'sum_times_2_149': str(int(self.sum * 2 ** 149))}).encode() + b'\n'


def is_totals(data):
    obj = first_object(data)
    return obj is not None and lookup_exact(obj, b'ibref_totals') is not None


def read_totals(data, into):
    d = json.loads(data)
    into.add(d['n'], Fraction(int(d['sum_times_2_149']), 2 ** 149), d['min'],
             d['max'])


# ---- loss logs -----------------------------------------------------------

def parse_loss(text):
    """'cls+0.5*box' -> [(1.0, b'cls'), (0.5, b'box')]."""
    terms = []
    for t in text.split('+'):
        c, star, f = t.partition('*')
        if not star:
            c, f = '1', t
        if not f or not re.fullmatch(
                r'-?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-]?[0-9]+)?', c):
            misuse('--loss: %r is not a sum of terms' % text)
        terms.append((float(c), f.encode('utf-8', 'surrogateescape')))
    return terms


class BadRecord(Exception):
    pass


def numbers(array, n):
    """The numbers of a JSON array of length n, as doubles."""
    if len(array.items) != n:
        raise BadRecord('the arrays differ in length')
    xs = [node_double(v) for v in array.items]
    if None in xs:
        raise BadRecord('a loss is not a number')
    return xs


class Folder:
    """A run of ib-score. ib-prune -s uses it too, if its file is a loss log."""

    def __init__(self, opt):
        self.opt = opt
        self.terms = opt.terms
        self.table = Table(opt.duplicates, opt.smooth)
        self.totals = Totals()
        self.bad = 0
        self.nonfinite = 0
        self.torn = 0
        self.folded_logs = 0
        self.has_prev_input = False
        self.seen = set() if opt.expect else None
        self.stdin_used = False

    def in_partition(self, ident):
        p = self.opt.part
        return p is None or part_of(ident, p[1]) == p[0]

    def fold_rows(self, name, rows, expected):
        for ident, score, epoch, visits, prev in rows:
            if not self.in_partition(ident):
                continue
            if self.opt.until is not None and epoch > self.opt.until:
                bad('%s: a row newer than --until' % name)
            if expected and self.seen is not None:
                self.seen.add(ident)
            self.table.merge(ident, score, epoch, visits, prev)

    def fold_score_file(self, name, data, strict_part=False):
        """Read the score file of -s or -u."""
        if is_npz(data):
            rows, has_prev = npz_rows(name, load_npz(name, data))
        else:
            rows, has_prev = jsonl_rows(open_source(name, data, 'jsonl', None))
        if strict_part and any(not self.in_partition(r[0]) for r in rows):
            bad('%s: a row of another part' % name)
        self.has_prev_input = self.has_prev_input or has_prev
        self.fold_rows(name, rows, False)

    def fold_operand(self, name, data, default_epoch):
        """Read an operand of any kind."""
        if is_npz(data):
            a = load_npz(name, data)
            if 'id_bytes' in a:
                rows, has_prev = npz_rows(name, a)
                self.has_prev_input = self.has_prev_input or has_prev
                self.fold_rows(name, rows, True)
            else:
                self.fold_npz_log(name, a, default_epoch)
        elif is_totals(data):
            read_totals(data, self.totals)
        elif self.opt.format in (None, 'auto', 'jsonl') and \
                is_score_file(data, self.terms):
            rows, has_prev = jsonl_rows(open_source(name, data, 'jsonl', None))
            self.has_prev_input = self.has_prev_input or has_prev
            self.fold_rows(name, rows, True)
        else:
            self.fold_log(name, data, default_epoch)

    def late(self, epoch):
        """True if --until ignores this epoch."""
        return self.opt.until is not None and (epoch or 0) > self.opt.until

    def fold_record(self, ident, epoch, loss, default_epoch):
        """Fold a record without errors. loss is a double."""
        if epoch is None:
            epoch = default_epoch
            if epoch is None:
                if self.opt.state:
                    misuse('a record has no epoch: use -e')
                epoch = 0
        if self.late(epoch):
            return
        x = to_f32(loss)
        if x is None:
            if self.opt.nonfinite == 'fail':
                raise BadRecord('loss is not finite')
            self.nonfinite += 1
        if self.seen is not None:
            self.seen.add(ident)
        if x is None and self.opt.nonfinite == 'skip':
            return
        self.table.fold(ident, epoch, x)

    def loss_of(self, src, r):
        total = None
        for c, f in self.terms:
            x, why = field_double(src, r, f)
            if why:
                raise BadRecord(why)
            x = x if c == 1.0 else c * x
            total = x if total is None else total + x
        return total

    def batch(self, src, r, default_epoch):
        ids = []
        name, array = batch_ids(src, r)
        for v in array.items:
            ident = node_id(v)
            if ident is None:
                raise BadRecord('a member of %r is not an id' % name)
            if ident == b'':
                raise BadRecord('an empty id')
            ids.append(ident)
        epoch, why = field_epoch(src, r, self.opt.epoch_field)
        if why:
            raise BadRecord(why)
        if epoch is None and default_epoch is None and self.opt.state:
            misuse('a record has no epoch: use -e')
        losses = lookup_exact(r.obj, b'losses')
        if losses is not None:
            if losses.kind != 'arr':
                raise BadRecord('losses is not an array')
            xs = numbers(losses, len(ids))
        else:
            columns = []
            for _, f in self.terms:
                v = lookup(r.obj, f)
                if v is not None and v.kind == 'arr' and not (
                        name == b'ids' and wrapped_double(v) is not None):
                    columns.append(numbers(v, len(ids)))
                    continue
                x, why = field_double(src, r, f)
                if why or name != b'ids':
                    raise BadRecord(why or 'one loss for several ids')
                columns.append([x] * len(ids))
            xs = []
            for row in zip(*columns):
                total = None
                for (c, f), x in zip(self.terms, row):
                    x = x if c == 1.0 else c * x
                    total = x if total is None else total + x
                xs.append(total)
        if self.opt.nonfinite == 'fail' and any(to_f32(x) is None for x in xs) and \
                not self.late(default_epoch if epoch is None else epoch):
            raise BadRecord('a loss is not finite')
        for ident, x in zip(ids, xs):
            if self.in_partition(ident):
                self.fold_record(ident, epoch, x, default_epoch)

    def single(self, src, r, default_epoch):
        ident, why = record_id(src, r)
        if why:
            raise BadRecord(why)
        if ident == b'':
            raise BadRecord('an empty id')
        if not self.in_partition(ident):
            return
        epoch, why = field_epoch(src, r, self.opt.epoch_field)
        if why:
            raise BadRecord(why)
        self.fold_record(ident, epoch, self.loss_of(src, r), default_epoch)

    def fold_log(self, name, data, default_epoch):
        src = open_source(name, data, self.opt.format, self.opt.key, 'jsonl')
        if src.fmt in ('list', 'tar'):
            misuse('%s: a %s is not a loss log' % (name, src.fmt))
        good = 0
        for r in src.records:
            try:
                if r.fault:
                    raise BadRecord(r.fault)
                if r.obj is not None:
                    if r.obj.kind != 'obj':
                        raise BadRecord('is not an object')
                    if lone_name(r.obj):
                        raise BadRecord('lone surrogate in a name')
                many = batch_ids(src, r)
                if many is None:
                    self.folded_logs += 1
                    self.single(src, r, default_epoch)
                else:
                    self.folded_logs += bool(many[1].items)
                    self.batch(src, r, default_epoch)
                good += 1
            except BadRecord as e:
                if r.last_open and r is src.records[-1] and \
                        src.fmt != 'json' and \
                        (r.fault or src.columns is not None):
                    self.torn += 1
                    continue
                self.count_bad('%s:%d: %s' % (name, r.lineno, e))
        if src.cut and not data.rstrip().endswith(b']'):
            bad('%s: %s' % (name, src.cut))
        if src.records and good == 0:
            bad('%s: no valid record' % name)
        if src.cut:             # the rest of the array counts as one bad record
            self.count_bad('%s: %s' % (name, src.cut))

    def count_bad(self, msg):
        self.bad += 1
        if self.bad > self.opt.max_bad:
            bad(msg)

    def fold_npz_log(self, name, a, default_epoch):
        if self.opt.key == b'@hash':
            misuse('%s: -k @hash cannot be used with an .npz log' % name)
        key = 'id' if 'id' in a else 'index'
        if key not in a or 'loss' not in a:
            bad('%s: no arrays of ids and losses' % name)
        ids, losses, epochs = a[key], a['loss'], a.get(self.opt.epoch_field.decode())
        if losses.dtype.kind != 'f' or ids.dtype.kind not in 'iuSU' or \
                ids.ndim != 1 or losses.shape != ids.shape or \
                (epochs is not None and epochs.shape != ids.shape):
            bad('%s: arrays do not fit' % name)
        self.folded_logs += len(ids) > 0
        for i in range(len(ids)):
            v = ids[i]
            if ids.dtype.kind in 'iu':
                ident = b'%d' % int(v)
            elif ids.dtype.kind == 'S':
                ident = bytes(v)
            else:
                ident = str(v).encode('utf-8', 'surrogatepass')
            if ident and not self.in_partition(ident):
                continue
            e = None
            try:
                if ident == b'':
                    raise BadRecord('an empty id')
                if epochs is not None:
                    e = float(epochs[i])
                    if math.isnan(e):
                        e = None
                    elif not 0 <= e < 2 ** 31 or e != math.floor(e):
                        raise BadRecord('bad epoch')
                    else:
                        e = int(e)
                self.fold_record(ident, e, float(losses[i]), default_epoch)
            except BadRecord as err:
                self.count_bad('%s:%d: %s' % (name, i, err))


# ---- the command ---------------------------------------------------------

EPOCH_WORDS = (rb'epoch[-_.=]?([0-9]+)', rb'(?<![A-Za-z])ep[-_.=]?([0-9]+)',
               rb'(?<![A-Za-z0-9])e[-_.=]?([0-9]+)(?![A-Za-z0-9])')


def name_epoch(name):
    base = stem(name.rpartition('/')[2]).encode('utf-8', 'surrogateescape')
    for word in EPOCH_WORDS + (rb'([0-9]+)',):
        found = re.findall(word, base, re.I)
        if len(found) == 1 and int(found[0]) < 2 ** 31:
            return int(found[0])
        if found:
            misuse('-e name: %s has several numbers' % name)
    misuse('-e name: %s has no number' % name)


def fold_all(opt, operands):
    f = Folder(opt)
    with_state = None
    if opt.update is not None:
        try:
            with open(opt.update, 'rb') as h:
                with_state = plain(h.read())
        except FileNotFoundError:
            pass
        if with_state is not None:
            f.fold_score_file(opt.update, with_state, True)
    if opt.start is not None:
        f.fold_score_file(opt.start, read_file(opt.start))
    plan = [(n, opt.epoch) for n in operands]
    if opt.epoch == 'name':
        plan = sorted(((n, name_epoch(n)) for n in operands),
                      key=lambda x: x[1])
    for name, epoch in plan:
        f.fold_operand(name, read_file(name), epoch)
    return f


def run_score(opt, operands):
    opt.state = opt.update is not None or opt.start is not None
    f = fold_all(opt, operands or ['-'])
    if opt.expect:
        check_expect(opt, f.seen)
    for count, what in ((f.torn, 'unfinished last record(s)'),
                        (f.nonfinite, 'losses are not finite'),
                        (f.bad, 'bad records passed over')):
        if count and not opt.quiet:
            warn(PROG, '%d %s' % (count, what))
    with_prev = bool(opt.smooth) or (f.has_prev_input and not f.folded_logs)
    rows = list(f.table.rows.items())
    out = Outputs()
    if opt.totals is not None:
        f.totals.add_rows(r for _, r in rows)
        out.add(opt.totals, f.totals.text())
    if opt.split is not None:
        for k in range(opt.split):
            name = opt.output.replace('%d', '%d' % k)
            mine = [x for x in rows if part_of(x[0], opt.split) == k]
            out.add(name, write_rows(name, mine, with_prev))
    elif opt.update is not None:
        name = opt.update
        npz = not stem(name).endswith('.jsonl')
        out.add(name, npz_bytes(rows, with_prev) if npz
                else b''.join(row_text(i, r, with_prev) for i, r in rows))
    else:
        name = opt.output or '-'
        out.add(name, write_rows(name, rows, with_prev))
    out.commit()
    return 0
