#!/usr/bin/python3
"""Compare ways to train at less cost: a table and a plot for each task, over paired seeds (make train-demo).

Each run's result is kept in OUT/TASK/ARM.SEED.json, so that an interrupted comparison goes on; a run is repeated when
its options or the scripts have changed."""
import argparse
import datetime
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading

import numpy as np
import torch
from scipy import stats

import plot
from classification import Classification
from instruction import Instruction
from pretraining import Pretraining
from redundant import Redundant
from segmentation import Segmentation

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = {"classification": Classification, "segmentation": Segmentation, "pretraining": Pretraining,
         "instruction": Instruction, "redundant": Redundant}
BUCKETS = "--rule buckets --buckets q0.2:0.75,q0.85:0.5"
SCALE = "--rule proportional --scale 5 --floor 0.2"
KEEP = "--rule proportional --proxy loss --keep 0.6 --floor 0.2"
RAISED = 1.5        # the peak rate of fewer epochs
LONGER = 28         # epochs on the redundant data, instead of 16
LEGEND = """\
all data      without any tool
fewer epochs  the same, for the visits of the table's first row, schedule
              fitted, peak rate times %g
default rule  ib-prune -r 0.5 -E epochs, weights as they are
random        --rule random, weighted, for the visits of the default rule
buckets       %s
scale 5       %s,
              weights of mean 1, rate times the root of the mean weight;
              longer: %d epochs, none of them kept full (--delta 1)
keep 0.6      %s, weights likewise
saved: visits less than all data; to ..: paired difference with its 95 %%
interval; cpu, wall: of the training loop with the commands; tools: share of
the wall time that ib-prune and ib-score took""" % (
    RAISED, BUCKETS, SCALE, LONGER, KEEP.replace(" --keep", "\n              --keep"))


def arms(task, tiny):
    """Name, options and what the row is called. The first one's cost is what `fewer` and `random` are given."""
    default = ("default", ["--rule", ""], "default rule")
    full = ("full", [], "all data")
    fewer = ("fewer", None, "fewer epochs")
    scale = ("scale", ["--rule", SCALE, "--normalize", "mean"], "scale 5")
    if task == "redundant":
        more = 7 if tiny else LONGER
        return [("more", ["--rule", SCALE + " --delta 1", "--normalize", "mean", "--epochs", "%d" % more],
                 "scale 5, longer"), full, fewer,
                ("default", ["--rule", "-r 0.7"], "default, -r 0.7")]
    rows = [default, full, fewer, ("random", None, "random"), ("buckets", ["--rule", BUCKETS], "buckets"), scale]
    if task != "classification":    # whose losses are far from 0, so that 5 times the proxy is 1 throughout
        rows.append(("keep", ["--rule", KEEP, "--normalize", "mean"], "keep 0.6"))
    return rows


def digest(*scripts):
    whole = hashlib.sha256()
    for name in scripts:
        with open(os.path.join(HERE, name + ".py"), "rb") as f:
            whole.update(f.read())
    return whole.hexdigest()[:16]


class Job:
    def __init__(self, demo, task, arm, options, seed, after):
        self.demo, self.task, self.arm, self.options, self.seed, self.after = demo, task, arm, options, seed, after
        self.folder = os.path.join(demo.out, task, "%s.%d" % (arm, seed))

    def at_the_cost_of(self, result):
        """Options that spend what the rule spent: fewer epochs of all data, or a share of them drawn at random."""
        kind = TASKS[self.task]
        samples, epochs = result["epochs"][0][1], kind.tiny_epochs if self.demo.tiny else kind.epochs
        spent = result["visits"] / samples
        if self.arm == "fewer":
            return ["--epochs", "%.4f" % spent, "--rate", "%g" % (RAISED * kind.rate)]
        return ["--rule", "--rule random -r %.4f" % ((epochs - spent) / int(0.875 * epochs + 1e-9))]

    def run(self):
        options = self.options if self.options is not None else self.at_the_cost_of(self.after.result)
        options = [*options, "--seed", str(self.seed)] + ["--tiny"] * self.demo.tiny
        key = {"options": options, "scripts": digest("loop", "classification", self.task)}
        try:
            with open(self.folder + ".json") as f:
                self.result = json.load(f)
            if self.result["key"] == key:
                return
        except FileNotFoundError:
            pass
        mark = os.path.join(self.folder, "key.json")
        if not os.path.exists(mark) or json.load(open(mark)) != key:    # else it goes on at its checkpoint
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder)
            with open(mark, "w") as f:
                json.dump(key, f)
        subprocess.run([sys.executable, os.path.join(HERE, self.task + ".py"), "--bin", self.demo.bin,
                        "--dir", self.folder, *options], check=True, stdout=subprocess.DEVNULL)
        with open(os.path.join(self.folder, "result.json")) as f:
            self.result = {"key": key, **json.load(f)}
        log = os.path.join(self.folder, "audit.zst")
        if os.path.exists(log):
            command = [os.path.join(self.demo.bin, "ib-audit"), "summary", "--json", log]
            epochs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            self.result["shares"] = [e["share"] for e in epochs]
            kept = sum(e["kept"] for e in epochs)
            assert kept == self.result["visits"], "%s: the audit log has %d visits" % (self.folder, kept)
        with open(self.folder + ".json.tmp", "w") as f:
            json.dump(self.result, f)
        os.rename(self.folder + ".json.tmp", self.folder + ".json")
        shutil.rmtree(self.folder)


class Demo:
    def __init__(self, args):
        self.bin, self.out, self.tiny, self.seeds = os.path.abspath(args.bin), args.out, args.tiny, args.seeds
        self.tasks = [t for t in TASKS if args.task in (None, t)]
        self.jobs = []
        for seed in range(args.seeds):
            for task in self.tasks:
                first = None
                for arm, options, _ in arms(task, self.tiny):
                    self.jobs.append(Job(self, task, arm, options, seed, None if options is not None else first))
                    first = first or self.jobs[-1]
        self.turn, self.failed = threading.Condition(), None

    def work(self, todo):
        """Take the first job that waits for no other, until there is none."""
        while True:
            with self.turn:
                while True:
                    ready = [j for j in todo if j.after is None or hasattr(j.after, "result")]
                    if ready or not todo or self.failed:
                        break
                    self.turn.wait()
                if not todo or self.failed:
                    return
                job = ready[0]
                todo.remove(job)
            try:
                job.run()
            except Exception as error:      # told by main, once the other workers are done
                self.failed = self.failed or error
            with self.turn:
                self.turn.notify_all()

    def run(self):
        workers = [threading.Thread(target=self.work, args=(todo,)) for todo in [list(self.jobs)]
                   for _ in range(len(os.sched_getaffinity(0)))]
        for w in workers:
            w.start()
        for w in workers:
            w.join()
        if self.failed:
            raise self.failed

    def results(self, task, arm):
        return [j.result for j in self.jobs if (j.task, j.arm) == (task, arm)]


def interval(differences):
    """Mean and half the 95 % interval of paired differences (Student's t); no interval for one pair."""
    d = np.array(differences)
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5 if len(d) > 1 else float("nan")
    return d.mean(), half


def tell(mean_half):
    return "%+.2f±%.2f" % mean_half


def report(demo, task):
    kind = TASKS[task]
    unit = 1 if kind.figure == "perplexity" else 100
    values = {arm: [unit * r["metric"] for r in demo.results(task, arm)] for arm, _, _ in arms(task, demo.tiny)}
    full = demo.results(task, "full")
    rows, points = [], []
    for arm, _, name in arms(task, demo.tiny):
        made = demo.results(task, arm)
        mean = {k: np.mean([r[k] for r in made]) for k in ("visits", "seconds", "tools", "cpu")}
        saved = 100 * (1 - mean["visits"] / np.mean([r["visits"] for r in full]))
        to = {other: interval(np.subtract(values[arm], values[other])) for other in ("full", "fewer")}
        rows.append((name, "%.1f%%" % saved, "%.2f" % np.mean(values[arm]),
                     "" if arm == "full" else tell(to["full"]), "" if arm == "fewer" else tell(to["fewer"]),
                     "%.1f" % mean["cpu"], "%.1f" % mean["seconds"],
                     "%.1f%%" % (100 * mean["tools"] / mean["seconds"])))
        points.append((name, saved, *to["full"]))
    head = ("", "saved", kind.figure.split()[-1], "to all data", "to fewer ep.", "cpu s", "wall s", "tools")
    widths = [max(len(r[c]) for r in [head, *rows]) for c in range(len(head))]
    lines = ["", "%s: %s%s; %d samples, %g epochs, %d paired seeds" % (
        task, kind.figure, ", less is better" if unit == 1 else " in %", full[0]["epochs"][0][1],
        len(full[0]["epochs"]), demo.seeds)]
    lines += ["  ".join(c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(r, widths))).rstrip()
              for r in [head, *rows]]
    kept = [(name, demo.results(task, arm)[0]["shares"]) for arm, _, name in arms(task, demo.tiny)
            if "shares" in demo.results(task, arm)[0]]
    plot.draw(os.path.join(demo.out, task + ".svg"), "%s, %d paired seeds" % (task, demo.seeds), kept, points,
              "%s to all data%s" % (kind.figure, ", points" if unit == 100 else ""))
    return lines


def machine():
    with open("/proc/cpuinfo") as f:
        model = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return "%s, %d cores, one thread a run, as many runs at a time;\ntorch %s; %s" % (
        model[0] if model else platform.machine(), len(os.sched_getaffinity(0)), torch.__version__,
        datetime.date.today())


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--out", default="build/train")
    p.add_argument("--task", choices=TASKS, help="this one alone")
    p.add_argument("--seeds", type=int, default=3)
    p.add_argument("--tiny", action="store_true")
    args = p.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    demo = Demo(args)
    demo.run()
    lines = [machine(), LEGEND] + [line for task in demo.tasks for line in report(demo, task)]
    with open(os.path.join(args.out, "table.txt"), "w") as out:
        out.write("\n".join(lines) + "\n")
    print(*lines, "", "plots: %s/*.svg, this table: %s/table.txt" % (args.out, args.out), sep="\n")


if __name__ == "__main__":
    main()
