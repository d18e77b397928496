#!/usr/bin/python3
"""Measure how much of the time of the saved visits is saved, for the tasks at their usual sizes (make train-time).

Pairs of runs are interleaved: one on all data, and one with the recipe. A pair has the same seed. `arrives` is the saved
fraction of the CPU time, divided by the saved fraction of the visits. The table has medians over the pairs, and the
lowest and the highest `arrives`. The runs have fewer epochs than a training, because only their time is of interest."""
import argparse
import json
import os
import statistics
import sys

import choose_rates
import in_memory
import tables
from augmented import Augmented
from classification import Classification
from instruction import Instruction
from pretraining import Pretraining
from redundant import Redundant
from segmentation import Segmentation

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = {kind.__name__.lower(): kind for kind in (
    Classification, Augmented, Segmentation, Pretraining, Instruction, Redundant)}


def pairs(kind, args, recipe):
    """Yield the results of each pair: all data, and the recipe."""
    kind.epochs = args.epochs
    trainer = in_memory.Trainer(kind, args.bin, args.tiny)
    options = choose_rates.recipe(kind, recipe["rule"], recipe["stretch"])
    trainer.train(0, kind.rate, epochs=1)       # loads what the first run would load
    for seed in range(1, args.pairs + 1):
        # Half of the rate for all data, as in the comparison of the rules, so that no run diverges.
        yield trainer.train(seed, kind.rate / 2), trainer.train(seed, kind.rate / 2, **options)


def row(task, results):
    full, pruned = (statistics.median(r["cpu"] for r in runs) for runs in zip(*results))
    saved = statistics.median(b["saved"] for _, b in results)
    arrives = [(1 - b["cpu"] / a["cpu"]) / b["saved"] for a, b in results]
    return (task, "%.1f s" % full, "%.1f s" % pruned, "%.1f %%" % (100 * saved),
            "%.1f %%" % (100 * saved * statistics.median(arrives)), "%.0f %%" % (100 * statistics.median(arrives)),
            "%.0f to %.0f %%" % (100 * min(arrives), 100 * max(arrives)))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("tasks", nargs="*", default=list(KINDS))
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--pairs", type=int, default=5)
    p.add_argument("--epochs", type=int, default=6, help="epochs of a run on all data")
    p.add_argument("--tiny", action="store_true", help="a quick test with a few hundred samples")
    args = p.parse_args()
    with open(os.path.join(HERE, "choices.json")) as f:
        recipe = json.load(f)["recipe"]
    rows = [("", "all data", "recipe", "visits saved", "cpu saved", "arrives", "lowest, highest")]
    for task in args.tasks:
        rows.append(row(task, list(pairs(KINDS[task], args, recipe))))
        print(*rows[-1], file=sys.stderr, flush=True)
    print("\n".join(tables.columns(rows)))


if __name__ == "__main__":
    main()
