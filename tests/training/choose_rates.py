#!/usr/bin/python3
"""Choose the learning rates and the recipe of the comparison on a tenth of the training set: choose_rates.py >NEW.

This is step 1 of the protocol in README.md. The seeds are 1 and 2, which are not in the tables, and the test set is not
read. Each run is a line of OUT/TASK.jsonl. A run that is already in this file is not repeated. The output is
choices.json."""
import argparse
import json
import os
import sys

import in_memory
import small_tasks

TASKS = tuple(small_tasks.KINDS)
ADDED = "long",                 # tasks that were added after the recipe had been chosen
SEEDS = 1, 2                    # all rates and factors run with the first seed, and the best two also with the second
FACTORS = 1, 1.4, 2             # factors of the rate for fewer epochs
PRUNED_FACTORS = 1, 0.5         # factors of the rate for the rows that prune; they run with the first seed
BUDGET = 0.6                    # fraction of the visits of all data
RULES = {"bounded": "--rule proportional:floor=0.2", "loss": "--rule proportional:proxy=loss,floor=0.2",
         "infobatch": ""}
CANDIDATES = ("bounded", 4/3), ("loss", 4/3), ("infobatch", 4/3), ("bounded", 1), ("bounded", 5/3)     # rule, stretch


def recipe(kind, rule, stretch):
    """Options of a run with `stretch` times the epochs, which keeps the fraction that meets the budget of visits."""
    longer = round(kind.epochs * stretch)
    keep = (BUDGET * kind.epochs - 1) / (longer - 1)        # epoch 0 keeps all
    return {"epochs": longer, "rule": "%s --keep %.6f --delta 1" % (RULES[rule], keep), "power": 0.5, "smooth": 0.7}


class Tuner:
    def __init__(self, args, task):
        self.kind, self.args, self.trainer, self.made = small_tasks.KINDS[task], args, None, {}
        self.path = os.path.join(args.out, task + ".jsonl")
        self.sign = 1 if self.kind.figure == "perplexity" else -1
        if os.path.exists(self.path):
            with open(self.path) as lines:
                for record in map(json.loads, lines):
                    self.made[record["name"], record["seed"]] = record

    def run(self, name, seed, **options):
        """The figure of a run; the run is made if it is not in the file."""
        if (name, seed) not in self.made:
            self.trainer = self.trainer or in_memory.Trainer(self.kind, self.args.bin, self.args.tiny, tune=True)
            record = {"name": name, "seed": seed, **options, **self.trainer.train(seed, **options)}
            with open(self.path, "a") as out:
                out.write(json.dumps(record) + "\n")
            print(self.kind.__name__, name, seed, record["figure"], file=sys.stderr, flush=True)
            self.made[name, seed] = record
        return self.made[name, seed]["figure"]

    def best(self, figures):
        """The candidates, sorted by the mean of their figures, the best first."""
        return sorted(figures, key=lambda c: self.sign * sum(figures[c]) / len(figures[c]))

    def choose(self, candidates, figure):
        """The better of the two candidates that ran with both seeds, and {candidate: figures, one per seed}."""
        figures = {c: [figure(c, SEEDS[0])] for c in candidates}
        for c in self.best(figures)[:2]:
            figures[c].append(figure(c, SEEDS[1]))
        return self.best({c: f for c, f in figures.items() if len(f) == 2})[0], figures

    def rate(self):
        def full(rate, seed):
            return self.run("all data at %g" % rate, seed, rate=rate)
        rates = list(self.kind.rates)
        best, figures = self.choose(rates, full)
        if best in (rates[0], rates[-1]):
            beyond = best / 2 if best == rates[0] else best * 2
            figures[beyond] = [full(beyond, seed) for seed in SEEDS]
            best = self.best({c: f for c, f in figures.items() if len(f) == 2})[0]
        return best, figures

    def factor(self, rate):
        return self.choose(FACTORS, lambda f, seed: self.run(
            "fewer times %g" % f, seed, rate=f * rate, epochs=BUDGET * self.kind.epochs))

    def recipes(self, rate):
        return {c: [self.run("%s %.2f" % c, seed, rate=rate, **recipe(self.kind, *c)) for seed in SEEDS]
                for c in CANDIDATES}

    def pruned_factors(self, rate, best):
        """The best factor of the rate, and the figures of all factors, for the default rule and for the best recipe."""
        default = {f: [self.run("default times %g" % f, SEEDS[0], rate=f * rate, rule="")] for f in PRUNED_FACTORS}
        mine = {f: [self.run("%s %.2f times %g" % (*best, f) if f != 1 else "%s %.2f" % best, SEEDS[0], rate=f * rate,
                             **recipe(self.kind, *best))] for f in PRUNED_FACTORS}
        return (self.best(default)[0], default), (self.best(mine)[0], mine)

    def gain(self, figures, fewer):
        """The relative gain of the mean figure over fewer epochs."""
        base = sum(fewer) / len(fewer)
        return -self.sign * (sum(figures) / len(figures) - base) / base


def choices(tuners, rates, factors, recipes, gains, best, pruned):
    """The text of choices.json."""
    def plain(figures):
        return {"%s %.2f" % c if isinstance(c, tuple) else "%g" % c: [round(v, 4) for v in f]
                for c, f in figures.items()}
    tasks = {}
    for task in tuners:
        (default, defaults), (mine, mines) = pruned[task]
        tasks[task] = {"rate": rates[task][0], "fewer": factors[task][0], "default": default, "recipe": mine,
                       "rates": plain(rates[task][1]), "fewer_factors": plain(factors[task][1]),
                       "default_factors": plain(defaults), "recipe_factors": plain(mines),
                       "recipes": plain(recipes[task])}
    return json.dumps({
        "seeds": SEEDS, "budget": BUDGET, "recipe": {"rule": best[0], "stretch": best[1]},
        "gains": {"%s %.2f" % c: {t: round(g, 4) for t, g in gains[c].items()} for c in CANDIDATES},
        "tasks": tasks}, indent=1)


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("--out", default="build/tune")
    p.add_argument("--tiny", action="store_true")
    args = p.parse_args()
    os.makedirs(args.out, exist_ok=True)
    tuners = {task: Tuner(args, task) for task in TASKS}
    rates = {task: tuner.rate() for task, tuner in tuners.items()}
    factors = {task: tuner.factor(rates[task][0]) for task, tuner in tuners.items()}
    recipes = {task: tuner.recipes(rates[task][0]) for task, tuner in tuners.items()}
    fewer = {task: figures[best] for task, (best, figures) in factors.items()}
    gains = {c: {task: tuner.gain(recipes[task][c], fewer[task]) for task, tuner in tuners.items()} for c in CANDIDATES}
    best = max(CANDIDATES, key=lambda c: sum(gain for task, gain in gains[c].items() if task not in ADDED))
    pruned = {task: tuner.pruned_factors(rates[task][0], best) for task, tuner in tuners.items()}
    print(choices(tuners, rates, factors, recipes, gains, best, pruned))


if __name__ == "__main__":
    main()
