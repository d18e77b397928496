#!/usr/bin/python3
"""Choose each task's peak rate, and the factor by which fewer epochs raise it: choose_rates.py [TASK...] > NEW.

Judged on a tenth of the training set, with seeds that no table reports; no test set is read. See README.md for the
protocol, of which this is the first half. What it prints is choices.json."""
import argparse
import datetime
import json
import os
import subprocess
import sys

import compare_rules

SEEDS = 1, 2                    # every candidate takes the first, the best two take the second as well
FACTORS = 1, 1.25, 1.5, 2       # of the rate, for fewer epochs
HOW = ("Figures on the validation tenth, one per tuning seed. All candidates were run with the first seed, the best two "
       "with the second; of these the better mean was taken, and where it was a rate at the end of the list the next "
       "one beyond was tried in the same way.")


class Tuner:
    def __init__(self, args, task, before):
        self.args, self.task, self.kind, self.before = args, task, compare_rules.TASKS[task], before
        self.less = self.kind.figure == "perplexity"    # is better
        self.base = os.path.join(args.out, task + "." + compare_rules.digest("loop", "classification", task))

    def run(self, name, seed, rate, *options):
        """A run's result; one that was made before only judges again."""
        folder = os.path.join(self.base, "%s.%g.%d" % (name, rate, seed))
        subprocess.run([sys.executable, os.path.join(compare_rules.HERE, self.task + ".py"), "--tune", "--bin",
                        self.args.bin,
                        "--dir", folder, "--rate", "%g" % rate, "--seed", str(seed), *options,
                        *["--tiny"] * self.args.tiny], check=True, stdout=sys.stderr)
        with open(os.path.join(folder, "result.json")) as f:
            return json.load(f)

    def better(self, figures):
        """Candidates, the best first, by the mean of their figures."""
        return sorted(figures, key=lambda c: (1 if self.less else -1) * sum(figures[c]) / len(figures[c]))

    def choose(self, candidates, figure):
        """Two rounds; figures: candidate -> a figure for each seed it was run with."""
        figures = {c: [figure(c, SEEDS[0])] for c in candidates}
        for c in self.better(figures)[:2]:
            figures[c].append(figure(c, SEEDS[1]))
        both = {c: f for c, f in figures.items() if len(f) == 2}
        return self.better(both)[0], figures

    def rate(self):
        if self.kind.rates is None:
            return self.before["classification"]["rate"], {}
        rates = list(self.kind.rates)
        best, figures = self.choose(rates, lambda rate, seed: self.run("full", seed, rate)["metric"])
        if best in (rates[0], rates[-1]):
            beyond = best / 2 if best == rates[0] else best * 2
            figures[beyond] = [self.run("full", seed, beyond)["metric"] for seed in SEEDS]
            both = {c: f for c, f in figures.items() if len(f) == 2}
            best = self.better(both)[0]
        return best, figures

    def tune(self):
        rate, rates = self.rate()
        _, options, _ = compare_rules.arms(self.task, self.args.tiny)[0]
        first = self.run("first", SEEDS[0], rate, *options)
        epochs = "%.4f" % (first["visits"] / first["epochs"][0][1])
        factor, factors = self.choose(
            FACTORS, lambda f, seed: self.run("fewer", seed, f * rate, "--epochs", epochs)["metric"])
        rounded = [{"%g" % c: [round(v, 4) for v in f] for c, f in sorted(figures.items())}
                   for figures in (rates, factors)]
        return {"rate": rate, "factor": factor, "date": str(datetime.date.today()), "figure": self.kind.figure,
                "epochs": [self.kind.epochs, float(epochs)], "rates": rounded[0], "factors": rounded[1]}


def told(tasks):
    """choices.json: a line for the choice, one for the rates tried, one for the factors."""
    rows = ['"%s": %s' % (t, json.dumps(c).replace(', "rates"', ',\n  "rates"').replace(', "factors"', ',\n  "factors"'))
            for t, c in tasks.items()]
    return '{"how": %s,\n"seeds": %s,\n"tasks": {\n%s\n}}' % (json.dumps(HOW), json.dumps(SEEDS), ",\n".join(rows))


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("tasks", nargs="*", default=list(compare_rules.TASKS))
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--out", default="build/tune")
    p.add_argument("--tiny", action="store_true")
    args = p.parse_args()
    os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"
    tasks = {}
    for task in args.tasks:
        tasks[task] = Tuner(args, task, tasks).tune()
    print(told(tasks))


if __name__ == "__main__":
    main()
