#!/usr/bin/python3
"""Run ib-audit simulate on the logs of a run on all data: profile_logs.py --bin BIN OUT >logs.jsonl.

OUT/logs/TASK/loss.EEE.npz are the logs of the first seed, which compare_rules.py saves. near_zero is the fraction of
samples whose loss is below 0.05 in the last epoch."""
import argparse
import glob
import json
import os
import subprocess

import numpy as np

RULES = {"default_saves": [],
         "scale_saves": ["--rule", "proportional:scale=3,floor=0.2", "--smooth", "0.7", "--delta", "1"]}


def profile(bin, task, logs):
    last = np.load(logs[-1])["loss"]
    out = {"task": task, "epochs": len(logs), "near_zero": round(float((last < 0.05).mean()), 4)}
    for name, rule in RULES.items():
        command = [os.path.join(bin, "ib-audit"), "simulate", "-q", "--json", "-E", str(len(logs)), "-e", "name",
                   *rule, *logs]
        epochs = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
        out[name] = round(sum(e["pruned"] for e in epochs) / sum(e["samples"] for e in epochs), 4)
    return out


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("--bin", default="build/release", help="where the ib- commands are")
    p.add_argument("out", help="the folder of compare_rules.py")
    args = p.parse_args()
    for folder in sorted(glob.glob(os.path.join(args.out, "logs", "*"))):
        logs = sorted(glob.glob(os.path.join(folder, "loss.*.npz")))
        print(json.dumps(profile(args.bin, os.path.basename(folder), logs)))


if __name__ == "__main__":
    main()
