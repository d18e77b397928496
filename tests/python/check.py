#!/usr/bin/python3
"""Check lib/python/infobatch.py against the commands: check.py [--bin DIR] [--seed N] [--all]

equal   decisions, score file and audit log are those of the commands, byte for byte
misuse  every wrong call raises the library's sentence, and changes nothing
load    the module loads the library of its source tree or installation, and of no other tree
kill    a run that is killed loses at most the epoch in progress, and ends as if it had not been killed

The last line is "N passed, N failed". With --all, a run is killed before each of its lines."""
import argparse
import glob
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
import warnings

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
a = argparse.ArgumentParser()
a.add_argument("--bin", default="build/release")
a.add_argument("--seed", type=int, default=1)
a.add_argument("--all", action="store_true")
a = a.parse_args()
BIN = os.path.abspath(a.bin)
os.environ.setdefault("INFOBATCH_LIBRARY", next(iter(sorted(glob.glob(os.path.join(BIN, "libinfobatch.so.*")))), "libinfobatch.so.0"))
sys.path.insert(0, HERE)
import child
import infobatch

RANDOM = random.Random(a.seed)
count = {True: 0, False: 0}


def check(ok, what):
    count[bool(ok)] += 1
    if not ok:
        print("failed:", what)


def tool(name, *options):
    return subprocess.run([os.path.join(BIN, name), *map(str, options)], check=True, capture_output=True, text=True)


def content(name):
    with open(name, "rb") as f:
        return f.read()


# ---- equal -------------------------------------------------------------------

N, E = 2500, 5
RULES = [            # the keyword arguments of Run, and the same options of ib-prune
    ({}, []),
    ({"ratio": 0.7, "seed": 12345678901234567890}, ["-r", 0.7, "--seed", "12345678901234567890"]),
    ({"rule": "rank:power=0.7", "ratio": 0.6, "warmup": 2}, ["--rule", "rank:power=0.7", "-r", 0.6, "--warmup", 2]),
    ({"threshold": "q0.3", "rule": "infobatch", "max_age": 2}, ["--rule", "infobatch:threshold=q0.3", "--max-age", 2]),
    ({"rule": "proportional", "keep": "0.50"}, ["--rule", "proportional", "--keep", "0.50"]),
    ({"rule": "proportional:floor=0.2", "keep": "0.45", "normalize": "mean"},
     ["--rule", "proportional:floor=0.2", "--keep", "0.45", "--normalize", "mean"]),
    ({"rule": "buckets:q0.2=0.75,q0.85=0.5", "delta": 0.6}, ["--rule", "buckets:q0.2=0.75,q0.85=0.5", "--delta", 0.6]),
    ({"rule": "random", "sampling": "fixed"}, ["--rule", "random", "--sampling", "fixed"]),
]
FOLDS = [({}, []), ({"smooth": 0.25}, ["--smooth", 0.25]), ({"duplicates": "mean"}, ["--duplicates", "mean"]),
         ({"nonfinite": "skip"}, ["--nonfinite", "skip"])]


def commands_draw(e, options, ids):
    """Return the rows and weights that ib-prune writes. Without ids, ib-prune gets --range."""
    where = ["-q", "-s", "b.npz", "-e", e, "-E", E, "-a", "b.zst", *options]
    if ids is None:
        tool("ib-prune", *where, "--range", N, "-o", "epoch.npz")
        z = np.load("epoch.npz")
        return z["index"], z["weight"]
    tool("ib-prune", *where, "-f", "list", "-o", "epoch.txt", "list.txt")
    row = {name: i for i, name in enumerate(ids)}
    lines = [line.rpartition("\t") for line in open("epoch.txt", encoding="utf-8").read().splitlines()]
    return np.array([row[name] for name, _, _ in lines]), np.array([w for _, _, w in lines], np.float32)


def equal(rule, fold, ids):
    what = "equal: %s, %s, %s" % (rule[0], fold[0], "ids" if ids else "n")
    of = {"n": N} if ids is None else {"ids": ids}
    rng = np.random.default_rng(a.seed)
    for e in range(E):
        if e in (0, 3):         # in epoch 3, another process continues
            run = infobatch.Run("a.npz", epochs=E, audit="a.zst", **of, **rule[0], **fold[0])
            check(run.next_epoch == e, what + ": next epoch")
        rows, weight = run.draw(e)
        want, weights = commands_draw(e, rule[1], ids)
        check(np.array_equal(rows, want) and np.array_equal(weight, weights), what + ": draw %d" % e)
        views = np.repeat(rows, 2) if "duplicates" in fold[0] else rows
        loss = rng.exponential(size=len(views)).astype(np.float32)
        loss[rng.random(len(loss)) < 0.02] = np.nan
        order = rng.permutation(len(views))
        for part in np.array_split(order, 7):
            run.record(views[part], loss[part])
        run.commit()
        order = order[np.argsort(views[order], kind="stable")]
        names = {"index": views[order]} if ids is None else {"id": np.array(ids)[views[order]]}
        np.savez("loss.npz", loss=loss[order], **names)
        tool("ib-score", "-q", "-e", e, "-u", "b.npz", *fold[1], "loss.npz")
        check(content("a.npz") == content("b.npz"), what + ": score file %d" % e)
        check(content("a.zst") == content("b.zst"), what + ": audit log %d" % e)
        if e in (2, E - 1):
            run.close()
    check(tool("ib-audit", "verify", "a.zst").returncode == 0, what + ": verify")


def equal_all():
    ids = ["train/%05d \u00e9" % i for i in range(N)]
    with open("list.txt", "w", encoding="utf-8") as f:
        f.writelines(name + "\n" for name in ids)
    for rule in RULES:
        for fold in FOLDS if rule is RULES[0] else FOLDS[:1]:
            for names in (None, ids):
                for name in ("a.npz", "b.npz", "a.zst", "b.zst"):
                    if os.path.exists(name):
                        os.remove(name)
                equal(rule, fold, names)


# ---- misuse ------------------------------------------------------------------

def raises(code, words, function, *arguments, **options):
    """Check that function() raises an Error with this code and these words, or, if code is None, another exception."""
    try:
        function(*arguments, **options)
    except infobatch.Error as e:
        check(e.code == code and words in str(e), "%r has code %d, expected %s and %r" % (str(e), e.code, code, words))
    except (TypeError, ValueError) as e:
        check(code is None and words in str(e), "%r: expected %r" % (e, words))
    else:
        check(False, "no error, expected %r" % words)


# The options of a run that are not options of a rule, see libinfobatch(3).
OWN_OPTIONS = ("audit", "max_missing", "max_unseen", "smooth", "duplicates", "nonfinite", "threads")


def misuse():
    M, D, A = infobatch.MISUSE, infobatch.DATA, infobatch.AGAIN
    Run = infobatch.Run
    raises(None, "either n or ids", Run, "m.npz")
    raises(None, "either n or ids", Run, "m.npz", n=3, ids=["a"])
    raises(None, "at least 1", Run, "m.npz", n=0)
    raises(M, "from 1 to", Run, "m.npz", n=2**32)
    raises(M, "score file", Run, "-", n=3)
    raises(M, "ratio must be", Run, "m.npz", n=3, ratio=1.5)
    raises(M, "rank", Run, "m.npz", n=3, rule="ranks")
    raises(M, "wramup", Run, "m.npz", n=3, wramup=1)
    raises(M, '"max_mising" is not an option of rule rank', Run, "m.npz", n=3, rule="rank", max_mising=1)
    try:
        Run("m.npz", n=3, smoth=.5)
    except infobatch.Error as e:
        names = str(e).partition("; the options are ")[2].split(", ")
        check({"rule", "full_from", *OWN_OPTIONS} <= set(names), names)
        # Each name in the list is accepted, so only its value is refused.
        for name in set(names) - {"audit", "epochs"}:
            raises(M, "must be" if name != "rule" else "rule", Run, "m.npz", n=3, **{name: "?"})
    else:
        check(False, "no error for the option smoth")
    raises(M, "twice", Run, "m.npz", ids=["a", "b", "a"])
    raises(M, "is empty", Run, "m.npz", ids=["a", ""])
    raises(M, "newline or a NUL", Run, "m.npz", ids=["a", "b\nc"])
    raises(M, "max-missing must be", Run, "m.npz", n=3, max_missing="x")
    raises(None, "scores contains a NUL", Run, "m.npz\0", n=3)
    raises(None, "audit contains a NUL", Run, "m.npz", n=3, audit="a.zst\0b")
    raises(None, "n must be an integer, not str", Run, "m.npz", n="3")
    raises(None, "epochs must be an integer, not str", Run, "m.npz", n=3, epochs="5")
    raises(M, "scores m.npy: the output has several arrays", Run, "m.npy", n=3)
    raises(M, "audit log.npz: audit cannot write arrays", Run, "m.npz", n=3, audit="log.npz")
    raises(M, "same file", Run, "m.npz", n=3, audit="m.npz")
    raises(None, "not float", Run, "m.npz", ids=[1.0, 2.5])
    raises(None, "not NoneType", Run, "m.npz", ids=["a", None])
    check(not os.path.exists("m.npz"), "misuse writes no score file")
    with Run("kinds.npz", ids=[b"a\xff", "\u00e9", np.int64(7), np.bytes_(b"c")]) as run:
        run.draw(0)
        run.record(np.arange(4), np.ones(4))
        run.commit()
    check(np.load("kinds.npz")["id_bytes"].tobytes() == b"a\xff\xc3\xa97c", "ids are strings, bytes or integers")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Run("skip.npz", n=3, nonfinite="skip") as run:
            run.draw(0)
            run.record([0, 1, 2], [1.0, 2.0, np.nan])
            run.commit()
        with Run("skip.npz", n=3, nonfinite="skip") as run:
            check(run.next_epoch == 1, "a run that skipped a loss continues")
        with Run("none.npz", n=3, epochs=4, rule="hard:threshold=v100", delta=1) as run:
            drawn = []
            for e in run.epochs():
                rows, _ = run.draw(e)
                drawn.append(len(rows))
                run.record(rows, np.ones(len(rows)))
                run.commit()
        check(drawn == [3, 0, 0, 0], "an epoch without samples is committed: %s" % drawn)

    run = Run("m.npz", n=5, epochs=4)
    rows, loss = np.arange(5), np.ones(5, np.float32)
    raises(M, "draw an epoch before", run.record, rows, loss)
    raises(M, "nothing to commit", run.commit)
    raises(M, "from 0 to", run.draw, -1)
    raises(M, "from 0 to", run.draw, 2**64)
    run.draw(0)
    raises(M, "no loss is recorded", run.commit)
    raises(M, "row 5 does not exist", run.record, [1, 5], loss[:2])
    raises(M, "row -1 does not exist", run.record, [-1], loss[:1])
    raises(None, "same length", run.record, rows, loss[:4])
    raises(None, "integers", run.record, rows.astype(float), loss)
    raises(None, "real numbers, not complex64", run.record, rows, loss * 1j)
    run.record(rows[:3], loss[:3])
    raises(D, "2 of the 5", run.commit)
    raises(A, "lock", Run, "m.npz", n=5)
    check(not os.path.exists("m.npz"), "an incomplete commit writes no score file")
    run.record(rows[3:], [0.1, 9])
    run.commit()
    raises(M, "the next epoch is 1", run.draw, 0)
    kept, _ = run.draw(1)
    pruned = np.setdiff1d(rows, kept)
    for row in pruned[:1]:
        raises(M, "was not drawn in epoch 1", run.record, [row], [1.0])
    before = content("m.npz")
    run.close()
    raises(None, "closed", run.draw, 1)
    raises(D, "not among", Run, "m.npz", n=4)
    raises(D, "only 5 of the 6", Run, "m.npz", n=6)
    raises(D, "not among", Run, "m.npz", ids=list("abcde"))
    Run("m.npz", n=6, max_unseen=1).close()
    check(content("m.npz") == before, "misuse does not change the score file")
    with open("log.jsonl", "w") as log:
        log.write('{"id":"0","loss":1}\n')
    raises(D, "this is a loss log", Run, "log.jsonl", n=1)
    with Run("m.npz", n=5, epochs=2) as run:
        raises(M, "was not committed", list, run.epochs())
    with Run("new.npz", n=3, nonfinite="fail") as run:
        run.draw(0)
        raises(D, "row 1 is not finite", run.record, [0, 1], [1.0, np.nan])
        raises(None, "number of epochs", list, run.epochs())
    with warnings.catch_warnings(record=True) as got, Run("new.npz", n=3, max_missing="40%") as run:
        warnings.simplefilter("always")
        run.draw(0)
        run.record([0, 1], [1.0, np.nan])
        run.commit()
        check(got[0].filename == __file__, "a warning names the line of the caller")
        check(len(got) == 1 and "1 of 2 losses are not finite" in str(got[0].message), "warning: %s" % got)
    with warnings.catch_warnings(record=True) as got, Run("large.npz", n=2) as run:
        warnings.simplefilter("always")
        run.draw(0)
        run.record([0, 1], [1.0, 1e39])
        run.commit()
        check(len(got) == 1 and "1 of 2 losses are not finite" in str(got[0].message), "too large: %s" % got)


# ---- load --------------------------------------------------------------------

LIBRARY = os.path.abspath(os.environ["INFOBATCH_LIBRARY"])


def loaded(tree, module, library):
    """Put the module and the library into a tree. Return the path that the module loads, or the error."""
    for name, source in (module, infobatch.__file__), (library, LIBRARY):
        os.makedirs(os.path.dirname(os.path.join(tree, name)), exist_ok=True)
        shutil.copy(source, os.path.join(tree, name))
    path = os.path.join(os.path.abspath(tree), os.path.dirname(module))
    given = {**os.environ, "PYTHONPATH": path, "INFOBATCH_LIBRARY": "", "PYTHONDONTWRITEBYTECODE": "1"}
    p = subprocess.run([sys.executable, "-c", "import infobatch; print(infobatch._library._name)"],
                       capture_output=True, text=True, env=given)
    return p.stdout.strip() or p.stderr


def load():
    name = "libinfobatch.so.0"
    want = os.path.abspath("installed/lib/" + name)
    check(loaded("installed", "share/infobatch/infobatch.py", "lib/" + name) == want, "load: installed")
    os.makedirs("source [1]/lib")
    open("source [1]/lib/libinfobatch.map", "w").close()
    got = loaded("source [1]", "lib/python/infobatch.py", "build/release/%s.1.0" % name)
    check(got == os.path.abspath("source [1]/build/release/%s.1.0" % name), "load: source tree: " + got)
    for tree, module in ("moved", "share/infobatch/infobatch.py"), ("copied", "lib/python/infobatch.py"):
        got = loaded(tree, module, "build/release/%s.1.0" % name)
        check(got == name or "set INFOBATCH_LIBRARY" in got, "load: other tree: " + got)


# ---- kill --------------------------------------------------------------------

CHILD = [sys.executable, os.path.join(HERE, "child.py")]


def finish(folder, what):
    """Continue a killed run. No committed epoch is lost, and the result equals that of a run without a kill."""
    done = [int(x) for x in content(folder + "/done").split()] if os.path.exists(folder + "/done") else []
    if os.path.exists(folder + "/run.npz"):
        newest = int(np.load(folder + "/run.npz")["epoch"].max())
        check(newest in (len(done) - 1, len(done)), what + ": newest epoch %d after %s" % (newest, done))
    else:
        check(not done, what + ": the score file is lost")
    subprocess.run(CHILD + [folder, "60", "4"], check=True)
    check(content(folder + "/run.npz") == content("whole/run.npz"), what + ": score file")
    check(tool("ib-audit", "verify", folder + "/audit.zst").returncode == 0, what + ": audit log")
    check(tool("ib-audit", "summary", folder + "/audit.zst").stdout ==
          tool("ib-audit", "summary", "whole/audit.zst").stdout, what + ": summary")


def kill():
    os.mkdir("whole")
    subprocess.run(CHILD + ["whole", "60", "4"], check=True)
    line, killed = 0 if a.all else RANDOM.randrange(40), True
    while killed:
        folder = "line%d" % line
        os.mkdir(folder)
        killed = subprocess.run(CHILD + [folder, "60", "4", str(line)]).returncode != 0
        finish(folder, "killed before line %d" % line)
        line += 1 if a.all else 40
    for k in range(20 if a.all else 4):
        folder = "random%d" % k
        os.mkdir(folder)
        run = subprocess.Popen(CHILD + [folder, "60", "4"])
        time.sleep(RANDOM.uniform(0.1, 0.5))
        run.kill()
        run.wait()
        finish(folder, "killed at random, %d" % k)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="ib-python.") as folder:
        os.chdir(folder)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            equal_all()
        misuse()
        load()
        kill()
        os.chdir("/")
    print("%d passed, %d failed" % (count[True], count[False]))
    sys.exit(count[False] > 0)
