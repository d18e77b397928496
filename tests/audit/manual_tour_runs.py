"""Run the commands of infobatch(7) from step 1 on, in the order of the page."""
import glob
import json
import os
import re
import subprocess
import sys

import numpy as np

from common import BIN, write_jsonl

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                    '../../man/infobatch.7')
IDS = ['train/%05d' % i for i in range(300)]
TRAINER = '''#!/usr/bin/python3
import json, sys, zlib
manifest, log = sys.argv[2], sys.argv[4]
epoch = int(log.split('.')[1])
with open(log, 'w') as f:
    for line in open(manifest):
        i = json.loads(line)['id']
        loss = (zlib.crc32(i.encode()) % 1000 + 1) / 500 / (epoch + 1)
        f.write(json.dumps({'id': i, 'epoch': epoch, 'loss': loss}) + '\\n')
'''
r = np.random.default_rng(2)
os.mkdir('full')
write_jsonl('train.jsonl', [{'id': i} for i in IDS])
for e in range(8):
    write_jsonl('full/loss.%d.jsonl' % e, [
        {'id': i, 'loss': float(r.exponential(2 / (e + 1)) + (k == 7) * 5)}
        for k, i in enumerate(IDS)])
with open('trainer', 'w') as f:
    f.write(TRAINER)
os.chmod('trainer', 0o755)

# The loop in Python: the block between .Bd -unfilled and .Ed.
page = open(PAGE).read()
loop = re.search(r'^\.Bd -unfilled[^\n]*\n(.*?)^\.Ed', page, re.S | re.M).group(1)
sys.path.insert(0, os.path.join(os.path.dirname(PAGE), '../lib/python'))
os.environ.setdefault('INFOBATCH_LIBRARY', glob.glob(os.path.join(BIN, 'libinfobatch.so.*'))[0])
os.mkdir('python')
os.chdir('python')
used = {'batches': lambda n: np.array_split(r.permutation(n), 500),
        'train': lambda rows, weight: (rows * 7919 % 1009 / 500).astype('f4')}
exec(loop, used)
used['run'].close()
subprocess.run([os.path.join(BIN, 'ib-audit'), 'verify', 'run.audit.zst'], check=True, stdout=subprocess.DEVNULL)
assert int(np.load('run.npz')['epoch'].max()) == 7
os.chdir('..')

page = page[page.index('.Sh 1. '):]
blocks = re.findall(r'^\.Bd -literal[^\n]*\n(.*?)^\.Ed', page, re.S | re.M)
assert len(blocks) >= 10, len(blocks)
script = ''.join(blocks).replace('\\e\n', '\\\n')
p = subprocess.run(['bash', '-eux'], input=script, text=True,
                   capture_output=True,
                   env=dict(os.environ, PATH=BIN + ':.:' + os.environ['PATH']))
if p.returncode != 0:
    sys.exit(p.stdout[-2000:] + p.stderr[-2000:])
assert json.loads(subprocess.run(
    [os.path.join(BIN, 'ib-audit'), 'suspects', '--top', '1', '--json', '-e',
     'name'] + ['full/loss.%d.jsonl' % e for e in range(8)],
    capture_output=True).stdout)[0]['id'] == IDS[7]
