#!/usr/bin/python3
"""Print lines and branches by folder, from the output of `gcov -j -b -t`.

   gcov -j -b -t *.gcno | coverage_table.py SOURCES FUNCTIONS UNREACHED

A line or branch of a header counts once, even if it was compiled several times. The
names of functions that never ran are written to the file FUNCTIONS. The file UNREACHED
lists lines that never ran (marked L) and lines with a branch that was never taken,
with the numbers of these branches."""
import collections
import json
import os
import sys

sources, functions, unreached = sys.argv[1:]
lines, branches, runs = {}, {}, collections.Counter()
for document in sys.stdin:
    for file in json.loads(document)['files']:
        name = os.path.relpath(os.path.join(sources, file['file']), sources)
        if not name.startswith(('lib/', 'cmd/')):
            continue
        for f in file['functions']:
            runs['%s:%d: %s' % (name, f['start_line'], f['name'])] += f['execution_count']
        for line in file['lines']:
            at = name, line['line_number']
            lines[at] = lines.get(at, 0) + line['count']
            for i, branch in enumerate(line['branches']):
                branches[at + (i,)] = branches.get(at + (i,), 0) + branch['count']

if not lines:
    sys.exit('coverage.py: gcov has printed no counts')
with open(functions, 'w') as f:
    f.writelines('%s\n' % name for name, n in sorted(runs.items()) if n == 0)


def write_unreached(f):
    missed = collections.defaultdict(list)
    for (name, number), n in lines.items():
        if n == 0:
            missed[name, number].append('L')
    for (name, number, i), n in sorted(branches.items()):
        if n == 0:
            missed[name, number].append(str(i))
    for name, number in sorted(missed):
        with open(os.path.join(sources, name)) as source:
            text = source.read().split('\n')[number - 1].strip()
        f.write('%s:%d: %s: %s\n' % (name, number, ','.join(missed[name, number]), text))


with open(unreached, 'w') as f:
    write_unreached(f)


def share(counts):
    """Return the text "REACHED of ALL PERCENT"."""
    reached = sum(n > 0 for n in counts)
    return '%6d of %6d %6.1f %%' % (reached, len(counts), 100 * reached / max(1, len(counts)))


def row(name, folder):
    def inside(at):
        return os.path.dirname(at[0]).startswith(folder)
    print('%-12s %s   %s' % (
        name, share([n for at, n in lines.items() if inside(at)]),
        share([n for at, n in branches.items() if inside(at)])))


print('%-12s %25s   %25s' % ('folder', 'lines', 'branches'))
for folder in sorted({os.path.dirname(at[0]) for at in lines}):
    row(folder, folder)
row('total', '')
