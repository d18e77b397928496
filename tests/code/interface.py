#!/usr/bin/python3
"""Compare the interface of the shared library with the recorded interface.

interface.py LIBRARY [--header FILE] [--update]

tests/code/interface.txt has one line per exported function, with its types; per struct, with
its size; per member, with its offset; and per enumerator, with its value. The sizes and offsets
are those of a 64-bit machine. The check fails if anything differs. With --update, the program
records a difference if it breaks no program that uses the library: a new
function in the newest node of lib/libinfobatch.map, a new member at the end of a struct that
begins with its size, or a new enumerator. It records other differences only if the library has
another soname.
"""
import argparse
import os
import re
import subprocess
import sys
import tempfile

TABLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "interface.txt")
CC = os.environ.get("CC", "cc").split()


def run(*command, **options):
    return subprocess.run(command, check=True, capture_output=True, text=True, **options).stdout


def exported(library):
    """Return {exported name: version node}, and the soname."""
    names = {}
    for line in run("nm", "-D", "--defined-only", "--with-symbol-versions", library).split("\n"):
        m = re.match(r"\w+ [TDBR] (\w+)(?:@@?([\w.]+))?$", line)
        if m:
            names[m[1]] = m[2]
    soname = re.search(r"SONAME.*\[(.*)\]", run("readelf", "-d", library))[1]
    return names, soname


def without_names(parameters):
    """Return the types of the parameters: "const char *path" becomes "const char *"."""
    return ", ".join(re.sub(r"(?<=\W)\w+$", "", p.strip()).strip() for p in parameters.split(","))


def declarations(text):
    """Return the functions, structs and enums of a header. The text has no comments."""
    functions, structs, enums = {}, {}, {}
    for result, name, parameters in re.findall(r"IB_API ([\w ]+?[ *]+)(\w+)\(([^)]*)\);", text):
        functions[name] = "%s(%s)" % (result.strip(), without_names(parameters))
    for name, body in re.findall(r"struct (\w+) \{(.*?)\};", text, re.S):
        structs[name] = []
        for kind, names in re.findall(r"([\w ]+?)\s(\*?\w+(?:\[\w+\])?(?:, \*?\w+)*);", body):
            for member in names.split(", "):
                star = "*" if member.startswith("*") else ""
                structs[name].append((kind.strip() + star, re.match(r"\*?(\w+)", member)[1]))
    for name, body in re.findall(r"enum (\w+) \{(.*?)\}", text, re.S):
        enums[name] = re.findall(r"(\w+)(?: = [^,]*)?(?:,|\s*$)", body)
    return functions, structs, enums


def layout(header, structs, enums):
    """Return the lines of the table. A compiled program prints the sizes, offsets and values."""
    code = ['#include <stdio.h>', '#include "%s"' % os.path.abspath(header), "int main(void) {"]
    for name, members in structs.items():
        code.append('printf("struct %s size %%zu\\n", sizeof(struct %s));' % (name, name))
        for kind, member in members:
            code.append('printf("member %s.%s %s at %%zu\\n", offsetof(struct %s, %s));'
                        % (name, member, kind, name, member))
    for name, members in enums.items():
        for member in members:
            code.append('printf("enum %s %s = %%d\\n", (int)%s);' % (name, member, member))
    code.append("return 0; }")
    with tempfile.TemporaryDirectory() as folder:
        source, program = os.path.join(folder, "layout.c"), os.path.join(folder, "layout")
        with open(source, "w", encoding="ascii") as f:
            f.write("\n".join(code))
        run(*CC, "-std=c11", source, "-o", program)
        return run(program).splitlines()


def interface(library, header):
    names, soname = exported(library)
    text = re.sub(r"/\*.*?\*/", "", open(header, encoding="utf-8").read(), flags=re.S)
    functions, structs, enums = declarations(text)
    for name in sorted(set(names) ^ set(functions)):
        sys.exit("%s is %s: lib/libinfobatch.map and the functions marked IB_API differ"
                 % (name, "exported, but not in the header" if name in names else "not exported"))
    lines = ["soname " + soname]
    lines += ["function %s %s %s" % (n, names[n], functions[n]) for n in sorted(functions)]
    version = re.search(r'IB_VERSION "(\d+\.\d+)', text)[1]
    return lines + layout(header, structs, enums), "INFOBATCH_" + version


def key(line):
    words = line.split()
    return words[1] if words[0] != "enum" else words[2]


def breaks(old, new, node):
    """Yield a sentence for each difference that could break a program."""
    have = {key(line): line for line in new if not line.startswith("soname")}
    had = {key(line): line for line in old if not line.startswith("soname")}
    sized = {k.split(".")[0] for k in have if k.endswith(".size")}
    for k, line in had.items():
        if k not in have:
            yield "%s was removed" % k
        elif line != have[k] and not (line.startswith("struct") and k in sized and
                                      int(line.split()[-1]) < int(have[k].split()[-1])):
            yield "%s was '%s' and is '%s'" % (k, line, have[k])
    for k in have.keys() - had.keys():
        if have[k].startswith("function") and have[k].split()[2] != node:
            yield "%s is new, but in the node %s instead of %s" % (k, have[k].split()[2], node)
        if have[k].startswith("member") and "struct %s " % k.split(".")[0] in "\n".join(old) \
                and k.split(".")[0] not in sized:
            yield "%s is new, in a struct that does not begin with its size" % k


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("--header", default="lib/include/infobatch.h")
    parser.add_argument("--update", action="store_true")
    args = parser.parse_args()
    new, node = interface(args.library, args.header)
    old = open(TABLE, encoding="ascii").read().splitlines() if os.path.exists(TABLE) else new[:1]
    broken = list(breaks(old, new, node)) if old[0] == new[0] else []
    if broken:
        print("\n".join(broken))
        sys.exit("A program that was linked with the library could break. Undo the change, or "
                 "raise SONAME in the Makefile and run tests/code/interface.py --update.")
    if args.update:
        with open(TABLE, "w", encoding="ascii") as f:
            f.write("\n".join(new) + "\n")
    elif old != new:
        print("\n".join(sorted("new: " + line for line in set(new) - set(old))))
        sys.exit("The interface has grown. Describe the change in libinfobatch(3), and run "
                 "tests/code/interface.py %s --update." % args.library)


if __name__ == "__main__":
    main()
