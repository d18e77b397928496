#!/usr/bin/python3
"""Compare what two builds of the commands do, to make refactoring safe.

    compare_builds.py BASE_BIN NEW_BIN [--cases 2000] [--records 20000] [--show 20]

Both builds run every case folder of tests/cli, random cases of the differential test
and the commands of the benchmark. Each run is recorded as digests of standard output,
standard error, the exit status and every file that it left. For a zstd file the
content is digested, because an audit log may be compressed in another way. If a run
gives different results with the base build itself (for example because a process is
killed at some moment), it is counted as unstable and not compared. The last line says
how many runs were equal."""
import argparse
import concurrent.futures
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.dont_write_bytecode = True
sys.path[:0] = [os.path.join(TESTS, "reference"), os.path.join(TESTS, "bench")]

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"
LIMIT = 1200                    # seconds; a command that takes longer hangs


def decompress(data):
    """Return the content of zstd frames, or the unchanged bytes if they cannot be decoded."""
    if not data.startswith(ZSTD_MAGIC):
        return data
    p = subprocess.run(["zstd", "-dcq"], input=data, capture_output=True, check=False)
    return p.stdout if p.returncode == 0 else data


def normalize(data, folder):
    """Replace the parts of a text that differ between two runs of the same build."""
    data = data.replace(folder.encode(), b"DIR")
    data = re.sub(rb"in [0-9.]+ s\b", b"in T s", data)
    return re.sub(rb"\.ib-[A-Za-z0-9]{6}", b".ib-XXXXXX", data)


def digest(data):
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def look_at_files(folder, prefix):
    """Return {name: digest} of every file below a folder."""
    seen = {}
    for top, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(top, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            with open(path, "rb") as f:
                data = normalize(decompress(f.read()), folder)
            seen[prefix + os.path.relpath(path, folder)] = digest(data)
    return seen


def run(command, folder, bindir, stdin="/dev/null"):
    """Run a command in a folder. Returns digests of exit status, output and messages, and both texts."""
    env = dict(os.environ, PATH=bindir + ":" + os.environ["PATH"], LC_ALL="C", IB_BIN=bindir,
               CASES=os.path.join(TESTS, "cli"), SOURCE_DATE_EPOCH="1700000000")
    for name in ("SLURM_CPUS_PER_TASK", "SLURM_CPUS_ON_NODE"):
        env.pop(name, None)
    with open(stdin, "rb") as f:
        p = subprocess.run(command, cwd=folder, env=env, stdin=f, capture_output=True, timeout=LIMIT, check=False)
    out = {"status": str(p.returncode), "stdout": digest(normalize(decompress(p.stdout), folder)),
           "stderr": digest(normalize(p.stderr, folder))}
    return out, p.stdout, p.stderr


class Folder:
    """A folder under tests/cli."""

    def __init__(self, path):
        self.path, self.name = path, "cli/" + os.path.basename(path)

    def record(self, bindir, folder):
        work = os.path.join(folder, "run")
        shutil.copytree(self.path, work, symlinks=True)
        for name in ("out", "err", "err.like", "exit"):
            if os.path.exists(os.path.join(work, name)):
                os.remove(os.path.join(work, name))
        stdin = os.path.join(self.path, "in")
        seen, _, _ = run(["bash", "./cmd"], work, bindir, stdin if os.path.exists(stdin) else "/dev/null")
        return dict(seen, **look_at_files(work, "file "))


class Random:
    """A case of the differential test."""

    def __init__(self, family, number):
        self.family, self.name = family, "random/%d/%s" % (number, family)

    def record(self, bindir, folder):
        import random_cases
        case = random_cases.FAMILIES[self.family](self.name)
        for name, data in case.files.items():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)
        seen = {}
        for n, (prog, argv, stdin) in enumerate(case.commands):
            got, _, _ = run([prog] + argv, folder, bindir, os.path.join(folder, stdin) if stdin else "/dev/null")
            seen.update(("%d %s" % (n, k), v) for k, v in got.items())
        return dict(seen, **look_at_files(folder, "file "))


class Benchmark:
    """The commands of the benchmark, with small inputs."""

    def __init__(self, records):
        self.records, self.name = records, "benchmark"

    def record(self, bindir, folder):
        import bench
        bench.BIN, bench.N = bindir, self.records
        here = os.getcwd()
        os.chdir(folder)
        try:
            bench.data(folder)
            table = [row for row in bench.rows() if row[0].startswith("ib-")]
        finally:
            os.chdir(here)
        seen = {}
        for name, command, _, _, _, prepare in table:
            if prepare:
                run(["sh", "-c", prepare], folder, bindir)
            got, _, _ = run(["sh", "-c", command], folder, bindir)
            seen.update((name + " " + k, v) for k, v in got.items())
            seen.update(look_at_files(folder, name + ": "))
        return seen


def compare(job, base, new):
    """Return the names of the results that differ, or None if two runs of the base build differ."""
    seen = []
    for bindir in (base, new, base):
        if bindir == base and len(seen) == 2 and seen[0] == seen[1]:
            break
        folder = tempfile.mkdtemp(prefix="same.")
        try:
            seen.append(job.record(bindir, folder))
        finally:
            subprocess.run(["chmod", "-R", "u+rwx", folder], check=False)
            shutil.rmtree(folder, ignore_errors=True)
    if seen[0] == seen[1]:
        return []
    if seen[0] != seen[2]:
        return None
    names = sorted(set(seen[0]) | set(seen[1]))
    return [n for n in names if seen[0].get(n) != seen[1].get(n)]


def jobs(cases, records):
    import long_record_cases                 # registers a family
    import random_cases
    import more_cases                # registers families
    assert long_record_cases and more_cases
    families = [f for f in random_cases.FAMILIES if f != "big"]
    folders = sorted(os.listdir(os.path.join(TESTS, "cli")))
    table = [Benchmark(records)] if records else []
    table += [Folder(os.path.join(TESTS, "cli", f)) for f in folders
              if os.path.exists(os.path.join(TESTS, "cli", f, "cmd"))]
    return table + [Random(families[i % len(families)], i) for i in range(cases)]


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("base")
    p.add_argument("new")
    p.add_argument("--cases", type=int, default=2000)
    p.add_argument("--records", type=int, default=20000)
    p.add_argument("--show", type=int, default=20, help="how many differing runs to list")
    p.add_argument("--jobs", type=int, default=2)
    a = p.parse_args()
    base, new = os.path.abspath(a.base), os.path.abspath(a.new)
    sys.argv[1:] = []           # bench.py parses the arguments when it is imported
    table = jobs(a.cases, a.records)
    first = table[:1] if a.records else []
    equal = differ = unstable = 0
    with concurrent.futures.ProcessPoolExecutor(a.jobs) as pool:
        # The benchmark changes the current folder, so it runs first, in this process.
        results = [compare(j, base, new) for j in first]
        results += pool.map(compare, table[len(first):], [base] * len(table), [new] * len(table), chunksize=4)
    for job, names in zip(table, results):
        if names is None:
            unstable += 1
            print("unstable: %s" % job.name)
        elif names:
            differ += 1
            if differ <= a.show:
                print("%s: %s differ" % (job.name, ", ".join(names[:6])))
        else:
            equal += 1
    print("%d equal, %d differ, %d unstable" % (equal, differ, unstable))
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
