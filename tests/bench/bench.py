#!/usr/bin/python3
"""Measure the speed of the commands and of other tools: make bench [N=...] [RUNS=...] [PEERS=npm].

The data are N records made from a fixed seed, on a tmpfs (/dev/shm), in a warm page cache. A row is the median of RUNS
runs; the tools take turns. ns is wall time per record, cpu is user + system time per record, MB is peak memory."""
import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

a = argparse.ArgumentParser()
a.add_argument("--bin", default="build/release")
a.add_argument("--n", type=int, default=1_000_000)
a.add_argument("--runs", type=int, default=5)
a.add_argument("--out", default="build/bench")
a.add_argument("--peers", default="", help="npm: DuckDB and Polars too")
a.add_argument("--only", default="", help="rows whose name holds this")
a = a.parse_args()
BIN = os.path.abspath(a.bin)
HERE = os.path.dirname(os.path.abspath(__file__))
OUT = os.path.abspath(a.out)
N = a.n
IMAGENET = 1_281_167


def data(folder):
    """Write the inputs: a log, also with 17 digits and as CSV, a manifest, and the manifest shuffled."""
    rng = random.Random(7)
    with open("log.jsonl", "w") as log, open("log17.jsonl", "w") as log17, open("log.csv", "w") as csv, \
            open("man.jsonl", "w") as man:
        csv.write("id,epoch,loss\n")
        for at in range(0, N, 50000):
            rows = [(i, rng.expovariate(1)) for i in range(at, min(at + 50000, N))]
            log.write("".join('{"id":"train/%08d","epoch":3,"loss":%.6f}\n' % r for r in rows))
            log17.write("".join('{"id":"train/%08d","epoch":3,"loss":%r}\n' % r for r in rows))
            csv.write("".join("train/%08d,3,%.6f\n" % r for r in rows))
            man.write("".join('{"id":"train/%08d","path":"images/%08d.jpg","label":%d,"split":"train"}\n'
                              % (i, i, i % 1000) for i, _ in rows))
    with open("batch.jsonl", "w") as batch:
        for at in range(0, N, 128):
            rows = [(i, rng.expovariate(1)) for i in range(at, min(at + 128, N))]
            batch.write('{"epoch":3,"ids":[%s],"losses":[%s]}\n' % (
                ",".join('"train/%08d"' % i for i, _ in rows), ",".join("%.6f" % x for _, x in rows)))
    lines = open("man.jsonl").read().splitlines(True)
    rng.shuffle(lines)
    with open("shuffled.jsonl", "w") as f:
        f.writelines(lines)
    with open("shard.jsonl", "w") as f:
        f.writelines(lines[:1000])
    del lines
    subprocess.run(["zstd", "-q", "-f", "log.jsonl", "-o", "log.jsonl.zst"], check=True)


def run(command, peer=False):
    """Return wall seconds, CPU seconds and peak MB of a shell command, or None for a peer that fails."""
    start = time.perf_counter()
    p = subprocess.Popen(["/bin/sh", "-c", "exec " + command if "|" not in command and ";" not in command
                          and "&" not in command else command],
                         stdout=subprocess.DEVNULL)
    _, status, use = os.wait4(p.pid, 0)
    wall = time.perf_counter() - start
    p.returncode = os.waitstatus_to_exitcode(status)
    if p.returncode and peer:
        return None
    if p.returncode:
        sys.exit("bench: exit %d: %s" % (p.returncode, command))
    return wall, use.ru_utime + use.ru_stime, use.ru_maxrss / 1024


PY_FOLD = """import json
s = {}
for line in open("log.jsonl"):
    r = json.loads(line)
    s[r["id"]] = r["loss"]
with open("py.csv", "w") as f:
    for i, x in s.items():
        f.write(f"{i},{x}\\n")
"""
PY_PRUNE = """import json
s = dict(line.rstrip().split(",") for line in open("py.csv"))
s = {i: float(x) for i, x in s.items()}
mean = sum(s.values()) / len(s)
with open("py.jsonl", "w") as f:
    for line in open("man.jsonl"):
        i = json.loads(line)["id"]
        low = s[i] < mean
        if low and hash(i) & 1:
            continue
        f.write(line.rstrip()[:-1] + (',"weight":2.0}\\n' if low else ',"weight":1.0}\\n'))
"""
MAWK_FOLD = r"""mawk -F'"' '{ x = $7; gsub(/[:}]/, "", x); s[$4] = x } END { for (i in s) print i "," s[i] }' log.jsonl >mawk.csv"""
MAWK_PRUNE = (r"""mawk -F'[",]' 'FNR == NR { s[$1] = $2; sum += $2; n++; next } FNR == 1 { m = sum / n; srand(1) } """
              r"""{ low = s[$4] < m; if (low && rand() < .5) next; sub(/}$/, low ? ",\"weight\":2.0}" : ",\"weight\":1.0}"); print }' """
              r"""mawk.csv man.jsonl >mawk.jsonl""")
JQ_FOLD = "head -n %d log.jsonl | jq -r '[.id, .loss] | @csv' >jq.csv" % max(N // 10, 1)
SQLITE = "rm -f b.db; sqlite3 b.db 'create table l(r text);' '.mode ascii' '.separator \"\\t\" \"\\n\"' '.import log.jsonl l' " \
    "'create table s as select r ->> \"id\" as id, max(r ->> \"loss\") as loss from l group by 1;'"


def rows():
    """Return the rows of the table: (name, command, records, bytes, family, command that prepares)."""
    s, p, w = BIN + "/ib-score -q", BIN + "/ib-prune -q", BIN + "/ib-weights"
    size = os.path.getsize
    log, man = size("log.jsonl"), size("man.jsonl")
    prune = p + " -T 1 -s s.npz -e 4 -o e.jsonl "
    r = [
        ("cat log", "cat log.jsonl >copy", N, log, "", ""),
        ("wc -l log", "wc -l log.jsonl", N, log, "", ""),
        ("limit: fold, no checks", "%s/limit %d log.jsonl limit.bin" % (OUT, N), N, log, "", "rm -f limit.bin"),
        ("zstd -dc log | wc -l", "zstd -dc log.jsonl.zst | wc -l", N, log, "", ""),
        ("ib-score JSONL -> .npz", s + " -T 1 -o s.npz log.jsonl", N, log, "fold", ""),
        ("ib-score JSONL, 17 digits", s + " -T 1 -o t.npz log17.jsonl", N, size("log17.jsonl"), "fold", ""),
        ("ib-score JSONL, batches", s + " -T 1 -o t.npz batch.jsonl", N, size("batch.jsonl"), "fold", ""),
        ("ib-score CSV", s + " -T 1 -o t.npz log.csv", N, size("log.csv"), "fold", ""),
        ("ib-score JSONL.zst", s + " -T 1 -o t.npz log.jsonl.zst", N, log, "fold", ""),
        ("ib-score -u, rows there", s + " -T 1 -u s.npz log.jsonl", N, log, "fold", ""),
        ("ib-score -T 2", s + " -T 2 -o t.npz log.jsonl", N, log, "fold", ""),
        ("ib-score --part 3/64", s + " -T 1 --part 3/64 -o t.npz log.jsonl", N, log, "fold", ""),
        ("ib-score --part, batches", s + " -T 1 --part 3/64 -o t.npz batch.jsonl", N, size("batch.jsonl"), "fold", ""),
        ("ib-score --split 8", s + " -T 1 --split 8 -o 'part.%d.npz' log.jsonl", N, log, "fold", ""),
        ("ib-prune JSONL", prune + "man.jsonl", N, man, "prune", ""),
        ("ib-prune, shuffled", prune + "shuffled.jsonl", N, man, "prune", ""),
        ("ib-prune -T 2", p + " -T 2 -s s.npz -e 4 -o e.jsonl man.jsonl", N, man, "prune", ""),
        ("ib-prune -a", prune + "-a a.zst man.jsonl", N, man, "prune", "rm -f a.zst"),
        ("ib-prune -a, -T 2", p + " -T 2 -s s.npz -e 4 -o e.jsonl -a a.zst man.jsonl", N, man, "prune", "rm -f a.zst"),
        ("ib-prune buckets", prune + "--rule buckets:q0.2=0.75,q0.85=0.5 man.jsonl", N, man, "prune", ""),
        ("ib-prune random", prune + "--rule random man.jsonl", N, man, "prune", ""),
        ("ib-prune proportional", prune + "--rule proportional --keep 0.7 man.jsonl", N, man, "prune", ""),
        ("ib-prune fixed", prune + "--sampling fixed man.jsonl", N, man, "prune", ""),
        ("ib-weights", w + " -T 1 -o w.txt e.jsonl", N, size("man.jsonl"), "", prune + "man.jsonl"),
        ("ib-weights --check", w + " -T 1 --check --base man.jsonl e.jsonl", N, man, "", ""),
    ]
    if os.path.exists(BIN + "/ib-audit"):
        r.append(("ib-audit verify", BIN + "/ib-audit verify a.zst", N, man, "", ""))
    for name, fold, step in (("python3", "/usr/bin/python3 fold.py", "/usr/bin/python3 prune.py"),
                             ("mawk", MAWK_FOLD, MAWK_PRUNE)):
        if shutil.which(name):
            r.append((name + ", fold", fold, N, log, "fold peer", ""))
            r.append((name + ", prune", step, N, man, "prune peer", ""))
    if shutil.which("jq"):
        r.append(("jq, fold (N/10)", JQ_FOLD, max(N // 10, 1), log // 10, "fold peer", ""))
    if shutil.which("sqlite3"):
        r.append(("sqlite3, fold", SQLITE, N, log, "fold peer", ""))
    for name in ("duckdb", "polars") if a.peers == "npm" else ():
        if os.path.isdir(OUT + "/node/node_modules"):
            for step in ("fold", "prune"):
                r.append(("%s, %s" % (name, step), "env POLARS_MAX_THREADS=1 node %s/peers.mjs %s %s" % (OUT + "/node", name, step), N,
                          log if step == "fold" else man, step + " peer", ""))
    return [x for x in r if a.only in x[0]]


def npm():
    node = OUT + "/node"
    os.makedirs(node, exist_ok=True)
    shutil.copy(HERE + "/peers.mjs", node)
    got = subprocess.run(["npm", "install", "--silent", "--prefix", node, "@duckdb/node-api", "nodejs-polars",
                          "nodejs-polars-linux-%s-gnu" % {"x86_64": "x64", "aarch64": "arm64"}.get(
                              platform.machine(), platform.machine())])
    if got.returncode:
        print("bench: npm could not install DuckDB and Polars: left out")
        shutil.rmtree(node + "/node_modules", ignore_errors=True)


def measure(table):
    got = {x[0]: [] for x in table}
    for _ in range(a.runs):
        for name, command, _, _, _, prepare in table:
            if prepare:
                subprocess.run(prepare, shell=True, check=True)
            got[name].append(run(command))
    return {k: [statistics.median(c) for c in zip(*v)] for k, v in got.items()}


def shards():
    """Prune one shard of 1000 samples with the score file of N rows; then sixteen shards at once."""
    p = BIN + "/ib-prune -q -T 1 -s s.npz -e 4 -o %s shard.jsonl"
    one = [run(p % "one.jsonl") for _ in range(a.runs)]
    start = time.perf_counter()
    many = [subprocess.Popen(["/bin/sh", "-c", "exec " + p % ("many.%d" % i)]) for i in range(16)]
    peak = sum(os.wait4(c.pid, 0)[2].ru_maxrss for c in many) / 1024
    return {"one_ms": 1000 * statistics.median(x[0] for x in one), "one_mb": max(x[2] for x in one),
            "sixteen_ms": 1000 * (time.perf_counter() - start), "sixteen_mb": peak}


def turn_around():
    """Fold and prune one epoch with as many samples as ImageNet, on one core."""
    n = min(IMAGENET, N)
    subprocess.run("head -n %d log.jsonl >il.jsonl; head -n %d man.jsonl >im.jsonl" % (n, n), shell=True, check=True)
    t = [run("%s/ib-score -q -T 1 -o i.npz il.jsonl; %s/ib-prune -q -T 1 -s i.npz -e 4 -o ie.jsonl im.jsonl" % (BIN, BIN))
         for _ in range(a.runs)]
    return {"samples": n, "seconds": statistics.median(x[0] for x in t)}


def epochs():
    """Run epoch.py, which measures the data path of an epoch in four ways."""
    text = subprocess.run(["/usr/bin/python3", HERE + "/epoch.py", BIN, str(N), str(a.runs)], check=True,
                          stdout=subprocess.PIPE, text=True).stdout
    return json.loads(text.splitlines()[-1])


def main():
    os.makedirs(OUT, exist_ok=True)
    subprocess.run([os.environ.get("CC", "cc"), "-O2", "-std=c11", HERE + "/limit.c", "-o", OUT + "/limit"], check=True)
    if a.peers == "npm":
        npm()
    folder = tempfile.mkdtemp(prefix="ib-bench.", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
    try:
        os.chdir(folder)
        open("fold.py", "w").write(PY_FOLD)
        open("prune.py", "w").write(PY_PRUNE)
        # Write the data in a child, because a process inherits the peak memory of its parent.
        child = os.fork()
        if child == 0:
            data(folder)
            os._exit(0)
        if os.waitpid(child, 0)[1]:
            sys.exit("bench: no data")
        # Run each command once first, so that caches are warm and all files exist.
        table = rows()
        for x in list(table):
            if x[5]:
                subprocess.run(x[5], shell=True, check=True)
            if not run(x[1], peer=x[4].endswith("peer")):
                print("bench: %s does not run here: left out" % x[0])
                table.remove(x)
        got = measure(table)
        extra = {"shard": shards(), "turn_around": turn_around(), "epoch": epochs()}
    finally:
        os.chdir("/")
        shutil.rmtree(folder, ignore_errors=True)
    cpu = [x.split(":")[1].strip() for x in open("/proc/cpuinfo") if x.startswith("model name")]
    head = "%s, %d cores, %s, N = %d, median of %d" % (cpu[0] if cpu else platform.machine(), len(cpu),
                                                       time.strftime("%Y-%m-%d"), N, a.runs)
    best = {f: min((got[x[0]][0] / x[2] for x in table if x[4] == f + " peer"), default=0) for f in ("fold", "prune")}
    wc = got.get("wc -l log", [0])[0] / N
    print(head)
    print("%-28s %8s %8s %7s %8s %8s %10s" % ("", "ns", "cpu ns", "GB/s", "peak MB", "x wc -l", "best peer"))
    out = []
    for name, _, n, size, family, _ in table:
        wall, use, mb = got[name]
        ratio = best.get(family, 0) * n / wall if family in best else 0
        print("%-28s %8.1f %8.1f %7.2f %8.0f %8s %10s" % (
            name, wall / n * 1e9, use / n * 1e9, size / wall / 1e9, mb,
            "%.1f" % (wall / n / wc) if wc else "-", "%.1f x" % ratio if ratio else ""))
        out.append({"name": name, "records": n, "bytes": size, "wall_s": wall, "cpu_s": use, "peak_mb": mb,
                    "times_best_peer": ratio or None})
    s, t = extra["shard"], extra["turn_around"]
    print("one shard of 1000 samples, %d rows: %.0f ms, %.0f MB; sixteen at once: %.0f ms, %.0f MB in all"
          % (N, s["one_ms"], s["one_mb"], s["sixteen_ms"], s["sixteen_mb"]))
    print("score + prune of %d samples, one core: %.2f s" % (t["samples"], t["seconds"]))
    e = extra["epoch"]
    print("data path of an epoch, CPU ns per sample: infobatch.py %.0f, --range %.0f, a list of ids %.0f, the paper's algorithm in numpy "
          "%.0f" % (e["process"], e["range"], e["list"], e["authors"]))
    with open(OUT + "/bench.json", "w") as f:
        json.dump({"machine": head, "rows": out, **extra}, f, indent=1)
    print("written: " + OUT + "/bench.json")


if __name__ == "__main__":
    main()
