#!/usr/bin/env bash
# Which share of the lines and branches of lib/ and cmd/ the tests reach.
#
#   tests/coverage.sh FOLDER [PROGRAM...]     FOLDER: of a build with --coverage
#
# Runs the unit tests, the case folders, the examples, the differential
# reference and the programs named, over that build; then prints a table by
# folder, by gcov, with the total in its last line. FOLDER/functions lists the
# functions never run, FOLDER/gcov/ has the sources with their counts.
#
# A process that is killed writes no counts: what it alone reached counts as
# not reached. What a test prints goes to FOLDER/tests.log.
set -eu -o pipefail
here=$(cd "$(dirname "$0")/.." && pwd)
build=$(cd "$1" && pwd)
shift
cd "$here"
find "$build" -name '*.gcda' -delete
export IB_BIN=$build
: >"$build/tests.log"
for t in "tests/unit.sh $build/unit" tests/cmd.sh tests/examples.sh \
  "/usr/bin/python3 tests/reference/differ.py --bin $build --cases 300" "$@"; do
  echo "RUN ${t//$here\//}"
  # shellcheck disable=SC2086
  $t >>"$build/tests.log" 2>&1 || tail -n 20 "$build/tests.log"
done
rm -rf "$build/gcov"
mkdir "$build/gcov"
cd "$build/gcov"
find "$build/lib" "$build/cmd" -name '*.gcno' -print0 |
  xargs -0 gcov -j -b -p -t 2>gcov.err |
  /usr/bin/python3 "$here/tests/coverage.py" "$here" "$build/functions"
