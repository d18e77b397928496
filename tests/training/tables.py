#!/usr/bin/python3
"""Make every table of the comparison from its raw results: tables.py [--plots FOLDER] FOLDER (make train-tables).

FOLDER has a file TASK.jsonl per task, one JSON object per run (compare_rules.py), and logs.jsonl, with what ib-audit
simulate says about the logs of one run on all data per task (profile_logs.py). A seed counts if all rows of the task
have it."""
import argparse
import json
import math
import os
import statistics

import plot_comparison

TASKS = "classification", "augmented", "segmentation", "pretraining", "instruction", "redundant", "long"
METRICS = {"segmentation": "mean IoU in %", "pretraining": "probe accuracy in %",
           "instruction": "perplexity, less is better"}
RECIPE = "proportional, smoothed"
# The 0.975 quantile of Student's t for 1 to 30 degrees of freedom
T = (12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281, 2.201, 2.1788, 2.1604, 2.1448,
     2.1314, 2.1199, 2.1098, 2.1009, 2.093, 2.086, 2.0796, 2.0739, 2.0687, 2.0639, 2.0595, 2.0555, 2.0518, 2.0484,
     2.0452, 2.0423)


def interval(differences):
    """The mean of paired differences, and half of its 95 % interval (Student's t); NaN for one pair."""
    n = len(differences)
    mean = sum(differences) / n
    if n < 2:
        return mean, math.nan
    deviation = math.sqrt(sum((d - mean) ** 2 for d in differences) / (n - 1))
    return mean, T[min(n - 1, len(T)) - 1] * deviation / math.sqrt(n)


def signed(mean, half):
    return "%+.2f" % mean + ("" if math.isnan(half) else "±%.2f" % half)


def columns(rows):
    """The rows as lines. The first column is aligned to the left, the other columns to the right."""
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(r, widths))).rstrip()
            for r in rows]


class Task:
    """The runs of a task: the rows in the order of the file, and the seeds that all rows have."""

    def __init__(self, folder, name):
        self.name, self.runs = name, {}
        with open(os.path.join(folder, name + ".jsonl")) as lines:
            for record in map(json.loads, lines):
                self.runs.setdefault(record["row"], {})[record["seed"]] = record
        self.seeds = sorted(set.intersection(*(set(r) for r in self.runs.values())))
        self.unit = 1 if name == "instruction" else 100

    def get(self, row, member):
        return [self.runs[row][seed][member] for seed in self.seeds]

    def mean(self, row, member):
        return sum(self.get(row, member)) / len(self.seeds)

    def control(self, row):
        """The run on all data for fewer epochs that has as many visits as the row."""
        return "fewer epochs, as default" if row.startswith("default") else "fewer epochs"

    def difference(self, row, other):
        return interval([self.unit * (a - b) for a, b in zip(self.get(row, "figure"), self.get(other, "figure"))])

    def cpu_saved(self, row):
        """The fraction of the CPU time that was saved: the median of the paired runs."""
        return statistics.median(1 - a / b for a, b in zip(self.get(row, "cpu"), self.get("all data", "cpu")))

    def saved(self, row):
        return "%.1f%%" % (100 * self.mean(row, "saved"))

    def table(self):
        rows = [("", "saved", "result", "vs all data", "vs fewer ep.", "cpu s", "cpu saved", "arrives")]
        for row in self.runs:
            fewer, cpu = self.control(row), self.cpu_saved(row)
            rows.append((row, self.saved(row), "%.2f" % (self.unit * self.mean(row, "figure")),
                         "" if row == "all data" else signed(*self.difference(row, "all data")),
                         "" if row == "all data" or row.startswith("fewer") else signed(*self.difference(row, fewer)),
                         "%.1f" % self.mean(row, "cpu"),
                         "" if row == "all data" else "%.1f%%" % (100 * cpu),
                         "" if row == "all data" else "%.0f%%" % (100 * cpu / self.mean(row, "saved"))))
        full = self.runs["all data"][self.seeds[0]]
        return ["%s: %s; %d samples, %d epochs, %d paired seed%s from %d" % (
            self.name, METRICS.get(self.name, "test accuracy in %"), full["kept"][0], len(full["kept"]),
            len(self.seeds), "s" * (len(self.seeds) > 1), self.seeds[0])] + columns(rows)

    def plot(self, folder):
        kept = [(row, [k / self.runs[row][self.seeds[0]]["kept"][0] for k in self.runs[row][self.seeds[0]]["kept"]])
                for row in self.runs if "rule" in self.runs[row][self.seeds[0]]]
        points = [(row, 100 * self.mean(row, "saved"), *self.difference(row, "all data")) for row in self.runs]
        plot_comparison.draw(os.path.join(folder, self.name + ".svg"), "%s, %d paired seeds" % (
            self.name, len(self.seeds)), kept, points, "points" if self.unit == 100 else METRICS[self.name])


def verdict(task, mean, half, other):
    if math.isnan(half):
        return "one pair is too few for a comparison with " + other
    if abs(mean) <= half:
        return "no difference seen from " + other
    return ("better" if (mean > 0) == (task.unit == 100) else "worse") + " than " + other


def summary(tasks, row, fewer="fewer epochs"):
    """One row of the tables of all tasks, and a verdict from its intervals for each task."""
    rows = [("", "saved", "seeds", "vs all data", "vs fewer ep.")]
    verdicts = []
    for task in tasks:
        full, less = task.difference(row, "all data"), task.difference(row, fewer)
        rows.append((task.name, task.saved(row), "%d" % len(task.seeds), signed(*full), signed(*less)))
        verdicts.append("%s: %s; %s" % (
            task.name, verdict(task, *less, "fewer epochs"), verdict(task, *full, "all data")))
    return ["", "summary: " + row] + columns(rows) + verdicts


def adam(task):
    """Instruction tuning uses Adam: which power of the mean weight multiplies the rate?"""
    rows = [("rate times", "perplexity", "to the root")]
    for words, row in (("1", RECIPE + ", rate as it is"), ("root of the mean weight", RECIPE),
                       ("mean weight", RECIPE + ", rate times mean")):
        rows.append((words, "%.2f" % task.mean(row, "figure"),
                     "" if row == RECIPE else signed(*task.difference(row, RECIPE))))
    return ["", "Adam, on the instruction task: the factor for the rate with weights of mean 1"] + columns(rows)


def outlook(tasks, folder):
    """The results of ib-audit simulate for the logs of a run on all data, next to the gain of the recipe."""
    path = os.path.join(folder, "logs.jsonl")
    if not os.path.exists(path):
        return []
    logs = {r["task"]: r for r in map(json.loads, open(path))}
    rows = [("", "epochs", "near zero", "default saves", "scale 3 saves", "design effect", "gain vs fewer ep.")]
    for task in tasks:
        log = logs[task.name]
        effects = task.runs[RECIPE][task.seeds[0]]["effects"]
        rows.append((task.name, "%d" % log["epochs"], "%.0f%%" % (100 * log["near_zero"]),
                     "%.0f%%" % (100 * log["default_saves"]), "%.0f%%" % (100 * log["scale_saves"]),
                     "%.2f" % (sum(effects) / len(effects)), signed(*task.difference(RECIPE, "fewer epochs"))))
    return ["", "what the logs of a run on all data said"] + columns(rows)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("folder")
    p.add_argument("--plots", help="also write a plot of each task to this folder")
    args = p.parse_args()
    tasks = [Task(args.folder, name) for name in TASKS if os.path.exists(os.path.join(args.folder, name + ".jsonl"))]
    tasks = [task for task in tasks if task.seeds and RECIPE in task.runs]
    for task in tasks:
        print(*task.table(), "", sep="\n")
        if args.plots:
            task.plot(args.plots)
    lines = summary(tasks, RECIPE) + summary(tasks, "default", "fewer epochs, as default")
    for task in tasks:
        if RECIPE + ", rate times mean" in task.runs:
            lines += adam(task)
    print(*(lines + outlook(tasks, args.folder))[1:], sep="\n")


if __name__ == "__main__":
    main()
