#!/usr/bin/python3
"""Compare ways to train at less cost: a table and a plot for each task, over paired seeds (make train-demo).

Each run's result is kept in OUT/TASK/ARM.SEED.json, so that an interrupted comparison goes on; the table says how many
runs it took over. A run is repeated when its options, the scripts or the commands have changed."""
import argparse
import datetime
import hashlib
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import threading
import time

import numpy as np
import torch
from scipy import stats

import loop
import plot_comparison
from classification import Classification
from instruction import Instruction
from pretraining import Pretraining
from redundant import Redundant
from segmentation import Segmentation

HERE = os.path.dirname(os.path.abspath(__file__))
TASKS = {"classification": Classification, "segmentation": Segmentation, "pretraining": Pretraining,
         "instruction": Instruction, "redundant": Redundant}
FIRST_SEED = 101    # choose_rates.py has used smaller ones
BUCKETS = "--rule buckets:q0.2=0.75,q0.85=0.5"
SCALE = "--rule proportional:scale=5,floor=0.2"
KEEP = "--rule proportional:proxy=loss,floor=0.2 --keep 0.6"
LONGER = 28         # epochs on the redundant data, instead of 16
LEGEND = """\
all data      without any tool
fewer epochs  the same, for the visits of the table's first row: schedule
              fitted, peak rate raised by the factor in the table's heading
default rule  ib-prune -r 0.5 -E epochs, weights as they are
random        --rule random, weighted, for the visits of the first row
buckets       %s
scale 5       %s,
              weights of mean 1, rate times the root of the mean weight
keep 0.6      %s, weights likewise
longer        %d epochs, none of them kept full (--delta 1)
saved         visits less than all data
to ..         paired difference with its 95 %% interval; what decides is the
              first row to fewer epochs, at the same visits: only `random'
              costs as much, other rows' difference is to a dearer or a
              cheaper control
cpu, wall     of the training loop with the commands, a run
tools         share of the wall time that ib-prune and ib-score took""" % (
    BUCKETS, SCALE, KEEP.replace(" --keep", "\n              --keep"), LONGER)


def arms(task, tiny):
    """Name, options and what the row is called. The first one's visits are what `fewer` and `random` are given."""
    full, fewer, random = ("full", [], "all data"), ("fewer", None, "fewer epochs"), ("random", None, "random")
    if task == "redundant":
        more = ["--normalize", "mean", "--epochs", "%d" % (7 if tiny else LONGER)]
        return [("more", ["--rule", SCALE + " --delta 1", *more], "scale 5, longer"), full, fewer,
                ("random", None, "random, longer"), ("default", ["--rule", "-r 0.7"], "default, -r 0.7")]
    rows = [("default", ["--rule", ""], "default rule"), full, fewer, random,
            ("buckets", ["--rule", BUCKETS], "buckets"),
            ("scale", ["--rule", SCALE, "--normalize", "mean"], "scale 5")]
    if task != "classification":    # whose losses are far from 0, so that 5 times the proxy is 1 throughout
        rows.append(("keep", ["--rule", KEEP, "--normalize", "mean"], "keep 0.6"))
    return rows


def digest(*names):
    """Of scripts beside this one, or of files by their paths."""
    whole = hashlib.sha256()
    for name in names:
        with open(name if os.path.isabs(name) else os.path.join(HERE, name + ".py"), "rb") as f:
            whole.update(f.read())
    return whole.hexdigest()[:16]


class Job:
    def __init__(self, demo, task, arm, options, seed, after):
        self.demo, self.task, self.arm, self.options, self.seed, self.after = demo, task, arm, options, seed, after
        self.folder = os.path.join(demo.out, task, "%s.%d" % (arm, seed))

    def at_the_cost_of(self, first):
        """Options that spend what the first row spent: fewer epochs of all data, or a share of them drawn at random."""
        kind, choice = TASKS[self.task], loop.chosen(TASKS[self.task])
        samples, epochs = first["epochs"][0][1], len(first["epochs"])
        spent = first["visits"] / samples
        if self.arm == "fewer":
            return ["--epochs", "%.4f" % spent, "--rate", "%g" % (choice["factor"] * choice["rate"])]
        if epochs != (kind.tiny_epochs if self.demo.tiny else kind.epochs):     # longer
            return ["--rule", "--rule random --delta 1 -r %.4f" % (1 - spent / epochs), *self.after.options[2:]]
        return ["--rule", "--rule random -r %.4f" % ((epochs - spent) / int(0.875 * epochs + 1e-9))]

    def run(self):
        options = self.options if self.options is not None else self.at_the_cost_of(self.after.result)
        if "--rate" not in options:
            options = [*options, "--rate", "%g" % loop.chosen(TASKS[self.task])["rate"]]
        options = [*options, "--seed", str(self.seed)] + ["--tiny"] * self.demo.tiny
        key = {"options": options, "scripts": digest("loop", "classification", self.task), "commands": self.demo.built}
        try:
            with open(self.folder + ".json") as f:
                self.result = json.load(f)
            if self.result["key"] == key:
                return
        except FileNotFoundError:
            pass
        mark = os.path.join(self.folder, "key.json")
        begun = self.demo.begun
        if os.path.exists(mark) and json.load(open(mark))["key"] == key:    # it goes on at its checkpoint
            begun = json.load(open(mark))["begun"]
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
            os.makedirs(self.folder)
            with open(mark, "w") as f:
                json.dump({"key": key, "begun": begun}, f)
        made = subprocess.run([sys.executable, os.path.join(HERE, self.task + ".py"), "--bin", self.demo.bin,
                               "--dir", self.folder, *options], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if made.returncode:
            raise RuntimeError("%s: exit status %d\n%s" % (self.folder, made.returncode, made.stderr.decode()))
        with open(os.path.join(self.folder, "result.json")) as f:
            result = {"key": key, "begun": begun, **json.load(f)}
        log = os.path.join(self.folder, "audit.zst")
        if os.path.exists(log):
            command = [os.path.join(self.demo.bin, "ib-audit"), "summary", "--json", log]
            epochs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            result["shares"] = [e["share"] for e in epochs]
            kept = sum(e["kept"] for e in epochs)
            assert kept == result["visits"], "%s: the audit log has %d visits" % (self.folder, kept)
        with open(self.folder + ".json.tmp", "w") as f:
            json.dump(result, f)
        os.rename(self.folder + ".json.tmp", self.folder + ".json")
        shutil.rmtree(self.folder)
        self.result = result


class Demo:
    """All runs, as many at a time as there are cores, a task after the other."""

    def __init__(self, args):
        self.bin, self.out, self.tiny, self.seeds = os.path.abspath(args.bin), args.out, args.tiny, args.seeds
        self.tasks = [t for t in TASKS if args.task in (None, t)]
        self.begun, self.start = datetime.datetime.now().isoformat(" ", "seconds"), time.monotonic()
        self.built = digest(*(os.path.join(self.bin, name) for name in ("ib-prune", "ib-score")))
        self.cores = len(os.sched_getaffinity(0))
        self.jobs = []
        for task in self.tasks:
            for seed in range(FIRST_SEED, FIRST_SEED + args.seeds):
                first = None
                for arm, options, _ in arms(task, self.tiny):
                    self.jobs.append(Job(self, task, arm, options, seed, None if options is not None else first))
                    first = first or self.jobs[-1]
        self.todo, self.turn, self.failed = list(self.jobs), threading.Condition(), None

    def take(self):
        """The first job that waits for no other; None once there is none left."""
        with self.turn:
            while self.todo and not self.failed:
                ready = [j for j in self.todo if j.after is None or hasattr(j.after, "result")]
                if ready:
                    self.todo.remove(ready[0])
                    return ready[0]
                self.turn.wait()

    def work(self):
        for job in iter(self.take, None):
            try:
                job.run()
            except Exception as error:      # raised where the main thread waits, once the other workers are done
                self.failed = self.failed or error
            with self.turn:
                self.turn.notify_all()

    def run(self):
        """Each task, as soon as all its runs are there."""
        workers = [threading.Thread(target=self.work) for _ in range(self.cores)]
        for w in workers:
            w.start()
        try:
            for task in self.tasks:
                with self.turn:
                    self.turn.wait_for(lambda: self.failed or all(hasattr(j, "result") for j in self.of(task)))
                if self.failed:
                    break
                yield task
        except BaseException as error:      # no worker begins another run
            self.failed = error
            raise
        finally:
            for w in workers:
                w.join()
        if self.failed:
            raise self.failed

    def of(self, task):
        return [j for j in self.jobs if j.task == task]

    def results(self, task, arm):
        return [j.result for j in self.of(task) if j.arm == arm]

    def provenance(self):
        """Whether one start made it all, and how much of the machine it had."""
        earlier = [j.result["begun"] for j in self.jobs if j.result["begun"] != self.begun]
        wall = time.monotonic() - self.start
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        lines = ["%d runs, %.1f min, in which they had %.2f of %d cores" % (
            len(self.jobs), wall / 60, (used.ru_utime + used.ru_stime) / wall, self.cores)]
        if earlier:
            return lines + ["RESUMED: %d of these runs were begun by earlier starts (%s);" % (
                len(earlier), ", ".join(sorted(set(earlier)))), "the minutes are those of this one alone"]
        return lines + ["in one go: begun %s, not interrupted, no run taken over" % self.begun]


def interval(differences):
    """Mean and half the 95 % interval of paired differences (Student's t); no interval for one pair."""
    d = np.array(differences)
    half = stats.t.ppf(0.975, len(d) - 1) * d.std(ddof=1) / len(d) ** 0.5 if len(d) > 1 else float("nan")
    return d.mean(), half


def tell(mean_half):
    mean, half = mean_half
    return "%+.2f" % mean + ("±%.2f" % half if half == half else "")


def verdict(mean, half, less_is_better, other):
    if half != half:
        return "one pair tells nothing of " + other
    if abs(mean) <= half:
        return "no difference seen to " + other
    return ("better than " if (mean < 0) == less_is_better else "worse than ") + other


def columns(rows):
    """Lines; the first column to the left, the others to the right."""
    widths = [max(len(r[c]) for r in rows) for c in range(len(rows[0]))]
    return ["  ".join(c.rjust(w) if k else c.ljust(w) for k, (c, w) in enumerate(zip(r, widths))).rstrip()
            for r in rows]


def report(demo, task):
    """The task's table, its plot, and its line of the summary."""
    kind, choice = TASKS[task], loop.chosen(TASKS[task])
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
        if not rows[1:]:
            decides = (task, name, *rows[0][1:2], *rows[0][3:5],
                       verdict(*to["fewer"], unit == 1, "fewer epochs"), verdict(*to["full"], unit == 1, "all data"))
    head = ("", "saved", kind.figure.split()[-1], "to all data", "to fewer ep.", "cpu s", "wall s", "tools")
    lines = ["", "%s: %s%s; %d samples, %g epochs," % (
        task, kind.figure, ", less is better" if unit == 1 else " in %", full[0]["epochs"][0][1],
        len(full[0]["epochs"])), "%d paired seeds from %d; peak rate %g, fewer epochs times %g" % (
            demo.seeds, FIRST_SEED, choice["rate"], choice["factor"])] + columns([head, *rows])
    kept = [(name, demo.results(task, arm)[0]["shares"]) for arm, _, name in arms(task, demo.tiny)
            if "shares" in demo.results(task, arm)[0]]
    plot_comparison.draw(os.path.join(demo.out, task + ".svg"), "%s: %s, %d paired seeds" % (task, kind.figure, demo.seeds), kept,
              points, "points" if unit == 100 else kind.figure + ", less is better")
    return lines, decides


def summary(decides):
    head = ("", "first row", "saved", "to all data", "to fewer ep.")
    lines = columns([head, *(d[:5] for d in decides)])
    lines = ["", "summary: each table's first row", *lines, ""]
    return lines + ["%s: %s; %s" % (task, *verdicts) for task, _, _, _, _, *verdicts in decides]


def machine(demo):
    with open("/proc/cpuinfo") as f:
        model = [line.split(":")[1].strip() for line in f if line.startswith("model name")]
    return "%s, %d cores, one thread a run, as many runs at a time;\ntorch %s; %s" % (
        model[0] if model else platform.machine(), demo.cores, torch.__version__, datetime.date.today())


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--out", default="build/train")
    p.add_argument("--task", choices=TASKS, help="this one alone")
    p.add_argument("--seeds", type=int, default=5)
    p.add_argument("--tiny", action="store_true")
    args = p.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    os.makedirs(args.out, exist_ok=True)
    demo, decides = Demo(args), []
    with open(os.path.join(args.out, "table.txt"), "w") as table:
        def say(*lines):
            for out in sys.stdout, table:
                print(*lines, sep="\n", file=out, flush=True)
        say(machine(demo), LEGEND)
        for task in demo.run():     # on an interrupt: no table, but what is there is kept
            lines, first = report(demo, task)
            decides.append(first)
            say(*lines)
        say(*summary(decides), "", *demo.provenance())
    print("", "plots: %s/*.svg, this table: %s/table.txt" % (args.out, args.out), sep="\n")


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("interrupted: start it again, and it goes on with the runs that are done")
