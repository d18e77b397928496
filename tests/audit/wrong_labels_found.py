#!/usr/bin/python3
"""Measure how many wrong labels ib-audit suspects finds. The program replaces some
labels of the training set of Fashion-MNIST at random, trains on all data with
the model of tests/training, and counts the wrong labels among the first
suspects. The program runs for minutes, and is not part of make check.
ib-audit(1) quotes the results.

  tests/audit/wrong_labels_found.py [--bin DIR] [--flip 300] [--epochs 12] [--seed 1]"""
import argparse
import json
import os
import subprocess
import sys
import tempfile
import time

# Use one thread, because the sums of several threads differ from machine to machine.
os.environ['OPENBLAS_NUM_THREADS'] = os.environ['OMP_NUM_THREADS'] = '1'

import numpy as np  # noqa: E402
import torch  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE + '/../training')
from classification import Classification  # noqa: E402

BATCH, RATE = 128, 0.05

p = argparse.ArgumentParser()
p.add_argument('--bin', default=HERE + '/../../build/release')
p.add_argument('--flip', type=int, default=300)
p.add_argument('--epochs', type=int, default=12)
p.add_argument('--seed', type=int, default=1)
a = p.parse_args()

task = Classification()
n = len(task.y)
r = np.random.default_rng(a.seed)
flipped = r.choice(n, a.flip, replace=False)
task.y[flipped] = (task.y[flipped] +
                   torch.from_numpy(r.integers(1, 10, a.flip))) % 10
torch.manual_seed(a.seed)
model = task.model()
optimizer = task.optimizer(model, RATE)
steps = a.epochs * -(-n // BATCH)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda k: 1 - k / steps)
with tempfile.TemporaryDirectory() as folder:
    logs = []
    for e in range(a.epochs):
        began = time.time()
        model.train()
        logs.append('%s/loss.%d.jsonl' % (folder, e))
        with open(logs[-1], 'w') as f:
            for rows in torch.from_numpy(r.permutation(n)).split(BATCH):
                loss = task.losses(model, rows, slice(None))['loss']
                optimizer.zero_grad()
                loss.mean().backward()
                optimizer.step()
                schedule.step()
                for row, x in zip(rows.tolist(), loss.tolist()):
                    f.write('{"id":"%d","epoch":%d,"loss":%.6g}\n' %
                            (row, e, x))
        print('epoch %d: %.0f s' % (e, time.time() - began), file=sys.stderr)
    found = [int(s['id']) for s in json.loads(subprocess.run(
        [os.path.join(a.bin, 'ib-audit'), 'suspects', '--json'] + logs,
        stdout=subprocess.PIPE, check=True).stdout)]
    last = {int(json.loads(l)['id']): json.loads(l)['loss']
            for l in open(logs[-1])}
wrong = set(flipped.tolist())
by_loss = sorted(last, key=last.get, reverse=True)
print('%d of %d labels wrong, %d epochs, accuracy %.4f; %d suspects, %d of '
      'the wrong ones among them' % (a.flip, n, a.epochs, task.metric(model),
                                     len(found), len(wrong & set(found))))
for k in (100, a.flip, 2 * a.flip, 4 * a.flip):
    print('among the first %5d: %4d wrong (by the last loss alone %4d)' %
          (k, len(wrong & set(found[:k])), len(wrong & set(by_loss[:k]))))
