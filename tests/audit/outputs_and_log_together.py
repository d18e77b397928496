"""A run's outputs and its entry in the audit log appear together or not at all."""
import fcntl
import glob
import json
import os
import random
import signal
import struct
import subprocess
import termios
import time

from common import BIN, run, unzstd, write_jsonl

N = 20000
write_jsonl('m.jsonl', [{'id': 's/%d' % i} for i in range(N)])
PRUNE = [os.path.join(BIN, 'ib-prune'), '-q', '--rule', 'random', '-a',
         'log.zst', 'm.jsonl', '-e']


def finished():
    text = unzstd('log.zst') if os.path.exists('log.zst') else b''
    ends = [l for l in text.split(b'\n') if l.startswith(b'{"end"')]
    return [json.loads(l)['end'] for l in ends]


def outputs(e):
    return ['-o', 'out.%d' % e, '-U', 'rest.%d' % e, '-w', 'weights.%d' % e,
            '--receipt', 'receipt.%d' % e]


def until(what):
    for _ in range(200000):
        if what():
            return
        time.sleep(0.005)
    raise AssertionError('waited in vain')


def waits_for_lock(p):
    with open('/proc/locks') as f:
        return any(' -> FLOCK ' in l and l.split()[5] == str(p.pid)
                   for l in f)


def held_up(log, e, **how):
    """Start a run that waits for the lock of the log, and a process that holds the lock."""
    holder = subprocess.Popen(['flock', log + '.lock', 'cat'],
                              stdin=subprocess.PIPE)
    until(lambda: os.path.exists(log + '.lock') and not subprocess.call(
        ['sh', '-c', '! flock -n %s.lock true' % log]))
    p = subprocess.Popen([log if a == 'log.zst' else a for a in PRUNE] +
                         [str(e)] + outputs(e), **how)
    until(lambda: waits_for_lock(p))
    return p, holder


def content(log):
    return os.path.exists(log) and open(log, 'rb').read()


def waiting_in(pipe):
    return struct.unpack('i', fcntl.ioctl(pipe, termios.FIONREAD, b'....'))[0]


# Send SIGTERM to runs at any moment. The delay is increased after a run that was ended, and reduced
# after a run that was completed, so most signals arrive near the end of a run. (With an earlier
# version, 41 of 300 such runs left an output without the entry, or an entry without the output.)
# The loop stops after 12 seconds, if some runs were completed and others were not.
random.seed(6)
delay, ends, whole = 0.02, time.monotonic() + 12, 0
for e in range(300):
    if e >= 40 and time.monotonic() > ends and 4 < whole < e - 4:
        break
    p = subprocess.Popen(PRUNE + [str(e)] + outputs(e))
    time.sleep(delay * (0.8 + 0.4 * random.random()))
    p.send_signal(signal.SIGTERM)
    done = p.wait() == 0
    whole += done
    delay = max(0.001, delay * (0.9 if done else 1.1 if whole else 1.5))
runs = finished()
for what in 'out', 'rest', 'weights', 'receipt':
    there = sorted(int(f.split('.')[1]) for f in glob.glob(what + '.*'))
    assert there == runs, (what, sorted(set(there) ^ set(runs)))
assert 4 < len(runs) < e - 4, (len(runs), e)
assert not glob.glob('.*'), glob.glob('.*')
run('ib-audit', 'verify', 'log.zst')

# SIGTERM while another process holds the lock of the log: no file is left, and no empty log.
for log in 'log.zst', 'none.zst':
    before = content(log)
    p, holder = held_up(log, 400)
    p.send_signal(signal.SIGTERM)
    assert p.wait() == -signal.SIGTERM, p.returncode
    holder.communicate()
    assert content(log) == before
    assert not glob.glob('*.400') and not glob.glob('.*')

# SIGTERM while the reader of an output has not read the last bytes.
os.mkfifo('fifo')
p = subprocess.Popen(PRUNE + ['401', '-o', 'out.401', '-U', 'fifo'])
reader = os.open('fifo', os.O_RDONLY)
until(lambda: waiting_in(reader) == 65536)
p.send_signal(signal.SIGTERM)
assert p.wait() == -signal.SIGTERM, p.returncode
os.close(reader)
assert finished() == runs and not glob.glob('*.401'), finished()[-1]

# If an output cannot be renamed to its target, the run is removed from the log again.
for log in 'log.zst', 'none.zst':
    before = content(log)
    p, holder = held_up(log, 402, stderr=subprocess.PIPE)
    os.makedirs('out.402/full')
    holder.communicate()
    _, err = p.communicate()
    assert p.returncode == 73 and b'out.402: cannot create' in err, err
    assert content(log) == before
    assert glob.glob('*.402') == ['out.402'] and not glob.glob('.*')
    os.removedirs('out.402/full')

# After a kill between the two steps, the run is in the log, but the output of -o is missing. The
# next run of the same epoch replaces it in all tables.
subprocess.run(PRUNE + ['403', '-o', 'out.403'], check=True)
os.unlink('out.403')
subprocess.run(PRUNE + ['403', '-o', 'out.403'], check=True)
out, err = run('ib-audit', 'summary', '--json', 'log.zst', keep=True)
assert [r['epoch'] for r in json.loads(out)].count(403) == 1 and not err, err
