"""The audit log stays valid if writers are killed or write at the same time, and
corrupt logs are reported."""
import json
import os
import random
import signal
import subprocess
import time

from common import BIN, Log, run, unzstd, write_jsonl, zstd

N = 20000
write_jsonl('m.jsonl', [{'id': 's/%d' % i} for i in range(N)])
PRUNE = [os.path.join(BIN, 'ib-prune'), '-q', '--rule', 'random', '-o',
         'out', '-a', 'log.zst', 'm.jsonl', '-e']


def finished():
    text = unzstd('log.zst').split(b'\n')[:-1]
    return sum(l.startswith(b'{"end"') for l in text)


# After kills at random moments, the log is valid, or the next append repairs it.
random.seed(4)
for e in range(25):
    p = subprocess.Popen(PRUNE + [str(e)])
    time.sleep(random.random() * 0.04)
    p.send_signal(signal.SIGKILL)
    p.wait()
subprocess.run(PRUNE + ['99'], check=True)
run('ib-audit', 'verify', 'log.zst')
assert finished() == len(Log('log.zst').runs) >= 1

# Truncate the file, as a kill during a write does.
whole = open('log.zst', 'rb').read()
before = finished()
for cut in (len(whole) - 1, len(whole) - 60, len(whole) - 5000):
    with open('log.zst', 'wb') as f:
        f.write(whole[:cut])
    lost = cut < len(whole) - 56
    out, err = run('ib-audit', 'summary', 'log.zst', keep=True)
    assert ('unfinished' in err) == lost, err
    p = subprocess.run(PRUNE[:1] + PRUNE[2:] + ['100'], capture_output=True)
    assert p.returncode == 0, p.stderr
    assert (b'unfinished' in p.stderr) == lost, p.stderr
    run('ib-audit', 'verify', 'log.zst')
    assert finished() == before + 1 - lost

# Several writers at the same time wait for each other.
os.unlink('log.zst')
several = [subprocess.Popen(PRUNE[:5] + ['out.%d' % e] + PRUNE[6:] + [str(e)])
           for e in range(8)]
assert [p.wait() for p in several] == [0] * 8
run('ib-audit', 'verify', 'log.zst')
assert finished() == 8

# If a frame is corrupt, the message names its epoch, and an append removes nothing.
whole = bytearray(open('log.zst', 'rb').read())
runs = Log('log.zst').runs
epoch = json.loads(runs[4][0])['epoch']
at = len(whole) * 4 // 8 + len(whole) // 16
whole[at] ^= 0x10
with open('log.zst', 'wb') as f:
    f.write(whole)
for subcommand in ('summary', 'verify', 'list', 'metrics'):
    out, err = run('ib-audit', subcommand, 'log.zst', status=65, keep=True)
    assert 'the run of epoch %d' % epoch in err and not out, err
with open('log.zst', 'ab') as f:  # after this frame, the log does not end with an index
    f.write(zstd(b'{"ib_audit":1,"epoch":3}\n'))
size = os.path.getsize('log.zst')
os.unlink('out')
p = subprocess.run(PRUNE + ['9'], capture_output=True)
assert p.returncode == 65 and b'corrupt' in p.stderr, p
assert os.path.getsize('log.zst') == size and not os.path.exists('out')

# A file that is not an audit log is not changed.
for data in (b'some text\n', zstd(b'{"id":1}\n'), b'\x1f\x8b\x08\x00abcdefgh'):
    with open('log.zst', 'wb') as f:
        f.write(data)
    p = subprocess.run(PRUNE + ['9'], capture_output=True)
    assert p.returncode == 65 and b'not an audit log' in p.stderr, p
    assert open('log.zst', 'rb').read() == data and not os.path.exists('out')
    run('ib-audit', 'summary', 'log.zst', status=65)
