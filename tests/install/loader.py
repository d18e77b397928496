"""The loader of libinfobatch(3) in Python, through ctypes: loader.py SCORES EPOCHS <IDS"""

import sys
from ctypes import (CDLL, POINTER, Structure, byref, c_char, c_char_p, c_double,
                    c_float, c_int, c_int64, c_size_t, c_void_p, sizeof)

lib = CDLL("libinfobatch.so.0")

class Error(Structure):
    _fields_ = [("code", c_int), ("text", c_char * 1000)]

class Span(Structure):
    _fields_ = [("p", c_char_p), ("n", c_size_t)]

class Decisions(Structure):
    _fields_ = [("size", c_size_t), ("weight", POINTER(c_double)),
                ("pi", c_void_p), ("u", c_void_p), ("kept", c_void_p), ("reason", c_void_p)]

lib.ib_rule_options_new.restype = c_void_p
error = Error()

def call(function, *arguments):
    if function(*arguments, byref(error)) != 0:
        sys.exit(error.text.decode())

def spans(ids):
    return (Span * len(ids))(*[(i, len(i)) for i in ids])

def train(sample, weight):
    return sum(sample) % 10

path, epochs = sys.argv[1:]
ids = sys.stdin.buffer.read().split()
options = c_void_p(lib.ib_rule_options_new())
call(lib.ib_rule_options_set, options, b"epochs", epochs.encode())
scores, rule = c_void_p(), c_void_p()
call(lib.ib_scores_new, byref(scores))
weight = (c_double * len(ids))()
to = Decisions(sizeof(Decisions), weight)
for epoch in range(int(epochs)):
    call(lib.ib_rule_new, options, c_int64(epoch), scores, byref(rule))
    call(lib.ib_rule_decide, rule, spans(ids), c_size_t(len(ids)), byref(to))
    lib.ib_rule_free(rule)
    visited = [i for i, w in zip(ids, weight) if w > 0]
    losses = [train(i, w) for i, w in zip(ids, weight) if w > 0]
    print(f"epoch {epoch}: {len(visited)} of {len(ids)} samples")
    call(lib.ib_scores_fold, scores, spans(visited), (c_float * len(losses))(*losses),
         c_size_t(len(losses)), c_int64(epoch), c_double(0))
call(lib.ib_scores_save, scores, path.encode())
lib.ib_rule_options_free(options)
lib.ib_scores_free(scores)
