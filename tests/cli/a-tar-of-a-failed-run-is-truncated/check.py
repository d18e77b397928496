"""After any failed run, the output ends inside a member of the tar."""
import io
import random
import signal
import subprocess
import sys
import tarfile


def noticed(data):
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode='r|*') as tar:
            for info in tar:
                if info.isreg() and \
                        len(tar.extractfile(info).read()) != info.size:
                    return True
    except tarfile.ReadError:
        return True
    return False


def shard(count, size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode='w') as tar:
        for k in range(count):
            for ext in 'jpg', 'cls':
                info = tarfile.TarInfo(f'{k:04}.{ext}')
                body = b'x' * (size if ext == 'jpg' else k % 4)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    return out.getvalue()


def run(data, *more):
    return subprocess.run(['ib-prune', '--rule', 'random', '-e', '1', '-f',
                           'tar', *more], input=data, capture_output=True)


rng = random.Random(7)
for count, size in (6, 700), (40, 30000), (300, 1):
    whole = shard(count, size)
    good = len(run(whole).stdout)
    assert not noticed(run(whole).stdout)
    end = len(whole.rstrip(b'\0'))
    for cut in [rng.randrange(1, end) for _ in range(25)]:
        got = run(whole[:cut])
        if got.returncode == 0:     # the cut is at the end of a member: only a warning
            assert cut % 512 == 0 and b'no end-of-archive block' in got.stderr
            continue
        assert got.returncode == 65 and noticed(got.stdout), cut
    # All samples are repeated.
    twice = whole[:end + -end % 512] + whole
    for more in [], ['-r', '0'], ['-r', '0.99']:
        got = run(twice, *more)
        assert got.returncode == 65 and noticed(got.stdout)
    # Failures after the complete input was read.
    for more in ['--receipt', 'none/r'], ['--receipt', '/dev/full']:
        got = run(whole, *more)
        assert got.returncode in (73, 74) and noticed(got.stdout), more
    # A kill while the reader is slow.
    child = subprocess.Popen(['ib-prune', '--rule', 'random', '-e', '1', '-f',
                              'tar'], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE)
    child.stdin.write(whole[:len(whole) // 2])
    child.stdin.flush()
    child.send_signal(rng.choice([signal.SIGTERM, signal.SIGINT,
                                  signal.SIGKILL]))
    child.stdin.close()
    left = child.stdout.read()
    child.wait()
    assert noticed(left)
    print(count, 'samples of', size, 'bytes')
