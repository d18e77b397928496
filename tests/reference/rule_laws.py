#!/usr/bin/python3
"""Check laws of the rules with the commands: tests/reference/rule_laws.py COMMANDS. All
expected values follow from the definition of pi.

  unbiased     over many epochs the mean weight of every sample is 1 within 5 standard errors; costs equal --dry-run's
  feedback     the same if scores depend on earlier decisions: a weighted sum of a fixed quantity stays unbiased
  budgets      --keep is met within 1e-9 (proportional: 2^-24); with --sampling fixed exactly, for each stratum
  variance     the variance that --dry-run predicts is observed over real losses, within 3 %
  statistics   sums in receipts are exact, rounded once, and equal for any -T; quantiles are order statistics"""
import json
import math
import os
import subprocess
import sys
import tempfile
from fractions import Fraction

import numpy as np

BIN = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build/release")
DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "testdata")
UNBIASED = {
    "infobatch": [], "median": ["--rule", "infobatch:threshold=median", "-r", "0.7"],
    "buckets": ["--rule", "buckets:q0.2=0.75,q0.85=0.5"], "random": ["--rule", "random", "-r", "0.3"],
    "proportional": ["--rule", "proportional", "--keep", "0.6"],
    "rank": ["--rule", "rank:power=1.5,floor=0.2"], "fixed": ["--sampling", "fixed"],
}
passed = failed = 0


def claim(what, holds, detail=""):
    global passed, failed
    passed, failed = passed + bool(holds), failed + (not holds)
    if not holds:
        print("%s: %s" % (what, detail))


def tool(*args, **kw):
    return subprocess.run([os.path.join(BIN, args[0]), "-q", *map(str, args[1:])], check=True, stdout=subprocess.PIPE,
                          **kw).stdout


def explained(scores, epoch, *rule):
    """Return pi, weight and reason of every sample of the manifest."""
    out = tool("ib-prune", "-s", scores, "-e", epoch, "--keep-all", "--explain", *rule, "m.jsonl")
    rows = [json.loads(line) for line in out.splitlines()]
    return (np.array([r["ib"]["pi"] for r in rows]), np.array([r["weight"] for r in rows]),
            [r["ib"]["reason"] for r in rows])


def unbiased(epochs=300):
    for name, rule in UNBIASED.items():
        total, kept = 0, 0
        for e in range(1, epochs + 1):
            pi, w, _ = explained("s.npz", e, *rule)
            total, kept = total + w, kept + (w > 0).sum()
        bound = 5 * np.sqrt((1 / pi - 1) / epochs) + 1e-12
        off = np.abs(total / epochs - 1)
        claim("no bias, " + name, (off <= bound).all(), "mean weight off by %g" % off.max())
        plan = json.loads(tool("ib-prune", "--dry-run", "-s", "s.npz", "-e", 1, *rule, "m.jsonl"))
        se = math.sqrt((pi * (1 - pi)).sum() / epochs)
        claim("cost, " + name, abs(kept / epochs - plan["expected_kept"]) <= 5 * se + 1e-9,
              "%g kept, %g planned" % (kept / epochs, plan["expected_kept"]))


def feedback(epochs=60):
    ids = [json.loads(line)["id"] for line in open("m.jsonl")]
    g = 1 + np.arange(len(ids)) % 7
    for name, rule in UNBIASED.items():
        if name == "fixed":
            continue    # the variance below is true only for independent draws
        loss = 0.5 + 3 * np.random.RandomState(1).rand(len(ids))
        diff = var = 0
        if os.path.exists("f.npz"):
            os.remove("f.npz")
        for e in range(epochs):
            pi, w, _ = explained("f.npz", e, *rule)
            diff, var = diff + ((w - 1) * g).sum(), var + ((1 / pi - 1) * g * g).sum()
            log = "".join('{"id":"%s","epoch":%d,"loss":%.6g}\n' % (i, e, x) for i, x, k in zip(ids, loss, w > 0) if k)
            tool("ib-score", "-u", "f.npz", input=log.encode())
            loss = np.where(w > 0, loss * 0.9, loss * 1.01)     # a visit reduces the loss of a sample
        claim("feedback, " + name, abs(diff) <= 5 * math.sqrt(var), "%g of %g" % (diff, math.sqrt(var)))


def budgets():
    n = len(open("m.jsonl").readlines())
    for keep, rule, near in (("0.8", [], 1e-9), ("0.6", ["--rule", "random"], 1e-9),
                             ("0.6", ["--rule", "proportional"], 2.0 ** -24),
                             ("0.6", ["--rule", "proportional:proxy=loss"], 2.0 ** -24)):
        plan = json.loads(tool("ib-prune", "--dry-run", "-s", "s.npz", "-e", 1, "--keep", keep, *rule))
        claim("budget " + " ".join(rule), abs(plan["expected_kept"] / n - float(keep)) <= near, plan["expected_kept"])
    tool("ib-prune", "-s", "s.npz", "-e", 1, "--sampling", "fixed", "--receipt", "r.json", "-o", "e.jsonl", "m.jsonl")
    r = json.load(open("r.json"))
    want = math.floor(0.5 * r["low"] + 0.5)
    claim("fixed keeps exactly k", r["reasons"]["drawn"] == want, "%d, not %d" % (r["reasons"]["drawn"], want))
    for f, reach in (("0.01", 1 - 0.95 * r["low"] / n), ("0", 1 - 0.95 * r["low"] / n)):
        p = subprocess.run([BIN + "/ib-prune", "--dry-run", "-s", "s.npz", "-e", "1", "--keep", f], check=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        claim("out of reach", b"cannot be reached" in p.stderr and
              abs(json.loads(p.stdout)["expected_kept"] / n - reach) < 1e-9, p.stderr)


def variance(epochs=20):
    """Check the variance. Draws are independent, so the variances of the samples add up."""
    tool("ib-score", "-o", "real.npz", os.path.join(DATA, "fashion", "log-003.jsonl.zst"))
    with open("real.jsonl", "wb") as f:
        subprocess.run(["zstd", "-qdc", os.path.join(DATA, "fashion", "base.jsonl.zst")], check=True, stdout=f)
    score = {}
    for line in tool("ib-score", "real.npz").splitlines():
        r = json.loads(line)
        score[r["id"]] = r["score"]
    x = 1 - np.exp(-np.array([score[json.loads(line)["id"]] for line in open("real.jsonl")]))
    keep = json.loads(tool("ib-prune", "--dry-run", "-s", "real.npz", "-e", 4))["expected_kept"] / len(x)
    for rule in (["-r", "0.5"], ["--rule", "random", "--keep", repr(keep)],
                 ["--rule", "proportional", "--keep", repr(keep)]):
        seen = 0
        for e in range(4, 4 + epochs):
            out = tool("ib-prune", "-s", "real.npz", "-e", e, *rule, "-o", "e.jsonl", "real.jsonl")
            w = np.frombuffer(subprocess.run([BIN + "/ib-weights", "-O", "f32", "--base", "real.jsonl", "e.jsonl"],
                                             check=True, stdout=subprocess.PIPE).stdout, "<f4").astype(float)
            seen += ((w - 1) ** 2 * x * x).sum() / epochs
        plan = json.loads(tool("ib-prune", "--dry-run", "-s", "real.npz", "-e", 4, *rule))
        claim("variance " + " ".join(rule), abs(seen / plan["variance"] - 1) < 0.03,
              "%g seen, %g planned" % (seen, plan["variance"]))


def nearest(x):
    return x.numerator / x.denominator


def plan_numbers(name, rule):
    """Check each number of --dry-run with exact sums of pi, 1/pi, x^2 and (1-pi)/pi x^2."""
    out = tool("ib-prune", "-s", "s.npz", "-e", 3, "--keep-all", "--explain", *rule, "m.jsonl")
    rows = [json.loads(line)["ib"] for line in out.splitlines()]
    pi = [r["pi"] for r in rows]
    square = [Fraction(float(np.float32(1 - math.exp(-float(np.float32(r["score"])))))) ** 2 for r in rows]
    n, share = len(pi), nearest(sum(map(Fraction, pi)) / len(pi))
    v = sum(Fraction((1 - p) / p) * x for p, x in zip(pi, square))
    plan = json.loads(tool("ib-prune", "--dry-run", "-s", "s.npz", "-e", 3, *rule, "m.jsonl"))
    want = {"expected_kept": nearest(sum(map(Fraction, pi))), "saved": 1 - share, "weight_sum": n,
            "max_weight": 1 / min(pi), "variance": nearest(v),
            "relative_variance": nearest(v / (Fraction((1 - share) / share) * sum(square)))}
    for k, x in want.items():
        if name != "fixed" or k != "max_weight":
            claim("plan's %s, %s" % (k, name), plan[k] == x, "%r, not %r" % (plan[k], x))
    if name == "random":
        claim("relative_variance of random", plan["relative_variance"] == 1, plan["relative_variance"])


def statistics():
    for name, rule in UNBIASED.items():
        pi, w, reason = explained("s.npz", 3, *rule)
        same = set()
        for t in (1, 2, 3):
            tool("ib-prune", "-T", t, "-s", "s.npz", "-e", 3, *rule, "--receipt", "r.json", "-o", "e.jsonl", "m.jsonl")
            r = json.load(open("r.json"))
            same.add((r["expected_kept"], r["weight_sum"], r["weight_var"], open("e.jsonl").read()))
        claim("any -T, " + name, len(same) == 1, "not the same")
        claim("expected_kept, " + name, r["expected_kept"] == nearest(sum(map(Fraction, pi))), r["expected_kept"])
        claim("weight_sum, " + name, r["weight_sum"] == nearest(sum(map(Fraction, w))), r["weight_sum"])
        if name != "fixed":
            v = nearest(sum(Fraction((1 - p) / p) for p in map(float, pi)))
            claim("weight_var, " + name, r["weight_var"] == v, "%r, not %r" % (r["weight_var"], v))
    for name, rule in UNBIASED.items():
        plan_numbers(name, rule)
    score = np.sort(np.array([json.loads(x)["score"] for x in tool("ib-score", "s.npz").splitlines()], "f4"))
    for q in ("0.5", "0.3", "0.85", "1"):
        tool("ib-prune", "-s", "s.npz", "-e", 3, "--rule", "infobatch:threshold=q" + q, "--receipt", "r.json", "-o", "e.jsonl", "m.jsonl")
        want = score[math.ceil(Fraction(q) * len(score)) - 1]
        claim("quantile " + q, np.float32(json.load(open("r.json"))["threshold"]) == want, want)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    with open("m.jsonl", "w") as f:
        f.write(open(os.path.join(DATA, "tiny", "base.jsonl")).read())
    tool("ib-score", "-o", "s.npz", os.path.join(DATA, "tiny", "full", "log-000.jsonl"))
    for test in (unbiased, feedback, budgets, variance, statistics):
        test()
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed > 0)
