#!/usr/bin/env bash
# Measure which fraction of the lines and branches of lib/ and cmd/ the tests reach.
#
#   tests/code/coverage.sh FOLDER     the folder of a build with --coverage
#
# It runs the unit tests, the case folders, the examples, the differential test, the
# fuzz targets over their corpora, and the torture test, in which each call fails once.
# Then it prints a table by folder from gcov, with the total in the last line.
# FOLDER/functions lists the functions that never ran, FOLDER/unreached the lines and
# branches.
#
# A killed process writes no counts, so lines that only it reached count as not
# reached. The output of the tests is in FOLDER/tests.log.
# Environment: JOBS (default 2), for the case folders and the torture test.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
cd "$here"
find "$build" -name '*.gcda' -delete
export IB_BIN=$build
# A process of another user may not write counts. Do not show its error messages.
export GCOV_ERROR_FILE=/dev/null
: >"$build/tests.log"

run() { # PROGRAM [ARGUMENT]...
  echo "RUN ${*//"$here/"/}"
  "$@" >>"$build/tests.log" 2>&1 || tail -n 20 "$build/tests.log"
}

fuzz() { # TARGET: run the target on its corpus
  "$build/fuzz/$1" testdata/fuzz/"$1"/* >>"$build/tests.log" 2>&1 || echo "failed: fuzz/$1"
}

run tests/unit/run.sh "$build/unit"
run tests/cli/run.sh
run tests/manuals/examples.sh
run /usr/bin/python3 tests/reference/differ.py --bin "$build" --cases 300
echo "RUN fuzz targets"
for target in testdata/fuzz/*/; do fuzz "$(basename "$target")"; done
run /usr/bin/python3 tests/torture/torture.py --bin "$build" --shim "$build/torture.so" \
  --kills 0 --jobs "${JOBS:-2}"

cd "$build" # gcov writes files to the current folder
find "$build/lib" "$build/cmd" -name '*.gcno' -print0 |
  xargs -0 gcov -j -b -p -t 2>gcov.err |
  /usr/bin/python3 "$here/tests/code/coverage_table.py" "$here" "$build/functions" "$build/unreached"
