#!/usr/bin/python3
"""Measure the data path of one pruned epoch without its training steps: epoch.py BIN N EPOCHS.

Four ways of processing an epoch take turns, in the current folder:
  process  infobatch.py: draw, record of batches of 128 shuffled rows, commit, with a score file
  range    ib-prune --range -o epoch.npz, numpy.load, numpy.savez, ib-score -u --expect epoch.npz
  list     the same with a list of ids: ib-prune --keep-all, ib-weights -O npy, ib-score --expect of the list
  authors  the algorithm of the InfoBatch paper (arXiv 2303.04947, algorithm 1) in numpy, in memory, in batches of 128
The last line of the output is JSON: for each way, the median CPU time in ns per sample of the data set."""
import glob
import json
import os
import resource
import statistics
import subprocess
import sys

import numpy as np

BIN, N, EPOCHS = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
BATCH, RATIO = 128, 0.5
rng = np.random.default_rng(7)


def cpu():
    both = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(x.ru_utime + x.ru_stime for x in both)


def tool(command):
    subprocess.run(["/bin/sh", "-c", command.replace("ib-", BIN + "/ib-")], check=True)


def train(n):
    return rng.exponential(size=n).astype("f4")


def open_process():
    os.environ["INFOBATCH_LIBRARY"] = glob.glob(os.path.join(BIN, "libinfobatch.so.*.*"))[0]
    sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "lib", "python"))
    import infobatch
    return infobatch.Run("process.npz", n=N)


def by_process(e):
    rows, _ = process.draw(e)
    order = rng.permutation(len(rows))
    shuffled = rows[order]

    def finish(loss):
        for at in range(0, len(rows), BATCH):
            process.record(shuffled[at:at + BATCH], loss[at:at + BATCH])
        process.commit()
    return rows, finish


def by_range(e):
    tool("ib-prune -q -T 1 -s range.npz -e %d --range %d -o epoch.npz" % (e, N))
    z = np.load("epoch.npz")
    rows, weight = z["index"], z["weight"]
    return rows, lambda loss: (
        np.savez("loss.npz", index=rows, loss=loss),
        tool("ib-score -q -T 1 -e %d -u range.npz --expect epoch.npz loss.npz" % e))


def by_list(e):
    tool("ib-prune -q -T 1 -s list.npz -e %d --keep-all -o epoch.tsv ids" % e)
    tool("ib-weights -q -T 1 -o w.npy epoch.tsv")
    rows = np.flatnonzero(np.load("w.npy"))
    return rows, lambda loss: (
        np.savez("loss.npz", id=rows, loss=loss),
        tool("ib-score -q -T 1 -e %d -u list.npz --expect epoch.tsv loss.npz" % e))


scores = np.ones(N)
weights = np.ones(N)


def by_authors(e):
    low = scores < scores.mean()
    weights[:] = 1
    kept = np.flatnonzero(low)
    kept = kept[rng.random(len(kept)) >= RATIO]
    weights[kept] = 1 / (1 - RATIO)
    rows = np.concatenate((np.flatnonzero(~low), kept))
    rng.shuffle(rows)

    def update(loss):
        for at in range(0, len(rows), BATCH):
            batch = rows[at:at + BATCH]
            _ = weights[batch]
            scores[batch] = loss[at:at + BATCH]
    return rows, update


process = open_process()


def main():
    with open("ids", "w", encoding="ascii") as f:
        f.writelines("%d\n" % i for i in range(N))
    loss = train(N)
    np.savez("first.npz", index=np.arange(N), loss=loss)
    tool("ib-score -q -e 0 -o range.npz first.npz")
    np.savez("first.npz", id=np.arange(N), loss=loss)
    tool("ib-score -q -e 0 -o list.npz first.npz")
    scores[:] = loss
    process.draw(0)
    process.record(np.arange(N), loss)
    process.commit()
    ways = {"process": by_process, "range": by_range, "list": by_list, "authors": by_authors}
    took = {name: [] for name in ways}
    for e in range(1, EPOCHS + 1):
        for name, way in ways.items():
            start = cpu()
            rows, finish = way(e)
            used = cpu() - start
            loss = train(len(rows))
            start = cpu()
            finish(loss)
            took[name].append((used + cpu() - start) * 1e9 / N)
    print(json.dumps({name: statistics.median(x) for name, x in took.items()}))


main()
