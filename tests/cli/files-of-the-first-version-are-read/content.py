"""Read files of testdata/first with numpy and json, without the commands.

content.py scores FILE [smooth]   compare the rows with the loss logs, folded here
content.py totals FILE            compare the totals with the scores, summed as fractions
content.py weights                compare the arrays of weights with the epoch manifest
"""
import json
import sys
from fractions import Fraction

import numpy

EPOCHS = {}
for line in open("loss.0.jsonl"), open("loss.1.jsonl"):
    for record in map(json.loads, line):
        EPOCHS.setdefault(record["id"], []).append((record["epoch"], record["loss"]))


def folded(smooth):
    """Return id -> (score, epoch, visits, prev). Scores are binary32, or None if unknown."""
    rows = {}
    for name, losses in EPOCHS.items():
        score = previous = None
        for epoch, loss in losses:
            previous = score
            new = None if loss is None else numpy.float32(loss)
            score = new if score is None or new is None or not smooth \
                else numpy.float32(0.5 * float(score) + 0.5 * float(new))
        rows[name] = (score, epoch, len(losses), previous)
    return rows


def as_float(x):
    return None if x is None or numpy.isnan(x) else numpy.float32(x)


def rows_of(path):
    if not path.endswith(".npz"):
        for r in map(json.loads, open(path, encoding="utf-8")):
            yield r["id"], (as_float(r["score"]), r["epoch"], r["visits"], as_float(r.get("prev")))
        return
    z = numpy.load(path)
    raw, at = z["id_bytes"].tobytes(), z["id_offset"]
    prev = z["prev"] if "prev" in z else numpy.full(len(at) - 1, numpy.nan)
    for i, (a, b) in enumerate(zip(at, at[1:])):
        yield raw[a:b].decode(), (as_float(z["score"][i]), z["epoch"][i], z["visits"][i],
                                  as_float(prev[i]))


def scores(path, smooth=""):
    want = folded(smooth)
    got = dict(rows_of(path))
    if not smooth:
        want = {k: v[:3] + (None,) for k, v in want.items()}
    assert got == want, (path, got, want)
    print("the rows are those of the losses")


def totals(path):
    t = json.load(open(path))
    known = [v[0] for v in folded("").values() if v[0] is not None]
    total = sum(Fraction(float(x)) for x in known)
    assert t["rows"] == len(EPOCHS) and t["known"] == len(known)
    assert int(t["sum"], 16) == total * 2**149
    assert t["mean"] == float(total / len(known))
    assert numpy.float32(t["min"]) == min(known) and numpy.float32(t["max"]) == max(known)
    assert sum(n for _, n in t["histogram"]) == len(known) and t["newest"] == 1
    print("the totals are those of the losses")


def weights():
    kept = {r["id"]: r["weight"] for r in map(json.loads, open("epoch.jsonl", encoding="utf-8"))}
    ids = [json.loads(line)["id"] for line in open("base.jsonl")]
    want = numpy.float32([kept.get(i, 0) for i in ids])
    assert (numpy.load("weights.npy") == want).all()
    assert numpy.load("rows.npy").tolist() == [i for i, name in enumerate(ids) if name in kept]
    z = numpy.load("weights.npz")
    raw, at = z["id_bytes"].tobytes(), z["id_offset"]
    assert [raw[a:b].decode() for a, b in zip(at, at[1:])] == list(kept)
    assert (z["weight"] == numpy.float32(list(kept.values()))).all()
    print("the arrays are the weights of the epoch manifest")


if __name__ == "__main__":
    globals()[sys.argv[1]](*sys.argv[2:])
