"""The slopes of ib-audit suspects equal least squares computed by numpy."""
import numpy as np

from common import near, table, write_jsonl

r = np.random.default_rng(7)
n, epochs = 300, 6
rows, loss = [], {}
for e in range(epochs):
    for i in range(n):
        x = r.exponential(1 / (e + 1))
        if i % 10 == 0:
            x = 2.5 + 0.2 * e * r.random() + r.random()
        if i % 50 == 0 and e == 3:
            rows.append({'id': 's%d' % i, 'epoch': e, 'loss': None})
            continue
        if i % 40 == 0 and e == 2:  # a second loss; the last loss is used
            rows.append({'id': 's%d' % i, 'epoch': e, 'loss': 0.0})
        x = float(np.float32(x))
        rows.append({'id': 's%d' % i, 'epoch': e, 'loss': x})
        loss.setdefault(e, {})[i] = x
write_jsonl('log.jsonl', rows)
mean = {e: np.mean(list(v.values())) for e, v in loss.items()}
want = []
for i in range(n):
    mine = [(e, loss[e][i]) for e in range(epochs) if i in loss[e]]
    if any(x < mean[e] for e, x in mine) or len(mine) < 3:
        continue
    t = [e for e, _ in mine]
    y = [x / mean[e] for e, x in mine]
    want.append((np.polyfit(t, y, 1)[0], i, len(t), y[0], y[-1]))
want.sort(key=lambda w: (-w[0], w[1]))
assert len(want) > 20
got = table('ib-audit', 'suspects', 'log.jsonl')
assert [g['id'] for g in got] == ['s%d' % w[1] for w in want]
for g, w in zip(got, want):
    assert g['epochs'] == w[2]
    near('first', g['first'], w[3])
    near('last', g['last'], w[4])
    near('slope', g['slope'], w[0], small=1e-9)
assert table('ib-audit', 'suspects', '--top', 2, 'log.jsonl') == got[:2]
assert table('ib-audit', 'suspects', '--min-epochs', 6, 'log.jsonl') == \
    [g for g in got if g['epochs'] == 6]
