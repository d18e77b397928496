"""Compute from the complete epoch manifest to which file --split writes each record."""
import json
import struct
import sys

import xxhash


def u(seed, epoch, ident):
    s = xxhash.xxh3_64_intdigest(struct.pack('<QQ', seed % 2**64, epoch))
    return xxhash.xxh3_64_intdigest(ident, seed=s) >> 11


seed, epoch, files = map(int, sys.argv[1:4])
lines = sys.stdin.buffer.read().splitlines(True)
ids = [json.loads(line)['id'].encode() for line in lines]
order = sorted(range(len(ids)),
               key=lambda i: (u(seed + 1, epoch, ids[i]), ids[i]))
place = {i: j % files for j, i in enumerate(order)}
for k in range(files):
    with open(f'{sys.argv[4]}.{k}', 'wb') as out:
        out.writelines(l for i, l in enumerate(lines) if place[i] == k)
