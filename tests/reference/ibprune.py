"""ib-prune as the manual defines it, first half: scores, rules, decisions, statistics."""
import json
import math
from fractions import Fraction
from types import SimpleNamespace

from ibbase import (Fail, bad, digest, draw_seed, draw_u, exact_sum, misuse,
                    nearest, read_file, round15, to_f32, warn)
from ibfold import Folder, Totals, is_npz, is_score_file, is_totals, \
    read_totals

PROG = 'ib-prune'
REASONS = ('pruned', 'drawn', 'high', 'unseen', 'nonfinite', 'warmup',
           'anneal', 'age')


class Decision:
    __slots__ = ('pi', 'u', 'score', 'reason', 'kept', 'plain', 'weight', 'group')


def load_scores(name, part_free=True):
    """Read the file of -s, a score file or a loss log. Returns (rows by id, digest)."""
    data = read_file(name)
    opt = SimpleNamespace(
        terms=[(1.0, b'loss')], duplicates='last', smooth=0.0, part=None,
        until=None, state=False, nonfinite='keep', epoch_field=b'epoch',
        format=None, key=None, max_bad=0, expect=[])
    f = Folder(opt)
    if is_npz(data) or is_score_file(data, opt.terms):
        f.fold_operand(name, data, None)
    else:
        f.fold_log(name, data, 0)
    return f.table.rows, digest(data)


# ---- thresholds ----------------------------------------------------------

def quantile(scores, f):
    """The smallest score for which at least the exact fraction f of the scores is less or equal."""
    xs = sorted(scores)
    k = math.ceil(f * len(xs))
    return xs[max(k, 1) - 1]


def parse_cut(text):
    """mean, median, qF, vX -> (kind, value)."""
    if text == 'mean':
        return ('mean', None)
    if text == 'median':
        return ('q', Fraction(1, 2))
    try:
        if text[:1] == 'q':
            f = Fraction(text[1:])
            if not 0 <= f <= 1 or '/' in text:
                misuse('a quantile is in [0, 1]: %s' % text)
            return ('q', f)
        if text[:1] == 'v':
            x = float(text[1:])
            if not math.isfinite(x):
                misuse('is not a number: %s' % text)
            return ('v', x)
    except ValueError:
        pass
    misuse('is not a threshold: %s' % text)


class Rule:
    """Everything that determines pi, except for the row of the sample."""

    def __init__(self, opt, rows, totals):
        self.opt = opt
        self.name = opt.rule
        self.known = [r for r in rows.values() if r.score is not None]
        self.totals = totals
        self.threshold = None
        self.cuts = None
        self.c = None
        self.ratio = opt.ratio
        self.resolve()
        self.p = round15(1.0 - self.ratio)

    def cut(self, kind, x):
        if kind == 'q' and self.opt.totals is not None:
            misuse('quantiles need the scores of all samples')
        n = self.totals.n if self.totals else len(self.known)
        if n == 0:
            return None
        if kind == 'v':
            return x
        if kind == 'q':
            return quantile([r.score for r in self.known], x)
        if self.totals:
            return self.totals.mean()
        return nearest(exact_sum(r.score for r in self.known) / n)

    def resolve(self):
        opt = self.opt
        if self.name in ('infobatch', 'hard'):
            self.threshold = self.cut(*opt.threshold)
        elif self.name == 'buckets':
            self.cuts, last = [], None
            for spec, share in opt.buckets:
                t = self.cut(*spec)
                if t is not None and last is not None and t < last:
                    t = last
                last = t
                self.cuts.append((t, share))
        elif self.name == 'rank':
            self.cuts = [(self.cut('q', Fraction(j, 64)), self.share(j))
                         for j in range(1, 64)]
        elif self.name == 'proportional':
            self.c = opt.scale if opt.scale is not None else self.solve_c()
        if opt.keep is None or self.name == 'proportional':
            return
        share = 1 - opt.keep
        if self.name == 'infobatch':
            low = sum(1 for r in self.known if self.is_low(r.score))
            if low == 0:
                self.ratio = 0.0
                return
            share = share * len(self.known) / low
        self.ratio = min(nearest(share), 0.95)

    def share(self, j):
        return round15(1 - max(self.opt.floor, (j / 64) ** self.opt.power))

    def is_low(self, score):
        return self.threshold is not None and score < self.threshold

    def x(self, score):
        """The proxy, rounded to binary32."""
        if self.opt.proxy == 'loss':
            return score
        try:
            x = 1.0 - math.exp(-score)
        except OverflowError:
            x = -math.inf
        f = to_f32(x)
        return x if f is None else f

    def solve_c(self):
        """The c for which the pi of the known rows add up to keep * n, computed exactly."""
        floor = Fraction(self.opt.floor)
        xs = [Fraction(x) for x in (self.x(r.score) for r in self.known)
              if x > 0]
        n = len(self.known)
        target = self.opt.keep * n
        base = floor * (n - len(xs))

        def total(c):
            return base + sum(min(Fraction(1), max(floor, c * x)) for x in xs)

        points = sorted({floor / x for x in xs} | {1 / x for x in xs})
        if not points or total(Fraction(0)) >= target:
            return 0.0
        left = Fraction(0)
        for right in points:
            if total(right) >= target:
                a, b = total(left), total(right)
                return nearest(left + (target - a) * (right - left) / (b - a))
            left = right
        return nearest(points[-1])

    def pi(self, score):
        """Return (pi, True if the score is high) for a known row."""
        if self.name == 'infobatch':
            return (self.p, False) if self.is_low(score) else (1.0, True)
        if self.name == 'hard':
            return (0.0, False) if self.is_low(score) else (1.0, True)
        if self.name == 'random':
            return self.p, False
        if self.name in ('buckets', 'rank'):
            for t, share in self.cuts:
                if t is not None and score < t:
                    return round15(1.0 - share), False
            return 1.0, True
        x = self.x(score)
        pi = self.opt.floor if x <= 0 else \
            min(1.0, max(self.opt.floor, self.c * x))
        pi = math.ceil(pi * 2.0 ** 24) * 2.0 ** -24
        return pi, pi >= 1.0


class Decider:
    def __init__(self, opt, rows, rule):
        self.opt = opt
        self.rows = rows
        self.rule = rule
        self.seed = draw_seed(opt.seed, opt.epoch)
        e = opt.epoch
        self.full = None
        if e < opt.warmup:
            self.full = 'warmup'
        elif opt.full_from is not None:
            if e >= opt.full_from:
                self.full = 'anneal'
        elif opt.epochs is not None and \
                not e + 1 <= opt.delta * opt.epochs + 1e-9:
            self.full = 'anneal'
        self.groups = {}        # pi -> (k, n, set of ids kept)
        self.known_factor = None
        if opt.sampling == 'fixed' and self.full is None:
            self.draw_fixed()

    def judge(self, row):
        """Return (pi, reason). The reason is None if the draw decides."""
        random = self.opt.rule == 'random'
        if self.full:
            return 1.0, self.full
        if not random:
            if row is None:
                return 1.0, 'unseen'
            if row.score is None:
                return 1.0, 'nonfinite'
            pi, high = self.rule.pi(row.score)
            if high:
                return 1.0, 'high'
        else:
            pi = self.rule.p
        k = self.opt.max_age
        if k is not None and row is not None and \
                self.opt.epoch - row.epoch >= k:
            return 1.0, 'age'
        return pi, None

    def draw_fixed(self):
        members = {}
        for ident, row in self.rows.items():
            if row.score is None:
                continue
            pi, reason = self.judge(row)
            if reason is None and pi < 1:
                members.setdefault(pi, []).append(
                    (draw_u(ident, self.seed), ident))
        for pi, group in members.items():
            n = len(group)
            k = max(1, math.floor(pi * n + 0.5))
            kept = {ident for _, ident in sorted(group)[:k]}
            self.groups[pi] = (k, n, kept)

    def decide(self, ident):
        d = Decision()
        row = self.rows.get(ident)
        d.u = draw_u(ident, self.seed)
        d.score = row.score if row else None
        d.pi, d.reason = self.judge(row)
        d.group = None
        weight = None
        g = self.groups.get(d.pi) if d.reason is None else None
        if g and d.score is not None:
            k, n, kept = g
            d.group = d.pi
            d.pi, weight = k / n, n / k
            d.kept = ident in kept
        else:
            d.kept = d.u < d.pi
        if d.reason is None:
            d.reason = 'drawn' if d.kept else 'pruned'
        d.plain = d.weight = 0.0
        if d.kept:
            d.plain = 1.0 / d.pi if weight is None else weight
            d.weight = self.factor() * d.plain
        return d

    def factor(self):
        """The factor by which --normalize mean multiplies the weights."""
        if self.opt.normalize != 'mean':
            return 1.0
        if self.known_factor is None:
            self.known_factor = self.compute_factor()
        return self.known_factor

    def compute_factor(self):
        pis = []
        for row in self.rows.values():
            if row.score is not None:
                pi, reason = self.judge(row)
                if reason is None and pi in self.groups:
                    k, n, _ = self.groups[pi]
                    pi = k / n
                pis.append(pi)
        pis = [pi for pi in pis if pi > 0]
        if pis:
            return nearest(exact_sum(pis) / len(pis))
        return self.judge(None)[0] if self.opt.rule == 'random' else 1.0


# ---- statistics -------------------------------------------------------------

def statistics(decisions, decider):
    opt, rule = decider.opt, decider.rule
    kept = [d for d in decisions if d.kept]
    reasons = {r: 0 for r in REASONS}
    for d in decisions:
        reasons[d.reason] += 1
    var = Fraction(0)
    if opt.rule != 'hard':
        var = exact_sum((1 - d.pi) / d.pi for d in decisions
                        if d.group is None)
        for pi, (k, n, _) in decider.groups.items():
            m = sum(1 for d in decisions if d.group == pi)
            if n > 1:
                var += Fraction(m * (n - m) * (n - k), k * (n - 1))
    return {
        'samples': len(decisions), 'kept': len(kept),
        'pruned': len(decisions) - len(kept),
        'low': reasons['pruned'] + reasons['drawn'], 'reasons': reasons,
        'expected_kept': nearest(exact_sum(d.pi for d in decisions)),
        'weight_sum': nearest(exact_sum(d.plain for d in kept)),
        'weight_var': nearest(var),
        'max_weight': max((d.plain for d in kept), default=0.0),
        'threshold': rule.threshold,
    }


# ---- the command ---------------------------------------------------------

def check_options(opt):
    if opt.epoch is None:
        misuse('-e is required')
    if opt.scores is None and opt.rule != 'random':
        misuse('-s is required')
    if opt.full_from is not None and (opt.epochs is not None or
                                      opt.delta is not None):
        misuse('--full-from cannot be combined with -E and --delta')
    if opt.delta is None:
        opt.delta = 0.875
    if opt.keep is not None and opt.ratio is not None:
        misuse('--keep cannot be combined with -r')
    if opt.keep is not None and opt.rule in ('buckets', 'hard',
                                                    'rank'):
        misuse('--keep cannot be combined with this rule')
    if opt.rule == 'proportional':
        if (opt.keep is None) == (opt.scale is None):
            misuse('proportional: needs either --keep or scale')
    if opt.rule == 'buckets' and not opt.buckets:
        misuse('--rule buckets needs cuts')
    if opt.normalize == 'mean' and opt.totals is not None:
        misuse('--normalize mean cannot be combined with --totals')
    if opt.sampling == 'fixed' and opt.rule in ('proportional', 'hard'):
        misuse('--sampling fixed cannot be combined with this rule')
    if opt.ratio is None:
        opt.ratio = 0.5


def prepare(opt):
    """Prepare the rule from the scores. Returns (decider, digests of scores and totals, state)."""
    rows, scores_digest, totals_digest = {}, None, None
    state = 'none'
    if opt.scores is not None:
        try:
            rows, scores_digest = load_scores(opt.scores)
            state = 'read'
        except Fail as e:
            if e.code != 66:
                raise
            if opt.epoch > 0 and opt.rule != 'random':
                raise
            state = 'absent'
    newest = max((r.epoch for r in rows.values()), default=-1)
    if newest > opt.epoch:
        bad('scores hold epoch %d, later than %d' % (newest, opt.epoch))
    if newest == opt.epoch and not opt.quiet:
        warn(PROG, 'scores hold epoch %d already' % newest)
    totals = None
    if opt.totals is not None:
        data = read_file(opt.totals)
        if not is_totals(data):
            bad('%s: is not a totals file' % opt.totals)
        totals = Totals()
        read_totals(data, totals)
        totals_digest = digest(data)
    rule = Rule(opt, rows, totals)
    return (Decider(opt, rows, rule),
            {'scores': scores_digest, 'totals': totals_digest}, state)


def check_unseen(opt, state, decider, idents):
    if state != 'read' or not decider.rows or opt.rule == 'random':
        return
    unseen = sum(1 for i in idents if i not in decider.rows)
    if opt.max_unseen is not None:
        kind, limit = opt.max_unseen
        if (100 * unseen > limit * len(idents)) if kind == '%' \
                else unseen > limit:
            bad('%d of %d ids are unseen' % (unseen, len(idents)))
    if 2 * unseen > len(idents) and not opt.quiet:
        warn(PROG, 'over half of the ids are unseen: a wrong key?')


def plan_text(decisions, decider):
    """The output of --dry-run, which needs no draws."""
    rule = decider.rule
    n = len(decisions)
    plus = [d for d in decisions if d.pi > 0]
    expected = exact_sum(d.pi for d in decisions)
    spread = sum((1 / Fraction(d.pi) for d in plus), Fraction(0))
    out = {
        'samples': n, 'expected_kept': nearest(expected),
        'saved': nearest(1 - expected / n) if n else None,
        'max_weight': max((1 / d.pi for d in plus), default=0.0),
        'ess': nearest(Fraction(len(plus)) ** 2 / spread) if plus else None,
        'relative_variance': None,
    }
    known = [(d, Fraction(rule.x(d.score)) ** 2) for d in decisions
             if d.score is not None]
    p = expected / n if n else 0
    if p and decider.opt.rule != 'hard':
        mine = sum(((1 - Fraction(d.pi)) / Fraction(d.pi) * x
                    for d, x in known), Fraction(0))
        even = (1 - p) / p * sum((x for _, x in known), Fraction(0))
        out['relative_variance'] = nearest(mine / even) if even else None
    return json.dumps(out).encode() + b'\n'


def receipt_text(opt, stats, digests, factor):
    d = dict(stats)
    if opt.normalize == 'mean':
        d.update(normalize='mean', weight_factor=factor,
                 rate_factor=math.sqrt(1 / factor))
    d['digests'] = digests
    for name in ('epoch', 'seed', 'rule', 'warmup', 'epochs', 'delta'):
        d[name] = getattr(opt, name)
    return json.dumps(d).encode() + b'\n'
