"""Run the loop of infobatch(7) with its guard: after an alarm, one epoch keeps every sample, and
then pruning resumes. Afterwards the commands of ROLL BACK return the run to epoch 4.

The losses of the trainer rise in epoch 10, and stay higher."""
import json
import os

from common import MANUAL, manual_blocks, paste, run, table, write_jsonl, write_trainer

N = 300


def block(text):
    """Return the block of commands of the manual that contains the text."""
    found, = [b for b in manual_blocks(open(MANUAL).read()) if text in b]
    return found


def pruned():
    return {s['epoch']: s['pruned'] for s in table('ib-audit', 'summary', '-q', 'run.audit.zst')}


write_jsonl('train.jsonl', [{'id': 'train/%05d' % i} for i in range(N)])
write_trainer(rise='epoch >= 10')
paste(block('seq 0 7'))
said = paste(block('guard='))
assert said == 'ib-audit: epoch 10: alarm: the mean loss has risen to %s\n' % said.split()[-1], said

# Epochs 8 to 10 are pruned. Epoch 11 keeps all samples because of the alarm. Epochs 12 and 13 are
# pruned, and the last two keep all samples.
assert [e for e, n in pruned().items() if n == 0] == [0, 7, 11, 14, 15], pruned()
assert {json.loads(l)['weight'] for l in open('epoch.11.jsonl')} == {1}
logs = ['loss.%d.jsonl' % e for e in range(16)]
drift = table('ib-audit', 'drift', '-a', 'run.audit.zst', *logs)
assert [d['epoch'] for d in drift if d['alarm']] == [10], drift
assert drift[11]['page_hinkley'] == 0
# The alarm counts for --fail only if its epoch is printed.
run('ib-audit', 'drift', '--fail', '-a', 'run.audit.zst', *logs, status=1)
last = table('ib-audit', 'drift', '--fail', '--last', 5, '-a', 'run.audit.zst', *logs)
assert last == drift[11:], last
run('ib-audit', 'drift', '--fail', '--last', 6, '-a', 'run.audit.zst', *logs, status=1)
# Without the audit log, drift does not know that epoch 11 kept all samples, so the alarm continues.
assert [d['epoch'] for d in table('ib-audit', 'drift', *logs) if d['alarm']][:2] == [10, 11]

# The report shows the epoch of the alarm, and that the alarm has ended.
page = run('ib-audit', 'report', '-q', 'run.audit.zst', *logs).decode()
assert 'alarm in epoch 10' in page and 'Epoch 11 kept every sample.' in page
assert 'pruning paused after the alarm of epoch 10' in page and 'tile bad' not in page

# Return to epoch 4, and continue with epoch 5. The decisions of epoch 5 are the same as before.
first = open('epoch.5.jsonl').read()
paste(block('--until 4'))
assert sorted(os.listdir('abandoned')) == sorted(
    '%s.%d.jsonl' % (n, e) for n in ('loss', 'epoch') for e in range(5, 16))
paste(block('seq 0 7').replace('seq 0 7', 'seq 5 7'))
assert open('epoch.5.jsonl').read() == first
run('ib-audit', 'verify', 'run.audit.zst')
assert sorted(pruned()) == list(range(16))
