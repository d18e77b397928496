#!/usr/bin/python3
"""Compare ways to train at less cost, on seven small tasks with paired seeds (make train-demo).

Each run is a line of OUT/TASK.jsonl. A run that is already in this file is not repeated, so an interrupted comparison
continues when it is started again. The outer loop is over the seeds, so that after an interruption all rows have the
same number of results, except for the last seed. tables.py makes the tables."""
import argparse
import json
import os
import sys

import choose_rates
import in_memory
import small_tasks
from choose_rates import BUDGET, TASKS

HERE = os.path.dirname(os.path.abspath(__file__))
FIRST_SEED = 101    # choose_rates.py uses smaller seeds


def rows(kind, choice, recipe, results):
    """Yield the name and the options of each row of a task. results: {name: result} of the previous rows."""
    rate, epochs = choice["rate"], kind.epochs
    fewer, default, pruned = (rate * choice[way] for way in ("fewer", "default", "recipe"))
    mine = choose_rates.recipe(kind, recipe["rule"], recipe["stretch"])
    yield "all data", {"rate": rate}
    yield "fewer epochs", {"rate": fewer, "epochs": BUDGET * epochs}
    yield "random", {"rate": pruned, "epochs": mine["epochs"], "power": 0.5,
                     "rule": "--rule random --keep %.6f --delta 1" % (BUDGET * epochs / mine["epochs"])}
    yield "default", {"rate": default, "rule": ""}
    first = results["default"]
    yield "fewer epochs, as default", {"rate": fewer, "epochs": round(first["visits"] / first["kept"][0], 4)}
    yield "default, mean 1", {"rate": pruned, "rule": "", "power": 0.5}
    yield "proportional", {"rate": pruned, **mine, "smooth": 0}
    yield "proportional, smoothed", {"rate": pruned, **mine}
    if issubclass(kind, small_tasks.Instruction):       # which power of the mean weight is best for Adam?
        yield "proportional, smoothed, rate as it is", {"rate": pruned, **mine, "power": 0}
        yield "proportional, smoothed, rate times mean", {"rate": pruned, **mine, "power": 1}


class Comparison:
    def __init__(self, args):
        self.args, self.trainers, self.made = args, {}, {}
        os.makedirs(args.out, exist_ok=True)
        for task in args.tasks:
            if os.path.exists(self.path(task)):
                with open(self.path(task)) as lines:
                    for record in map(json.loads, lines):
                        self.made[task, record["row"], record["seed"]] = record

    def path(self, task):
        return os.path.join(self.args.out, task + ".jsonl")

    def run(self, task, row, seed, options):
        """The result of a run; the run is made if it is not in the file."""
        if (task, row, seed) in self.made:
            return self.made[task, row, seed]
        if task not in self.trainers:
            self.trainers[task] = in_memory.Trainer(small_tasks.KINDS[task], self.args.bin, self.args.tiny)
        logs = None
        if row == "all data" and seed == FIRST_SEED:        # for profile_logs.py
            logs = os.path.join(self.args.out, "logs", task)
            os.makedirs(logs, exist_ok=True)
        record = {"task": task, "row": row, "seed": seed, **options,
                  **self.trainers[task].train(seed, logs=logs, **options)}
        with open(self.path(task), "a") as out:
            out.write(json.dumps(record) + "\n")
        print(task, seed, row, record["figure"], file=sys.stderr, flush=True)
        return record

    def run_seed(self, task, seed, choices):
        results = {}
        for row, options in rows(small_tasks.KINDS[task], choices["tasks"][task], choices["recipe"], results):
            results[row] = self.run(task, row, seed, options)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("tasks", nargs="*", default=TASKS)
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--out", default="build/train")
    p.add_argument("--seeds", type=int, default=10)
    p.add_argument("--tiny", action="store_true", help="a quick test with a few hundred samples")
    args = p.parse_args()
    with open(os.path.join(HERE, "choices.json")) as f:
        choices = json.load(f)
    comparison = Comparison(args)
    for seed in range(FIRST_SEED, FIRST_SEED + args.seeds):
        for task in args.tasks:
            comparison.run_seed(task, seed, choices)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted; start it again to continue")
