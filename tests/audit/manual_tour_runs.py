"""Run the commands of infobatch(7) from step 1 on, in the order of the page."""
import glob
import json
import os
import re
import subprocess
import sys

import numpy as np

from common import BIN, MANUAL, manual_blocks, paste, table, write_jsonl, write_trainer

IDS = ['train/%05d' % i for i in range(300)]
r = np.random.default_rng(2)
os.mkdir('full')
write_jsonl('train.jsonl', [{'id': i} for i in IDS])
for e in range(8):
    write_jsonl('full/loss.%d.jsonl' % e, [
        {'id': i, 'loss': float(r.exponential(2 / (e + 1)) + (k == 7) * 5)}
        for k, i in enumerate(IDS)])
write_trainer()

# The loops in Python: the blocks between .Bd -unfilled and .Ed, in the trainer's process and with
# files of arrays. Both have the same losses.
page = open(MANUAL).read()
in_process, by_arrays = re.findall(r'^\.Bd -unfilled[^\n]*\n(.*?)^\.Ed', page, re.S | re.M)
sys.path.insert(0, os.path.join(os.path.dirname(MANUAL), '../lib/python'))
if 'INFOBATCH_LIBRARY' not in os.environ:
    os.environ['INFOBATCH_LIBRARY'] = glob.glob(os.path.join(BIN, 'libinfobatch.so.*'))[0]
os.environ['PATH'] = BIN + ':.:' + os.environ['PATH']
N, B = 60000, 128


def losses(rows):
    """Return the losses of the rows, which are the same in each epoch."""
    batches_read.append(rows)
    return (rows * 7919 % 1009 / 500).astype('f4')


def step(total):
    steps.append(total)


def run_loop(folder, code):
    """Run a loop in a new folder; return what ib-audit and the score file say about the run."""
    os.mkdir(folder)
    os.chdir(folder)
    names = {'batches': lambda n: np.array_split(r.permutation(n), 500), 'losses': losses, 'step': step,
             'n': N, 'B': B}
    exec(code, names)
    if 'run' in names:
        names['run'].close()
    subprocess.run(['ib-audit', 'verify', 'run.audit.zst'], check=True, stdout=subprocess.DEVNULL)
    epochs = json.loads(subprocess.run(['ib-audit', 'summary', '--json', 'run.audit.zst'], check=True,
                                       capture_output=True).stdout)
    scores = dict(np.load('run.npz'))
    os.chdir('..')
    return epochs, scores


def check_steps(epochs):
    """The weighted losses of each epoch add up to the losses of all data, to within 1 % (6 standard errors)."""
    kept = sum(e['kept'] for e in epochs)
    assert kept == sum(map(len, batches_read)) < 8 * N, kept
    full = losses(np.arange(N)).sum(dtype=float)
    for k in range(8):
        weighted = B * sum(steps[500 * k:500 * (k + 1)])
        assert abs(weighted / full - 1) < 0.01, (k, weighted, full)


seen = []
for folder, code in ('process', in_process), ('arrays', by_arrays):
    batches_read, steps = [], []
    epochs, scores = run_loop(folder, code)
    check_steps(epochs)
    assert int(scores['epoch'].max()) == 7
    seen.append((epochs, {name: bytes(a) for name, a in scores.items()}))
assert seen[0] == seen[1]

page = page[page.index('.Sh 1. '):]
blocks = manual_blocks(page)
assert len(blocks) >= 10, len(blocks)
paste('set -x\n' + ''.join(blocks))
first = table('ib-audit', 'suspects', '--top', 1, '-e', 'name',
              *('full/loss.%d.jsonl' % e for e in range(8)))
assert first[0]['id'] == IDS[7]
