"""Random inputs for differ.py, with unusual contents, from a seed."""
import io
import json
import random
import struct
import tarfile

import numpy as np

WORDS = [b'NaN', b'nan', b'-nan', b'NAN', b'Infinity', b'-Infinity', b'inf',
         b'-INF', b'infinity']
NUMBERS = [
    b'0', b'-0', b'0.0', b'-0.0', b'1', b'2', b'0.1', b'0.25', b'1e-3',
    b'1E+2', b'1e5', b'12.5e-1', b'3.4028235e38', b'3.40282356e38',
    b'3.4028235677973366e38', b'3.4028234663852886e38', b'1e39', b'-1e39',
    b'1e400', b'1e-45', b'1.4e-45', b'7e-46', b'7.006492321624085e-46',
    b'7.006492321624086e-46', b'1e-50', b'-1e-50', b'5e-324', b'1e-400',
    b'1.17549435e-38', b'1.1754943508222875e-38', b'1.1754942e-38',
    b'16777217', b'16777219', b'9007199254740993', b'18446744073709551616',
    b'0.30000001192092896', b'1.00000005960464477539',
    b'1.0000000596046448', b'1.00000005960464478', b'1.000000178813934326',
    b'1.00000017881393432617187500001', b'0.69314718055994530941723212',
    b'2.2250738585072011e-308', b'123456789012345678901234567890',
    b'0.000000000000000000000000000000000000000000001',
    b'8.5899345e9', b'9.999999e15', b'1e16', b'0.0001', b'0.00001',
    b'-3.5', b'-1e-3', b'4.4', b'196580', b'6.6e+21', b'0.123456',
]
NO_NUMBERS = [b'01', b'1.', b'.5', b'+1', b'0x10', b'1e', b'--1', b'1e+',
              b'nanx', b'infin', b'-', b'1_0', b'"0.5"', b'true', b'[]',
              b'{}', b'"n/a"', b'1.5.2', b'1,5']
CSV_EXTRA = [b'+1', b'.5', b'5.', b'+.5', b'', b'NA', b'-.25', b'+1e2',
             b'00.5', b'01']
CSV_NO = [b'0x10', b'1e', b'--1', b'n/a', b'- 1', b'nanx', b'+', b'.', b'1 ',
          b'null', b'1e+', b'e5', b'1d5']
IDS = [b'a', b'b', b'c', b'train/1', b'train/00000042', b'7', b'007', b'0',
       b'-5', b'16777217', b'9007199254740993', b'18446744073709551616',
       b'123456789012345678901234567890123456789', b'', b'x' * 300,
       '\u00e9'.encode(), 'e\u0301'.encode(), '\U0001f600'.encode(),
       '\u4e2d\u6587'.encode(), b'q"uote', b'back\\slash', b'sl/ash',
       b'sp ace', b' lead', b'trail ', b'co,mma', b'\x7fdel', b'A', b'a.b',
       b'img/01.png', b'\xff\xfebad', b'\xc3', b'1.5', b'null', b'true',
       b"it's", b'{}', b'[1]', b'#', b'a' * 15, b'b' * 16, b'c' * 17,
       b'd' * 31, b'e' * 32, b'f' * 33, b'g' * 128, b'h' * 129, b'i' * 240,
       b'j' * 241, b'k' * 1000]
ODD_IDS = [b'nul\0id', b'ctl\x01', b'\x1f', b'line\nend', b'tab\tid', b'\r']


class Gen:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.files = {}
        self.commands = []      # (program, argv, stdin file or None)

    def chance(self, p):
        return self.r.random() < p

    def pick(self, xs):
        return self.r.choice(xs)

    # -- pieces

    def some_ids(self, n, odd=False, plain=False):
        out = []
        for i in range(n):
            k = self.r.random()
            if plain or k < 0.5:
                out.append(b'train/%d' % self.r.randrange(3 * n + 1))
            elif odd and k > 0.93:
                out.append(self.pick(ODD_IDS))
            else:
                out.append(self.pick(IDS))
        return out

    def json_text(self, b):
        """Return a JSON string of these bytes, in a random spelling."""
        out = bytearray(b'"')
        how = self.r.random()
        for ch in b:
            c = bytes([ch])
            if ch < 0x20:
                short = {9: b'\\t', 10: b'\\n', 13: b'\\r', 8: b'\\b',
                         12: b'\\f'}.get(ch)
                out += short if short and self.chance(0.5) else \
                    b'\\u%04x' % ch
            elif c in b'"\\':
                out += b'\\' + c
            elif ch < 0x80 and how < 0.08 and self.chance(0.5):
                out += (b'\\u%04X' if self.chance(0.5) else b'\\u%04x') % ch
            elif c == b'/' and how > 0.9:
                out += b'\\/'
            else:
                out += c
        text = bytes(out + b'"')
        if how < 0.1:
            try:
                text = json.dumps(b.decode()).encode()
            except UnicodeDecodeError:
                pass
        return text

    def json_id(self, b):
        digits = b.lstrip(b'-')
        if digits.isdigit() and (digits == b'0' or digits[:1] != b'0') and \
                self.chance(0.5):
            return b
        return self.json_text(b)

    def loss(self):
        k = self.r.random()
        if k < 0.6:
            return repr(round(self.r.expovariate(1), 6)).encode()
        if k < 0.7:
            return repr(self.r.expovariate(1)).encode()
        if k < 0.78:
            return self.halfway()
        if k < 0.96:
            return self.pick(NUMBERS)
        return self.pick(WORDS)

    def halfway(self):
        """A number near the middle of two neighbouring floats, or any float."""
        bits = self.r.randrange(0x7f7fffff)
        f = struct.unpack('<f', struct.pack('<I', bits))[0]
        g = struct.unpack('<f', struct.pack('<I', bits + 1))[0]
        mid = (f + g) / 2
        if self.chance(0.3):
            mid = f
        mid *= 1 + self.r.choice((0, 0, 2.0 ** -52, -2.0 ** -53))
        return repr(mid).encode()

    def blank(self):
        return self.pick([b'', b'', b'', b'', b' ', b'  ', b'\t'])

    def extra(self):
        return self.pick([
            b'"x":{"loss":1,"id":"no"}', b'"big":12345678901234567890',
            b'"f":1e999', b'"t":"a\\"}{b"', b'"e":{}', b'"l":[1,[2,[]],{}]',
            b'"n":null', b'"w":[NaN,-Infinity,inf]', b'"s":"\xff\xc3"',
            b'"esc":"\\u0000\\ud83d\\ude00"', b'"lone":"\\ud800"',
            b'"deep":' + b'[' * 70 + b']' * 70, b'"":0',
            b'"long":"' + b'y' * self.r.choice((10, 63, 64, 65, 500)) + b'"',
            b'"lo\\u0073s2":3', b'"step":17', b'"true":true,"false":false'])

    def members(self, ms):
        """A JSON object with these members in random order, and with random spaces."""
        ms = list(ms)
        for _ in range(self.pick([0, 0, 0, 1, 1, 2])):
            ms.append(self.extra())
        if self.chance(0.3):
            self.r.shuffle(ms)
        sep = b',' + self.blank()
        return b'{' + self.blank() + sep.join(ms) + self.blank() + b'}'

    def broken_json(self):
        return self.pick([
            b'{"id":"x","loss":01}', b'{"id":"x" "loss":1}', b'{"id":"x",}',
            b'{"id":"x","loss":1', b'{"loss":1}', b'{"id":"x"}',
            b'{"id":1.5,"loss":1}', b'{"id":null,"loss":1}',
            b'{"id":["x"],"loss":1}', b'{"id":"x","loss":"0.5"}',
            b'{"id":"x","loss":1}}', b'{"id":"x","loss":1} x', b'nonsense',
            b'{"id":"x\x01","loss":1}', b'{"id":"\\ud800","loss":1}',
            b'{"id":"x\\q","loss":1}', b'{id:"x","loss":1}', b'"x"', b'17',
            b'{"id":"x","loss":+1}', b'{"id":"x","loss":.5}',
            b'{"id":"x","loss":1.}', b'{"id":"x","loss":0x1}',
            b'{"id":"x","loss":true}', b'{"id":"x","epoch":-1,"loss":1}',
            b'{"id":"x","epoch":1.5,"loss":1}',
            b'{"id":"x","epoch":2147483648,"loss":1}',
            b'{"id":"x","epoch":"3","loss":1}', b'{"id":"x","loss":1\0}',
            b'{"id":"x","loss":1,"y":tru}', b'{"id":"x","loss":1,"y":[1,]}',
            b'{"id":"x","loss":1,"y":nane}', b'{"id":1e2,"loss":1}',
            b'{"id":"x","loss":1,"\\udc00":2}', b'[{"id":"x","loss":1}]',
            b'{"ids":["a",1.5],"losses":[1,2]}',
            b'{"ids":["a","b"],"losses":[1]}',
            b'{"ids":["a","b"],"losses":[1,"x"]}',
            b'{"ids":["a"],"losses":1}', b'{"ids":["a"]}', b'{}',
            b"{'id':'x','loss':1}", b'{"id":"x","loss":1,"loss":"z"}'])

    # -- loss logs

    def epoch_text(self, e, csv=False):
        k = self.r.random()
        if k < 0.06:
            return b'%d.0' % e
        if k < 0.09:
            return self.pick([b'', b'NA']) if csv else b'null'
        return b'%d' % e

    def log(self, name, epochs, ids, fmt=None, bad=0.0, with_epoch=None,
            terms=False, plain=False):
        """Write one loss log, and return its name."""
        fmt = fmt or self.pick(['jsonl'] * 5 + ['csv', 'tsv', 'json', 'npz',
                                                'batch'])
        n = self.pick([0, 1, 2, 5, 12, 30])
        has_epoch = self.chance(0.8) if with_epoch is None else with_epoch
        recs = []
        for _ in range(n):
            e = self.pick(epochs) if self.chance(0.3) else max(epochs)
            recs.append((self.pick(ids), e, self.loss()))
        make = {'csv': self.csv_log, 'tsv': self.csv_log,
                'json': self.array_log, 'npz': self.npz_log}
        data = make.get(fmt, self.jsonl_log)(recs, has_epoch, fmt, bad, terms)
        suffix = {'csv': '.csv', 'tsv': '.tsv', 'json': '.json',
                  'npz': '.npz'}.get(fmt, '.jsonl')
        if fmt in ('csv', 'tsv') and self.chance(0.2):
            suffix = ''
        name += suffix
        self.files[name] = data
        return name

    def loss_members(self, loss, terms):
        if terms:
            return [b'"cls":' + loss, b'"box":' + self.loss()]
        return [b'"loss":' + loss]

    def ends(self, lines, torn, eol):
        out = bytearray()
        if self.chance(0.08):
            out += b'\xef\xbb\xbf'
        for line in lines:
            out += line + eol
            if self.chance(0.05):
                out += self.pick([b'', b'\r']) + b'\n'
        if torn is not None:
            out += torn
        elif lines and self.chance(0.1) and out.endswith(eol):
            out = out[:-len(eol)]
        return bytes(out)

    def wrapped(self, x, bad):
        """A number in a string or in an array of length 1, or something that only resembles one."""
        if bad and self.chance(0.3):
            return self.pick([b'[]', b'[1,2]', b'"0,5"', b'""', b'{}',
                              b'"NA"', b'[[]]', b'["1","2"]', b'"1 2"'])
        x = self.pick([b'"%s"', b'[%s]', b'[ %s ]', b'" %s "', b'[["%s"]]',
                       b'["%s"]']) % x
        return x

    def jsonl_log(self, recs, has_epoch, fmt, bad, terms):
        lines, i = [], 0
        while i < len(recs):
            ident, e, x = recs[i]
            if fmt == 'batch' or self.chance(0.05):
                k = self.r.randrange(4)
                group = recs[i:i + k]
                key = self.pick([b'ids', b'id'])
                ms = [b'"%s":[%s]' % (key, b','.join(self.json_id(g[0])
                                                     for g in group))]
                losses = [g[2] for g in group]
                if bad and self.chance(0.05):
                    losses.append(b'1')
                if bad and self.chance(0.05) and losses:
                    losses[-1] = self.pick([b'"x"', b'[1,2]', b'[]', b'null'])
                if self.chance(0.4):
                    ms.append(b'"losses":[%s]' % b', '.join(losses))
                elif self.chance(0.7) and (key == b'id' or len(group) > 1):
                    ms += [b'"%s":[%s]' % (f, b' , '.join(losses)) for f in
                           ([b'cls', b'box'] if terms else [b'loss'])]
                elif key == b'ids' or bad:
                    ms += self.loss_members(x, terms)
                else:
                    ms.append(b'"losses":[%s]' % b','.join(losses))
                i += max(k, 1)
            else:
                ms = [b'"id":' + self.json_id(ident)]
                if self.chance(0.03):
                    ms.insert(0, b'"id":"first"')
                if self.chance(0.05):
                    x = self.wrapped(x, bad)
                ms += self.loss_members(x if self.chance(0.98) else b'null',
                                        terms)
                i += 1
            if has_epoch:
                e = self.epoch_text(e)
                ms.append(b'"epoch":' + (self.wrapped(e, bad)
                                         if e != b'null' and self.chance(0.05)
                                         else e))
            lines.append(self.members(ms))
            if self.chance(bad):
                lines.append(self.broken_json())
            if self.chance(0.02):
                lines[-1] = b'\xef\xbb\xbf' * self.r.randrange(1, 3) + lines[-1]
            if bad and self.chance(0.02):
                lines[-1] = b'\0' * self.r.randrange(1, 9) + lines[-1]
            if bad and self.chance(0.02):
                lines.append(self.members(ms) + b'\0' * self.r.randrange(1, 9) + self.members(ms))
        torn = None
        if self.chance(0.15):
            whole = b'{"id":"torn","epoch":1,"loss":0.25}'
            torn = whole[:self.r.randrange(1, len(whole))]
        if not has_epoch and self.chance(0.1):
            lines = [b' ' + x for x in lines]
        return self.ends(lines, torn, b'\r\n' if self.chance(0.15) else b'\n')

    def csv_text(self, b, fmt):
        if fmt == 'tsv':
            return b.translate(None, b'\t\r\n')
        if any(c in b for c in b'",\r\n') or self.chance(0.1):
            return b'"' + b.replace(b'"', b'""') + b'"'
        return b

    def csv_log(self, recs, has_epoch, fmt, bad, terms):
        sep = b',' if fmt == 'csv' else b'\t'
        cols = [b'id'] + ([b'cls', b'box'] if terms else [b'loss'])
        if has_epoch:
            cols.append(b'epoch')
        if self.chance(0.4):
            cols.append(b'note')
        if self.chance(0.5):
            self.r.shuffle(cols)
        lines = [sep.join(cols)]
        if self.chance(0.1) and fmt == 'csv':
            lines = [sep.join(b'"' + c + b'"' for c in cols)]
        padded = self.chance(0.15)
        if padded:
            lines = [sep.join(c + b' ' for c in cols)]
        for ident, e, x in recs:
            x = self.pick(CSV_EXTRA) if self.chance(0.05) else x
            if self.chance(bad):
                x = self.pick(CSV_NO)
            cell = {b'id': self.csv_text(ident, fmt), b'loss': x, b'cls': x,
                    b'box': self.loss(), b'epoch': self.epoch_text(e, True),
                    b'note': self.csv_text(self.pick(IDS), fmt)}
            row = [cell[c] for c in cols]
            if self.chance(bad / 3):
                row = row[:-1] if self.chance(0.5) else row + [b'x']
            if padded:
                row = [b' ' * self.r.randrange(3) + c +
                       b' ' * self.r.randrange(3)
                       if not c.startswith(b'"') else c for c in row]
            lines.append(sep.join(row))
            if self.chance(0.03):
                lines.append(lines[0])
            if self.chance(0.03):
                lines[-1] = b'\xef\xbb\xbf' + lines[-1]
            if bad and self.chance(0.02):
                lines[-1] = b'\0' * self.r.randrange(1, 9) + lines[-1]
        torn = None
        if self.chance(0.15):
            whole = sep.join({b'id': b'torn', b'note': b'n'}.get(c, b'1')
                             for c in cols)
            torn = whole[:self.r.randrange(1, len(whole) + 1)]
        return self.ends(lines, torn, b'\r\n' if self.chance(0.2) else b'\n')

    def array_log(self, recs, has_epoch, fmt, bad, terms):
        out = []
        for ident, e, x in recs:
            ms = [b'"id":' + self.json_id(ident)] + self.loss_members(x, terms)
            if has_epoch:
                ms.append(b'"epoch":' + self.epoch_text(e))
            out.append(self.members(ms))
        return self.array(out, bad)

    def array(self, elements, bad=0.0):
        sep = self.pick([b',', b',\n', b',\n  ', b' , '])
        data = b'[' + self.pick([b'', b'\n', b' ']) + sep.join(elements) + \
            self.pick([b'', b'\n']) + b']' + self.pick([b'', b'\n'])
        if self.chance(bad / 2):
            data = data[:self.r.randrange(1, len(data))]
        return data

    def npz_log(self, recs, has_epoch, fmt, bad, terms):
        n = len(recs)
        kind = self.pick(['i8', 'u8', 'i4', 'S', 'U'])
        if kind in ('S', 'U'):
            ids = [b'k%d' % self.r.randrange(20) for _ in range(n)]
            ids = np.array(ids, dtype='S8') if kind == 'S' else np.array(
                [i.decode() + self.pick(['', '\u00e9']) for i in ids], 'U8')
        else:
            ids = np.array([self.r.randrange(20) for _ in range(n)], kind)
        with np.errstate(all='ignore'):
            loss = np.array([float(x[2]) for x in recs], 'f8').astype(
                self.pick(['f2', 'f4', 'f8']))
        arrays = {'id': ids, 'loss': loss}
        if terms:
            arrays = {'id': ids, 'cls': loss, 'box': loss}
        if has_epoch:
            arrays['epoch'] = np.array([x[1] for x in recs],
                                       self.pick(['i8', 'i4', 'u1', 'f8']))
        out = io.BytesIO()
        (np.savez_compressed if self.chance(0.3) else np.savez)(out, **arrays)
        return out.getvalue()

    # -- score files

    def score_rows(self, ids, newest, how='jsonl', prev=False):
        """A score file in JSONL."""
        lines, done = [], set()
        spread = self.pick(['exp', 'ties', 'odd', 'same'])
        for ident in ids:
            if ident in done:
                continue
            done.add(ident)
            x = repr(round(self.r.expovariate(1), 6)).encode()
            if spread == 'ties':
                x = self.pick([b'0.25', b'0.5', b'1', b'2'])
            elif spread == 'odd' and self.chance(0.5):
                x = self.pick([y for y in NUMBERS
                               if abs(float(y)) < 3.4e38])
            elif spread == 'same':
                x = b'0.1'
            if self.chance(0.08):
                x = b'null'
            e = self.r.randrange(newest + 1)
            line = b'{"id":%s,"score":%s,"epoch":%d,"visits":%d' % (
                self.json_id(ident), x, e, self.r.randrange(1, e + 2))
            if prev:
                line += b',"prev":' + self.pick([b'null', b'0.5', b'1.25'])
            lines.append(line + b'}')
        return b''.join(x + b'\n' for x in lines)

    # -- manifests

    def manifest(self, name, ids, fmt, field=b'id', weight=0.0, bad=0.0):
        """Write a manifest that has each of these ids once, and return its name."""
        ids = list(dict.fromkeys(ids))
        if fmt == 'tsv':
            ids = [i for i in ids if not set(i) & set(b'\t\r\n')]
        if fmt in ('csv', 'tsv'):
            data = self.table(ids, fmt, field, weight, bad)
        elif fmt == 'list':
            ids = [i for i in ids if i and not set(i) & set(b'\t\r\n') and
                   i.strip() == i and i[:1] not in b'{[']
            data = self.ends(ids, None, self.pick([b'\n', b'\n', b'\r\n']))
        elif fmt == 'tar':
            data = self.tar([b'%06d' % k for k in range(len(ids))], weight)
        else:
            out = []
            for i in ids:
                ms = [b'"%s":%s' % (field, self.json_id(i))]
                if self.chance(weight):
                    ms.append(b'"weight":' + self.weight())
                out.append(self.members(ms))
                if self.chance(bad):
                    out.append(self.pick([
                        b'{"id":"x"', b'{"id":1.5}', b'{}', b'[]', b'7',
                        b'{"id":"zz","weight":1}', b'{"id":"z",}',
                        b'{"id":"\\udfff"}']))
            if fmt == 'json':
                data = self.array(out, bad)
            else:
                data = self.ends(out, None,
                                 self.pick([b'\n', b'\n', b'\n', b'\r\n']))
        name += {'jsonl': '.jsonl', 'json': '.json', 'csv': '.csv',
                 'tsv': '.tsv', 'list': '.txt', 'tar': '.tar'}[fmt]
        self.files[name] = data
        return name

    def weight(self):
        return self.pick([b'1', b'2', b'2.0', b'1.25', b'1e1', b'0.5',
                          b'1.4285714285714286', b'0', b'3.0e0'])

    def table(self, ids, fmt, field, weight, bad):
        sep = b',' if fmt == 'csv' else b'\t'
        cols = [field, b'label'] + ([b'note'] if self.chance(0.5) else [])
        if weight and self.chance(weight):
            cols.append(b'weight')
        if self.chance(0.5):
            self.r.shuffle(cols)
        lines = [sep.join(self.csv_text(c, fmt) for c in cols)]
        for i in ids:
            cell = {field: self.csv_text(i, fmt), b'weight': self.weight(),
                    b'label': b'%d' % self.r.randrange(9),
                    b'note': self.csv_text(self.pick(IDS + ODD_IDS), fmt)}
            row = [cell[c] for c in cols]
            if self.chance(bad):
                row = row[:-1] if self.chance(0.5) else row + [b'x']
            lines.append(sep.join(row))
        return self.ends(lines, None, self.pick([b'\n', b'\n', b'\r\n']))

    def tar(self, keys, weight=0.0):
        """One archive, or several joined as cat does."""
        if len(keys) > 1 and self.chance(0.2):
            half = len(keys) // 2
            return self.tar(keys[:half], weight) + self.tar(keys[half:],
                                                            weight)
        out = io.BytesIO()
        with tarfile.open(fileobj=out, mode='w', format=self.pick(
                [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT,
                 tarfile.PAX_FORMAT])) as t:
            def put(name, data, **kw):
                info = tarfile.TarInfo(name)
                info.size, info.mtime = len(data), 1600000000
                for k, v in kw.items():
                    setattr(info, k, v)
                t.addfile(info, io.BytesIO(data))
            folder = self.pick(['', '', 'd/', './', 'a.b/', 'l' * 90 + '/'])
            if self.chance(0.3):
                put('README', b'about\n')
            if self.chance(0.2):
                put('d', b'', type=tarfile.DIRTYPE)
            for key in keys:
                for ext in self.pick([['jpg'], ['jpg', 'cls'],
                                      ['a.jpg', 'b.jpg', 'json']]):
                    put(folder + key.decode() + '.' + ext,
                        b'z' * self.pick([0, 1, 511, 512, 513, 1500]))
                if self.chance(weight):
                    put(folder + key.decode() + '.weight.json',
                        self.weight())
            if self.chance(0.2):
                put('__meta__/x.json', b'{}')
        data = out.getvalue()
        return data
