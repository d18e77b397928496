#!/usr/bin/python3
"""Check the layers of the code: layers.py [LIBRARY]

Fails if the includes of lib/ and cmd/ form a circle, if a layer includes one
above it, or if a global symbol of LIBRARY does not begin with ib_. A header and
its .c file are one unit. The messages name the files.
"""
import glob
import os
import re
import subprocess
import sys

# From the lowest to the highest; layers of one row do not include each other.
LAYERS = [["base"], ["io"], ["record"], ["score"], ["prune"], ["weigh", "audit", "loop"]]
LEVEL = {name: i for i, row in enumerate(LAYERS) for name in row}


def unit(path):
    return os.path.splitext(path)[0]


def layer(name):
    parts = name.split("/")
    return parts[1] if parts[0] == "lib" and len(parts) > 2 else parts[0]


def resolve(include, source):
    """Return the path of the included file, or None if the file belongs to a library."""
    for folder in ("lib", "lib/include", os.path.dirname(source)):
        path = os.path.normpath(os.path.join(folder, include))
        if os.path.exists(path):
            return path
    return None


def include_graph():
    graph = {}
    for source in sorted(glob.glob("lib/**/*.[ch]", recursive=True) + glob.glob("cmd/*.[ch]")):
        with open(source, encoding="utf-8") as f:
            names = re.findall(r'^#include "([^"]+)"', f.read(), re.M)
        targets = graph.setdefault(unit(source), set())
        for name in names:
            path = resolve(name, source)
            if path and unit(path) != unit(source):
                targets.add(unit(path))
    return graph


def circles(graph):
    """Return the groups of units that include each other (Tarjan's strongly connected components)."""
    index, low, stack, found = {}, {}, [], []

    def visit(v):
        index[v] = low[v] = len(index)
        stack.append(v)
        for w in sorted(graph.get(v, ())):
            if w not in index:
                visit(w)
                low[v] = min(low[v], low[w])
            elif w in stack:
                low[v] = min(low[v], index[w])
        if low[v] == index[v]:
            group = stack[stack.index(v):]
            del stack[stack.index(v):]
            if len(group) > 1:
                found.append(sorted(group))

    for v in sorted(graph):
        if v not in index:
            visit(v)
    return found


def arrows_upwards(graph):
    for source, targets in sorted(graph.items()):
        for target in sorted(targets):
            a, b = layer(source), layer(target)
            if b == "cmd" and a != "cmd":
                yield source, target
            elif a in LEVEL and b in LEVEL and a != b and LEVEL[b] >= LEVEL[a]:
                yield source, target


def foreign_symbols(library):
    out = subprocess.run(["nm", "-g", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    names = {line.split()[2] for line in out.splitlines() if len(line.split()) == 3}
    return sorted(n for n in names if not n.startswith("ib_"))


def main():
    graph = include_graph()
    wrong = ["include circle: " + " ".join(c) for c in circles(graph)]
    wrong += ["%s includes %s, which is not below it" % x for x in arrows_upwards(graph)]
    if len(sys.argv) > 1:
        wrong += ["global symbol without ib_: " + s for s in foreign_symbols(sys.argv[1])]
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
