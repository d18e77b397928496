"""The savings of ib-audit simulate on real loss logs equal the savings of the
rules in tests/reference in a loop over the samples. IB_EVERY=N uses every N-th sample
(default 6, which takes seconds)."""
import json
import os
import re
import sys
from fractions import Fraction
from types import SimpleNamespace

import numpy as np

from common import near, run, table, u_of, unzstd

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../reference')
from ibprune import Rule, parse_cut  # noqa: E402

DATA = HERE + '/../../testdata/fashion'
PAGE = open(HERE + '/../../man/infobatch.7').read()
E, FULL, COST = 16, 14, 12.5  # number of epochs, first epoch that is not pruned, cost per epoch
EVERY = int(os.environ.get('IB_EVERY', 6))

logs = []
for e in range(E):
    lines = unzstd('%s/log-%03d.jsonl.zst' % (DATA, e)).splitlines(True)
    records = [(json.loads(l), l) for l in lines]
    records = [(d, l) for d, l in records
               if int(d['id'].split('/')[1]) % EVERY == 0]
    with open('loss.%d.jsonl' % e, 'wb') as f:
        f.writelines(l for _, l in records)
    logs.append({d['id']: float(np.float32(d['loss'])) for d, _ in records})
ids = list(logs[0])

RULES = {
    'infobatch': ('infobatch', {'ratio': 0.5, 'threshold': ('mean', None)}),
    'buckets': ('buckets:q0.2=0.75,q0.85=0.5',
                {'buckets': [(parse_cut('q0.2'), 0.75),
                             (parse_cut('q0.85'), 0.5)]}),
    'proportional': ('proportional:scale=5,floor=0.2',
                     {'scale': 5.0, 'floor': 0.2, 'proxy': 'bounded'}),
}


def oracle(name, options):
    """Return the number of kept samples and the sum of weights of each epoch."""
    o = {'rule': name, 'ratio': 0.0, 'threshold': None, 'keep': None,
         'totals': None, **options}
    score = {}
    for e in range(E):
        rule = Rule(SimpleNamespace(**o), {
            i: SimpleNamespace(score=x) for i, x in score.items()}, None)
        kept, weights = 0, Fraction(0)
        for i in ids:
            pi = 1.0
            if i in score and e < FULL:
                pi = rule.pi(score[i])[0]
            if pi == 1 or u_of(0, e, i) < pi:
                kept += 1
                weights += Fraction(1 / pi)
                score[i] = logs[e][i]
        yield kept, float(weights)


for name, (rule, options) in RULES.items():
    argv = ['ib-audit', 'simulate', '-E', E, '--rule', rule,
            '--cost-per-epoch', COST] + ['loss.%d.jsonl' % e for e in range(E)]
    got = table(*argv)
    saved = 0
    for e, (kept, weights) in enumerate(oracle(name, options)):
        assert got[e]['kept'] == kept, (name, e, got[e], kept)
        assert got[e]['pruned'] == len(ids) - kept
        assert got[e]['weight_sum'] == weights, (name, e, got[e], weights)
        saved += len(ids) - kept
        near('cost', got[e]['cost'], COST * kept / len(ids))
        near('cost_saved', got[e]['cost_saved'], COST * saved / len(ids))
    last = run(*argv).decode().splitlines()
    assert last[-2] == '%d of %d visits saved: %.1f%%' % (
        saved, E * len(ids), 100 * saved / (E * len(ids))), last[-2]
    assert last[-1] == 'Cost %.2f instead of %.2f: %.2f saved' % (
        COST * (E - saved / len(ids)), COST * E, COST * saved / len(ids)), \
        last[-1]
    # The table in the manual has the percentage and the cost for all samples.
    argv[-E:] = ['%s/log-%03d.jsonl.zst' % (DATA, e) for e in range(E)]
    last = run(*argv).decode().splitlines()[-2:]
    share, cost = last[0].split()[-1], last[1].split()[1]
    row = r'\.It %s\S* Ta %s Ta \S+ Ta \S+ Ta %s\n' % (name, re.escape(share), re.escape(cost))
    assert re.search(row, PAGE), last
    assert saved > 0.3 * E * len(ids), (name, saved)
