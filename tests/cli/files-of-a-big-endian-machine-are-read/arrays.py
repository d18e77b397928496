"""Read the arrays in the folder argv[1] with numpy, and compare them with the texts in the folder."""
import gzip
import json
import sys

import numpy as np

folder = sys.argv[1]


def rows(text):
    return [json.loads(line) for line in text]


def ids_of(a):
    text = a["id_bytes"].tobytes()
    at = a["id_offset"]
    return [text[i:j].decode() for i, j in zip(at[:-1], at[1:])]


run = np.load(folder + "/run.npz")
scores = rows(open(folder + "/scores.jsonl"))
assert ids_of(run) == [r["id"] for r in scores]
for column in "score", "epoch", "visits", "prev":
    want = np.array([r.get(column, np.nan) for r in scores], run[column].dtype)
    assert np.array_equal(run[column], want, equal_nan=column == "prev"), column

kept = {r["id"]: r["weight"] for r in rows(open(folder + "/infobatch.jsonl"))}
train = [r["id"] for r in rows(open(sys.argv[2]))]
weights = np.load(folder + "/weights.npy")
assert list(weights) == [np.float32(kept.get(i, 0)) for i in train]
assert list(np.load(folder + "/rows.npy")) == [k for k, i in enumerate(train) if i in kept]

raw = np.fromfile(folder + "/weights.f32", "<f4")
rank = rows(gzip.open(folder + "/rank.jsonl.gz"))
assert np.array_equal(raw, np.array([r["weight"] for r in rank], "<f4"))

scaled = np.load(folder + "/weights.npz")
drawn = {r["id"]: r["weight"] for r in rows(open(folder + "/proportional.jsonl"))}
mean = sum(drawn.values()) / len(drawn)
want = [drawn.get(i, 0) / mean for i in ids_of(scaled)]
assert np.allclose(scaled["weight"], want, rtol=1e-6) and len(want) == len(train)
print("arrays")
