"""ib-prune as the manual defines it, second half: the epoch manifest and other outputs."""
import io
import json
import math
import os
import tarfile

import numpy as np

from ibbase import (Outputs, bad, csv_double, digest, draw_seed, draw_u,
                    json_string, misuse, part_of, read_file, real,
                    score_text, stem, tool)
from ibprune import (check_options, check_unseen, statistics, plan_text,
                     prepare, receipt_text)
from ibread import (column, lone_name, lookup_exact, node_double, open_source,
                    record_id, split_lines)
from ibbase import lookup, member


def explain_json(d):
    s = b'null' if d.score is None else score_text(d.score)
    return b'{"pi":%s,"u":%s,"score":%s,"reason":"%s"}' % (
        real(d.pi), real(d.u), s, d.reason.encode())


def times(carried, weight, where):
    """The weight for --existing-weight multiply: the product, rounded once."""
    if carried is None:         # for example a string
        bad('%s: the carried weight is not a finite number' % where)
    w = carried * weight
    if not math.isfinite(w):
        bad('%s: the weight overflows' % where)
    return w


class Writer:
    """Turns records into bytes, by their decisions."""

    def __init__(self, opt):
        self.opt = opt
        self.field = opt.weight_field

    # -- JSON

    def find_place(self, obj, where):
        """(weight node, None, None), or (None, object, names to create in the object)."""
        v = lookup(obj, self.field)
        if v is not None:
            return v, None, None
        names = self.field.split(b'.')
        if len(names) == 1:
            return None, obj, names
        cur = obj
        for i, name in enumerate(names[:-1]):
            v = member(cur, name)
            if v is None:
                return None, cur, names[i:]
            if v.kind != 'obj':
                bad('%s: %r is not an object' % (where, name))
            cur = v
        return None, cur, names[-1:]

    def json_record(self, r, ident, d, where):
        obj, opt = r.obj, self.opt
        edits, adds = [], []
        if opt.id_field is not None:
            if lookup_exact(obj, opt.id_field) is not None:
                bad('%s: already has the id field' % where)
            adds.append(json_string(opt.id_field) + b':' + json_string(ident))
        node, place, names = self.find_place(obj, where)
        w = d.weight
        if node is not None:
            if opt.base_weight in (None, 'fail'):
                bad('%s: already has a weight' % where)
            if opt.base_weight == 'multiply':
                carried = 1.0 if node.kind == 'null' else node_double(node)
                w = times(carried, w, where)
            edits.append((node.start, node.end, real(w)))
        else:
            text = real(w)
            for name in reversed(names[1:]):
                text = b'{' + json_string(name) + b':' + text + b'}'
            text = json_string(names[0]) + b':' + text
            if place is obj:
                adds.append(text)
            else:
                comma = b',' if place.items else b''
                edits.append((place.end - 1, place.end - 1, comma + text))
        if opt.explain:
            adds.append(b'"ib":' + explain_json(d))
        if adds:
            comma = b',' if obj.items else b''
            edits.append((obj.end - 1, obj.end - 1, comma + b','.join(adds)))
        raw = r.raw
        for start, end, text in sorted(edits, key=lambda e: -e[0]):
            raw = raw[:start] + text + raw[end:]
        return raw

    # -- CSV and TSV

    def csv_field(self, src, text):
        if src.fmt == 'csv' and any(c in text for c in b'",\r\n'):
            return b'"' + text.replace(b'"', b'""') + b'"'
        if src.fmt == 'tsv' and any(c in text for c in b'\t\r\n'):
            bad('%s: %r cannot be a field of TSV' % (src.name, text))
        return text

    def delimited_header(self, src):
        opt, h = self.opt, src.header
        if opt.companion is not None:
            return h.raw + (h.eol or b'\n')
        adds = []
        if opt.id_field is not None:
            if column(src, opt.id_field) is not None:
                bad('%s: already has the id field' % src.name)
            adds.append(self.csv_field(src, opt.id_field))
        if column(src, self.field) is None:
            adds.append(self.csv_field(src, self.field))
        if opt.explain:
            adds += [b'ib_pi', b'ib_u', b'ib_score', b'ib_reason']
        sep = b',' if src.fmt == 'csv' else b'\t'
        return sep.join([h.raw] + adds) + (h.eol or b'\n')

    def delimited_record(self, src, r, ident, d, where):
        opt, adds, raw, w = self.opt, [], r.raw, d.weight
        if opt.id_field is not None:
            adds.append(self.csv_field(src, ident))
        c = column(src, self.field)
        if c is None:
            adds.append(real(w))
        else:
            if opt.base_weight in (None, 'fail'):
                bad('%s: already has a weight' % where)
            start, end, text = r.fields[c]
            if opt.base_weight == 'multiply':
                carried = 1.0 if text in (b'', b'NA') else csv_double(text)
                w = times(carried, w, where)
            raw = raw[:start] + real(w) + raw[end:]
        if opt.explain:
            adds += [real(d.pi), real(d.u),
                     b'' if d.score is None else score_text(d.score),
                     d.reason.encode()]
        sep = b',' if src.fmt == 'csv' else b'\t'
        return sep.join([raw] + adds)

    def check(self, src, r, where):
        """Check what must be valid in every record, kept or pruned."""
        if r.fault:
            bad('%s: %s' % (where, r.fault))
        if r.obj is not None:
            if r.obj.kind != 'obj':
                if self.opt.companion is None:
                    bad('%s: is not an object' % where)
            elif lone_name(r.obj):
                bad('%s: lone surrogate in a name' % where)

    def record(self, src, r, ident, d):
        """The bytes of a kept record, with its newline."""
        where = '%s:%d' % (src.name, r.lineno)
        eol = b'' if src.fmt == 'json' else r.eol or b'\n'
        if self.opt.companion is not None:
            return r.raw + eol
        if src.fmt == 'list':
            return r.raw + b'\t' + real(d.weight) + eol
        if src.columns is not None:
            return self.delimited_record(src, r, ident, d, where) + eol
        return self.json_record(r, ident, d, where) + eol


class Sink:
    """One output manifest."""

    def __init__(self, fmt):
        self.fmt = fmt
        self.head = b''
        self.parts = []

    def bytes(self):
        if self.fmt == 'json':
            body = b',\n'.join(self.parts)
            return b'[\n' + body + (b'\n' if self.parts else b'') + b']\n'
        return self.head + b''.join(self.parts)


# ---- tar -----------------------------------------------------------------

def weight_member(r, w):
    name = (r.key + b'.weight.json').decode('utf-8', 'surrogateescape')
    info = tarfile.TarInfo(name)
    body = real(w)
    info.size, info.mode = len(body), 0o644
    info.mtime = r.members[0].info.mtime
    out = info.tobuf(tarfile.GNU_FORMAT, 'utf-8', 'surrogateescape')
    return out + body + b'\0' * (-len(body) % 512)


def tar_bytes(opt, src, decided, keep):
    """The bytes of a shard. The weight of a kept sample follows the last entry of the sample."""
    decision = {}
    for r, _, d in decided:
        for e in r.members:
            decision[id(e)] = (r, d, e is r.members[-1])
    out = []
    for e in src.entries:
        if e.key is None:
            out.append(e.raw)
            continue
        if id(e) not in decision:
            continue
        r, d, last = decision[id(e)]
        if not keep(d):
            continue
        weight_name = r.key + b'.weight.json'
        is_weight = e.info.name.encode('utf-8', 'surrogateescape') == weight_name
        if opt.companion is not None:   # -w: the members are unchanged
            out.append(e.raw)
            continue
        if not is_weight:
            out.append(e.raw)
        if last:
            w = d.weight
            carried = [m for m in r.members if m.info.name.encode(
                'utf-8', 'surrogateescape') == weight_name]
            if carried and opt.base_weight == 'multiply':
                w = times(csv_double(carried[-1].body.strip()), w, src.name)
            out.append(weight_member(r, w))
    return b''.join(out) + b'\0' * 1024


# ---- the command ---------------------------------------------------------

def take_part(opt, src, seen):
    """[(record, id)] for the records of one operand that belong to the partition."""
    out = []
    writer = Writer(opt)
    for r in src.records:
        where = '%s:%d' % (src.name, r.lineno)
        if r.members is None:
            writer.check(src, r, where)
        ident, why = record_id(src, r)
        if why:
            bad('%s: %s' % (where, why))
        if opt.part and part_of(ident, opt.part[1]) != opt.part[0]:
            continue
        if ident in seen and not opt.allow_duplicates:
            bad('%s: %r is duplicated' % (where, ident))
        seen.add(ident)
        if opt.companion is not None and any(c in ident for c in b'\t\n'):
            bad('%s: the id holds a TAB or a line end' % where)
        out.append((r, ident))
    if src.cut:
        bad('%s: %s' % (src.name, src.cut))
    return out


def check_carried(opt, src, pairs, decider):
    """Check every record as if it were written."""
    w = Writer(opt)
    for r, ident in pairs:
        if src.fmt == 'tar':
            own = r.key + b'.weight.json'
            if opt.companion is None and \
                    opt.base_weight in (None, 'fail') and any(
                    e.info.name.encode('utf-8', 'surrogateescape') == own
                    for e in r.members):
                bad('%s: already has a weight' % src.name)
        elif opt.companion is None and src.fmt != 'list':
            w.record(src, r, ident, decider.decide(ident))


def check_write_options(opt, operands):
    name = opt.output or '-'
    per_file = '%s' in name
    if opt.split is not None:
        if '%d' not in name or per_file or opt.split < 1:
            misuse('--split needs -o with %d')
        for n in [opt.companion] + [o for _, o in opt.also]:
            if n is not None and '%d' not in n:
                misuse('--split: %s holds no %%d' % n)
    if per_file:
        names = [os.path.basename(stem(n)) for n in operands]
        if '-' in operands or len(set(names)) != len(names):
            misuse('-o with %s: two operands have one name, or an operand is standard input')
    if opt.companion is not None and opt.id_field is not None:
        misuse('--id-field cannot be combined with -w')


def check_formats(opt, sources, per_file):
    if not per_file or opt.rejects is not None:
        if len({s.fmt for s in sources if s.data.strip(b'\r\n') or
                s.fmt == 'json'}) > 1:
            bad('the operands have different formats')
        heads = {s.header.raw for s in sources if s.header}
        if len(heads) > 1:
            bad('headers differ')
    if opt.id_field is not None and any(s.fmt in ('list', 'tar')
                                        for s in sources):
        misuse('--id-field cannot be combined with this format')


def split_files(opt, flat):
    """The number of the --split file for each record that is written."""
    s = draw_seed(opt.seed + 1, opt.epoch)
    order = sorted(range(len(flat)),
                   key=lambda i: (draw_u(flat[i][2], s), flat[i][2], i))
    place = {}
    for j, i in enumerate(order):
        place[i] = j % opt.split
    return place


def format_operand(sources):
    """The operand that sets the format of the output: the first operand that is not empty."""
    for src in sources:
        if src.data.strip(b'\r\n') or src.fmt == 'json':
            return src
    return sources[0]


def make_sinks(opt, writer, sources, flat):
    """The epoch manifests as [(name, bytes)], in the order of the operands."""
    name = opt.output or '-'
    wanted = [x for x in flat if x[3].kept or opt.mark]
    if '%s' in name:
        out = []
        for src in sources:
            mine = [x for x in wanted if x[0] is src]
            all_of = [x[1:] for x in flat if x[0] is src]
            base = os.path.basename(stem(src.name))
            out.append((name.replace('%s', base),
                        one_sink(opt, writer, [src], mine, all_of)))
        return out
    if is_npz(name):
        place = split_files(opt, wanted) if opt.split else {}
        return [(name.replace('%d', '%d' % k), arrays(
            opt, [x for i, x in enumerate(wanted) if place.get(i, k) == k],
            opt.companion is None)) for k in range(opt.split or 1)]
    if opt.split is None:
        return [(name, one_sink(opt, writer, sources, wanted,
                                [x[1:] for x in flat]))]
    place = split_files(opt, wanted)
    return [(name.replace('%d', '%d' % k),
             one_sink(opt, writer, sources,
                      [x for i, x in enumerate(wanted) if place[i] == k],
                      [x[1:] for i, x in enumerate(wanted) if place[i] == k]))
            for k in range(opt.split)]


def one_sink(opt, writer, sources, records, all_of):
    first = format_operand(sources)
    fmt = first.fmt
    if fmt == 'tar':
        parts = [tar_bytes(opt, s, [x for x in all_of
                                    if any(x[0] is r for r in s.records)],
                           lambda d: d.kept or opt.mark) for s in sources]
        return b''.join(p[:-1024] for p in parts) + b'\0' * 1024
    sink = Sink(fmt)
    sink.head = b''.join(first.head)
    if first.header:
        sink.head += writer.delimited_header(first)
    for src, r, ident, d in records:
        sink.parts.append(writer.record(src, r, ident, d))
    return sink.bytes()


def rejects(opt, sources, flat):
    if is_npz(opt.rejects):
        return arrays(opt, [x for x in flat if not x[3].kept], False)
    first = format_operand(sources)
    fmt = first.fmt
    if fmt == 'tar':
        parts = []
        for src in sources:
            for s, r, _, d in flat:
                if s is src and not d.kept:
                    parts += [e.raw for e in r.members]
        return b''.join(parts) + b'\0' * 1024
    sink = Sink(fmt)
    if first.header:
        h = first.header
        sink.head = h.raw + (h.eol or b'\n')
    for src, r, _, d in flat:
        if not d.kept:
            sink.parts.append(r.raw + (b'' if fmt == 'json'
                                       else r.eol or b'\n'))
    return sink.bytes()


def companions(opt, flat, place):
    """The outputs of -w and --companion as [(name, bytes)]."""
    out = []
    wanted = [x for x in flat if x[3].kept or opt.mark]
    files = range(opt.split) if opt.split else [None]

    def picked(k):
        return [x for i, x in enumerate(wanted) if k is None or place[i] == k]

    def named(name, k):
        return name if k is None else name.replace('%d', '%d' % k)

    if opt.companion is not None:
        for k in files:
            out.append((named(opt.companion, k), b''.join(
                ident + b'\t' + real(d.weight) + b'\n'
                for _, _, ident, d in picked(k))))
    for src_name, dst in opt.also:
        lines = [line + (eol or b'\n')
                 for _, line, eol in split_lines(read_file(src_name))]
        slots, base = {}, 0
        for src in opt.sources:
            for r in src.records:
                slots[id(r)] = base + r.slot
            base += src.slots
        if len(lines) != base:
            bad('%s: %d lines for %d records' % (src_name, len(lines), base))
        for k in files:
            out.append((named(dst, k), b''.join(
                lines[slots[id(x[1])]] for x in picked(k))))
    return out


def audit_frame(opt, flat, stats, digests, decider):
    head = {'ib_audit': 1, 'epoch': opt.epoch, 'seed': opt.seed,
            'threshold': stats['threshold']}
    text = json.dumps(head).encode() + b'\n'
    for _, _, ident, d in flat:
        if d.pi < 1:
            s = b'null' if d.score is None else score_text(d.score)
            text += b'{"id":%s,"score":%s,"pi":%s,"kept":%s}\n' % (
                json_string(ident), s, real(d.pi),
                b'true' if d.kept else b'false')
    tail = {'end': opt.epoch, 'samples': stats['samples'],
            'kept': stats['kept'], 'pruned': stats['pruned'],
            'weight_sum': stats['weight_sum'],
            'manifest': digests['manifest'], 'prev': None}
    return tool(['zstd', '-cq'], text + json.dumps(tail).encode() + b'\n')


def write_plan(opt, decisions, decider):
    out = Outputs()
    out.add(opt.output or '-', plan_text(decisions, decider))
    out.commit()
    return 0


def plan_known(opt):
    decider, _, _ = prepare(opt)
    return write_plan(opt, [decider.decide(i) for i, r in decider.rows.items()
                            if r.score is not None], decider)


def range_text(n, fmt):
    """The records of --range."""
    form = b'{"id":%d}\n' if fmt == 'jsonl' else b'%d\n'
    head = b'id\n' if fmt in ('csv', 'tsv') else b''
    return head + b''.join(form % i for i in range(n))


def range_format(name):
    ending = stem(name or '-').rpartition('.')[2]
    return {'jsonl': 'jsonl', 'csv': 'csv', 'tsv': 'tsv'}.get(ending, 'list')


def is_npz(name):
    return name is not None and stem(name).endswith('.npz')


def arrays(opt, records, weighted):
    out = io.BytesIO()
    z = {'index': np.array([int(x[2]) for x in records], 'i8')}
    if weighted:
        z[opt.weight_field.decode()] = np.array([x[3].weight for x in records], 'f4')
        if opt.normalize == 'mean':
            z['rate_factor'] = np.float64(math.sqrt(1 / opt.factor))
    np.savez(out, **z)
    return out.getvalue()


def check_range(opt, operands):
    npz = is_npz(opt.output) or is_npz(opt.rejects)
    if npz and (opt.range is None or opt.explain or (is_npz(opt.output) and opt.plan)):
        misuse('arrays need --range, and hold no explanation')
    if opt.range is None:
        return
    if operands or opt.key is not None or opt.format or opt.header_lines or \
            opt.allow_duplicates or opt.id_field or opt.base_weight or \
            '%s' in (opt.output or ''):
        misuse('--range has no manifest')


def run_prune(opt, operands):
    check_options(opt)
    check_range(opt, operands)
    if opt.plan and not operands and opt.range is None:
        return plan_known(opt)
    operands = operands or ['-' if opt.range is None else '--range']
    check_write_options(opt, operands)
    decider, digests, state = prepare(opt)
    opt.factor = decider.factor()
    sources, flat, seen, text = [], [], set(), b''
    offset = 0
    for name in operands:
        form = opt.format
        if opt.range is None:
            data = read_file(name)
            text += data
        else:
            form = range_format(opt.output)
            data = range_text(opt.range, form)
            text = range_text(opt.range, 'list')
        src = open_source(name, data, form, opt.key, 'list',
                          opt.header_lines)
        src.slots = len(src.records)
        if src.fmt == 'list':
            src.slots = sum(1 for _ in split_lines(data)) - len(src.head)
        for r in src.records:
            r.number += offset
        offset += src.slots
        sources.append(src)
        pairs = take_part(opt, src, seen)
        check_carried(opt, src, pairs, decider)
        flat += [(src, r, i, decider.decide(i)) for r, i in pairs]
    opt.sources = sources
    check_formats(opt, sources, '%s' in (opt.output or ''))
    check_unseen(opt, state, decider, [x[2] for x in flat])
    if opt.plan:
        return write_plan(opt, [x[3] for x in flat], decider)
    writer = Writer(opt)
    results = make_sinks(opt, writer, sources, flat)
    stats = statistics([x[3] for x in flat], decider)
    digests['manifest'] = digest(text)
    many = opt.split is not None or '%s' in (opt.output or '')
    digests['output'] = [digest(b) for _, b in results] if many \
        else digest(results[0][1])
    out = Outputs()
    place = None
    if opt.split:
        place = split_files(opt, [x for x in flat if x[3].kept or opt.mark])
    if opt.rejects is not None:
        out.add(opt.rejects, rejects(opt, sources, flat))
    for name, data in companions(opt, flat, place):
        out.add(name, data)
    if opt.receipt is not None:
        out.add(opt.receipt, receipt_text(opt, stats, digests, decider.factor()))
    for name, data in results:
        out.add(name, data)
    out.commit()
    if opt.audit is not None:
        with open(opt.audit, 'ab') as f:
            f.write(audit_frame(opt, flat, stats, digests, decider))
    return 0
