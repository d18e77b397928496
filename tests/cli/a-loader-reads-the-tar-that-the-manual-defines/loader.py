"""Print the samples that a WebDataset loader reads from a stream, and those that the
manual defines.

The logic is that of webdataset's tariterators: split a name at the first dot of its
last component, skip everything that is not a plain file, group consecutive members
with the same key, refuse a duplicate name in a group. It needs no torch."""
import json
import re
import struct
import subprocess
import sys
import tarfile

import xxhash

BASE = re.compile(r'^((?:.*/|)[^.]+)[.]([^/]*)$')


def members(stream):
    with tarfile.open(fileobj=stream, mode='r|*') as tar:
        for info in tar:
            if not info.isreg():
                continue
            name = info.name
            if '/' not in name and name.startswith('__') and \
                    name.endswith('__'):
                continue
            yield name, tar.extractfile(info).read()


def samples(stream):
    current = None
    for name, data in members(stream):
        match = BASE.match(name)
        if not match:
            continue
        key, ext = match.group(1), match.group(2).lower()
        if current is None or key != current['__key__']:
            if current is not None:
                yield current
            current = {'__key__': key}
        if ext in current:
            raise ValueError(f'{name}: twice in its group')
        current[ext] = data
    if current is not None:
        yield current


def u(seed, epoch, ident):
    s = xxhash.xxh3_64_intdigest(struct.pack('<QQ', seed, epoch))
    return (xxhash.xxh3_64_intdigest(ident.encode(), seed=s) >> 11) / 2**53


scores = json.load(open('scores.json'))
mean = sum(scores.values()) / len(scores)
for epoch in 1, 2, 3:
    shards = sys.argv[1:]
    run = subprocess.Popen(['ib-prune', '-s', 'run.npz', '-e', str(epoch),
                            '-f', 'tar', *shards], stdout=subprocess.PIPE)
    got = list(samples(run.stdout))
    assert run.wait() == 0
    whole = [s for shard in shards for s in samples(open(shard, 'rb'))]
    want = [s for s in whole if scores[s['__key__']] >= mean or
            u(0, epoch, s['__key__']) < 0.5]
    assert [s['__key__'] for s in got] == [s['__key__'] for s in want]
    for g, w in zip(got, want):
        weight = 1.0 if scores[w['__key__']] >= mean else 2.0
        assert g.pop('weight.json') == repr(weight).encode()
        assert g == w
    print(epoch, len(whole), 'samples', 'some pruned'
          if 0 < len(got) < len(whole) else 'odd')
