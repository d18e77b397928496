"""A run can return to an earlier epoch with the stored loss logs, or continue with all data."""
import json
import shutil

import numpy as np

from common import run, table, write_jsonl

IDS = ['s/%03d' % i for i in range(200)]
r = np.random.default_rng(8)
dated = True


def loss_log(e):
    return 'loss.%d.jsonl' % e


def epoch(e, scores, audit):
    run('ib-prune', '-q', '-s', scores, '-e', e, '-a', audit, '-o',
        'epoch.%d.jsonl' % e, 'm.jsonl')
    records = [{'id': json.loads(l)['id'],
                'loss': float(r.exponential(2 / (e + 1)))}
               for l in open('epoch.%d.jsonl' % e)]
    if dated:
        records = [dict(x, epoch=e) for x in records]
    write_jsonl(loss_log(e), records)
    run('ib-score', '-e', e, '-u', scores, loss_log(e))
    shutil.copy(scores, 'scores.%d.npz' % e)


write_jsonl('m.jsonl', [{'id': i} for i in IDS])
for dated in (True, False):
    scores = 'run.%d.npz' % dated
    for e in range(8):
        epoch(e, scores, 'log.%d.zst' % dated)
    if dated:
        run('ib-score', '--until', 4, '-o', 'back.npz',
            *[loss_log(e) for e in range(8)])
    else:  # the records have no epoch, so fold one log after the other
        shutil.copy('scores.0.npz', 'back.npz')
        run('ib-score', '-e', 0, '-o', 'back.npz', loss_log(0))
        for e in range(1, 5):
            run('ib-score', '-e', e, '-u', 'back.npz', loss_log(e))
    assert open('back.npz', 'rb').read() == open('scores.4.npz', 'rb').read()
    # The manifest of epoch 5 has the same bytes as before.
    run('ib-prune', '-q', '-s', 'back.npz', '-e', 5, '-o', 'again', 'm.jsonl')
    assert open('again', 'rb').read() == open('epoch.5.jsonl', 'rb').read()
    # Continue from there. The log has two runs for an epoch, and the tables use the later one.
    shutil.copy('back.npz', scores)
    epoch(5, scores, 'log.%d.zst' % dated)
    run('ib-audit', 'verify', 'log.%d.zst' % dated)
    assert [s['epoch'] for s in table('ib-audit', 'summary', '-q',
                                      'log.%d.zst' % dated)] == list(range(8))
    # -r 0 keeps all samples.
    run('ib-prune', '-q', '-r', 0, '-s', scores, '-e', 6, '-o', 'all',
        'm.jsonl')
    got = [json.loads(l) for l in open('all')]
    assert [g['id'] for g in got] == IDS and {g['weight'] for g in got} == {1}
